"""How fast a model of 1.3 billion weights is through the model process: see docs/evaluation.md.

python -m tests.benchmarks.model. The weights are random, so it says nonsense at the speed of a
real model of that shape (Q4_0, 790 MB on disk).
"""

import os
import signal
import tempfile
import threading
import time
from pathlib import Path

from rag.embedder import bundled_path
from rag.errors import ModelError
from rag.llama_model import Message
from rag.local_model import LocalModel
from tests.models.random_gguf import write_random_model

PROMPT_WORDS = 400  # one token each
ANSWER_TOKENS = 60


def main(folder: Path) -> None:
    """Measure and print."""
    vocabulary = (Path(bundled_path()) / "vocab.txt").read_text("utf-8").splitlines()
    path = write_random_model(
        folder / "random.gguf",
        n_embd=1536, n_layer=28, n_ff=8960, n_head=12, n_head_kv=2, vocabulary=vocabulary,
    )  # fmt: skip
    started = time.perf_counter()
    model = LocalModel(path, n_ctx=4096, threads=0)
    model.wait_ready(120)
    print(f"loaded in {time.perf_counter() - started:.1f} s")
    speed(model)
    cancel(model)
    crash(model)
    model.close()


def speed(model: LocalModel) -> None:
    started = time.perf_counter()
    pieces = model.stream(words("cold", PROMPT_WORDS), max_tokens=ANSWER_TOKENS)
    next(pieces)
    first = time.perf_counter() - started
    rest = sum(1 for _ in pieces)
    seconds = time.perf_counter() - started - first
    print(f"prompt: {PROMPT_WORDS / first:.0f} tokens/s; answer: {rest / seconds:.1f} tokens/s")


def cancel(model: LocalModel) -> None:
    """Stop while the prompt is evaluated."""
    stop = threading.Event()
    threading.Timer(1.0, stop.set).start()
    started = time.perf_counter()
    for _piece in model.stream(words("other", 4 * PROMPT_WORDS), max_tokens=8, cancel=stop):
        pass
    print(f"cancelled in mid-prompt: {time.perf_counter() - started - 1:.2f} s")


def crash(model: LocalModel) -> None:
    pieces = model.stream(words("crash", 10), max_tokens=ANSWER_TOKENS)
    next(pieces)
    os.kill(model.pid or 0, signal.SIGSEGV)
    died = time.perf_counter()
    try:
        for _piece in pieces:
            pass
    except ModelError:
        noticed = time.perf_counter() - died
    model.wait_ready(60)
    next(model.stream(words("again", 10), max_tokens=1))
    print(f"SIGSEGV: noticed in {noticed:.2f} s, next answer's first token after "
          f"{time.perf_counter() - died:.1f} s")  # fmt: skip


def words(word: str, count: int) -> list[Message]:
    return [{"role": "user", "content": " ".join([word] * count)}]


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        main(Path(folder))
