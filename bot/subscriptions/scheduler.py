"""The task that delivers digests and alerts and keeps the papers up to date.

It has no state that matters: SQLite says what is due and what was sent. So it may be killed and
started at any time; each round looks at the clock and at SQLite and does what is due. A clock that
jumps or a machine that slept is no special case.
"""

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime

from bot.subscriptions.delivery import DigestSender
from bot.subscriptions.refresh import Refresher

log = logging.getLogger(__name__)

ROUND_SECONDS = 15.0  # between two rounds
ALERT_SECONDS = 120.0  # that alerts may hold up the digests
STOP_SECONDS = 10.0  # for a message under way when the bot ends


def utc_now() -> datetime:
    """Return the clock's time."""
    return datetime.now(UTC)


class Scheduler:
    """Runs rounds, one after the other: refresh the papers, send alerts, deliver digests."""

    def __init__(
        self,
        sender: DigestSender,
        refresher: Refresher,
        *,
        send_alerts: Callable[[datetime], Awaitable[object]] | None = None,
        publish: Callable[[], Awaitable[None]] | None = None,
        clock: Callable[[], datetime] = utc_now,
        round_seconds: float = ROUND_SECONDS,
    ) -> None:
        """`send_alerts` is called once after each time that new papers and upvotes were read.

        `publish` publishes the digests that were sent.
        """
        self.sender = sender
        self.refresher = refresher
        self.send_alerts = send_alerts
        self.publish = publish
        self._alerted_at: datetime | None = None
        self.clock = clock
        self.round_seconds = round_seconds
        self._is_stopping = self._is_idle = False
        self._task: asyncio.Task[None] | None = None

    async def round(self) -> None:
        """Do everything that is due now."""
        sender = self.sender
        await self.refresher.refresh_if_due()
        await self._send_alerts()
        await sender.write(sender.outbox.plan, self.clock())
        for delivery in await sender.read(sender.outbox.ready, self.clock()):
            if self._is_stopping:
                return
            await sender.deliver(delivery, stale_reason=self.refresher.stale_reason)
        if self.publish:
            await self.publish()

    async def _send_alerts(self) -> None:
        """Send alerts if new upvotes were read; a bug there must not stop the digests."""
        read = self.refresher.last_success
        if self.send_alerts is None or read is None or read == self._alerted_at:
            return
        self._alerted_at = read
        try:
            async with asyncio.timeout(ALERT_SECONDS):
                await self.send_alerts(self.clock())
        except Exception:
            log.exception("sending alerts")

    def start(self) -> None:
        """Start, unless it has started: Discord may send READY any number of times."""
        if self._task is None:
            self._task = asyncio.create_task(self._run())

    async def _run(self) -> None:
        while not self._is_stopping:
            try:
                await self.round()
            except Exception:  # such as a database that is locked for too long
                log.exception("a round of the scheduler")
            if not self._is_stopping:
                self._is_idle = True
                await asyncio.sleep(self.round_seconds)
                self._is_idle = False

    async def stop(self) -> None:
        """Finish the message under way and start no other.

        One that takes too long is cancelled as by a kill: the next start checks whether it arrived.
        """
        self._is_stopping = True
        self.refresher.stop()
        if self._task:
            if not self._is_idle:
                await asyncio.wait({self._task}, timeout=STOP_SECONDS)
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task
