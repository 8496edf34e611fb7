"""A Discord message that is edited while its answer is written."""

import asyncio
import contextlib
import logging
import time
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, TypeVar, cast

import discord

from bot.components.discord_errors import FAILURES, UNANSWERED

log = logging.getLogger(__name__)

EDIT_SECONDS = (
    1.1  # between two edits: a little over Discord's one second, which counts from arrival
)

RETRY_SECONDS = (1, 2, 4, 8, 16, 32, 64, 128, 256, 512)  # before each further attempt

State = TypeVar("State")
T = TypeVar("T")


async def keep_trying(
    request: Callable[[], Awaitable[T]], seconds: Sequence[float] = RETRY_SECONDS
) -> T:
    """Send a request until Discord has answered it; it must do no harm if it arrives twice.

    Raises what the last attempt raises, and at once what no further attempt can mend.
    """
    for pause in seconds:
        try:
            return await request()
        except UNANSWERED as error:
            log.info("Discord cannot be reached, trying again in %s s: %s", pause, error)
            await asyncio.sleep(pause)
    return await request()


class LiveMessage(Generic[State]):
    """Shows the latest state, with at most one edit per second; the last one exactly once."""

    def __init__(
        self, edit: Callable[[State], Awaitable[None]], *, interval: float = EDIT_SECONDS
    ) -> None:
        """`edit` shows a state in the message, which was sent or edited just now."""
        self._edit = edit
        self._interval = interval
        self._edited_at = time.monotonic()
        self._latest: State | None = None
        self._changed, self._stopped = asyncio.Event(), asyncio.Event()
        self._task = asyncio.create_task(self._follow())
        self.is_gone = False  # somebody deleted the message

    def show(self, state: State) -> None:
        """Show this state with the next edit, unless a newer one replaces it."""
        self._latest = state
        self._changed.set()

    async def stop(self) -> None:
        """Stop editing; waits for an edit under way, which could otherwise arrive later."""
        self._stopped.set()
        self._changed.set()
        await self._task

    async def finish(self, state: State) -> None:
        """Show the final state. Raises what the last attempt raises; see `keep_trying`."""
        await self.stop()
        await asyncio.sleep(self._seconds_to_next_edit())
        await keep_trying(lambda: self._edit(state))

    def _seconds_to_next_edit(self) -> float:
        return max(0.0, self._edited_at + self._interval - time.monotonic())

    async def _follow(self) -> None:
        while not self.is_gone:
            await self._changed.wait()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._stopped.wait(), self._seconds_to_next_edit())
            if self._stopped.is_set():
                return
            self._changed.clear()
            try:
                await self._edit(cast(State, self._latest))
            except discord.NotFound:
                self.is_gone = True
            except FAILURES as error:
                log.info("an edit failed, the next one follows: %s", error)
            except Exception:  # the final state may be one that can be shown
                log.exception("an edit failed, the next one follows")
            self._edited_at = time.monotonic()
