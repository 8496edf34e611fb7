"""Errors that nobody foresaw, told in a channel to whoever runs the bot: each kind once an hour.

What people said or papers hold is never told: of an exception only its kind and its place.
"""

import asyncio
import contextlib
import logging
import time
import traceback
from collections.abc import Callable
from pathlib import Path
from types import TracebackType

import discord

from bot.render.answer import error_embed

log = logging.getLogger(__name__)

HEARD = ("bot", "ingest", "rag", "asyncio")  # loggers; discord.py's tell of every reconnect
MODEL_RESTS = "rag.llm.breaker"  # the logger whose warnings are told too
AGAIN_SECONDS = 3600.0
ROOMS = ("bot", "ingest", "rag")
OURS = tuple(f"{Path(__file__).parents[2] / room}/" for room in ROOMS)


class ErrorReporter(logging.Handler):
    """Takes what is logged as an error, in any thread, and sends it to a channel."""

    def __init__(
        self, client: discord.Client, channel: int, *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        """Listen from `start` to `stop`."""
        super().__init__(logging.WARNING)
        self.client = client
        self.channel = channel
        self._clock = clock
        self._told: dict[str, float] = {}
        self._sending: set[asyncio.Task[None]] = set()
        self._loop: asyncio.AbstractEventLoop | None = None

    def start(self) -> None:
        """Hear what the rooms log, in the running event loop."""
        self._loop = asyncio.get_running_loop()
        for name in HEARD:
            logging.getLogger(name).addHandler(self)
        logging.getLogger(MODEL_RESTS).setLevel(logging.WARNING)

    def stop(self) -> None:
        """Hear nothing any more."""
        for name in HEARD:
            logging.getLogger(name).removeHandler(self)

    def emit(self, record: logging.LogRecord) -> None:
        """Take one record (logging calls this, in the thread that logs)."""
        if record.levelno < logging.ERROR and record.name != MODEL_RESTS:
            return
        with contextlib.suppress(RuntimeError):  # the loop is closed
            if self._loop:
                text = told_of(record)
                kind = text if record.exc_info else str(record.msg)
                self._loop.call_soon_threadsafe(self._report, kind, text)

    def _report(self, kind: str, text: str) -> None:
        now = self._clock()
        self._told = {other: at for other, at in self._told.items() if now - at < AGAIN_SECONDS}
        if kind in self._told:
            return
        self._told[kind] = now
        task = asyncio.create_task(self._send(text))
        self._sending.add(task)
        task.add_done_callback(self._sending.discard)

    async def _send(self, text: str) -> None:
        try:
            await self.client.get_partial_messageable(self.channel).send(embed=error_embed(text))
        except (discord.DiscordException, OSError) as error:
            log.warning("an error could not be told in channel %s: %s", self.channel, error)


def told_of(record: logging.LogRecord) -> str:
    """Return a sentence about an error: our own words, or an exception's kind and place."""
    error = record.exc_info[1] if record.exc_info else None
    if error is not None:
        place = _place(error.__traceback__)
        return f"{type(error).__name__} in {place}. The log has the rest."
    if record.name.split(".")[0] in ROOMS:
        return record.getMessage()
    return f"{record.name} reports an error. The log has the rest."


def _place(trace: TracebackType | None) -> str:
    """Return the last line of our own that a traceback goes through, else its last line."""
    frames = list(traceback.extract_tb(trace))
    ours = [frame for frame in frames if frame.filename.startswith(OURS)]
    for frame in (ours or frames)[-1:]:
        path = Path(frame.filename)
        return f"{path.parent.name}/{path.name}, line {frame.lineno}, {frame.name}"
    return "an unknown place"
