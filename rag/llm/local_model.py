"""The local model: llama.cpp in a child process that answers a few requests at a time."""

import itertools
import logging
import queue
import threading
import time
from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from rag.errors import ModelError
from rag.llm.llama_model import Message
from rag.llm.model_files import (
    is_base_model,
    quick_check,
    usable_context,
    usable_sequences,
)
from rag.llm.offload import Offload
from rag.llm.supervisor import MessageQueue, Supervisor
from rag.llm.worker_client import WorkerMessage, worker_command

log = logging.getLogger(__name__)

POLL_SECONDS = 0.05  # between two checks for a cancel while waiting
CANCEL_SECONDS = 2.0  # for the process to stop writing after a cancel; then it is killed
ANSWER_SECONDS = 300.0
PAUSE_SECONDS = 60.0
SILENT_SECONDS = 10.0  # without a heartbeat, which comes four times a second: the process hangs
SILENT_LOADING_SECONDS = 20.0  # the same while it starts, which a busy machine delays
STUCK_SECONDS = 60.0  # with heartbeats but no progress: native code hangs


class LocalModel:
    """One llama.cpp model in a child process; it loads in the background.

    It writes `sequences` answers at a time; further callers wait (rag/llm/waiting_queue.py).
    Thread-safe.
    """

    def __init__(
        self,
        path: Path,
        *,
        n_ctx: int,
        threads: int,
        gpu_layers: int = -1,
        sequences: int = 1,
        answer_seconds: float = ANSWER_SECONDS,
        pause_seconds: float = PAUSE_SECONDS,
    ) -> None:
        """Start the process. Raises nothing: `problem` says what is wrong.

        `n_ctx` is the most tokens of prompt and answer; a model trained for fewer gets fewer.
        Each of the `sequences` has as many; there are fewer of them if memory does not suffice.
        `answer_seconds` is the time limit of an answer; `pause_seconds` is how long a model that
        crashed repeatedly gets no requests (rag/llm/breaker.py).
        """
        self.path = path
        self.answer_seconds = answer_seconds
        self.last_usage: WorkerMessage = {}  # of the answer that finished last: token counts
        self._wanted_n_ctx = n_ctx = usable_context(path, n_ctx)
        self._wanted_sequences = usable_sequences(path, sequences, n_ctx=n_ctx)
        self._request_ids = itertools.count(1)
        command = worker_command(
            path, n_ctx=n_ctx, threads=threads, gpu_layers=gpu_layers,
            sequences=self._wanted_sequences,
        )  # fmt: skip
        self._supervisor = Supervisor(command, path.name, pause_seconds=pause_seconds)
        self._supervisor.permanent_problem = quick_check(path)
        if not self._supervisor.permanent_problem:
            self._supervisor.start()

    @property
    def pid(self) -> int | None:
        """The id of the current process."""
        return self._supervisor.pid

    @property
    def n_ctx(self) -> int:
        """The tokens that prompt and answer may have together."""
        return int(self._supervisor.loaded_model.get("n_ctx", self._wanted_n_ctx))

    @property
    def sequences(self) -> int:
        """How many answers it writes at the same time."""
        return int(self._supervisor.loaded_model.get("sequences", self._wanted_sequences))

    @cached_property
    def is_base(self) -> bool:
        """Whether the model was never trained to answer; read from the file, loaded or not."""
        return is_base_model(self.path)

    @property
    def offload(self) -> Offload:
        """What the loaded model has on a GPU; empty before it is loaded."""
        return Offload.from_message(self._supervisor.loaded_model)

    @property
    def problem(self) -> str:
        """Why the model cannot write, permanently or for a while, in one sentence; else empty."""
        return self._supervisor.problem

    def wait_ready(self, timeout: float, *, cancel: threading.Event | None = None) -> None:
        """Wait until the model is loaded. Raises ModelError after `timeout` seconds."""
        deadline = time.monotonic() + timeout
        silence = SilenceTimer(self._supervisor, SILENT_LOADING_SECONDS)
        while not self.problem and not self._supervisor.ready.wait(POLL_SECONDS):
            if time.monotonic() > deadline or (cancel and cancel.is_set()):
                raise ModelError(f"the model {self.path.name} is still loading: ask again soon.")
            if silence.has_expired():
                self._supervisor.kill()
        if self.problem:
            raise ModelError(self.problem)

    def count(self, messages: Sequence[Message]) -> int:
        """Return the number of tokens by the model's own tokenizer and chat template."""
        with self._opened({"count": list(messages)}) as request:
            return next(
                int(reply["tokens"]) for reply in self._replies(request) if "tokens" in reply
            )

    def stream(
        self,
        messages: Sequence[Message],
        *,
        max_tokens: int,
        temperature: float = 0.0,
        schema: Mapping[str, Any] | None = None,
        cancel: threading.Event | None = None,
    ) -> Generator[str, None, WorkerMessage]:
        """Yield pieces of the answer; closing the iterator or setting `cancel` ends it.

        Returns why it ended and the token counts; nothing if it was cancelled. With a JSON schema,
        the answer is an object that fits it. Raises ModelError if the process dies, hangs, fails or
        takes too long. No request is sent twice: one that killed the process might do so again.
        """
        message = {
            "messages": list(messages), "max_tokens": max_tokens, "temperature": temperature,
            "schema": schema,
        }  # fmt: skip
        with self._opened(message) as request:
            has_ended = False
            try:
                for reply in self._replies(request, cancel):
                    if "text" in reply:
                        yield reply["text"]
                    elif "done" in reply:
                        has_ended = True
                        log.info("model: %s", reply)
                        self.last_usage = reply
                        self._supervisor.breaker.record_success()
                        return reply
            except RequestEndedError:
                has_ended = True
                raise
            finally:
                if not has_ended:
                    self._stop_writing(request)
        return {}

    def close(self) -> None:
        """End the process."""
        self._supervisor.close()

    @contextmanager
    def _opened(self, message: WorkerMessage) -> Iterator["OpenRequest"]:
        """Send a request, whose replies are received until the block ends."""
        request_id = next(self._request_ids)
        replies = self._supervisor.open_queue(request_id)
        try:
            pid = self._supervisor.send({"id": request_id, **message})
            yield OpenRequest(request_id, replies, pid)
        finally:
            self._supervisor.close_queue(request_id)

    def _replies(
        self, request: "OpenRequest", cancel: threading.Event | None = None
    ) -> Iterator[WorkerMessage]:
        """Yield the replies to a request, without heartbeats, until it is cancelled."""
        started = last_progress = time.monotonic()
        steps, silence = -1, SilenceTimer(self._supervisor, SILENT_SECONDS)
        while not (cancel and cancel.is_set()):
            now = time.monotonic()
            if now - started > self.answer_seconds:
                raise ModelError(
                    f"the model took longer than {self.answer_seconds:.0f} seconds: name a "
                    "smaller one, or raise answer_seconds in [rag.model]."
                )
            if silence.has_expired() or now - last_progress > STUCK_SECONDS:
                self._supervisor.kill(request.pid)
                raise RequestEndedError("the model process hung and is started again.")
            try:
                reply = request.replies.get(timeout=POLL_SECONDS)
            except queue.Empty:
                continue
            if "died" in reply:
                raise RequestEndedError(self._supervisor.describe_crash(reply["died"]))
            if "error" in reply:
                raise RequestEndedError(f"the model could not answer ({reply['error']}).")
            if reply.get("steps") != steps:  # a piece of the answer has no "steps"
                last_progress, steps = now, reply.get("steps", -1)
            if "steps" not in reply:
                yield reply

    def _stop_writing(self, request: "OpenRequest") -> None:
        """Cancel the request and wait until its place in the process is free for the next one."""
        try:
            self._supervisor.send({"cancel": request.id})
        except ModelError:
            return
        deadline = time.monotonic() + CANCEL_SECONDS
        while (remaining := deadline - time.monotonic()) > 0:
            try:
                reply = request.replies.get(timeout=remaining)
            except queue.Empty:
                break
            if {"died", "done", "error"} & set(reply):
                return
        self._supervisor.kill(request.pid)


@dataclass(frozen=True, slots=True)
class OpenRequest:
    """A request that the process with this id has, and the queue of its replies."""

    id: int
    replies: MessageQueue
    pid: int


class RequestEndedError(ModelError):
    """The process failed the request or died, so there is nothing left to cancel."""


class SilenceTimer:
    """Measures how long the process has sent nothing, while this process itself was awake."""

    def __init__(self, supervisor: Supervisor, limit_seconds: float) -> None:
        self._supervisor = supervisor
        self._limit = limit_seconds
        self._messages_received = -1
        self._seconds = 0.0
        self._checked_at = time.monotonic()

    def has_expired(self) -> bool:
        """Return whether the silence exceeds the limit; must be called every POLL_SECONDS."""
        now = time.monotonic()
        # After a machine slept, both processes wake at once: the time in between does not count.
        self._seconds += min(now - self._checked_at, 4 * POLL_SECONDS)
        self._checked_at = now
        if self._supervisor.messages_received != self._messages_received:
            self._messages_received, self._seconds = self._supervisor.messages_received, 0.0
        return self._seconds > self._limit
