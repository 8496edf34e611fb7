"""The child process that owns llama.cpp: `python -m rag.llm.worker` (started by LocalModel).

A broken file, a bad build or a bug in native code may end this process at any instant; being a
process of its own it takes nobody with it. It speaks JSON lines:

    in   {"id": 1, "messages": [{"role": "user", "content": "…"}], "max_tokens": 300,
          "temperature": 0}
         {"id": 2, "count": [{"role": "user", "content": "…"}]}
         {"cancel": 1}
    out  {"ready": {"n_ctx": 4096}}   or   {"failed": "why"}
         {"id": 1, "text": "a piece"} …
         {"id": 1, "done": "end" | "length" | "cancelled", "prompt": 812, "reused": 640,
          "tokens": 57}
         {"id": 1, "error": "why"}
         {"id": 2, "tokens": 345}
         {"id": 1, "steps": 4711}   four times a second while it loads or answers: it is alive, and
                                    got so far with the prompt

It leaves when its stdin closes, so it never outlives Paperboy.
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

BEAT_SECONDS = 0.25


def main() -> None:
    """Load the model, say so, and answer requests one by one."""
    options = _options()
    out = Out(_protocol_stream())
    requests = Requests(sys.stdin)
    pulse = Pulse(out)
    try:
        model = LlamaModel(options.path, n_ctx=options.n_ctx, threads=options.threads)
    except Exception as error:  # whatever it is, the parent has to hear of it
        out.say({"failed": str(error) or type(error).__name__})
        return
    pulse.steps_of = lambda: model.steps
    out.say({"ready": {"n_ctx": model.n_ctx}})
    while True:
        pulse.rest()
        request = requests.next()
        pulse.beat(request["id"])
        try:
            if "count" in request:
                tokens = len(model.prompt_tokens(request["count"]))
                out.say({"id": request["id"], "tokens": tokens})
            else:
                _answer(model, request, requests, out)
        except Exception as error:
            out.say({"id": request["id"], "error": str(error) or type(error).__name__})


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    parser.add_argument("path")
    parser.add_argument("--n-ctx", type=int, required=True)
    parser.add_argument("--threads", type=int, required=True)
    return parser.parse_args()


def _protocol_stream() -> TextIO:
    """Keep stdout for the protocol; what native code prints goes to stderr."""
    out = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    return out


def _answer(model: LlamaModel, request: dict[str, Any], requests: "Requests", out: "Out") -> None:
    number, limit = request["id"], request["max_tokens"]
    prompt = model.prompt_tokens(request["messages"])
    if len(prompt) + limit > model.n_ctx:
        raise ValueError(
            f"prompt and answer may have {model.n_ctx} tokens, these are {len(prompt) + limit}"
        )
    same = takewhile(
        lambda pair: pair[0] == pair[1], zip(model.cached_tokens, prompt, strict=False)
    )
    reused = sum(1 for _ in same)
    model.is_cancelled = lambda: requests.is_cancelled(number)
    if model.thinks_first:  # the template said so for the model; the parent must know
        out.say({"id": number, "text": "<think>"})
    tokens = 0
    for piece in model.write(prompt, max_tokens=limit, temperature=request["temperature"]):
        tokens += 1
        if piece:
            out.say({"id": number, "text": piece})
    tokens -= 1  # the last piece is what the decoder still held
    reason = "cancelled" if model.is_cancelled() else "length" if tokens == limit else "end"
    out.say(
        {"id": number, "done": reason, "prompt": len(prompt), "reused": reused, "tokens": tokens}
    )


class Out:
    """Where the parent listens; two threads speak there, a line at a time."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._lock = threading.Lock()

    def say(self, message: dict[str, Any]) -> None:
        """Write one line."""
        with self._lock:
            self._stream.write(json.dumps(message) + "\n")
            self._stream.flush()


class Pulse:
    """Tells the parent from a thread of its own that this process is alive while it works.

    Native code does not hold Python's lock, so this goes on during a long prompt. What stops it is
    what stops the whole process.
    """

    def __init__(self, out: Out) -> None:
        """Begin to beat: loading is work too."""
        self.steps_of: Callable[[], int] = lambda: 0
        self._number = 0
        self._out = out
        self._working = threading.Event()
        self._working.set()
        threading.Thread(target=self._run, daemon=True).start()

    def beat(self, number: int) -> None:
        """Beat for this request."""
        self._number = number
        self._working.set()

    def rest(self) -> None:
        """Be quiet until the next request."""
        self._working.clear()

    def _run(self) -> None:
        while self._working.wait():
            self._out.say({"id": self._number, "steps": self.steps_of()})
            time.sleep(BEAT_SECONDS)


class Requests:
    """What the parent asks, read in a thread so that a cancel is heard in mid-answer."""

    def __init__(self, stream: TextIO) -> None:
        self._waiting: queue.SimpleQueue[dict[str, Any]] = queue.SimpleQueue()
        self._cancelled = -1  # requests come one at a time, with rising numbers
        threading.Thread(target=self._read, args=(stream,), daemon=True).start()

    def _read(self, stream: TextIO) -> None:
        for line in stream:
            message = json.loads(line)
            if "cancel" in message:
                self._cancelled = message["cancel"]
            else:
                self._waiting.put(message)
        os._exit(0)  # the parent has gone; native code in mid-prompt would not hear of it

    def next(self) -> dict[str, Any]:
        """Wait for the next request."""
        return self._waiting.get()

    def is_cancelled(self, number: int) -> bool:
        """Return whether this request is no longer wanted."""
        return self._cancelled == number


if __name__ == "__main__":
    main()
