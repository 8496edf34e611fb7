import itertools
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest

from ingest.clock import Clock
from ingest.migrations import MIGRATIONS
from ingest.rate_limiter import BusyError, RateLimit, RateLimiter
from rag.store.database import open_database
from tests.clock import FakeClock

RULE = RateLimit(requests=5, seconds=300)
SLOW = RateLimit(requests=1, seconds=3, one_connection=True)


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


def test_no_period_has_more_requests_than_the_limit(tmp_path: Path, clock: FakeClock) -> None:
    one = RateLimiter(open_database(tmp_path / "x.sqlite", [MIGRATIONS]), clock)
    other = RateLimiter(
        open_database(tmp_path / "x.sqlite", [MIGRATIONS]), clock
    )  # as another process has it
    times = []
    for number in range(40):
        with (one, other)[number % 2].turn("hub", RULE, max_wait=10_000):
            times.append(clock.now())
        clock.time += number % 7
    for n, first in enumerate(times):
        assert sum(first <= later < first + 300 for later in times[n:]) <= 5
    assert times[-1] - times[0] < 7 * 300 + 150  # and not slower than that


def test_each_host_has_its_own_turns(clock: FakeClock) -> None:
    pace = RateLimiter(None, clock)
    for host in ("a", "b", "c"):
        with pace.turn(host, RateLimit(1, 300), max_wait=0):
            assert clock.slept == []
    pace.close()


def test_a_turn_that_comes_too_late_is_not_taken(clock: FakeClock) -> None:
    pace = RateLimiter(None, clock)
    with pace.turn("hub", RateLimit(1, 300), max_wait=0):
        pass
    with pytest.raises(BusyError) as caught, pace.turn("hub", RateLimit(1, 300), max_wait=60):
        pass
    assert caught.value.wait == 300
    clock.time += 299
    with pace.turn("hub", RateLimit(1, 300), max_wait=60):
        assert clock.slept == [1.0]
    pace.close()


def test_the_longest_pause_holds_for_every_process(tmp_path: Path, clock: FakeClock) -> None:
    one = RateLimiter(open_database(tmp_path / "x.sqlite", [MIGRATIONS]), clock)
    other = RateLimiter(open_database(tmp_path / "x.sqlite", [MIGRATIONS]), clock)
    one.pause("hub", 100)
    one.pause("hub", 20)
    with other.turn("hub", RULE, max_wait=600):
        assert clock.slept == [100.0]
    with other.turn("hub", RULE, max_wait=600):
        assert clock.slept == [100.0]


def test_turns_of_a_wrong_clock_are_ignored(clock: FakeClock) -> None:
    pace = RateLimiter(None, clock)
    with pace.turn("hub", RateLimit(1, 300), max_wait=0):
        pass
    clock.time -= timedelta(days=400).total_seconds()
    with pace.turn("hub", RateLimit(1, 300), max_wait=0):
        pass
    pace.close()


ASKER = """
import sys, time
from pathlib import Path
from ingest.clock import Clock
from ingest.rate_limiter import RateLimit, RateLimiter
from ingest.migrations import MIGRATIONS
from rag.store.database import open_database
pace = RateLimiter(open_database(Path(sys.argv[1]) / "x.sqlite", [MIGRATIONS]), Clock())
for _ in range(3):
    with pace.turn("hub", RateLimit(1, 0.2, one_connection=True), max_wait=60):
        begun = time.time()
        time.sleep(0.05)
        print(begun, time.time(), flush=True)
"""


@pytest.mark.slow
def test_processes_take_turns_one_at_a_time(tmp_path: Path) -> None:
    RateLimiter(open_database(tmp_path / "x.sqlite", [MIGRATIONS]), Clock())
    asking = [
        subprocess.Popen(
            [sys.executable, "-c", ASKER, str(tmp_path)], stdout=subprocess.PIPE, text=True
        )
        for _ in range(2)
    ]
    spans = []
    for process in asking:
        out, _ = process.communicate(timeout=120)
        assert process.returncode == 0
        spans += [tuple(map(float, line.split())) for line in out.splitlines()]
    spans.sort()
    assert len(spans) == 6
    assert all(b[0] - a[1] >= 0.19 for a, b in itertools.pairwise(spans))
