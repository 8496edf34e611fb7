"""The one task that brings digests to people and keeps the papers up to date.

It holds nothing that matters: what is due stands in the subscriptions, what became of it in the
outbox. So it may be killed and started at any time; each round looks at the clock and at SQLite
and does what is to be done. A clock that jumps or a machine that slept are no special cases.
"""

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime

from bot.subscriptions.delivery import DigestSender
from bot.subscriptions.refresh import Refresher

log = logging.getLogger(__name__)

ROUND_SECONDS = 15.0  # between two looks at the clock
ALERT_SECONDS = 120.0  # that telling what takes off may hold up the digests
STOP_SECONDS = 10.0  # that a message under way may take when the bot ends


def utc_now() -> datetime:
    """Return the clock's time."""
    return datetime.now(UTC)


class Scheduler:
    """Rounds of keeping up, planning and delivering, one after the other."""

    def __init__(
        self,
        deliveries: DigestSender,
        keeping_up: Refresher,
        *,
        send_alerts: Callable[[datetime], Awaitable[object]] | None = None,
        clock: Callable[[], datetime] = utc_now,
        round_seconds: float = ROUND_SECONDS,
    ) -> None:
        """`send_alerts` is called once after each time that new papers and upvotes were read."""
        self.deliveries = deliveries
        self.keeping_up = keeping_up
        self.send_alerts = send_alerts
        self._looked_at: datetime | None = None
        self.clock = clock
        self.round_seconds = round_seconds
        self._is_stopping = self._is_resting = False
        self._task: asyncio.Task[None] | None = None

    async def round(self) -> None:
        """Do everything that is to be done now."""
        parts = self.deliveries
        await self.keeping_up.keep_up()
        await self._look_for_alerts()
        await parts.write(parts.outbox.plan, self.clock())
        for delivery in await parts.read(parts.outbox.ready, self.clock()):
            if self._is_stopping:
                return
            await parts.deliver(delivery, not_fresh=self.keeping_up.not_fresh)

    async def _look_for_alerts(self) -> None:
        """Tell what takes off; a fault of ours there must not stop the digests."""
        read = self.keeping_up.last_good
        if self.send_alerts is None or read is None or read == self._looked_at:
            return
        self._looked_at = read
        try:
            async with asyncio.timeout(ALERT_SECONDS):
                await self.send_alerts(self.clock())
        except Exception:
            log.exception("looking for papers that take off")

    def start(self) -> None:
        """Begin, unless it has begun: Discord may say READY any number of times."""
        if self._task is None:
            self._task = asyncio.create_task(self._work())

    async def _work(self) -> None:
        while not self._is_stopping:
            try:
                await self.round()
            except Exception:  # such as a database that is locked for long
                log.exception("a round of the scheduler")
            if not self._is_stopping:
                self._is_resting = True
                await asyncio.sleep(self.round_seconds)
                self._is_resting = False

    async def stop(self) -> None:
        """Let the message that is under way arrive and begin no other.

        One that takes too long is left as after a kill: the next start finds out about it.
        """
        self._is_stopping = True
        self.keeping_up.stop()
        if self._task:
            if not self._is_resting:
                await asyncio.wait({self._task}, timeout=STOP_SECONDS)
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task
