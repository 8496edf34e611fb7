"""One run of the model process: start it, exchange JSON lines with it, and end it."""

import contextlib
import json
import logging
import re
import signal
import subprocess
import threading
from collections import deque
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import IO, Any

from rag.cpu import cores, limit_openmp_spinning
from rag.errors import ModelError
from rag.isolated_python import python_command, python_environment

log = logging.getLogger(__name__)

CLOSE_SECONDS = 2.0  # for the process to exit once its stdin is closed; then it is killed
STDERR_LINES = 40  # stored, to explain why a file could not be loaded

WorkerMessage = dict[str, Any]  # one JSON line, either way; rag/llm/worker.py lists them


def worker_command(
    path: Path, *, n_ctx: int, threads: int, gpu_layers: int = -1, sequences: int = 1
) -> list[str]:
    """Return the command that runs the worker, which writes that many answers at once.

    0 threads stand for one per usable core, -1 layers for all that a GPU can take.
    """
    return [
        *python_command("-m", "rag.llm.worker"), str(path),
        "--n-ctx", str(n_ctx), "--threads", str(threads or cores()),
        "--gpu-layers", str(gpu_layers), "--sequences", str(sequences),
    ]  # fmt: skip


class WorkerProcess:
    """A child process that speaks the JSON lines of rag/llm/worker.py."""

    def __init__(self, command: Sequence[str]) -> None:
        """Start the process. Raises OSError if it cannot be started."""
        limit_openmp_spinning()
        self._process = subprocess.Popen(
            command, env=python_environment(),
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            text=True, encoding="utf-8", errors="replace",
            start_new_session=True,  # Ctrl-C must reach only Paperboy, which closes this process
        )  # fmt: skip
        self._stderr_tail: deque[str] = deque(maxlen=STDERR_LINES)
        self._stdin_lock = threading.Lock()
        self._stderr_reader = threading.Thread(target=self._read_stderr, daemon=True)
        self._stderr_reader.start()

    @property
    def pid(self) -> int:
        """The process id."""
        return self._process.pid

    def send(self, message: WorkerMessage) -> None:
        """Write one line to the process. Raises ModelError if it has just died."""
        stdin = _pipe(self._process.stdin)
        try:
            with self._stdin_lock:
                stdin.write(json.dumps(message) + "\n")
                stdin.flush()
        except (OSError, ValueError) as error:
            raise ModelError("the model process is starting again: ask again soon.") from error

    def messages(self) -> Iterator[WorkerMessage]:
        """Yield the messages of the process until it ends."""
        for line in _pipe(self._process.stdout):
            try:
                message = json.loads(line)
            except ValueError:  # it died in the middle of a line
                continue
            if isinstance(message, dict):
                yield message

    def kill(self) -> None:
        """End the process at once."""
        self._process.kill()

    def close(self) -> None:
        """Close stdin, which ends the process; kill it if it does not exit in time."""
        with contextlib.suppress(OSError, ValueError):
            _pipe(self._process.stdin).close()
        try:
            self._process.wait(CLOSE_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()

    def wait(self) -> str:
        """Wait until the process has ended; return how: `SIGSEGV`, or `exit status 1`."""
        status = self._process.wait()
        self._stderr_reader.join()
        for stream in (self._process.stdin, self._process.stdout, self._process.stderr):
            with contextlib.suppress(OSError, ValueError):
                _pipe(stream).close()
        if status < 0:
            with contextlib.suppress(ValueError):
                return signal.Signals(-status).name
        return f"exit status {status}"

    def load_error(self, message: str) -> str:
        """Return llama.cpp's own reason for not loading a file, from stderr, else `message`."""
        matches = (
            re.search(r"(?:error loading model|failed to initialize the context):? (.*)", line)
            for line in reversed(self._stderr_tail)
        )
        return next((match[1] for match in matches if match), message)

    def _read_stderr(self) -> None:
        for line in _pipe(self._process.stderr):
            self._stderr_tail.append(line.rstrip())
            log.debug("llama.cpp: %s", line.rstrip())


def explain_memory(name: str, cause: str) -> str:
    """Return the sentence for a model that does not fit into memory; "" for another cause."""
    if not re.search(r"allocate .*buffer", cause):
        return ""
    return (
        f"{name} does not fit into memory ({cause}): lower [rag.model] gpu_layers or n_ctx, or "
        "use a smaller model (`paperboy model list`)."
    )


def _pipe(stream: IO[str] | None) -> IO[str]:
    assert stream is not None  # all three are pipes
    return stream
