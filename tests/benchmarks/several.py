"""Measure how fast a model of 1.3 billion weights writes four answers at once: docs/evaluation.md.

python -m tests.benchmarks.several. The same four questions are answered one after the other and all
at once, in turns, by one process that writes four answers at a time. The weights are random, as in
tests.benchmarks.model.
"""

import argparse
import os
import statistics
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from rag.answering.prompt import INSTRUCTIONS
from rag.cpu import cores
from rag.llm.llama_model import Message
from rag.llm.local_model import LocalModel
from tests.benchmarks.model import ANSWER_TOKENS, formatted, vocabulary
from tests.models.random_gguf import write_random_model
from tests.papers import PAPERS

PEOPLE = 4


def main() -> None:
    """Measure, and print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", type=Path, help="the model file of an earlier run")
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        path = options.model or write_random_model(
            Path(name) / "random.gguf",
            n_embd=1536, n_layer=28, n_ff=8960, n_head=12, n_head_kv=2, vocabulary=vocabulary(),
        )  # fmt: skip
        local = LocalModel(path, n_ctx=2048, threads=0, sequences=PEOPLE)
        local.wait_ready(120)
        print(f"{local.sequences} sequences of {local.n_ctx} tokens; {cores()} threads")
        known = [question(n) for n in range(PEOPLE)]
        all_at_once(local, known)
        compare("prompts evaluated before", local, [known] * 2 * options.rounds)
        new = [
            [question(PEOPLE * n + person) for person in range(PEOPLE)]
            for n in range(1, 2 * options.rounds + 1)
        ]
        compare("new prompts", local, new)
        local.close()


def question(n: int) -> list[Message]:
    """Return a prompt of which only the instructions are the same for every n."""
    paper = PAPERS[n % len(PAPERS)]
    return [
        {"role": "system", "content": INSTRUCTIONS},
        {"role": "user", "content": f"[{n}] {paper.title}: {paper.abstract}\nQuestion {n}: what?"},
    ]


def compare(name: str, local: LocalModel, rounds: Sequence[Sequence[list[Message]]]) -> None:
    """Print the tokens per second of one after the other and of all at once, in turns."""
    one_by_one, at_once, loads = [], [], []
    for n, questions in enumerate(rounds):
        loads.append(os.getloadavg()[0])
        if n % 2:
            at_once.append(all_at_once(local, questions))
        else:
            started = time.perf_counter()
            tokens = sum(answer(local, messages) for messages in questions)
            one_by_one.append(tokens / (time.perf_counter() - started))
    alone, together = statistics.median(one_by_one), statistics.median(at_once)
    print(f"{name}: {together:.1f} tokens/s at once, {alone:.1f} one after the other: "
          f"{together / alone:.2f} (rounds: {formatted(at_once)} against {formatted(one_by_one)}; "
          f"load average {formatted(loads)})", flush=True)  # fmt: skip


def all_at_once(local: LocalModel, questions: Sequence[list[Message]]) -> float:
    """Return the tokens per second of all answers together."""
    started = time.perf_counter()
    with ThreadPoolExecutor(len(questions)) as people:
        tokens = sum(people.map(lambda messages: answer(local, messages), questions))
    return tokens / (time.perf_counter() - started)


def answer(local: LocalModel, messages: list[Message]) -> int:
    """Return how many tokens an answer had."""
    pieces = local.stream(messages, max_tokens=ANSWER_TOKENS)
    while True:
        try:
            next(pieces)
        except StopIteration as ended:
            return int(ended.value["tokens"])


if __name__ == "__main__":
    main()
