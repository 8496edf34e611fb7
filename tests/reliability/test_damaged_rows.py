"""Damaged rows in the bot's own tables: each is left out, and everything else goes on (S2)."""

import contextlib
import sqlite3
from datetime import UTC, datetime, timedelta

import pytest

from bot.access.guild_settings import GuildSettingsStore
from bot.alerts.store import AlertStore
from bot.answers.receipts import Inquiry, ReceiptStore, receipt_of
from bot.conversation.store import ConversationStore
from bot.papers.last_seen import LastSeenStore
from bot.render.receipt import receipt_embed
from bot.subscriptions.outbox import Outbox
from bot.subscriptions.records import Subscription
from bot.subscriptions.schedule import next_due
from bot.subscriptions.store import SubscriptionStore
from bot.taste.ratings import RatingStore
from rag.library import Library
from rag.records import Turn
from tests.bot.render.embed_checks import answer
from tests.papers import HERON

NOW = datetime(2025, 12, 8, 9, tzinfo=UTC)
HURT = (
    "",
    "{",
    "[1]",
    "null",
    '{"a":1}',
    7,
    b"\\xff\\x00",
    "x" * 50,
    "9999-99-99T00:00:00+00:00",
    2**62,
)


@pytest.mark.protection("bot.stored_rows.DAMAGED", ())
@pytest.mark.parametrize("value", HURT)
def test_s2_a_damaged_row_of_the_bot_leaves_the_others(library: Library, value: object) -> None:
    """Every column of every table of the bot in turn; the row beside it stays readable."""
    fill(library)
    db = library.catalog.database.connection
    whole = seen(library)
    tables = {
        "conversations": "message = 1", "shown_lists": "message = 3", "receipts": "message = 1",
        "subscriptions": "id = 1", "outbox": "id = 1", "alerts": "paper = 'arxiv:1'",
        "seen": "person = 1", "ratings": "person = 1", "server_settings": "server = 1",
    }  # fmt: skip
    hurt = 0
    for table, row in tables.items():
        for column in [row["name"] for row in db.execute(f"PRAGMA table_info({table})")]:
            db.execute("SAVEPOINT hurt")
            with contextlib.suppress(sqlite3.IntegrityError):  # a key, or a CHECK
                db.execute(f"UPDATE {table} SET {column} = ? WHERE {row}", (value,))
                hurt += 1
            now = seen(library)
            for name, kept in whole.items():
                assert kept[-1] in now[name], (table, column, name)
            db.execute("ROLLBACK TO hurt")
            db.execute("RELEASE hurt")
    assert hurt > 40


def fill(library: Library) -> None:
    """Store two rows in each table of the bot; the first one is to be damaged."""
    database = library.catalog.database
    conversations, receipts = ConversationStore(database), ReceiptStore(database, days=9_999)
    subscriptions = SubscriptionStore(database)
    for n in (1, 2):
        turn = Turn(f"question {n}?", (f"arxiv:{n}",))
        conversations.remember(n, channel_id=n, user_id=n, turn=turn, earlier=None)
        conversations.remember_list(n + 2, channel_id=n, user_id=n, papers=[f"arxiv:{n}"])
        receipts.save(
            n, channel_id=5, user_id=n, event_id=n + 50, inquiry=Inquiry(question="q?"),
            receipt=receipt_of(answer("A. [1]", HERON)), unfinished=[{"title": "t"}],
        )  # fmt: skip
        subscriptions.add(Subscription(id=0, kind="person", target=f"{n}", user_id=n), NOW)
        Outbox(database, subscriptions).add_extra(n, NOW)
        AlertStore(database).add(n, n, [(f"arxiv:{n}", {"title": "t"})], most=9, now=NOW)
        LastSeenStore(database).record(None, n, NOW.date(), NOW)
        RatingStore(database).give(n, n, f"arxiv:{n}", "like")
        GuildSettingsStore(database).change(n, person_per_hour=n)


def seen(library: Library) -> dict[str, list[object]]:
    """Return what the bot reads of them: at its start, for /why, digests, alerts and questions."""
    database = library.catalog.database
    conversations, receipts = ConversationStore(database), ReceiptStore(database, days=9_999)
    subscriptions = SubscriptionStore(database)
    ratings, outbox = RatingStore(database), Outbox(database, subscriptions)
    settings = GuildSettingsStore(database)
    later = NOW + timedelta(days=2)
    return {
        "turns": [conversations.turns(n) for n in (1, 3, 2, 4)],
        "questions": [conversations.questions(n) for n in (1, 2)],
        "asked": list(conversations.asked_since(datetime.fromtimestamp(0, UTC))),
        "about": [conversations.about(f"arxiv:{n}") for n in (1, 2)],
        "last": [conversations.last_in(n, user_id=n) for n in (1, 2)],
        "receipts": [receipts.get(n) for n in (1, 2)],
        "why": [receipt_embed(s.receipt, {}).description for n in (1, 2)
                if (s := receipts.get(n)) and s.receipt],
        "last receipts": [a.message_id for a in receipts.last_in(5, count=9) if a.message_id == 2],
        "unfinished": [a.message_id for a in receipts.unfinished()],
        "subscriptions": [s.target for s in subscriptions.all()],
        "due": [next_due(s.rhythm, later) for s in subscriptions.due(later)],
        "outbox": [d.subscription for d in outbox.ready(later)],
        "covered": [outbox.covered_until(n) for n in (1, 2)],
        "alerts": [alert.paper_id for alert in AlertStore(database).open()],
        "look": [LastSeenStore(database).last(None, n) for n in (1, 2)],
        "marks": [ratings.marks(guild_id=n) for n in (1, 2)],
        "settings": [settings.of(n).person_per_hour for n in (1, 2)],
    }  # fmt: skip
