"""Which pages and lists were read, and when a list no longer changes."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from ingest.fetch_history import SETTLED_AFTER, FetchHistory, KnownPage
from ingest.migrations import MIGRATIONS
from rag.store.database import IN_MEMORY, open_database
from tests.clock import FakeClock

DAY = datetime(2025, 12, 1, 12, tzinfo=UTC)


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock(DAY.timestamp())


@pytest.fixture
def history(clock: FakeClock) -> FetchHistory:
    return FetchHistory(open_database(IN_MEMORY, [MIGRATIONS]), clock)


def test_a_page_is_known_by_its_parameters_in_any_order(history: FetchHistory) -> None:
    new = history.page("/x", {"a": "1", "b": "2"})
    assert new == KnownPage("/x?a=1&b=2", "", 0)
    history.mark_stored(replace(new, etag="W/1", records=7))
    assert history.page("/x", {"b": "2", "a": "1"}) == KnownPage("/x?a=1&b=2", "W/1", 7)
    assert history.page("/x", {"a": "1"}).etag == ""


@pytest.mark.parametrize(("etag", "records"), [("W/1", 0), ("", 7)])
def test_an_empty_page_and_one_without_an_etag_are_fetched_again(
    history: FetchHistory, etag: str, records: int
) -> None:
    history.mark_stored(KnownPage("/x?a=1", etag, records))
    assert history.page("/x", {"a": "1"}).etag == ""


def test_a_list_was_read_within_a_time(history: FetchHistory, clock: FakeClock) -> None:
    assert not history.read_within("2025-12-01", 3600)
    history.mark_stored(KnownPage("/x", "", 0), "2025-12-01", 0)
    clock.time += 3599
    assert history.read_within("2025-12-01", 3600)
    clock.time += 1
    assert not history.read_within("2025-12-01", 3600)


@pytest.mark.parametrize(
    ("age", "records", "is_settled"),
    [
        (SETTLED_AFTER, 5, True),
        (SETTLED_AFTER - timedelta(days=1), 5, False),
        (SETTLED_AFTER, 0, False),  # a list that should have papers
    ],
)
def test_a_list_is_settled_two_weeks_after_its_last_day(
    history: FetchHistory, clock: FakeClock, age: timedelta, records: int, is_settled: bool
) -> None:
    clock.time += age.total_seconds()
    history.mark_stored(KnownPage("/x", "", 0), "2025-12-01", records)
    assert history.is_settled("2025-12-01", DAY.date()) == is_settled
    assert not history.is_settled("2025-12-02", DAY.date())
