"""Keeps the model process running: starts it in the background, and again when it dies."""

import logging
import queue
import threading
import time
from collections.abc import Sequence

from rag.errors import ModelError
from rag.llm.breaker import CircuitBreaker
from rag.llm.worker_client import WorkerMessage, WorkerProcess, explain_memory

log = logging.getLogger(__name__)

MAX_LOADING_CRASHES = 3  # in a row while loading: then the file or the build is to blame
CLOSE_SECONDS = 2.0
STDERR_SECONDS = 0.05  # for the last lines on stderr to arrive

MessageQueue = queue.SimpleQueue[WorkerMessage]


class Supervisor:
    """Runs the worker's command and restarts it until it has a `permanent_problem`."""

    def __init__(self, command: Sequence[str], model_name: str, *, pause_seconds: float) -> None:
        """`model_name` is the model file's name in messages to people; see CircuitBreaker."""
        self.model_name = model_name
        self.breaker = CircuitBreaker(pause_seconds)
        self.ready = threading.Event()
        self.loaded_model: WorkerMessage = {}  # what the worker reported when it was ready
        self.permanent_problem = ""
        self.messages_received = 0  # a process whose count stands still hangs
        self._queues: dict[int, MessageQueue] = {}  # of the requests that are open
        self._queues_lock = threading.Lock()
        self._command = command
        self._worker: WorkerProcess | None = None
        self._closing = threading.Event()
        self._loading_crashes = 0
        self._thread = threading.Thread(target=self._run, daemon=True)

    def start(self) -> None:
        """Start the process. Raises nothing: `problem` says if it cannot be started."""
        self._thread.start()

    @property
    def pid(self) -> int | None:
        """The id of the current process."""
        return self._worker.pid if self._worker else None

    @property
    def problem(self) -> str:
        """Why the model cannot answer, permanently or for a while; else an empty string."""
        if self.permanent_problem or not (pause := self.breaker.seconds_until_retry):
            return self.permanent_problem
        return (
            f"the model process died {self.breaker.max_crashes} times in a row; answers are "
            f"quoted, and it is tried again in {pause:.0f} s."
        )

    def send(self, message: WorkerMessage) -> int:
        """Send a message to the process, and return its id. Raises ModelError if there is none."""
        worker = self._worker
        if worker is None:
            raise ModelError("the model process is starting: ask again soon.")
        worker.send(message)
        return worker.pid

    def open_queue(self, request_id: int) -> MessageQueue:
        """Return the queue of the messages with this id; if the process dies, it says so there."""
        with self._queues_lock:
            return self._queues.setdefault(request_id, queue.SimpleQueue())

    def close_queue(self, request_id: int) -> None:
        """Drop what still comes with this id."""
        with self._queues_lock:
            self._queues.pop(request_id, None)

    def kill(self, pid: int | None = None) -> None:
        """End the current process; a new one takes its place.

        With a `pid` only that process: all whose requests it had notice at once that it hangs, and
        none of them may end the next one.
        """
        worker = self._worker
        if worker and pid in (None, worker.pid):
            self.ready.clear()  # the next caller must not take it for alive
            worker.kill()

    def describe_crash(self, cause: str) -> str:
        """Return the message for a person whose answer was lost when the process died."""
        pause = self.breaker.seconds_until_retry
        if not pause:
            return f"the model process died ({cause}) and is started again."
        return (
            f"the model process died ({cause}), {self.breaker.max_crashes} times in a row: answers "
            f"are quoted from now on, and it is tried again in {pause:.0f} s."
        )

    def close(self) -> None:
        """End the process for good."""
        self._closing.set()
        if self._worker:
            self._worker.close()
        if self._thread.is_alive():
            self._thread.join(CLOSE_SECONDS)

    def _run(self) -> None:
        while not self._closing.is_set():
            cause = self._run_once()
            if self.permanent_problem or self._closing.is_set():
                self._tell_all({"died": cause})
                return
            log.warning("the model process ended: %s", cause)
            wait = self.breaker.record_crash()
            self._tell_all({"died": cause})
            self._closing.wait(wait)

    def _run_once(self) -> str:
        """Run the process until it ends; return how it ended."""
        try:
            worker = self._worker = WorkerProcess(self._command)
        except OSError as error:  # no memory for another process, for instance
            return error.strerror or "it could not be started"
        if self._closing.is_set():  # close() ran before it could see this process
            worker.close()
        was_ready = False
        for message in worker.messages():
            self.messages_received += 1
            if "ready" in message:
                self.loaded_model = message["ready"]
                was_ready = True
                self.ready.set()
            elif "failed" in message:
                time.sleep(STDERR_SECONDS)
                self.permanent_problem = self._explain_load_error(worker, message["failed"])
            else:
                self._deliver(message)
        self.ready.clear()
        cause = worker.wait()
        self._loading_crashes = 0 if was_ready else self._loading_crashes + 1
        if self._loading_crashes == MAX_LOADING_CRASHES and not self.permanent_problem:
            self.permanent_problem = (
                f"llama.cpp died ({cause}) while it loaded {self.model_name}: "
                "run `paperboy doctor`, or rebuild it with `make llama`."
            )
        return cause

    def _deliver(self, message: WorkerMessage) -> None:
        """Put a message into the queue of its request, if that is still open."""
        with self._queues_lock:
            replies = self._queues.get(message.get("id", 0))
        if replies is not None:
            replies.put(message)

    def _tell_all(self, message: WorkerMessage) -> None:
        with self._queues_lock:
            for replies in self._queues.values():
                replies.put(message)

    def _explain_load_error(self, worker: WorkerProcess, message: str) -> str:
        """Return one sentence that names the file and the reason it could not be loaded."""
        if "llama_cpp" in message:
            return "the local model needs llama.cpp, which is not built: run `make llama`."
        cause = worker.load_error(message)
        if sentence := explain_memory(self.model_name, cause):
            return sentence
        if "failed to load model" in cause.casefold():  # a long message that explains nothing
            cause = "it is broken or cut short"
        return f"{self.model_name} cannot be loaded ({cause}): fetch the file again."
