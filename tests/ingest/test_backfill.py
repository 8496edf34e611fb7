import os
import signal
import subprocess
import sys
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from ingest.config import FetchConfig
from ingest.report import IngestReport
from ingest.resolve_source import resolve_source
from ingest.sync import ingest
from rag.errors import SourceError
from rag.library import Library
from tests.clock import FakeClock
from tests.ingest.daily_hub import Days, item
from tests.ingest.hub import Answer, Hub, as_json, hub

MONDAY = date(2025, 12, 1)
WEEK = [MONDAY + timedelta(days=n) for n in range(5)]
RANGE = "hf:2025-12-01..2025-12-07"
LATER = datetime(2026, 2, 1, tzinfo=UTC).timestamp()


@pytest.fixture
def days() -> Days:
    """Three papers on each day of a week."""
    filled = Days()
    for n, day in enumerate(WEEK):
        filled.put(day, [item(10 * n + k) for k in range(3)])
    return filled


def backfill(
    library: Library, server: Hub, what: str = RANGE, today: date = date(2026, 2, 1)
) -> IngestReport:
    config = FetchConfig(huggingface_url=server.url, attempts=2)
    with resolve_source(what, config, today=today, library=library) as source:
        return ingest(source, library)


def asked(server: Hub) -> list[str]:
    dates = [params["date"] for _, params in server.asked]
    server.asked.clear()
    return dates


def names(*numbers: int) -> list[str]:
    return [WEEK[number].isoformat() for number in numbers]


def test_a_range_that_failed_on_a_day_continues_there(
    clock: FakeClock, fake_library: Library, days: Days
) -> None:
    clock.time = LATER

    def down(path: str, params: dict[str, str]) -> Answer | None:
        return as_json({}, 503) if params["date"] in names(2) else None

    days.faults = [down] * 4
    with hub(days) as server:
        with pytest.raises(SourceError, match="answered 503"):
            backfill(fake_library, server)
        assert fake_library.catalog.coverage().papers == 6
        assert fake_library.index.pending_count() == 0
        assert asked(server) == names(0, 1, 2, 2)
        report = backfill(fake_library, server)
        assert asked(server) == names(2, 3, 4)
    assert (report.upserted.new, report.pages["settled"]) == (9, 2)
    assert "2 lists settled" in str(report)


def test_a_month_that_failed_on_a_page_continues_there(
    clock: FakeClock, fake_library: Library, days: Days
) -> None:
    clock.time = datetime(2025, 12, 20, tzinfo=UTC).timestamp()
    days.lists = {"2025-11": [item(n) for n in range(40)], "2025-12": [item(n) for n in range(250)]}

    def down(path: str, params: dict[str, str]) -> Answer | None:
        return as_json({}, 503) if params["p"] == "2" else None

    days.faults = [down] * 5
    months = "hf:2025-11..2026-03"
    with hub(days) as server:
        with pytest.raises(SourceError, match="answered 503"):
            backfill(fake_library, server, months, today=date(2025, 12, 20))
        assert fake_library.catalog.coverage().papers == 200
        report = backfill(fake_library, server, months, today=date(2025, 12, 20))
    assert report.upserted.new == 50
    assert report.pages == {"settled": 1, "unchanged": 2, "read": 1}
    assert days.sent == ["2025-11", "2025-12", "2025-12", "2025-12"]


def test_a_second_run_changes_and_requests_nothing(
    clock: FakeClock, fake_library: Library, days: Days
) -> None:
    clock.time = LATER
    with hub(days) as server:
        backfill(fake_library, server)
        before = fake_library.catalog.papers()
        server.asked.clear()
        report = backfill(fake_library, server)
        assert server.asked == []
    assert (report.read, report.embedded, report.pages["settled"]) == (0, 0, 5)
    assert fake_library.catalog.papers() == before


def test_recent_days_are_requested_again_for_changes(
    clock: FakeClock, fake_library: Library, days: Days
) -> None:
    clock.time = datetime(2025, 12, 16, tzinfo=UTC).timestamp()  # 15, 14, 13, 12, 11 days later
    with hub(days) as server:
        backfill(fake_library, server)
        days.sent.clear()
        server.asked.clear()
        days.put(WEEK[3], [item(30, upvotes=99), item(31), item(32), item(33)])
        report = backfill(fake_library, server)
        assert asked(server) == names(2, 3, 4)
        assert days.sent == names(3)
    done = report.upserted
    assert (done.new, done.changed, done.unchanged, done.recounted) == (1, 1, 2, 1)
    assert report.pages == {"settled": 2, "unchanged": 2, "read": 1}


def test_a_single_day_is_always_requested(
    clock: FakeClock, fake_library: Library, days: Days
) -> None:
    clock.time = LATER
    with hub(days) as server:
        for _ in range(2):
            backfill(fake_library, server, "hf:2025-12-01")
        assert asked(server) == names(0, 0)
    assert days.sent == names(0)


def test_an_empty_weekday_is_requested_again(
    clock: FakeClock, fake_library: Library, days: Days
) -> None:
    clock.time = LATER
    days.faults = [as_json([])]
    with hub(days) as server:
        assert backfill(fake_library, server).read == 15
        assert asked(server) == names(0, 0, 1, 2, 3, 4)
    assert clock.slept == [5.0]


def test_a_weekday_that_stays_empty_is_reported_as_empty_so_far(
    clock: FakeClock, fake_library: Library, days: Days
) -> None:
    clock.time = LATER
    full = days.lists.pop("2025-12-03")
    with hub(days) as server:
        report = backfill(fake_library, server)
        assert "empty so far: hf:2025-12-03" in str(report)
        server.asked.clear()
        days.put(WEEK[2], full)  # and one day it is there
        assert backfill(fake_library, server).upserted.new == 3
        assert asked(server) == names(2)


def test_weekends_may_be_empty_and_future_days_are_not_requested(
    clock: FakeClock, fake_library: Library, days: Days
) -> None:
    with hub(days) as server:
        report = backfill(fake_library, server, "hf:2025-12-06")
        assert (report.read, report.empty) == (0, [])
        server.asked.clear()
        backfill(fake_library, server, "hf:2025-12-04..2026-12-31", today=date(2025, 12, 5))
        assert asked(server) == names(3, 4)


def test_an_invalid_record_is_listed_until_it_is_valid(
    clock: FakeClock, fake_library: Library, days: Days
) -> None:
    clock.time = LATER
    days.put(WEEK[0], [item(1), item(2, summary=None)])
    with hub(days) as server:
        report = backfill(fake_library, server, "hf:2025-12-01")
        assert len(report.set_aside) == 1
        ((source, record, reason),) = fake_library.catalog.all_set_aside()
        assert (source, record) == ("hf:2025-12-01", "hf:2025-12-01 record 2 (Paper 2)")
        assert "abstract" in reason or "summary" in reason
        backfill(fake_library, server, "hf:2025-12-01")  # unchanged: it still does not fit
        assert len(fake_library.catalog.all_set_aside()) == 1
        days.put(WEEK[0], [item(1), item(2)])
        backfill(fake_library, server, "hf:2025-12-01")
    assert fake_library.catalog.all_set_aside() == []


@pytest.mark.slow
def test_a_killed_range_continues_at_that_day(
    fake_library: Library, days: Days, tmp_path: Path
) -> None:
    config = tmp_path / "config.toml"
    command = [
        sys.executable,
        "-m",
        "bot",
        "--data-dir",
        str(fake_library.folder),
        "--config",
        str(config),
    ]
    killed: list[int] = []

    def kill(path: str, params: dict[str, str]) -> Answer | None:
        if params["date"] in names(3) and not killed:
            killed.append(process.pid)
            os.kill(process.pid, signal.SIGKILL)
        return None

    days.faults = [kill] * 4
    with hub(days) as server:
        config.write_text(f'[ingest.fetch]\nhuggingface_url = "{server.url}"')
        process = subprocess.Popen([*command, "ingest", RANGE])
        assert process.wait(timeout=200) == -signal.SIGKILL
        assert fake_library.catalog.coverage().papers == 9
        server.asked.clear()
        subprocess.run([*command, "ingest", RANGE], check=True, timeout=200)
        assert asked(server) == names(3, 4)
    assert fake_library.catalog.coverage().papers == 15
