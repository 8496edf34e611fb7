"""Every table with rows about users is known."""

from pathlib import Path

from bot.answers.feedback import FeedbackStore
from bot.answers.receipts import ReceiptStore
from bot.conversation.store import ConversationStore
from bot.migrations import MIGRATIONS
from bot.user_data import PLURALS, TABLES, describe_counts
from rag.store.database import open_database


def test_every_table_with_a_person_is_known_to_forget(tmp_path: Path) -> None:
    database = open_database(tmp_path / "x.sqlite", [MIGRATIONS])
    for keeper in (
        ConversationStore(database),
        FeedbackStore(database),
        ReceiptStore(database, days=1),
    ):
        assert keeper.database is database
    tables = [row[0] for row in database.connection.execute(
        "SELECT name FROM sqlite_master WHERE type = 'table'")]  # fmt: skip
    personal = {
        table
        for table in tables
        for column in database.connection.execute(f"PRAGMA table_info({table})")
        if column["name"] in ("person", "user", "member", "author")
    }
    assert personal == set(TABLES)
    assert set(PLURALS) <= set(TABLES.values())
    database.close()


def test_counts_in_words() -> None:
    assert describe_counts({"conversations": 0, "feedback": 0}) == ""
    assert describe_counts({"conversations": 2, "feedback": 0}) == "2 questions"
    assert (
        describe_counts({"conversations": 1, "receipts": 3})
        == "1 question and 3 receipts of answers"
    )
