"""A clock that only waiting moves."""

from ingest.clock import Clock


class FakeClock(Clock):
    """Time stands still until somebody sleeps; `slept` is how long each of them did."""

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
        super().sleep(0)  # unless it is time to stop
