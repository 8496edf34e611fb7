"""Measure whether a language model reads unclear requests better than the classifier.

python -m tests.benchmarks.model_reader MODEL.gguf [--count 240]

The requests are those of tests/questions/requests/utterances.jsonl of which a classifier that did
not learn from them is unsure. For each certainty, the table has the share of right kinds as read
without a model (below MIN_KIND always "content"), if the likeliest kind were taken, and by the
model.
"""

import argparse
import time
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import cast

import numpy as np
from numpy.typing import NDArray
from sklearn.model_selection import StratifiedKFold

from rag.config import ModelConfig
from rag.llm.form_filler import FormFiller
from rag.llm.language_model import load_language_model
from rag.llm.waiting_queue import WaitingQueue
from rag.query.certainty import MIN_KIND
from rag.query.model_reader import ModelReader
from rag.query.request import Kind
from rag.query.request_reader import KINDS
from rag.query.understand import LIKELY_KINDS
from tests.benchmarks.requests import Trainer, best_temperature, read, softmax

FOLDS = 5
BOUNDS = (0.0, 0.4, 0.5, 0.6, 0.7)


@dataclass(frozen=True)
class Unclear:
    """A request with the classifier's kinds, the likeliest first."""

    text: str
    truth: str
    kinds: list[Kind]
    certainty: float

    @property
    def by_classifier(self) -> str:
        return self.kinds[0] if self.certainty >= MIN_KIND else "content"


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
            [cast(Kind, str(classes[k])) for k in order[n]],
            float(chances[n].max()),
        )
        for n in range(count)
        if chances[n].max() < below
    ]


def main() -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("model", type=Path)
    parser.add_argument("--count", type=int, default=240)
    parser.add_argument("--seconds", type=float, default=60.0, help="time limit per request")
    options = parser.parse_args()
    unclear = unclear_requests(Trainer(read("utterances.jsonl")), below=max(BOUNDS))
    chosen = np.random.default_rng(1).permutation(len(unclear))[: options.count]
    requests = [unclear[n] for n in chosen]
    model = load_language_model(ModelConfig(path=str(options.model)))
    assert model is not None
    filler = FormFiller(model, WaitingQueue(0), seconds=options.seconds)
    reader = ModelReader(filler.fill, below=1.0)
    reader.read("hello", KINDS)  # loads the model and evaluates the prompt's fixed part
    kinds: list[str] = []
    seconds: list[float] = []
    for request in requests:
        started = time.perf_counter()
        reading = reader.read(request.text, request.kinds[:LIKELY_KINDS])
        seconds.append(time.perf_counter() - started)
        kinds.append(reading.kind if reading else "")
    model.close()
    report(requests, kinds, seconds)
    print(f"of {len(unclear)} unclear requests")


def report(requests: list[Unclear], kinds: list[str], seconds: list[float]) -> None:
    """Print the table."""
    print(f"{sum(map(bool, kinds))} of {len(kinds)} read by the model, "
          f"{np.mean(seconds):.2f} s each, at most {max(seconds):.2f} s")  # fmt: skip
    print("| certainty | requests | without a model | likeliest kind | model |")
    print("| --- |" + " ---: |" * 4)
    for low, high in pairwise(BOUNDS):
        pairs = [
            (request, kind or request.by_classifier)
            for request, kind in zip(requests, kinds, strict=True)
            if low <= request.certainty < high
        ]
        if not pairs:
            continue
        truths = [request.truth for request, _ in pairs]
        without = share(truths, [request.by_classifier for request, _ in pairs])
        likeliest = share(truths, [request.kinds[0] for request, _ in pairs])
        model = share(truths, [kind for _, kind in pairs])
        print(f"| {low}-{high} | {len(pairs)} | {without:.3f} | {likeliest:.3f} | {model:.3f} |")


def share(truths: Sequence[str], kinds: Sequence[str]) -> float:
    """Return the share of right kinds."""
    return float(np.mean([a == b for a, b in zip(truths, kinds, strict=True)]))


if __name__ == "__main__":
    main()
