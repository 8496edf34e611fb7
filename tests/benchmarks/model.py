"""Measure the speed of a model of 1.3 billion weights in Paperboy: see docs/evaluation.md.

python -m tests.benchmarks.model. The weights are random, so the model writes nonsense at the speed
of a real model of that shape (Q4_0, 790 MB on disk).
"""

import argparse
import json
import os
import random
import signal
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from bot.app import open_library
from ingest.sources.files import FileSource
from ingest.sync import ingest
from rag.config import ModelConfig, RagConfig
from rag.cpu import cores
from rag.encoders.embedder import bundled_path
from rag.llm.chat_models import ChatLlama
from rag.llm.language_model import LocalProcessModel, adapt
from rag.llm.llama_model import Message
from rag.llm.local_model import LocalModel
from rag.pipeline import PaperQA
from rag.records import Answer, Question, Turn
from tests.models.random_gguf import write_random_model
from tests.papers import TODAY, ListSource

SHARED = Path(__file__).resolve().parents[3] / "shared" / "data"
ANSWER_TOKENS = 60
QUESTION = "how accurate is HeronNet compared with human counters?"
FOLLOW_UP = "how long does the training of HeronNet take?"
SIGNALS = ("SIGSEGV", "SIGABRT", "SIGKILL", "SIGSTOP")


def main() -> None:
    """Measure, and print the figures."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--model", type=Path, help="the model file of an earlier run")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--crashes", type=int, default=12)
    parser.add_argument("--cancels", type=int, default=20)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        path = options.model or write_random_model(
            folder / "random.gguf",
            n_embd=1536, n_layer=28, n_ff=8960, n_head=12, n_head_kv=2, vocabulary=vocabulary(),
        )  # fmt: skip
        started = time.perf_counter()
        local = LocalModel(path, n_ctx=4096, threads=0)
        local.wait_ready(120)
        print(f"loaded in {time.perf_counter() - started:.1f} s; {cores()} threads")
        chat = ChatLlama(local=local, max_tokens=ANSWER_TOKENS)
        with sample(folder / "sample", chat) as qa:
            first_tokens(qa)
            through_paperboy(qa, path, options.rounds)
            busy(qa, options.rounds)
            cancels(local, options.cancels)
            crashes(qa, options.crashes)
        local.close()
        dialogues(folder)


# -- speed -----------------------------------------------------------------------------------


def first_tokens(qa: PaperQA) -> None:
    """Print the time to the first token of a dialogue's first and second turn."""
    local = local_of(qa)
    cold, first = timed(qa, qa.ask(QUESTION))
    figures = dict(local.last_usage)
    warm, _ = timed(qa, qa.ask(Question(text=FOLLOW_UP, history=(Turn.of(first),))))
    print(
        f"first token: cold {cold[0]:.2f} s ({figures['prompt']} tokens of prompt), in the second "
        f"turn {warm[0]:.2f} s ({local.last_usage['prompt']}, {local.last_usage['reused']} of them "
        f"cached); {figures['prompt'] / cold[0]:.0f} prompt tokens per second"
    )


def through_paperboy(qa: PaperQA, path: Path, rounds: int) -> None:
    """Print the tokens per second through pipeline, LangChain and process, and of the bare loop."""
    plain = {k: v for k, v in os.environ.items() if not k.startswith(("OMP_", "GOMP_"))}
    bare = subprocess.Popen(
        [sys.executable, "-m", "tests.benchmarks.bare_model", str(path), str(cores())],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=plain,
    )  # fmt: skip
    assert bare.stdin is not None
    assert bare.stdout is not None
    timed(qa, qa.ask(QUESTION))
    prompt = [
        1,
        *(300 + n for n in range(local_of(qa).last_usage["prompt"] - 1)),
    ]  # as long as ours
    ours, theirs = [], []
    for _ in range(rounds):
        bare.stdin.write(json.dumps([prompt, ANSWER_TOKENS]) + "\n")
        bare.stdin.flush()
        theirs.append(float(bare.stdout.readline()))
        ours.append(timed(qa, qa.ask(QUESTION))[0][1])
    bare.stdin.close()
    bare.wait()
    our, their = statistics.median(ours), statistics.median(theirs)
    print(f"answer: {our:.1f} tokens/s through Paperboy, {their:.1f} bare: {our / their:.2f} "
          f"(rounds: {formatted(ours)} against {formatted(theirs)})")  # fmt: skip


def busy(qa: PaperQA, rounds: int) -> None:
    """Print the tokens per second with a busy loop on each core, relative to an idle machine."""
    idle, full = [], []
    for _ in range(rounds):
        idle.append(timed(qa, qa.ask(QUESTION))[0][1])
        loops = [
            subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(cores())
        ]
        full.append(timed(qa, qa.ask(QUESTION))[0][1])
        for loop in loops:
            loop.kill()
            loop.wait()
    ratio = statistics.median(full) / statistics.median(idle)
    print(f"with a busy loop on every core: {ratio:.2f} of the idle speed "
          f"(rounds: {formatted(full)} against {formatted(idle)})")  # fmt: skip


def timed(qa: PaperQA, quoted: Answer) -> tuple[tuple[float, float], Answer]:
    """Return the seconds to the first token, the tokens per second after it, and the answer."""
    started = first = time.perf_counter()
    answer = last = quoted
    for n, answer in enumerate(qa.write(quoted)):
        if n == 0:
            first = time.perf_counter()
        if not answer.finished:
            ended, last = time.perf_counter(), answer
    assert not last.finished, answer.note
    tokens = local_of(qa).last_usage["tokens"]
    return (first - started, (tokens - 1) / (ended - first)), answer


# -- cancels and crashes ---------------------------------------------------------------------


def cancels(local: LocalModel, count: int) -> None:
    """Print how fast cancelling works while the prompt is read, and while the answer is written."""
    rng = random.Random(0)
    for where, words in (("the prompt", 1500), ("the answer", 8)):
        seconds = []
        for n in range(count):
            stop, text = threading.Event(), " ".join([f"word{n}"] * words)
            stopped_at: list[float] = []

            def end(stop: threading.Event = stop, at: list[float] = stopped_at) -> None:
                at.append(time.perf_counter())
                stop.set()

            threading.Timer(1.0 + rng.random(), end).start()
            for _token in local.stream(user(text), max_tokens=200, cancel=stop):
                pass
            seconds.append(time.perf_counter() - stopped_at[0])
        print(f"cancelled in {where}: median {statistics.median(seconds):.2f} s, "
              f"worst of {count} {max(seconds):.2f} s")  # fmt: skip


def crashes(qa: PaperQA, count: int) -> None:
    """Kill or stop the process in mid-answer, and print how soon it is ready again."""
    rng, local = random.Random(0), local_of(qa)
    seconds_until_ready: dict[str, list[float]] = {name: [] for name in SIGNALS}
    for n in range(count):
        name = SIGNALS[n % len(SIGNALS)]
        answers = qa.write(qa.ask(QUESTION))
        for _ in range(rng.randrange(1, 12)):
            next(answers)
        os.kill(local.pid or 0, getattr(signal, name))
        died = time.perf_counter()
        *_, last = answers
        assert last.mode == "extractive"
        assert last.note
        local.wait_ready(60)
        seconds_until_ready[name].append(time.perf_counter() - died)
        timed(qa, qa.ask(QUESTION))
    for name, seconds in seconds_until_ready.items():
        print(f"{name}: ready again after {statistics.median(seconds):.1f} s, "
              f"at worst {max(seconds):.1f} s")  # fmt: skip


# -- dialogues -------------------------------------------------------------------------------


def dialogues(folder: Path) -> None:
    """Print how much of its prompt the model must read again in later turns of dialogues."""
    data = Path(os.environ.get("PAPERBOY_TEST_DATA") or SHARED)
    questions = data / "eval" / "seed_qa_dev.jsonl"
    if not questions.is_file():
        print(f"no dialogues: {questions} does not exist")
        return
    small = write_random_model(
        folder / "small.gguf",
        n_embd=256, n_layer=2, n_ff=512, n_head=4, n_head_kv=2, vocabulary=vocabulary(),
    )  # fmt: skip
    local = LocalModel(small, n_ctx=4096, threads=0)
    chat = ChatLlama(local=local, max_tokens=ANSWER_TOKENS)
    shares, prompts = [], []
    with closing(open_library(folder / "page", RagConfig())) as library:
        ingest(FileSource(data / "seed" / "page.txt", today=TODAY), library)
        qa = PaperQA(library, config(), today=lambda: TODAY, model=adapt(chat))
        for item in map(json.loads, questions.read_text("utf-8").splitlines()):
            if item["kind"] != "dialogue":
                continue
            history: list[Turn] = []
            for question in item["turns"]:
                local.last_usage = {}
                answer = qa.written(qa.ask(Question(text=question, history=tuple(history))))
                if history and (figures := local.last_usage):
                    shares.append(1 - figures["reused"] / figures["prompt"])
                    prompts.append(figures["prompt"])
                history.append(Turn.of(answer))
    local.close()
    print(f"later turns of dialogues ({len(shares)}) read again: median "
          f"{statistics.median(shares):.2f} of their prompt ({formatted(sorted(shares))}; "
          f"prompts of {statistics.median(prompts):.0f} tokens)")  # fmt: skip


# -- parts -----------------------------------------------------------------------------------


@contextmanager
def sample(folder: Path, chat: ChatLlama) -> Iterator[PaperQA]:
    """Yield a pipeline over a few invented papers, with the model."""
    library = open_library(folder, RagConfig())
    try:
        ingest(ListSource(), library)
        yield PaperQA(library, config(), today=lambda: TODAY, model=adapt(chat))
    finally:
        library.close()


def config() -> RagConfig:
    return RagConfig(model=ModelConfig(max_tokens=ANSWER_TOKENS))


def vocabulary() -> list[str]:
    return (Path(bundled_path()) / "vocab.txt").read_text("utf-8").splitlines()


def local_of(qa: PaperQA) -> LocalModel:
    assert qa.writer is not None
    assert isinstance(qa.writer.model, LocalProcessModel)
    return qa.writer.model.chat.local


def user(text: str) -> list[Message]:
    return [{"role": "user", "content": text}]


def formatted(values: list[float]) -> str:
    return " ".join(f"{value:.2f}" for value in values)


if __name__ == "__main__":
    main()
