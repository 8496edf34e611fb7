"""Reports unexpected errors in a Discord channel, each kind at most once an hour.

A report never contains what users said or papers contain: of an exception only its type and place.
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

from bot.components.discord_errors import FAILURES
from bot.render.answer import error_embed

log = logging.getLogger(__name__)

ROOMS = ("bot", "ingest", "rag")
LOGGERS = (*ROOMS, "asyncio")  # not discord.py's, which reports every reconnect
BREAKER = "rag.llm.breaker"  # the logger whose warnings are reported as well
REPEAT_SECONDS = 3600.0
OWN_FOLDERS = tuple(f"{Path(__file__).parents[2] / room}/" for room in ROOMS)


class ErrorReporter(logging.Handler):
    """A log handler that sends errors, logged in any thread, to a channel."""

    def __init__(
        self, client: discord.Client, channel: int, *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        """Report from `start` to `stop`."""
        super().__init__(logging.WARNING)
        self.client = client
        self.channel = channel
        self._clock = clock
        self._reported: dict[str, float] = {}
        self._sending: set[asyncio.Task[None]] = set()
        self._loop: asyncio.AbstractEventLoop | None = None

    def start(self) -> None:
        """Attach to the loggers; reports are sent by the running event loop."""
        self._loop = asyncio.get_running_loop()
        for name in LOGGERS:
            logging.getLogger(name).addHandler(self)
        logging.getLogger(BREAKER).setLevel(logging.WARNING)

    def stop(self) -> None:
        """Detach from the loggers."""
        for name in LOGGERS:
            logging.getLogger(name).removeHandler(self)

    def emit(self, record: logging.LogRecord) -> None:
        """Handle one record (logging calls this in the thread that logs)."""
        if record.levelno < logging.ERROR and record.name != BREAKER:
            return
        with contextlib.suppress(RuntimeError):  # the loop is closed
            if self._loop:
                text = report_of(record)
                kind = text if record.exc_info else str(record.msg)
                self._loop.call_soon_threadsafe(self._report, kind, text)

    def _report(self, kind: str, text: str) -> None:
        now = self._clock()
        self._reported = {
            other: at for other, at in self._reported.items() if now - at < REPEAT_SECONDS
        }
        if kind in self._reported:
            return
        self._reported[kind] = now
        task = asyncio.create_task(self._send(text))
        self._sending.add(task)
        task.add_done_callback(self._sending.discard)

    async def _send(self, text: str) -> None:
        try:
            await self.client.get_partial_messageable(self.channel).send(embed=error_embed(text))
        except FAILURES as error:
            log.warning("an error could not be reported in channel %s: %s", self.channel, error)


def report_of(record: logging.LogRecord) -> str:
    """Return a sentence: a message of our own, or the type and place of an exception."""
    error = record.exc_info[1] if record.exc_info else None
    if error is not None:
        place = _place(error.__traceback__)
        return f"{type(error).__name__} in {place}. The log has the rest."
    if record.name.split(".")[0] in ROOMS:
        return record.getMessage()
    return f"{record.name} reports an error. The log has the rest."


def _place(trace: TracebackType | None) -> str:
    """Return the last line of our own code in a traceback, else its last line."""
    frames = list(traceback.extract_tb(trace))
    ours = [frame for frame in frames if frame.filename.startswith(OWN_FOLDERS)]
    for frame in (ours or frames)[-1:]:
        path = Path(frame.filename)
        return f"{path.parent.name}/{path.name}, line {frame.lineno}, {frame.name}"
    return "an unknown place"
