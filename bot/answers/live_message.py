"""One Discord message that follows an answer while it is written."""

import asyncio
import contextlib
import logging
import time
from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar, cast

import discord

log = logging.getLogger(__name__)

EDIT_SECONDS = 1.1  # between two edits: Discord counts from arrival, so a little over a second

State = TypeVar("State")


class LiveMessage(Generic[State]):
    """Shows the latest state by edits, never more than one a second, the last one exactly once."""

    def __init__(
        self, edit: Callable[[State], Awaitable[None]], *, interval: float = EDIT_SECONDS
    ) -> None:
        """`edit` brings a state into the message, which was sent or edited just now."""
        self._edit = edit
        self._interval = interval
        self._edited_at = time.monotonic()
        self._latest: State | None = None
        self._changed, self._stopped = asyncio.Event(), asyncio.Event()
        self._task = asyncio.create_task(self._follow())
        self.is_gone = False  # somebody deleted the message: nothing more to show

    def show(self, state: State) -> None:
        """Show this as soon as the next edit is due, unless something newer comes first."""
        self._latest = state
        self._changed.set()

    async def stop(self) -> None:
        """Show nothing more. An edit that is under way ends first, lest it arrive later."""
        self._stopped.set()
        self._changed.set()
        await self._task

    async def finish(self, state: State) -> None:
        """Show this and nothing after it. Raises what the edit raises."""
        await self.stop()
        await asyncio.sleep(self._seconds_left())
        await self._edit(state)

    def _seconds_left(self) -> float:
        return max(0.0, self._edited_at + self._interval - time.monotonic())

    async def _follow(self) -> None:
        while not self.is_gone:
            await self._changed.wait()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._stopped.wait(), self._seconds_left())
            if self._stopped.is_set():
                return
            self._changed.clear()
            try:
                await self._edit(cast(State, self._latest))
            except discord.NotFound:
                self.is_gone = True
            except discord.DiscordException as error:
                log.info("an edit failed, the next one follows: %s", error)
            self._edited_at = time.monotonic()
