"""The clock that waiting goes by: tests put in one that only they move."""

import threading
import time

from rag.errors import StoppedError


class Clock:
    """Seconds since 1970, which several processes agree on, and sleep that can be broken off."""

    def __init__(self, stopping: threading.Event | None = None) -> None:
        """Where `stopping` is set, nobody sleeps any more."""
        self.stopping = stopping or threading.Event()

    def now(self) -> float:
        """Return the seconds since 1970."""
        return time.time()

    def sleep(self, seconds: float) -> None:
        """Wait so many seconds; raise StoppedError if it is time to stop."""
        if self.stopping.wait(seconds):
            raise StoppedError("stopped before everything was read: the next run goes on there.")
