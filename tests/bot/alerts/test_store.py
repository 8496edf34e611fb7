"""Stored alerts: each paper once per server, up to a daily limit."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.alerts.store import AlertStore
from bot.migrations import MIGRATIONS
from rag.store.database import open_database

NOW = datetime(2025, 12, 5, 12, tzinfo=UTC)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[AlertStore]:
    database = open_database(tmp_path / "x.sqlite", [MIGRATIONS])
    yield AlertStore(database)
    database.close()


def add(store: AlertStore, *papers: str, guild: int = 1, now: datetime = NOW) -> list[str]:
    store.add(guild, 10, [(paper, {"title": paper}) for paper in papers], most=2, now=now)
    return [alert.paper_id for alert in store.open() if alert.guild_id == guild]


def test_a_server_gets_only_so_many_alerts_in_a_day(store: AlertStore) -> None:
    assert add(store, "a", "b", "c") == ["a", "b"]
    assert add(store, "d") == ["a", "b"]
    assert add(store, "d", guild=2) == ["d"]
    assert add(store, "a", "e", now=NOW + timedelta(hours=25)) == ["a", "b", "e"]


def test_a_sent_or_given_up_alert_is_not_open_and_never_comes_again(store: AlertStore) -> None:
    add(store, "a", "b")
    first, second = store.open()
    store.begin(first, NOW)
    assert store.open()[0].tried_at == NOW
    store.sent(first, 99)
    store.give_up(second, "the channel is gone")
    assert add(store, "a", "b", now=NOW + timedelta(days=3)) == []


def test_an_alert_has_one_name_for_all_its_attempts(store: AlertStore) -> None:
    add(store, "a")
    add(store, "a", guild=2)
    first, other = store.open()
    store.begin(first, NOW)
    assert store.open()[0].nonce == first.nonce != other.nonce
