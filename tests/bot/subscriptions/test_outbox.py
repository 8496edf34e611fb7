"""Every due digest is one row; the states of a row."""

from datetime import timedelta

import pytest

from bot.subscriptions.outbox import RETENTION, Outbox
from bot.subscriptions.records import Rhythm, Subscription
from bot.subscriptions.schedule import MISSED
from bot.subscriptions.store import SubscriptionStore
from rag.library import Library
from tests.bot.subscriptions.conftest import NINE

DAY = timedelta(days=1)


@pytest.fixture
def store(library: Library) -> SubscriptionStore:
    store = SubscriptionStore(library.catalog.database)
    store.add(Subscription(kind="channel", target="1", rhythm=Rhythm()), NINE - timedelta(hours=1))
    return store


@pytest.fixture
def outbox(store: SubscriptionStore) -> Outbox:
    return Outbox(store.database, store)


def test_planning_twice_adds_one_row(outbox: Outbox) -> None:
    for _ in range(2):
        outbox.plan(NINE)
    (row,) = outbox.ready(NINE)
    assert (row.day, row.state, row.part) == (NINE.date().isoformat(), "pending", 0)
    assert outbox.ready(NINE - timedelta(seconds=1)) == []


def test_of_several_missed_digests_only_the_last_is_sent(outbox: Outbox) -> None:
    outbox.plan(NINE + 2 * DAY)
    states = [(row.state, row.reason) for row in outbox.rows(1)]
    assert states == [("skipped", MISSED), ("skipped", MISSED), ("pending", "")]


def test_a_claim_stays_until_its_message_is_sent_or_certainly_not(outbox: Outbox) -> None:
    outbox.plan(NINE)
    (row,) = outbox.ready(NINE)
    outbox.claim(row.id, NINE)
    outbox.retry(row, NINE + timedelta(minutes=2), "Discord is down")
    assert outbox.ready(NINE) == []
    (again,) = outbox.ready(NINE + timedelta(minutes=2))
    assert (again.claimed_at, again.attempts, again.nonce) == (NINE, 1, row.nonce)
    outbox.not_sent(row.id)
    assert (found := outbox.get(row.id)) is not None
    assert found.claimed_at is None
    outbox.part_sent(row.id, 1)
    assert (found := outbox.get(row.id)) is not None
    assert found.name_of(found.part) == f"{row.nonce}-1"


def test_what_was_covered_counts_regular_digests_that_were_sent(outbox: Outbox) -> None:
    outbox.plan(NINE)
    outbox.add_extra(1, NINE)
    regular, extra = outbox.ready(NINE)
    outbox.save_digest(extra.id, "{}", NINE.date())
    outbox.done(extra.id, "sent", NINE)
    assert outbox.covered_until(1) is None
    outbox.save_digest(regular.id, "{}", NINE.date() - DAY)
    assert outbox.covered_until(1) is None
    outbox.done(regular.id, "sent", NINE)
    assert outbox.covered_until(1) == NINE.date() - DAY


def test_old_rows_are_deleted_except_the_last_of_each_state(outbox: Outbox) -> None:
    for days in range(3):
        outbox.plan(NINE + days * DAY)
        for row in outbox.ready(NINE + days * DAY):
            outbox.done(row.id, "sent", NINE + days * DAY)
    assert len(outbox.rows()) == 3
    later = NINE + RETENTION + 10 * DAY
    outbox.plan(later)
    assert [row.day for row in outbox.rows() if row.state == "sent"] == [
        (NINE + 2 * DAY).date().isoformat()
    ]
