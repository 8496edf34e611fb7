from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from threading import Event

import pytest

from bot.app import App, open_library
from ingest.config import IngestConfig
from ingest.report import SyncReport
from ingest.sync import sync
from rag.config import RagConfig
from rag.errors import IndexInUseError, SourceError, StoppedError
from rag.library import Library
from tests.clock import FakeClock
from tests.ingest.daily_hub import Days, item
from tests.ingest.hub import Hub, as_json, hub

TODAY = date(2025, 12, 11)  # a Thursday
FORTNIGHT = [day for n in range(14) if (day := TODAY - timedelta(days=n)).weekday() < 5]


@pytest.fixture
def days(clock: FakeClock) -> Days:
    """Two papers on each of the last days."""
    clock.time = datetime(2025, 12, 11, 12, tzinfo=UTC).timestamp()
    filled = Days()
    for n, day in enumerate(FORTNIGHT):
        filled.put(day, [item(10 * n + k) for k in range(2)])
    return filled


def run_sync(
    library: Library,
    server: Hub,
    today: date = TODAY,
    stopping: Event | None = None,
    **options: object,
) -> SyncReport:
    fetch = {"huggingface_url": server.url, "attempts": 2}
    config = IngestConfig.model_validate({"fetch": fetch, "sync": options})
    return sync(library, config, today=today, stopping=stopping)


def asked(server: Hub) -> list[str]:
    dates = [params["date"] for path, params in server.asked if path == "/api/daily_papers"]
    server.asked.clear()
    return dates


def iso(*numbers: int) -> list[str]:
    return [FORTNIGHT[number].isoformat() for number in numbers]


def test_the_first_sync_reads_two_weeks_and_the_next_what_is_due(
    clock: FakeClock, fake_library: Library, days: Days
) -> None:
    with hub(days) as server:
        first = run_sync(fake_library, server)
        assert str(first).startswith("+20 papers, 0 upvotes changed, 0 set aside")
        assert asked(server) == iso(*range(10))
        clock.time += 3600
        days.put(FORTNIGHT[0], [item(0), item(1), item(2), item(3, title=None)])
        days.put(FORTNIGHT[2], [item(20, upvotes=55), item(21)])
        second = run_sync(fake_library, server)
        assert str(second).startswith("+1 paper, 1 upvotes changed, 1 set aside")
        assert second.embedded == 1
        assert asked(server) == iso(0, 1, 2)  # the others were read an hour ago
        clock.time += 24 * 3600
        days.put(FORTNIGHT[5], [item(50, upvotes=77), item(51)])
        assert run_sync(fake_library, server).recounted == 1
        assert len(asked(server)) == 10


def test_upvotes_are_stored_with_their_times(
    clock: FakeClock, fake_library: Library, days: Days, monkeypatch: pytest.MonkeyPatch
) -> None:
    with hub(days) as server:
        for upvotes in (5, 5, 9, 8):
            days.put(TODAY, [item(1, upvotes=upvotes)])
            run_sync(fake_library, server)
            fake_library.catalog.database.connection.execute(  # a minute goes by
                "UPDATE upvotes SET seen_at = "
                "strftime('%Y-%m-%dT%H:%M:%S+00:00', seen_at, '-1 minute')"
            )
    history = fake_library.catalog.upvote_history("arxiv:2512.00001")
    assert [count for _, count in history] == [5, 9, 8]
    assert all(at.tzinfo is not None for at, _ in history)
    paper = fake_library.catalog.get(["arxiv:2512.00001"])["arxiv:2512.00001"]
    assert paper.published_on == date(2025, 12, 1)
    assert paper.featured_on == TODAY


def test_a_failed_sync_stores_what_it_read_and_the_next_continues(
    clock: FakeClock, fake_library: Library, days: Days
) -> None:
    days.faults = [lambda *_: None, as_json({}, 503), as_json({}, 503)]
    with hub(days) as server:
        with pytest.raises(SourceError, match="answered 503"):
            run_sync(fake_library, server)
        assert fake_library.catalog.coverage().papers == 2
        assert fake_library.index.pending_count() == 0
        assert run_sync(fake_library, server).new == 18


def test_a_stopped_sync_is_continued_by_the_next(
    clock: FakeClock, fake_library: Library, days: Days
) -> None:
    def stop(path: str, params: dict[str, str]) -> None:
        clock.stopping.set()

    days.faults = [lambda *_: None, stop]
    with hub(days) as server:
        with pytest.raises(StoppedError, match="continues there"):
            run_sync(fake_library, server, stopping=clock.stopping)
        assert len(server.asked) == 2
        assert fake_library.catalog.coverage().papers == 4
        clock.stopping.clear()
        assert run_sync(fake_library, server, stopping=clock.stopping).new == 16


def test_a_day_that_has_not_begun_in_utc_is_not_asked_for(
    clock: FakeClock, fake_library: Library, days: Days
) -> None:
    with hub(days) as server:
        run_sync(fake_library, server, today=TODAY + timedelta(days=1))
        assert asked(server)[0] == TODAY.isoformat()


def test_an_empty_day_is_reported(clock: FakeClock, fake_library: Library, days: Days) -> None:
    days.put(TODAY, [])
    with hub(days) as server:
        assert "empty so far: hf:2025-12-11" in str(run_sync(fake_library, server))


def test_nothing_is_fetched_without_the_index(
    clock: FakeClock, fake_library: Library, days: Days
) -> None:
    _ = fake_library.index
    other = open_library(fake_library.folder, RagConfig())
    other.__dict__["_embedders"] = (fake_library.embedder, None)
    with hub(days) as server:
        with pytest.raises(IndexInUseError):
            run_sync(other, server)
        assert server.asked == []
    other.close()


# -- the command ------------------------------------------------------------------------------


def test_paperboy_sync(
    days: Days,
    run: Callable[..., tuple[int, str, str]],
    fake_library: Library,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("rag.library.load_embedder", lambda _: fake_library.embedder)
    monkeypatch.setattr(App, "today", lambda self: TODAY)
    folder = fake_library.folder / "other"
    config = fake_library.folder / "config.toml"
    with hub(days) as server:
        config.write_text(f'[ingest.fetch]\nhuggingface_url = "{server.url}"')
        status, out, err = run("--config", config, "--data-dir", folder, "sync")
        assert (status, err) == (0, "")
        assert out.startswith("+20 papers, 0 upvotes changed, 0 set aside")
        assert "In all: 20 papers" in out
        days.put(TODAY, [item(1, title=None)])
        status, out, err = run("--config", config, "--data-dir", folder, "ingest", "hf:2025-12-11")
        assert status == 0
    status, out, err = run("--data-dir", folder, "ingest", "--list-set-aside")
    assert status == 0
    assert out == "hf:2025-12-11: hf:2025-12-11 record 1: title: Input should be a valid string\n"
    status, out, err = run("--data-dir", folder, "ingest")
    assert status == 2
    assert "name a source" in err
