"""Measure whether a language model reads unclear requests better than the classifier.

python -m tests.benchmarks.model_reader MODEL.gguf [--count 120]

The requests are those of tests/questions/requests/utterances.jsonl of which a classifier that did
not learn from them is unsure. The table has the share of right kinds by the classifier alone, by
the model alone, and by the model if its kind is among the classifier's likeliest ones.
"""

import argparse
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from sklearn.model_selection import StratifiedKFold

from rag.config import ModelConfig
from rag.llm.form_filler import FormFiller
from rag.llm.language_model import load_language_model
from rag.llm.waiting_queue import WaitingQueue
from rag.query.model_reader import ModelReader
from rag.query.understand import MIN_KIND
from tests.benchmarks.requests import Trainer, best_temperature, read, softmax

FOLDS = 5
BOUNDS = (0.3, 0.4, 0.5, 0.6)
RANKS = (2, 3, 5)


@dataclass(frozen=True)
class Unclear:
    """A request with the classifier's kinds, the likeliest first."""

    text: str
    truth: str
    kinds: list[str]
    certainty: float

    @property
    def by_classifier(self) -> str:
        return self.kinds[0] if self.certainty >= MIN_KIND else "content"

    def with_model(self, kind: str, *, bound: float, rank: int) -> str:
        is_taken = self.certainty < bound and kind in self.kinds[:rank]
        return kind if is_taken else self.by_classifier


def unclear_requests(trainer: Trainer, *, below: float) -> list[Unclear]:
    """Return the requests whose cross-validated certainty is below a bound."""
    count = len(trainer.rows)
    # As in tests/benchmarks/requests.py: half of the requests have an earlier turn.
    has_turn = (trainer.kinds == "follow-up") | (np.random.default_rng(0).random(count) < 0.5)
    classes = np.unique(trainer.kinds)
    scores: NDArray[np.float64] = np.zeros((count, len(classes)))
    splits = StratifiedKFold(FOLDS, shuffle=True, random_state=0)
    for train, test in splits.split(np.zeros(count), trainer.kinds):
        languages = trainer.read_languages(trainer.fit_language(train), test)
        scores[test] = trainer.kind_scores(trainer.fit_kind(train), test, languages)
    scores[~has_turn, list(classes).index("follow-up")] = -9
    temperature = best_temperature(scores, np.searchsorted(classes, trainer.kinds))
    chances = softmax(scores, temperature)
    order = (-chances).argsort(axis=1)
    return [
        Unclear(
            trainer.rows[n]["text"],
            str(trainer.kinds[n]),
            [str(classes[k]) for k in order[n]],
            float(chances[n].max()),
        )
        for n in range(count)
        if chances[n].max() < below
    ]


def main() -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("model", type=Path)
    parser.add_argument("--count", type=int, default=120)
    parser.add_argument("--seconds", type=float, default=60.0, help="time limit per request")
    options = parser.parse_args()
    unclear = unclear_requests(Trainer(read("utterances.jsonl")), below=max(BOUNDS))
    chosen = np.random.default_rng(1).permutation(len(unclear))[: options.count]
    requests = [unclear[n] for n in chosen]
    model = load_language_model(ModelConfig(path=str(options.model)))
    assert model is not None
    filler = FormFiller(model, WaitingQueue(0), seconds=options.seconds)
    reader = ModelReader(filler.fill, below=1.0)
    reader.read("hello")  # loads the model and evaluates the prompt's fixed part
    kinds: list[str] = []
    seconds: list[float] = []
    for request in requests:
        started = time.perf_counter()
        reading = reader.read(request.text)
        seconds.append(time.perf_counter() - started)
        kinds.append(reading.kind if reading else "")
    model.close()
    report(requests, kinds, seconds)
    print(f"of {len(unclear)} unclear requests")


def report(requests: list[Unclear], kinds: list[str], seconds: list[float]) -> None:
    """Print the table."""
    print(f"{sum(map(bool, kinds))} of {len(kinds)} read by the model, "
          f"{np.mean(seconds):.2f} s each, at most {max(seconds):.2f} s")  # fmt: skip
    truths = [request.truth for request in requests]
    print(f"model alone: {share(truths, kinds):.3f}")
    for rank in RANKS:
        has = [request.truth in request.kinds[:rank] for request in requests]
        print(f"the right kind is among the likeliest {rank}: {np.mean(has):.3f}")
    print("| certainty below | requests | classifier | " +
          " | ".join(f"model among {rank}" for rank in RANKS) + " |")  # fmt: skip
    print("| --- |" + " ---: |" * (2 + len(RANKS)))
    for bound in BOUNDS:
        pairs = [(r, kind) for r, kind in zip(requests, kinds, strict=True) if r.certainty < bound]
        if not pairs:
            continue
        true = [r.truth for r, _ in pairs]
        cells = [share(true, [r.by_classifier for r, _ in pairs])]
        for rank in RANKS:
            read_kinds = [r.with_model(kind, bound=bound, rank=rank) for r, kind in pairs]
            cells.append(share(true, read_kinds))
        figures = " | ".join(f"{cell:.3f}" for cell in cells)
        print(f"| {bound} | {len(pairs)} | {figures} |")


def share(truths: list[str], kinds: list[str]) -> float:
    """Return the share of right kinds."""
    return float(np.mean([a == b for a, b in zip(truths, kinds, strict=True)]))


if __name__ == "__main__":
    main()
