"""Tries a model file in a process of its own and measures it: `paperboy model check`."""

import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from rag.cpu import cores, memory_bytes
from rag.errors import ModelFileError
from rag.llm.child import ModelChild
from rag.llm.gguf_header import gigabytes
from rag.models.build_check import probe

SECONDS = 900.0  # for loading and speaking, on a slow machine with a large model
ANSWER_TOKENS = 48
# A prompt of the length and kind that answers are written from.
PASSAGE = """[1] Counting herons from a drone takes one person a day, and two people rarely agree.
HeronNet finds the birds with a detector that was trained on 4,200 photographs of marshes, joins
what it finds in neighbouring pictures, and counts each bird once. On 31 marshes that it had never
seen it agrees with the mean of three human counters to within 6 percent, and needs eleven minutes.
[2] Egrets and herons look alike from above. EgretSplit tells them apart by the shadow that a bird
casts: of 900 birds it names 94 percent correctly at noon and 71 percent in the evening."""
MESSAGES = [
    {"role": "system", "content": "Answer in one or two sentences from the numbered passages."},
    {"role": "user", "content": f"{PASSAGE}\nQuestion: how well does HeronNet count birds?"},
]


@dataclass(frozen=True, slots=True)
class Trial:
    """What was measured. `memory` is the process's largest, in bytes; 0 where it is not known.

    A rate is in tokens a second, and 0 where too few tokens came to tell.
    """

    n_ctx: int
    load_seconds: float
    memory: int
    prompt_tokens: int
    prompt_rate: float
    answer_tokens: int
    answer_rate: float
    said: str


def try_model(path: Path, *, n_ctx: int, threads: int, seconds: float = SECONDS) -> Trial:
    """Load the file and have it answer. Raises ModelFileError where it cannot, with the cause."""
    started = time.monotonic()
    child = ModelChild([
        sys.executable, "-m", "rag.llm.worker", str(path),
        "--n-ctx", str(n_ctx), "--threads", str(threads or cores()),
    ])  # fmt: skip
    alarm = threading.Timer(seconds, child.kill)
    alarm.start()
    try:
        trial = _converse(child, started)
    finally:
        in_time = alarm.is_alive()
        alarm.cancel()
        child.close()
    ended = child.wait()
    if isinstance(trial, Trial):
        return trial
    if not in_time:
        raise ModelFileError(
            f"{path.name} did not answer within {seconds:.0f} seconds: use a smaller model "
            "(`paperboy model list`)."
        )
    raise ModelFileError(_failure(path, trial, ended))


def _converse(child: ModelChild, started: float) -> Trial | str:
    """Return what was measured, or what the process said went wrong; "" where it just ended."""
    times: list[float] = []
    said, load_seconds, n_ctx, asked_at = "", 0.0, 0, started
    for event in child.events():
        now = time.monotonic()
        if "ready" in event:
            load_seconds, n_ctx, asked_at = now - started, int(event["ready"]["n_ctx"]), now
            child.send({"id": 1, "messages": MESSAGES, "max_tokens": ANSWER_TOKENS,
                        "temperature": 0.0})  # fmt: skip
        elif "text" in event:
            times.append(now)
            said += event["text"]
        elif "done" in event:
            return Trial(
                n_ctx=n_ctx,
                load_seconds=load_seconds,
                memory=_peak_memory(child.pid),
                prompt_tokens=event["prompt"],
                prompt_rate=_rate(event["prompt"], (times or [now])[0] - asked_at),
                answer_tokens=event["tokens"],
                answer_rate=_rate(event["tokens"] - 1, now - times[0]) if times else 0.0,
                said=" ".join(said.split()),
            )
        elif message := event.get("failed") or event.get("error"):
            return child.cause_of(str(message))
    return ""


def _rate(tokens: int, seconds: float) -> float:
    return tokens / seconds if tokens > 0 and seconds > 0 else 0.0


def _failure(path: Path, said: str, ended: str) -> str:
    """Return why nothing came, and the cure."""
    if "llama_cpp" in said:
        return "the local model needs llama.cpp, which is not built: run `make llama`."
    if said:
        return f"{path.name} cannot be used ({said}): fetch another with `paperboy model pull`."
    if ended == "SIGKILL":
        memory = memory_bytes()
        has = f" of {gigabytes(memory)}" if memory else ""
        return (
            f"{path.name} was ended by the system ({ended}), most likely for want of memory{has}: "
            "use a smaller model (`paperboy model list`)."
        )
    if problem := probe():
        return (
            f"llama.cpp died ({ended}) with {path.name}, and a small model of our own does not run "
            f"either ({problem.partition(':')[0]}): build it anew with `make llama`."
        )
    return (
        f"llama.cpp died ({ended}) with {path.name}, though a small model of our own runs: "
        "fetch the file anew, or another with `paperboy model pull`."
    )


def _peak_memory(pid: int) -> int:
    """Return the most memory that the process has had, as far as the system tells."""
    try:
        for line in Path(f"/proc/{pid}/status").read_text("ascii").splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024
    except OSError:
        pass
    return next(_memory_now(pid), 0)


def _memory_now(pid: int) -> Iterator[int]:
    """Yield what ps says of it, where there is no /proc."""
    shown = subprocess.run(
        ["ps", "-o", "rss=", "-p", str(pid)], capture_output=True, text=True, check=False
    )
    yield from (int(word) * 1024 for word in shown.stdout.split())
