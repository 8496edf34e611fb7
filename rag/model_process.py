"""The child process that owns llama.cpp: `python -m rag.model_process` (started by LocalModel).

A broken file, a bad build or a bug in native code may end this process at any instant; being a
process of its own it takes nobody with it. It speaks JSON lines:

    in   {"id": 1, "messages": [{"role": "user", "content": "…"}], "max_tokens": 300,
          "temperature": 0}
         {"cancel": 1}
    out  {"ready": {"n_ctx": 4096}}   or   {"failed": "why"}
         {"id": 1, "text": "a piece"} …
         {"id": 1, "done": "end" | "length" | "cancelled", "prompt": 812, "reused": 640,
          "tokens": 57}
         {"id": 1, "error": "why"}

It leaves when its stdin closes, so it never outlives Paperboy.
"""

import argparse
import json
import os
import queue
import sys
import threading
from itertools import takewhile
from typing import Any, TextIO

from rag.llama_model import LlamaModel

NICENESS = 5  # the bot's own process goes first when both want the processor


def main() -> None:
    """Load the model, say so, and answer requests one by one."""
    options = _options()
    out = _protocol_stream()
    if hasattr(os, "nice"):
        os.nice(NICENESS)
    requests = Requests(sys.stdin)
    try:
        model = LlamaModel(options.path, n_ctx=options.n_ctx, threads=options.threads)
    except Exception as error:  # whatever it is, the parent has to hear of it
        _say(out, {"failed": str(error) or type(error).__name__})
        return
    _say(out, {"ready": {"n_ctx": model.n_ctx}})
    while True:
        request = requests.next()
        try:
            _answer(model, request, requests, out)
        except Exception as error:
            _say(out, {"id": request["id"], "error": str(error) or type(error).__name__})


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


def _say(out: TextIO, message: dict[str, Any]) -> None:
    out.write(json.dumps(message) + "\n")
    out.flush()


def _answer(model: LlamaModel, request: dict[str, Any], requests: "Requests", out: TextIO) -> None:
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
    tokens = 0
    for piece in model.write(prompt, max_tokens=limit, temperature=request["temperature"]):
        tokens += 1
        if piece:
            _say(out, {"id": number, "text": piece})
    tokens -= 1  # the last piece is what the decoder still held
    reason = "cancelled" if model.is_cancelled() else "length" if tokens == limit else "end"
    _say(
        out,
        {"id": number, "done": reason, "prompt": len(prompt), "reused": reused, "tokens": tokens},
    )


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
