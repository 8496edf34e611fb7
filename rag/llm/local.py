"""The local model: a process that is asked one question at a time, cancelled, and watched."""

import logging
import queue
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from rag.cpu import cores
from rag.errors import ModelError
from rag.llm.child import Event
from rag.llm.llama_model import Message
from rag.llm.model_files import problem_of
from rag.llm.supervisor import Supervisor

log = logging.getLogger(__name__)

POLL_SECONDS = 0.05  # how often a waiting answer looks whether it is still wanted
CANCEL_SECONDS = 2.0  # after a cancel the process has so long to stop writing, else it is killed
ANSWER_SECONDS = 300.0
REST_SECONDS = 60.0
SILENT_SECONDS = 2.5  # without a sign of life, which comes four times a second: it hangs
SILENT_LOADING_SECONDS = 20.0  # the same while it starts, which a busy machine delays
STUCK_SECONDS = 60.0  # alive, but not a step further: native code hangs

Inbox = queue.SimpleQueue[Event]


class LocalModel:
    """One llama.cpp model in a child process; it loads in the background.

    One answer at a time: callers take turns (rag/llm/queue.py).
    """

    def __init__(
        self,
        path: Path,
        *,
        n_ctx: int,
        threads: int,
        answer_seconds: float = ANSWER_SECONDS,
        rest_seconds: float = REST_SECONDS,
    ) -> None:
        """Start the process. Nothing is raised here: `problem` says what is wrong.

        `answer_seconds` is an answer's deadline; `rest_seconds` how long nobody asks a model that
        crashed again and again (rag/llm/breaker.py).
        """
        self.path = path
        self.answer_seconds = answer_seconds
        self.figures: Event = {}  # of the last finished answer: tokens of its prompt and so on
        self._asked_n_ctx = n_ctx
        self._number = 0
        command = [
            sys.executable, "-m", "rag.llm.worker", str(path),
            "--n-ctx", str(n_ctx), "--threads", str(threads or cores()),
        ]  # fmt: skip
        self._process = Supervisor(command, path.name, rest_seconds=rest_seconds)
        self._process.broken = problem_of(path)
        if not self._process.broken:
            self._process.start()

    @property
    def pid(self) -> int | None:
        """The process that runs now."""
        return self._process.pid

    @property
    def n_ctx(self) -> int:
        """Tokens of prompt and answer together that fit."""
        return int(self._process.loaded.get("n_ctx", self._asked_n_ctx))

    @property
    def problem(self) -> str:
        """Why nothing can be written, for good or for a while, in one sentence; else nothing."""
        return self._process.problem

    @property
    def is_ready(self) -> bool:
        """Whether a question would be answered at once."""
        return self._process.ready.is_set() and not self.problem

    def wait_ready(self, timeout: float, *, cancel: threading.Event | None = None) -> None:
        """Wait until the model is loaded; raise ModelError where it is not by then."""
        ends_at = time.monotonic() + timeout
        silence = Silence(self._process, SILENT_LOADING_SECONDS)
        while not self.problem and not self._process.ready.wait(POLL_SECONDS):
            if time.monotonic() > ends_at or (cancel and cancel.is_set()):
                raise ModelError(f"the model {self.path.name} is still loading: ask again soon.")
            if silence.lasts():
                self._process.kill()
        if self.problem:
            raise ModelError(self.problem)

    def count(self, messages: Sequence[Message]) -> int:
        """Return how many tokens these messages are, by the model's own tokenizer and template."""
        inbox, number = self._ask({"count": list(messages)})
        return next(int(e["tokens"]) for e in self._events(inbox, number, None) if "tokens" in e)

    def stream(
        self,
        messages: Sequence[Message],
        *,
        max_tokens: int,
        temperature: float = 0.0,
        cancel: threading.Event | None = None,
    ) -> Iterator[str]:
        """Yield pieces of the answer; closing the iterator or setting `cancel` ends it.

        Raises ModelError where the process dies, hangs or cannot answer, or takes too long. The
        same request is never sent twice: what killed the process once may do so again.
        """
        inbox, number = self._ask(
            {"messages": list(messages), "max_tokens": max_tokens, "temperature": temperature}
        )
        is_over = False
        try:
            for event in self._events(inbox, number, cancel):
                if "text" in event:
                    yield event["text"]
                elif "done" in event:
                    is_over = True
                    log.info("model: %s", event)
                    self.figures = event
                    self._process.breaker.finished()
                    return
        except NoAnswerError:
            is_over = True
            raise
        finally:
            if not is_over:
                self._stop_writing(inbox, number)

    def close(self) -> None:
        """End the process."""
        self._process.close()

    def _ask(self, request: Event) -> tuple[Inbox, int]:
        """Send a request; return where its events arrive, and its number."""
        self._number += 1
        inbox: Inbox = queue.SimpleQueue()
        self._process.inbox = inbox
        self._process.send({"id": self._number, **request})
        return inbox, self._number

    def _events(self, inbox: Inbox, number: int, cancel: threading.Event | None) -> Iterator[Event]:
        """Yield what the process says about this request, until the answer is cancelled."""
        started = moved = time.monotonic()
        steps, silence = -1, Silence(self._process, SILENT_SECONDS)
        while not (cancel and cancel.is_set()):
            now = time.monotonic()
            if now - started > self.answer_seconds:
                raise ModelError(
                    f"the model took longer than {self.answer_seconds:.0f} seconds: name a "
                    "smaller one, or raise answer_seconds in [rag.model]."
                )
            if silence.lasts() or now - moved > STUCK_SECONDS:
                self._process.kill()
                raise NoAnswerError("the model process hung and is started again.")
            try:
                event = inbox.get(timeout=POLL_SECONDS)
            except queue.Empty:
                continue
            if "died" in event:
                raise NoAnswerError(self._process.death(event["died"]))
            if event.get("id") != number:
                continue
            if "error" in event:
                raise NoAnswerError(f"the model could not answer ({event['error']}).")
            if event.get("steps") != steps:  # None comes with a piece of the answer
                moved, steps = now, event.get("steps", -1)
            if "steps" not in event:
                yield event

    def _stop_writing(self, inbox: Inbox, number: int) -> None:
        """Cancel the request and wait until the process is free for the next one."""
        try:
            self._process.send({"cancel": number})
        except ModelError:
            return
        ends_at = time.monotonic() + CANCEL_SECONDS
        while (left := ends_at - time.monotonic()) > 0:
            try:
                event = inbox.get(timeout=left)
            except queue.Empty:
                break
            if "died" in event or (event.get("id") == number and {"done", "error"} & set(event)):
                return
        self._process.kill()


class NoAnswerError(ModelError):
    """The process said that it cannot answer, or is gone: there is nothing to be stopped."""


class Silence:
    """How long the process has said nothing, in time that this process itself was awake."""

    def __init__(self, process: Supervisor, seconds: float) -> None:
        self._process = process
        self._limit = seconds
        self._heard = -1
        self._seconds = 0.0
        self._looked_at = time.monotonic()

    def lasts(self) -> bool:
        """Return whether the silence is too long by now; to be asked every POLL_SECONDS."""
        now = time.monotonic()
        # After a machine slept, both processes wake at once: the time between does not count.
        self._seconds += min(now - self._looked_at, 4 * POLL_SECONDS)
        self._looked_at = now
        if self._process.heard != self._heard:
            self._heard, self._seconds = self._process.heard, 0.0
        return self._seconds > self._limit
