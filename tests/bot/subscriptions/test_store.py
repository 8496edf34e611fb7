"""Stored subscriptions: limits, due times and what a removal takes along."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from bot.migrations import MIGRATIONS
from bot.subscriptions.records import Rhythm, Subscription, SubscriptionError
from bot.subscriptions.store import MAX_PER_GUILD, MAX_PER_USER, SubscriptionStore
from rag.store.database import open_database
from tests.bot.subscriptions.conftest import NINE

BEFORE = NINE - timedelta(hours=1)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SubscriptionStore]:
    database = open_database(tmp_path / "x.sqlite", [MIGRATIONS])
    yield SubscriptionStore(database)
    database.close()


def to_user(user_id: int) -> Subscription:
    return Subscription(kind="person", target=str(user_id), user_id=user_id, rhythm=Rhythm())


def to_channel(channel: int, guild_id: int) -> Subscription:
    return Subscription(
        kind="channel", target=str(channel), user_id=1, guild_id=guild_id, rhythm=Rhythm()
    )


def test_a_new_subscription_gets_an_id_and_its_first_due_time(store: SubscriptionStore) -> None:
    first = store.add(to_user(7), BEFORE)
    assert first.id == 1
    assert first.next_due == NINE
    assert store.add(to_user(7), NINE).next_due == NINE + timedelta(days=1)
    assert [one.id for one in store.of_user(7)] == [1, 2]
    assert store.of_user(8) == []


def test_users_and_servers_have_a_limit_each(store: SubscriptionStore) -> None:
    for _ in range(MAX_PER_USER):
        store.add(to_user(7), BEFORE)
    with pytest.raises(SubscriptionError, match="remove one with /unsubscribe"):
        store.add(to_user(7), BEFORE)
    store.add(to_user(8), BEFORE)
    for channel in range(MAX_PER_GUILD):
        store.add(to_channel(channel, 5), BEFORE)
    with pytest.raises(SubscriptionError, match="This server has"):
        store.add(to_channel(99, 5), BEFORE)
    store.add(to_channel(99, 6), BEFORE)


def test_a_paused_one_has_its_reason_and_resumes_with_the_next_due_time(
    store: SubscriptionStore,
) -> None:
    number = store.add(to_user(7), BEFORE).id
    paused = store.pause(number, "closed")
    assert (paused.paused, paused.reason) == (True, "closed")
    resumed = store.resume(number, NINE + timedelta(hours=2))
    assert not resumed.paused
    assert resumed.next_due == NINE + timedelta(days=1)


def test_a_removed_one_is_gone(store: SubscriptionStore) -> None:
    number = store.add(to_user(7), BEFORE).id
    assert store.remove(number).id == number
    with pytest.raises(SubscriptionError, match="There is no subscription 1"):
        store.get(number)
