"""The clock of everything that waits; a module of its own, so that tests can replace it."""

import threading
import time

from rag.errors import StoppedError


class Clock:
    """Seconds since 1970, the same for several processes, and a sleep that can be interrupted."""

    def __init__(self, stopping: threading.Event | None = None) -> None:
        """Once `stopping` is set, every sleep raises StoppedError."""
        self.stopping = stopping or threading.Event()

    def now(self) -> float:
        """Return the seconds since 1970."""
        return time.time()

    def sleep(self, seconds: float) -> None:
        """Wait this many seconds. Raises StoppedError once `stopping` is set."""
        if self.stopping.wait(seconds):
            raise StoppedError("stopped before everything was read: the next run continues there.")
