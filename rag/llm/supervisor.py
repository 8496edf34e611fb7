"""Keeps the model process running: started in the background, started again when it dies."""

import logging
import queue
import threading
import time
from collections.abc import Sequence

from rag.errors import ModelError
from rag.llm.breaker import Breaker
from rag.llm.child import Event, ModelChild

log = logging.getLogger(__name__)

LOADING_DEATHS = 3  # in a row while loading: the file or the build is to blame
CLOSE_SECONDS = 2.0
STDERR_SECONDS = 0.05  # its last words may still be on their way


class Supervisor:
    """Runs a command that speaks JSON lines, for as long as there is no `problem` with it."""

    def __init__(self, command: Sequence[str], name: str, *, rest_seconds: float) -> None:
        """`name` is what the model file is called in front of people."""
        self.name = name
        self.breaker = Breaker(rest_seconds)
        self.ready = threading.Event()
        self.loaded: Event = {}  # what the process said of itself when it was ready
        self.broken = ""  # what is wrong for good
        self.heard = 0  # lines so far; a process that says nothing more hangs
        self.inbox: queue.SimpleQueue[Event] = queue.SimpleQueue()
        self._command = command
        self._child: ModelChild | None = None
        self._closing = threading.Event()
        self._loading_deaths = 0
        self._thread = threading.Thread(target=self._run, daemon=True)

    def start(self) -> None:
        """Start it; nothing is raised, `problem` says what is wrong."""
        self._thread.start()

    @property
    def pid(self) -> int | None:
        """The process that runs now."""
        return self._child.pid if self._child else None

    @property
    def problem(self) -> str:
        """Why it cannot be asked, for good or for a while; else nothing."""
        if self.broken or not (rest := self.breaker.seconds_to_rest):
            return self.broken
        return (
            f"the model process died {self.breaker.crashes} times in a row; answers are quoted, "
            f"and it is tried again in {rest:.0f} s."
        )

    def send(self, message: Event) -> None:
        """Write a line to it. Raises ModelError where it does not run."""
        if self._child is None:
            raise ModelError("the model process is starting: ask again soon.")
        self._child.send(message)

    def kill(self) -> None:
        """End the process that runs now; another one takes its place."""
        self.ready.clear()  # who comes next must not take it for alive
        if self._child:
            self._child.kill()

    def death(self, cause: str) -> str:
        """Return what to tell somebody whose answer died with the process."""
        rest = self.breaker.seconds_to_rest
        if not rest:
            return f"the model process died ({cause}) and is started again."
        return (
            f"the model process died ({cause}), {self.breaker.crashes} times in a row: answers "
            f"are quoted from now on, and it is tried again in {rest:.0f} s."
        )

    def close(self) -> None:
        """End the process for good."""
        self._closing.set()
        if self._child:
            self._child.close()
        if self._thread.is_alive():
            self._thread.join(CLOSE_SECONDS)

    def _run(self) -> None:
        while not self._closing.is_set():
            cause = self._run_once()
            if self.broken or self._closing.is_set():
                self.inbox.put({"died": cause})
                return
            log.warning("the model process ended: %s", cause)
            wait = self.breaker.crashed()
            self.inbox.put({"died": cause})
            self._closing.wait(wait)

    def _run_once(self) -> str:
        """Run the process until it ends; return how it ended."""
        try:
            child = self._child = ModelChild(self._command)
        except OSError as error:  # no memory for another process, for instance
            return error.strerror or "it could not be started"
        if self._closing.is_set():  # close() came a moment too early to see it
            child.close()
        was_ready = False
        for event in child.events():
            self.heard += 1
            if "ready" in event:
                self.loaded = event["ready"]
                was_ready = True
                self.ready.set()
            elif "failed" in event:
                time.sleep(STDERR_SECONDS)
                self.broken = self._explain(child, event["failed"])
            else:
                self.inbox.put(event)
        self.ready.clear()
        cause = child.wait()
        self._loading_deaths = 0 if was_ready else self._loading_deaths + 1
        if self._loading_deaths == LOADING_DEATHS and not self.broken:
            self.broken = (
                f"llama.cpp died ({cause}) while it loaded {self.name}: "
                "run `paperboy doctor`, or build it anew with `make llama`."
            )
        return cause

    def _explain(self, child: ModelChild, message: str) -> str:
        """Return one line that names the file and why it could not be loaded."""
        if "llama_cpp" in message:
            return "the local model needs llama.cpp, which is not built: run `make llama`."
        cause = child.cause_of(message)
        if "failed to load model" in cause.casefold():  # which says nothing, at great length
            cause = "it is broken or cut short"
        return f"{self.name} cannot be loaded ({cause}): fetch the file anew."
