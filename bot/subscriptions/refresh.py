"""New papers every hour, and before every digest: when to read them, and how fresh they are."""

import asyncio
import logging
import threading
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta

from rag.errors import PaperboyError

log = logging.getLogger(__name__)

AGAIN = timedelta(minutes=5)  # after a try that failed

# Reads what is new; it may look at the event now and then, and stop early where it is set.
Sync = Callable[[threading.Event], object]


class Refresher:
    """Runs `sync` in a thread of its own, `every` so often; None never runs it."""

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
        self.last_good: datetime | None = None
        self._next: datetime | None = None
        self._why = "no papers have been read since I started"

    async def keep_up(self) -> None:
        """Read what is new if it is time to. Whatever goes wrong is tried again and told later."""
        if self.sync is None or (self._next and self.clock() < self._next):
            return
        try:
            await self.run(self.sync, self.stopping)
        except PaperboyError as error:
            self._failed(str(error))
        except Exception as error:  # a fault of ours must not stop the digests
            log.exception("reading new papers")
            self._failed(f"new papers could not be read ({type(error).__name__})")
        else:
            self.last_good = self.clock()
            self._next = self.last_good + self.every

    def _failed(self, why: str) -> None:
        log.warning("new papers could not be read: %s", why)
        self._why = why
        self._next = self.clock() + AGAIN

    @property
    def not_fresh(self) -> str:
        """Why the papers are not up to date; "" where they are, or are not meant to be."""
        if self.sync is None:
            return ""
        is_fresh = self.last_good and self.clock() - self.last_good < self.every + AGAIN
        return "" if is_fresh else self._why

    def stop(self) -> None:
        """Let a run that is under way end early."""
        self.stopping.set()
