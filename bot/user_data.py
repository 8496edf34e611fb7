"""Everything stored about a user: counted and, on request, deleted."""

import json
import logging
import sqlite3
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path

from rag.store.backups import backups_of
from rag.store.database import Database
from rag.text.words import enumerated

log = logging.getLogger(__name__)

# Every table of the bot with a column `person` (a test checks that), and what one row is.
TABLES = {
    "conversations": "question",
    "receipts": "receipt of an answer",
    "feedback": "thumb up or down",
    "seen": "note of when you last looked",
    "subscriptions": "subscription",
    "ratings": "rating of a paper",
    "shown_lists": "list of papers that you saw",
}
PLURALS = {
    "receipt of an answer": "receipts of answers",
    "thumb up or down": "thumbs up or down",
    "note of when you last looked": "notes of when you last looked",
    "rating of a paper": "ratings of papers",
    "list of papers that you saw": "lists of papers that you saw",
}

# From messages and users to the answers that hold their words. The second column says whether the
# question itself is another's: who asks for the rest of a list repeats the question of the list.
_HOLDING_WORDS = """
WITH RECURSIVE
asked AS (
    SELECT message, iif(json_valid(inquiry), inquiry, '{}') AS inquiry FROM receipts
),
links (message, earlier) AS MATERIALIZED (
    SELECT message, earlier FROM conversations WHERE earlier IS NOT NULL
    UNION SELECT message, json_extract(inquiry, '$.earlier') FROM asked
    UNION SELECT asked.message, source.value
    FROM asked, json_each(asked.inquiry, '$.heard_from') AS source
),
later (message) AS (
    SELECT value FROM json_each(:sources)
    UNION SELECT links.message FROM links JOIN later ON links.earlier = later.message
)
SELECT message, EXISTS (
    SELECT 1 FROM asked WHERE asked.message = later.message
    AND json_array_length(asked.inquiry, '$.shown') > 0
) FROM later
"""


def count_rows(database: Database, user_id: int) -> dict[str, int]:
    """Return how many rows of each table are about this user."""
    return {
        table: database.connection.execute(
            f"SELECT COUNT(*) FROM {table} WHERE person = ?", (user_id,)
        ).fetchone()[0]
        for table in TABLES
    }


def forget(database: Database, user_id: int) -> dict[str, int]:
    """Delete all rows about a user; return how many. Their bytes in the file are overwritten.

    They are deleted from its backups, too, and so is what answers to others hold of their words.
    """
    deleted = _forget(database, user_id)
    for path in backups_of(database.path):
        _forget_in_backup(path, user_id)
    # The write-ahead log contains the old pages until it is checkpointed and truncated.
    database.connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return deleted


def _forget_in_backup(path: Path, user_id: int) -> None:
    try:
        with closing(Database(path)) as backup:
            _forget(backup, user_id)
    except sqlite3.Error as error:
        log.warning("the backup %s cannot be changed (%s), so it is removed", path.name, error)
        path.unlink(missing_ok=True)


def _forget(database: Database, user_id: int) -> dict[str, int]:
    """Delete the rows of the tables that this file has; an older backup may lack some."""
    tables = [name for name in TABLES if database.has_table(name)]
    with database.transaction() as db:
        own = [
            row[0]
            for table in {"conversations", "receipts"}.intersection(tables)
            for row in db.execute(f"SELECT message FROM {table} WHERE person = ?", (user_id,))
        ]
        # A channel keeps its digest, but not the name of the user who subscribed it.
        anonymised = 0
        if "subscriptions" in tables:
            anonymised = db.execute(
                "UPDATE subscriptions SET person = 0 WHERE person = ? AND kind = 'channel'",
                (user_id,),
            ).rowcount
        deleted = {
            table: db.execute(f"DELETE FROM {table} WHERE person = ?", (user_id,)).rowcount
            for table in tables
        }
        if "receipts" in tables:
            forget_words(db, [user_id, *own])
    if anonymised:
        deleted["subscriptions"] += anonymised
    return deleted


def forget_words(db: sqlite3.Connection, sources: Iterable[int]) -> None:
    """Delete the receipts of all answers that hold words of these messages and users.

    An answer that went on from one of the messages holds its topic, and so does what went on from
    that. A question that is repeated is emptied; one in words of one's own stays.
    """
    found = db.execute(_HOLDING_WORDS, {"sources": json.dumps(list(sources))}).fetchall()
    for message, repeats_question in found:
        if repeats_question:
            db.execute("UPDATE conversations SET question = '' WHERE message = ?", (message,))
    db.executemany("DELETE FROM receipts WHERE message = ?", [(row[0],) for row in found])


def describe_counts(counts: dict[str, int]) -> str:
    """Return `3 questions, 3 receipts of answers and 1 thumb up or down`; "" for no rows."""
    parts = []
    for table, count in counts.items():
        noun = TABLES[table]
        if count:
            parts.append(f"{count:,} {noun if count == 1 else PLURALS.get(noun, f'{noun}s')}")
    return enumerated(parts)
