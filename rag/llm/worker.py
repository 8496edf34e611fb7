"""The child process that owns llama.cpp: `python -m rag.llm.worker` (started by LocalModel).

A broken file, a bad build or a bug in native code can end this process at any moment; because it
is a separate process, Paperboy survives. It speaks JSON lines; several requests may be open at a
time, and the lines of their answers come mixed:

    in   {"id": 1, "messages": [{"role": "user", "content": "…"}], "max_tokens": 300,
          "temperature": 0, "schema": null or a JSON schema that the answer has to fit}
         {"id": 2, "count": [{"role": "user", "content": "…"}]}
         {"cancel": 1}
    out  {"ready": {"n_ctx": 4096, "sequences": 4, "offload": {"apis": ["CUDA"],
          "devices": ["NVIDIA H200"], "gpu_layers": 37, "layers": 37}}}
         or {"failed": "reason"}; each of the answers written at once has n_ctx tokens
         {"id": 1, "text": "a piece"} …
         {"id": 1, "done": "end" | "length" | "cancelled", "prompt": 812, "reused": 640,
          "tokens": 57}
         {"id": 1, "error": "reason"}
         {"id": 2, "tokens": 345}
         {"id": 1, "steps": 4711}   the heartbeat, four times a second while it loads (with id 0)
                                    and for every open request; the number rises as long as any
                                    of them is evaluated

It exits when its stdin closes, so it never outlives Paperboy.
"""

import argparse
import json
import os
import queue
import sys
import threading
import time
from collections.abc import Callable
from typing import Any, TextIO

from rag.llm.batch import AnswerRequest, Batch
from rag.llm.llama_model import LlamaModel

HEARTBEAT_SECONDS = 0.25
LOADING = 0  # the heartbeat's id before there are requests


def main() -> None:
    """Load the model, report that it is ready, and answer requests."""
    options = _parse_options()
    output = MessageWriter(_protocol_stream())
    requests = RequestReader(sys.stdin)
    heartbeat = Heartbeat(output)
    try:
        model = LlamaModel(
            options.path,
            n_ctx=options.n_ctx,
            threads=options.threads,
            gpu_layers=options.gpu_layers,
            sequences=options.sequences,
        )
    except Exception as error:  # the parent must learn of any failure
        output.send({"failed": str(error) or type(error).__name__})
        return
    heartbeat.count_steps = lambda: model.steps
    heartbeat.remove(LOADING)
    output.send({
        "ready": {"n_ctx": model.n_ctx, "sequences": model.sequences, "offload": model.offload}
    })  # fmt: skip
    desk = FrontDesk(model, output, heartbeat)
    threading.Thread(target=desk.run, args=(requests,), daemon=True).start()
    desk.batch.run()


def _parse_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    parser.add_argument("path")
    parser.add_argument("--n-ctx", type=int, required=True)
    parser.add_argument("--threads", type=int, required=True)
    parser.add_argument("--gpu-layers", type=int, default=-1)
    parser.add_argument("--sequences", type=int, default=1)
    return parser.parse_args()


def _protocol_stream() -> TextIO:
    """Return the real stdout; what native code prints to stdout goes to stderr from now on."""
    stream = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    return stream


class FrontDesk:
    """Takes requests and cancels while answers are written, in a thread of its own."""

    def __init__(self, model: LlamaModel, output: "MessageWriter", heartbeat: "Heartbeat") -> None:
        self.batch = Batch(model, self._send)
        self._model = model
        self._output = output
        self._heartbeat = heartbeat

    def run(self, requests: "RequestReader") -> None:
        """Take requests forever."""
        while True:
            message = requests.next()
            if "cancel" in message:
                self.batch.cancel(message["cancel"])
                continue
            self._heartbeat.add(message["id"])
            try:
                if "count" in message:
                    tokens = len(self._model.prompt_tokens(message["count"]))
                    self._send({"id": message["id"], "tokens": tokens})
                else:
                    self._take(message)
            except Exception as error:
                self._send({"id": message["id"], "error": str(error) or type(error).__name__})

    def _take(self, message: dict[str, Any]) -> None:
        """Have a request answered. Raises ValueError if it cannot fit into the context."""
        prompt, n_ctx = self._model.prompt_tokens(message["messages"]), self._model.n_ctx
        tokens, schema = len(prompt) + message["max_tokens"], message.get("schema")
        if tokens > n_ctx:
            raise ValueError(f"prompt and answer may have {n_ctx} tokens, these are {tokens}")
        # The opening tag is in the prompt; the parent must know. A schema leaves no room for
        # thinking.
        if self._model.opened_tag and not schema:
            self._send({"id": message["id"], "text": self._model.opened_tag})
        self.batch.add(AnswerRequest(
            message["id"], prompt, message["max_tokens"], message["temperature"], schema
        ))  # fmt: skip

    def _send(self, message: dict[str, Any]) -> None:
        if "text" not in message:  # every other message is a request's last one
            self._heartbeat.remove(message["id"])
        self._output.send(message)


class MessageWriter:
    """Writes messages to the parent, one line each; several threads use it."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._lock = threading.Lock()

    def send(self, message: dict[str, Any]) -> None:
        """Write one line."""
        with self._lock:
            self._stream.write(json.dumps(message) + "\n")
            self._stream.flush()


class Heartbeat:
    """A thread that shows the parent that this process is alive while it works.

    Native code releases Python's lock, so the heartbeat continues during a long prompt. Only
    something that stops the whole process stops it.
    """

    def __init__(self, output: MessageWriter) -> None:
        """Start at once, because the model is loaded next."""
        self.count_steps: Callable[[], int] = lambda: 0
        self._output = output
        self._open_ids = {LOADING}
        self._changed = threading.Condition()
        threading.Thread(target=self._run, daemon=True).start()

    def add(self, request_id: int) -> None:
        """Beat for this request, too."""
        with self._changed:
            self._open_ids.add(request_id)
            self._changed.notify()

    def remove(self, request_id: int) -> None:
        """Beat no longer for this request."""
        with self._changed:
            self._open_ids.discard(request_id)

    def _run(self) -> None:
        while True:
            with self._changed:
                while not self._open_ids:
                    self._changed.wait()
                open_ids = sorted(self._open_ids)
            for request_id in open_ids:
                self._output.send({"id": request_id, "steps": self.count_steps()})
            time.sleep(HEARTBEAT_SECONDS)


class RequestReader:
    """Reads requests in a thread, which also notices when the parent has exited."""

    def __init__(self, stream: TextIO) -> None:
        self._requests: queue.SimpleQueue[dict[str, Any]] = queue.SimpleQueue()
        threading.Thread(target=self._read, args=(stream,), daemon=True).start()

    def _read(self, stream: TextIO) -> None:
        for line in stream:
            self._requests.put(json.loads(line))
        os._exit(0)  # the parent has exited; native code in mid-prompt would not notice

    def next(self) -> dict[str, Any]:
        """Wait for the next request or cancel."""
        return self._requests.get()


if __name__ == "__main__":
    main()
