"""Reads new papers at regular intervals and says whether the papers are up to date."""

import asyncio
import logging
import threading
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta

from rag.errors import PaperboyError

log = logging.getLogger(__name__)

RETRY_AFTER = timedelta(minutes=5)  # after a failed attempt

# Reads new papers; it should check the event from time to time and end early if it is set.
Sync = Callable[[threading.Event], object]


class Refresher:
    """Runs `sync` in a thread, at the interval `every`; with None, never."""

    def __init__(
        self,
        sync: Sync | None,
        *,
        every: timedelta,
        clock: Callable[[], datetime],
        run: Callable[[Sync, threading.Event], Awaitable[object]] = asyncio.to_thread,
    ) -> None:
        self.sync = sync if every else None
        self.every = every
        self.clock = clock
        self.run = run
        self.stopping = threading.Event()
        self.last_success: datetime | None = None
        self._next: datetime | None = None
        self._failure = "no papers have been read since I started"

    async def refresh_if_due(self) -> None:
        """Read new papers if it is time. A failure is retried; `stale_reason` gives it."""
        if self.sync is None or (self._next and self.clock() < self._next):
            return
        try:
            await self.run(self.sync, self.stopping)
        except PaperboyError as error:
            self._failed(str(error))
        except Exception as error:  # a bug must not stop the digests
            log.exception("reading new papers")
            self._failed(f"new papers could not be read ({type(error).__name__})")
        else:
            self.last_success = self.clock()
            self._next = self.last_success + self.every

    def _failed(self, reason: str) -> None:
        log.warning("new papers could not be read: %s", reason)
        self._failure = reason
        self._next = self.clock() + RETRY_AFTER

    @property
    def stale_reason(self) -> str:
        """Why the papers are not up to date; "" if they are, or if nothing refreshes them."""
        if self.sync is None:
            return ""
        is_fresh = self.last_success and self.clock() - self.last_success < self.every + RETRY_AFTER
        return "" if is_fresh else self._failure

    def stop(self) -> None:
        """Let a run under way end early."""
        self.stopping.set()
