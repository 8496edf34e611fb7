"""The answers that are being made at the moment: others can stop, retract or forget them."""

import asyncio
import threading
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from bot.answers.message import AnswerMessage

SETTLE_SECONDS = 2.0  # that a reply waits for the answer before it to be stored
STOP_SECONDS = 5.0  # for the last edits when the bot stops


@dataclass(slots=True, eq=False)
class AnswerInProgress:
    """An answer from its question to the last edit of its message.

    `is_forgotten`: the user asked that nothing about it be stored. `is_retracted`: the question was
    deleted in the meantime. `is_stored`: what its message shows if the bot ends now is stored.
    """

    message: AnswerMessage
    cancel: threading.Event = field(default_factory=threading.Event)
    stopped: asyncio.Event = field(default_factory=asyncio.Event)
    is_forgotten: bool = False
    is_retracted: bool = False
    is_stored: bool = False
    done: asyncio.Event = field(default_factory=asyncio.Event)

    def stop(self) -> None:
        """Have what is written or read for it end soon."""
        self.cancel.set()
        self.stopped.set()


class AnswersInFlight:
    """Keeps track of the answers in progress; all methods run on the event loop."""

    def __init__(self) -> None:
        self.is_stopping = False
        self._answers: set[AnswerInProgress] = set()
        self._sending: set[asyncio.Task[None]] = set()

    @contextmanager
    def track(self, message: AnswerMessage) -> Iterator[AnswerInProgress]:
        """Track the answer that is made within the block."""
        progress = AnswerInProgress(message)
        self._answers.add(progress)
        try:
            yield progress
        finally:
            self._answers.discard(progress)
            progress.done.set()

    async def send(self, sending: Coroutine[None, None, None]) -> None:
        """Send and store the first version of an answer; `settled` waits for it."""
        task = asyncio.create_task(sending)
        self._sending.add(task)
        task.add_done_callback(self._sending.discard)
        await task

    async def settled(self) -> None:
        """Wait until the answers being sent are stored, so that a reply to them finds them."""
        if self._sending:
            await asyncio.wait(self._sending, timeout=SETTLE_SECONDS)

    def open(self) -> None:
        """Let the model write answers again, after `stop`."""
        self.is_stopping = False

    async def stop(self) -> None:
        """Stop writing: the answers in progress stay quoted and say so."""
        self.is_stopping = True
        for progress in self._answers:
            progress.stop()
        waiting = [asyncio.create_task(progress.done.wait()) for progress in self._answers]
        if waiting:
            _, late = await asyncio.wait(waiting, timeout=STOP_SECONDS)
            for task in late:
                task.cancel()

    def stop_one(self, message_id: int) -> bool:
        """Stop writing into this message; return whether it was being written."""
        found = [one for one in self._answers if one.message.reply.message_id == message_id]
        for progress in found:
            progress.stop()
        return bool(found)

    def embed_removed(self, message_id: int) -> None:
        """Stop writing into a message whose embed somebody removed."""
        for progress in self._answers:
            if progress.message.reply.message_id == message_id:
                progress.message.reply.is_removed = True
                progress.stop()

    def retract(self, event_id: int) -> None:
        """Stop the answer to a message that was deleted; its reply is removed as well."""
        for progress in self._answers:
            if progress.message.reply.event_id == event_id:
                progress.is_retracted = True
                progress.stop()
            elif event_id in progress.message.inquiry.heard_from:
                progress.is_forgotten = True

    def forget(self, user_id: int) -> None:
        """Stop the answers to a user and store nothing about them."""
        for progress in self._answers:
            if progress.message.reply.user_id == user_id:
                progress.is_forgotten = True
                progress.stop()
            elif user_id in progress.message.inquiry.heard_from:
                progress.is_forgotten = True
