"""Everything that is kept about a person: counted and, if they wish, removed."""

from rag.store.database import Database

# Each table of the bot with a column `person` (tested), and what its rows are to people.
KEPT = {
    "conversations": "question",
    "receipts": "receipt of an answer",
    "feedback": "thumb up or down",
    "seen": "note of when you last looked",
    "subscriptions": "subscription",
    "ratings": "rating of a paper",
}
PLURALS = {
    "receipt of an answer": "receipts of answers",
    "thumb up or down": "thumbs up or down",
    "note of when you last looked": "notes of when you last looked",
    "rating of a paper": "ratings of papers",
}


def kept_about(database: Database, user_id: int) -> dict[str, int]:
    """Return how many rows of each table are about this person."""
    return {
        table: database.connection.execute(
            f"SELECT COUNT(*) FROM {table} WHERE person = ?", (user_id,)
        ).fetchone()[0]
        for table in KEPT
    }


def forget(database: Database, user_id: int) -> dict[str, int]:
    """Remove them all; return how many there were. Their bytes in the file are overwritten."""
    with database.transaction() as db:
        # What a channel gets stays, but not who asked for it.
        unnamed = db.execute(
            "UPDATE subscriptions SET person = 0 WHERE person = ? AND kind = 'channel'", (user_id,)
        ).rowcount
        removed = {
            table: db.execute(f"DELETE FROM {table} WHERE person = ?", (user_id,)).rowcount
            for table in KEPT
        }
        removed["subscriptions"] += unnamed
    # The write-ahead log holds the old pages too, until it is written back and cut off.
    database.connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return removed


def in_words(counts: dict[str, int]) -> str:
    """Return `3 questions, 3 receipts of answers and 1 thumb up or down`; nothing for nothing."""
    parts = []
    for table, count in counts.items():
        noun = KEPT[table]
        if count:
            parts.append(f"{count:,} {noun if count == 1 else PLURALS.get(noun, f'{noun}s')}")
    *most, last = parts or [""]
    return f"{', '.join(most)} and {last}" if most else last
