"""The child process that owns llama.cpp: `python -m rag.llm.worker` (started by LocalModel).

A broken file, a bad build or a bug in native code can end this process at any moment; because it
is a separate process, Paperboy survives. It speaks JSON lines:

    in   {"id": 1, "messages": [{"role": "user", "content": "…"}], "max_tokens": 300,
          "temperature": 0, "schema": null or a JSON schema that the answer has to fit}
         {"id": 2, "count": [{"role": "user", "content": "…"}]}
         {"cancel": 1}
    out  {"ready": {"n_ctx": 4096, "offload": {"apis": ["CUDA"], "devices": ["NVIDIA H200"],
          "gpu_layers": 37, "layers": 37}}}   or   {"failed": "reason"}
         {"id": 1, "text": "a piece"} …
         {"id": 1, "done": "end" | "length" | "cancelled", "prompt": 812, "reused": 640,
          "tokens": 57}
         {"id": 1, "error": "reason"}
         {"id": 2, "tokens": 345}
         {"id": 1, "steps": 4711}   the heartbeat, four times a second while it loads or answers;
                                    the number rises as the prompt is evaluated

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
from itertools import takewhile
from typing import Any, TextIO

from rag.llm.llama_model import LlamaModel

HEARTBEAT_SECONDS = 0.25


def main() -> None:
    """Load the model, report that it is ready, and answer requests one by one."""
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
        )
    except Exception as error:  # the parent must learn of any failure
        output.send({"failed": str(error) or type(error).__name__})
        return
    heartbeat.count_steps = lambda: model.steps
    output.send({"ready": {"n_ctx": model.n_ctx, "offload": model.offload}})
    while True:
        heartbeat.pause()
        request = requests.next()
        heartbeat.resume(request["id"])
        try:
            if "count" in request:
                tokens = len(model.prompt_tokens(request["count"]))
                output.send({"id": request["id"], "tokens": tokens})
            else:
                _answer(model, request, requests, output)
        except Exception as error:
            output.send({"id": request["id"], "error": str(error) or type(error).__name__})


def _parse_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    parser.add_argument("path")
    parser.add_argument("--n-ctx", type=int, required=True)
    parser.add_argument("--threads", type=int, required=True)
    parser.add_argument("--gpu-layers", type=int, default=-1)
    return parser.parse_args()


def _protocol_stream() -> TextIO:
    """Return the real stdout; what native code prints to stdout goes to stderr from now on."""
    stream = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    return stream


def _answer(
    model: LlamaModel,
    request: dict[str, Any],
    requests: "RequestReader",
    output: "MessageWriter",
) -> None:
    """Send the answer piece by piece. Raises ValueError if it cannot fit into the context."""
    request_id, max_tokens = request["id"], request["max_tokens"]
    prompt = model.prompt_tokens(request["messages"])
    if len(prompt) + max_tokens > model.n_ctx:
        raise ValueError(
            f"prompt and answer may have {model.n_ctx} tokens, these are {len(prompt) + max_tokens}"
        )
    common_start = takewhile(
        lambda pair: pair[0] == pair[1], zip(model.cached_tokens, prompt, strict=False)
    )
    reused = sum(1 for _ in common_start)
    model.is_cancelled = lambda: requests.is_cancelled(request_id)
    schema = request.get("schema")
    # The opening tag is in the prompt; the parent must know. A schema leaves no room for thinking.
    if model.opened_tag and not schema:
        output.send({"id": request_id, "text": model.opened_tag})
    tokens = 0
    pieces = model.generate(
        prompt, max_tokens=max_tokens, temperature=request["temperature"], schema=schema
    )
    for piece in pieces:
        tokens += 1
        if piece:
            output.send({"id": request_id, "text": piece})
    tokens -= 1  # the last piece is the rest of the decoder's buffer
    reason = "cancelled" if model.is_cancelled() else "length" if tokens == max_tokens else "end"
    output.send({
        "id": request_id, "done": reason, "prompt": len(prompt), "reused": reused,
        "tokens": tokens,
    })  # fmt: skip


class MessageWriter:
    """Writes messages to the parent, one line each; two threads use it."""

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
        self._request_id = 0
        self._output = output
        self._working = threading.Event()
        self._working.set()
        threading.Thread(target=self._run, daemon=True).start()

    def resume(self, request_id: int) -> None:
        """Beat for this request."""
        self._request_id = request_id
        self._working.set()

    def pause(self) -> None:
        """Send nothing until the next request."""
        self._working.clear()

    def _run(self) -> None:
        while self._working.wait():
            self._output.send({"id": self._request_id, "steps": self.count_steps()})
            time.sleep(HEARTBEAT_SECONDS)


class RequestReader:
    """Reads requests in a thread, so that a cancel arrives while an answer is written."""

    def __init__(self, stream: TextIO) -> None:
        self._requests: queue.SimpleQueue[dict[str, Any]] = queue.SimpleQueue()
        self._cancelled_id = -1  # requests come one at a time, with rising ids
        threading.Thread(target=self._read, args=(stream,), daemon=True).start()

    def _read(self, stream: TextIO) -> None:
        for line in stream:
            message = json.loads(line)
            if "cancel" in message:
                self._cancelled_id = message["cancel"]
            else:
                self._requests.put(message)
        os._exit(0)  # the parent has exited; native code in mid-prompt would not notice

    def next(self) -> dict[str, Any]:
        """Wait for the next request."""
        return self._requests.get()

    def is_cancelled(self, request_id: int) -> bool:
        """Return whether the parent has cancelled this request."""
        return self._cancelled_id == request_id


if __name__ == "__main__":
    main()
