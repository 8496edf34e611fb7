"""Runs a model file in a separate process and measures it: `paperboy model check`."""

import subprocess
import threading
import time
from dataclasses import dataclass
from pathlib import Path

from rag.cpu import memory_bytes
from rag.errors import ModelFileError
from rag.llm.gguf_header import format_size
from rag.llm.model_files import usable_context, usable_sequences
from rag.llm.offload import Offload
from rag.llm.reasoning import answer_of
from rag.llm.worker_client import WorkerProcess, explain_memory, worker_command
from rag.models.build_check import check_build

TRIAL_SECONDS = 900.0  # to load and answer, on a slow machine with a large model
ANSWER_TOKENS = 48
# Similar in length and content to the prompts of real answers.
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
class TrialResult:
    """The measurements of a trial.

    `memory` is the process's peak in bytes, 0 if it is not known. Rates are in tokens per second,
    0 if there were too few tokens to measure.
    """

    n_ctx: int
    load_seconds: float
    memory: int
    prompt_tokens: int
    prompt_rate: float
    answer_tokens: int
    answer_rate: float
    answer: str
    offload: Offload


def try_model(
    path: Path,
    *,
    n_ctx: int,
    threads: int,
    gpu_layers: int = -1,
    sequences: int = 1,
    seconds: float = TRIAL_SECONDS,
) -> TrialResult:
    """Load the file and let it answer. Raises ModelFileError with the cause of a failure."""
    started = time.monotonic()
    n_ctx = usable_context(path, n_ctx)
    command = worker_command(
        path, n_ctx=n_ctx, threads=threads, gpu_layers=gpu_layers,
        sequences=usable_sequences(path, sequences, n_ctx=n_ctx),
    )  # fmt: skip
    worker = WorkerProcess(command)
    timer = threading.Timer(seconds, worker.kill)
    timer.start()
    try:
        trial = _measure(worker, started)
    finally:
        in_time = timer.is_alive()
        timer.cancel()
        worker.close()
    ended = worker.wait()
    if isinstance(trial, TrialResult):
        return trial
    if not in_time:
        raise ModelFileError(
            f"{path.name} did not answer within {seconds:.0f} seconds: use a smaller model "
            "(`paperboy model list`)."
        )
    raise ModelFileError(_explain_failure(path, trial, ended))


def _measure(worker: WorkerProcess, started: float) -> TrialResult | str:
    """Return the measurements, or the worker's error message; "" if the process just ended."""
    times: list[float] = []
    answer, load_seconds, n_ctx, asked_at, offload = "", 0.0, 0, started, Offload()
    for message in worker.messages():
        now = time.monotonic()
        if "ready" in message:
            load_seconds, n_ctx, asked_at = now - started, int(message["ready"]["n_ctx"]), now
            offload = Offload.from_message(message["ready"])
            worker.send({"id": 1, "messages": MESSAGES, "max_tokens": ANSWER_TOKENS,
                        "temperature": 0.0})  # fmt: skip
        elif "text" in message:
            times.append(now)
            answer += message["text"]
        elif "done" in message:
            return TrialResult(
                n_ctx=n_ctx,
                load_seconds=load_seconds,
                memory=_peak_memory(worker.pid),
                prompt_tokens=message["prompt"],
                prompt_rate=_rate(message["prompt"], (times or [now])[0] - asked_at),
                answer_tokens=message["tokens"],
                answer_rate=_rate(message["tokens"] - 1, now - times[0]) if times else 0.0,
                answer=" ".join(answer_of(answer).split()),
                offload=offload,
            )
        elif error := message.get("failed") or message.get("error"):
            return worker.load_error(str(error))
    return ""


def _rate(tokens: int, seconds: float) -> float:
    return tokens / seconds if tokens > 0 and seconds > 0 else 0.0


def _explain_failure(path: Path, error: str, ended: str) -> str:
    """Return why there is no answer, and the cure."""
    if "llama_cpp" in error:
        return "the local model needs llama.cpp, which is not built: run `make llama`."
    if sentence := explain_memory(path.name, error):
        return sentence
    if error:
        return f"{path.name} cannot be used ({error}): fetch another with `paperboy model pull`."
    if ended == "SIGKILL":
        memory = memory_bytes()
        available = f" of {format_size(memory)}" if memory else ""
        return (
            f"{path.name} was ended by the system ({ended}), most likely because it ran out of "
            f"memory{available}: use a smaller model (`paperboy model list`)."
        )
    if problem := check_build().problem:
        return (
            f"llama.cpp died ({ended}) with {path.name}, and a small test model does not run "
            f"either ({problem.partition(':')[0]}): rebuild it with `make llama`."
        )
    return (
        f"llama.cpp died ({ended}) with {path.name}, though a small test model runs: "
        "fetch the file again, or another with `paperboy model pull`."
    )


def _peak_memory(pid: int) -> int:
    """Return the process's peak memory in bytes, or its current memory on systems without /proc."""
    try:
        for line in Path(f"/proc/{pid}/status").read_text("ascii").splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024
    except OSError:
        pass
    return _memory_from_ps(pid)


def _memory_from_ps(pid: int) -> int:
    """Return the process's current memory in bytes; 0 if it has ended."""
    output = subprocess.run(
        ["ps", "-o", "rss=", "-p", str(pid)], capture_output=True, text=True, check=False
    ).stdout
    return int(output) * 1024 if output.strip() else 0
