"""The model process as Paperboy sees it: started, asked, cancelled, started again when it dies."""

import contextlib
import json
import logging
import os
import queue
import re
import signal
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from rag.errors import ModelError
from rag.llama_model import Message

log = logging.getLogger(__name__)

POLL_SECONDS = 0.05  # how often a waiting answer looks whether it is still wanted
CANCEL_SECONDS = 2.0  # after a cancel the process has so long to stop writing, else it is killed
RESTART_SECONDS = (0.1, 1.0, 5.0, 30.0)  # before the first, second … restart without an answer
LOADING_DEATHS = 2  # deaths in a row after which one more while loading is the file's own fault
STDERR_LINES = 40  # kept, to tell why a file could not be loaded

Event = dict[str, Any]


class LocalModel:
    """One llama.cpp model in a child process; it loads in the background.

    One answer at a time: callers take turns (rag/turns.py).
    """

    def __init__(self, path: Path, *, n_ctx: int, threads: int) -> None:
        """Start the process. Nothing is raised here: `problem` says what is wrong."""
        self.path = path
        self._command = [
            sys.executable, "-m", "rag.model_process", str(path),
            "--n-ctx", str(n_ctx), "--threads", str(threads or os.cpu_count() or 1),
        ]  # fmt: skip
        self.problem = problem_of(path)
        self.n_ctx = n_ctx
        self._process: subprocess.Popen[str] | None = None
        self._ready = threading.Event()
        self._closing = threading.Event()
        self._number = 0
        self._deaths = 0  # since the last finished answer
        self._answer: queue.SimpleQueue[Event] = queue.SimpleQueue()
        self._stderr: deque[str] = deque(maxlen=STDERR_LINES)
        self._supervisor = threading.Thread(target=self._supervise, daemon=True)
        if not self.problem:
            self._supervisor.start()

    @property
    def pid(self) -> int | None:
        """The process that runs now."""
        return self._process.pid if self._process else None

    @property
    def is_ready(self) -> bool:
        """Whether a question would be answered at once."""
        return self._ready.is_set() and not self.problem

    def wait_ready(self, timeout: float, *, cancel: threading.Event | None = None) -> None:
        """Wait until the model is loaded; raise ModelError where it is not by then."""
        ends_at = time.monotonic() + timeout
        while not self._ready.wait(POLL_SECONDS):
            if self.problem:
                raise ModelError(self.problem)
            if time.monotonic() > ends_at or (cancel and cancel.is_set()):
                raise ModelError(f"the model {self.path.name} is still loading: ask again soon.")
        if self.problem:
            raise ModelError(self.problem)

    def stream(
        self,
        messages: Sequence[Message],
        *,
        max_tokens: int,
        temperature: float = 0.0,
        cancel: threading.Event | None = None,
    ) -> Iterator[str]:
        """Yield pieces of the answer; closing the iterator or setting `cancel` ends it.

        Raises ModelError where the process dies or cannot answer. The same request is never sent
        twice: what killed the process once may do so again.
        """
        self._number += 1
        number = self._number
        answer: queue.SimpleQueue[Event] = queue.SimpleQueue()
        self._answer = answer
        self._send({"id": number, "messages": list(messages), "max_tokens": max_tokens,
                    "temperature": temperature})  # fmt: skip
        finished = False
        try:
            for event in self._events(answer, number, cancel):
                if "text" in event:
                    yield event["text"]
                elif "done" in event:
                    log.info("model: %s", event)
                    finished = True
                    self._deaths = 0
                    return
                else:
                    finished = True
                    raise ModelError(f"the model could not answer ({event['error']}).")
        finally:
            if not finished:
                self._stop_writing(answer, number)

    def close(self) -> None:
        """End the process."""
        self._closing.set()
        if process := self._process:
            with contextlib.suppress(OSError):
                process.stdin.close()  # type: ignore[union-attr]  # it is a pipe
            try:
                process.wait(CANCEL_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
        if self._supervisor.is_alive():
            self._supervisor.join(CANCEL_SECONDS)

    # -- one answer ------------------------------------------------------------------------

    def _send(self, message: Event) -> None:
        process = self._process
        try:
            assert process is not None
            assert process.stdin is not None
            process.stdin.write(json.dumps(message) + "\n")
            process.stdin.flush()
        except (OSError, ValueError, AssertionError) as error:  # it died a moment ago
            raise ModelError("the model process is starting again: ask again soon.") from error

    def _events(
        self, answer: "queue.SimpleQueue[Event]", number: int, cancel: threading.Event | None
    ) -> Iterator[Event]:
        """Yield what the process says about this request, until the answer is cancelled."""
        while not (cancel and cancel.is_set()):
            try:
                event = answer.get(timeout=POLL_SECONDS)
            except queue.Empty:
                continue
            if "died" in event:
                raise ModelError(f"the model process died ({event['died']}) and is started again.")
            if event["id"] == number:
                yield event

    def _stop_writing(self, answer: "queue.SimpleQueue[Event]", number: int) -> None:
        """Cancel the request and wait until the process is free for the next one."""
        try:
            self._send({"cancel": number})
        except ModelError:
            return
        ends_at = time.monotonic() + CANCEL_SECONDS
        while (left := ends_at - time.monotonic()) > 0:
            try:
                event = answer.get(timeout=left)
            except queue.Empty:
                break
            if "died" in event or (event["id"] == number and "text" not in event):
                return
        if self._process:
            self._process.kill()

    # -- the process -----------------------------------------------------------------------

    def _supervise(self) -> None:
        """Run the process, and run it again whenever it dies."""
        while not self._closing.is_set():
            self._run_once()
            if self.problem or self._closing.is_set():
                return
            wait = RESTART_SECONDS[min(self._deaths, len(RESTART_SECONDS) - 1)]
            self._deaths += 1
            self._closing.wait(wait)

    def _run_once(self) -> None:
        process = subprocess.Popen(
            self._command,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            text=True, encoding="utf-8", errors="replace",
            # ggml's threads spin while they wait, and starve when the encoder is busy too.
            env=os.environ | {"OMP_WAIT_POLICY": "PASSIVE"},
            start_new_session=True,  # Ctrl-C is for Paperboy, which then closes this process
        )  # fmt: skip
        assert process.stdout is not None
        assert process.stderr is not None
        listener = threading.Thread(target=self._listen, args=(process.stderr,), daemon=True)
        listener.start()
        self._process = process
        for line in process.stdout:
            self._hear(json.loads(line))
        was_ready = self._ready.is_set()
        self._ready.clear()
        status = process.wait()
        listener.join()
        for stream in (process.stdout, process.stderr):
            stream.close()
        with contextlib.suppress(OSError):
            process.stdin.close()  # type: ignore[union-attr]  # it is a pipe
        cause = _name_of(status)
        if not self._closing.is_set():
            log.warning("the model process ended: %s", cause)
            if not was_ready and not self.problem and self._deaths >= LOADING_DEATHS:
                self.problem = (
                    f"llama.cpp died ({cause}) while it loaded {self.path.name}: "
                    "run `paperboy doctor`, or build it anew with `make llama`."
                )
        self._answer.put({"died": cause})

    def _hear(self, event: Event) -> None:
        if "ready" in event:
            self.n_ctx = event["ready"]["n_ctx"]
            self._ready.set()
        elif "failed" in event:
            self.problem = self._explain(event["failed"])
        else:
            self._answer.put(event)

    def _listen(self, stderr: Any) -> None:
        for line in stderr:
            self._stderr.append(line.rstrip())
            log.debug("llama.cpp: %s", line.rstrip())

    def _explain(self, message: str) -> str:
        """Return one line that names the file and why it could not be loaded."""
        if "llama_cpp" in message:
            return "the local model needs llama.cpp, which is not built: run `make llama`."
        time.sleep(POLL_SECONDS)  # its last words on stderr may still be on their way
        said = (re.search(r"error loading model:? (.*)", line) for line in reversed(self._stderr))
        cause = next((match[1] for match in said if match), message)
        if "failed to load model" in cause.casefold():  # which says nothing, at great length
            cause = "it is broken or cut short"
        return f"{self.path.name} cannot be loaded ({cause}): fetch the file anew."


def problem_of(path: Path) -> str:
    """Return what is wrong with a model file, as far as its first bytes tell; else nothing."""
    if path.is_dir():
        return f"{path.name} is a folder: name a GGUF file in [rag.model] path."
    try:
        with path.open("rb") as file:
            head = file.read(512)
    except FileNotFoundError:
        return f"{path.name} does not exist: name a GGUF file in [rag.model] path."
    except OSError as error:
        return f"{path.name} cannot be read ({error.strerror}): check [rag.model] path."
    if head.startswith(b"GGUF"):
        return ""
    if not head:
        cause = "the file is empty"
    elif head.startswith(b"version https://git-lfs"):
        cause = "it is a Git LFS pointer, not the file itself"
    elif head.lstrip().lower().startswith((b"<!doctype", b"<html")):
        cause = "it is a web page"
    else:
        cause = "it is no GGUF file"
    return f"{path.name} cannot be loaded ({cause}): fetch the file anew."


def _name_of(status: int) -> str:
    """Return `SIGSEGV`, or the exit status."""
    if status < 0:
        with contextlib.suppress(ValueError):
            return signal.Signals(-status).name
    return f"exit status {status}"
