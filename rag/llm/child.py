"""One run of the model process seen from outside: started, spoken to, heard, and ended."""

import contextlib
import json
import logging
import re
import signal
import subprocess
import threading
from collections import deque
from collections.abc import Iterator, Sequence
from typing import IO, Any

from rag.cpu import limit_openmp_spinning
from rag.errors import ModelError

log = logging.getLogger(__name__)

CLOSE_SECONDS = 2.0  # to leave once its input is closed, else it is killed
STDERR_LINES = 40  # kept, to tell why a file could not be loaded

Event = dict[str, Any]


class ModelChild:
    """A child process that speaks JSON lines (rag/llm/worker.py says which)."""

    def __init__(self, command: Sequence[str]) -> None:
        """Start it."""
        limit_openmp_spinning()
        self._process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            text=True, encoding="utf-8", errors="replace",
            start_new_session=True,  # Ctrl-C is for Paperboy, which then closes this process
        )  # fmt: skip
        self._said_last: deque[str] = deque(maxlen=STDERR_LINES)
        self._writing = threading.Lock()
        self._listener = threading.Thread(target=self._listen, daemon=True)
        self._listener.start()

    @property
    def pid(self) -> int:
        """Its number."""
        return self._process.pid

    def send(self, message: Event) -> None:
        """Write a line to it. Raises ModelError where it died a moment ago."""
        stdin = _pipe(self._process.stdin)
        try:
            with self._writing:
                stdin.write(json.dumps(message) + "\n")
                stdin.flush()
        except (OSError, ValueError) as error:
            raise ModelError("the model process is starting again: ask again soon.") from error

    def events(self) -> Iterator[Event]:
        """Yield what it says until it ends."""
        for line in _pipe(self._process.stdout):
            try:
                event = json.loads(line)
            except ValueError:  # it died in the middle of a line
                continue
            if isinstance(event, dict):
                yield event

    def kill(self) -> None:
        """End it at once."""
        self._process.kill()

    def close(self) -> None:
        """Ask it to leave, and end it if it does not."""
        with contextlib.suppress(OSError, ValueError):
            _pipe(self._process.stdin).close()
        try:
            self._process.wait(CLOSE_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()

    def wait(self) -> str:
        """Wait until it has ended; return how: `SIGSEGV`, or `exit status 1`."""
        status = self._process.wait()
        self._listener.join()
        for stream in (self._process.stdin, self._process.stdout, self._process.stderr):
            with contextlib.suppress(OSError, ValueError):
                _pipe(stream).close()
        if status < 0:
            with contextlib.suppress(ValueError):
                return signal.Signals(-status).name
        return f"exit status {status}"

    def cause_of(self, message: str) -> str:
        """Return why a file could not be loaded, as llama.cpp said on stderr, else `message`."""
        said = (
            re.search(r"error loading model:? (.*)", line) for line in reversed(self._said_last)
        )
        return next((match[1] for match in said if match), message)

    def _listen(self) -> None:
        for line in _pipe(self._process.stderr):
            self._said_last.append(line.rstrip())
            log.debug("llama.cpp: %s", line.rstrip())


def _pipe(stream: IO[str] | None) -> IO[str]:
    assert stream is not None  # all three are pipes
    return stream
