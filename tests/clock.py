"""Clocks that stand still: one moves by sleeping, one is set by the test."""

from datetime import datetime

from ingest.clock import Clock


class FakeClock(Clock):
    """Moves only by sleeping; `slept` lists the seconds of each sleep."""

    def __init__(self, now: float = 1_765_000_000.0) -> None:
        super().__init__()
        self.time = now
        self.slept: list[float] = []

    def now(self) -> float:
        return self.time

    def sleep(self, seconds: float) -> None:
        if seconds:
            self.slept.append(seconds)
        self.time += seconds
        super().sleep(0)  # raises StoppedError if it is time to stop


class SettableClock:
    """Returns the same time until a test sets `now`."""

    def __init__(self, now: datetime) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now
