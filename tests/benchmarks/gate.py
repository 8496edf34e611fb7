"""Fit the weights of rag/answering/gate.py; print how many good answers pass, and bad ones not.

    python -m tests.benchmarks.gate --starter S [--days D] [--fit] [--show]

The answers of tests/questions/written were written by hand, before there was a gate. Each is read
piece by piece, as if a model wrote it, over the passages that the question gets: S is a data folder
with the starter set, D one with the Daily Papers of 2025-11-03 to 2025-12-12. Every third answer of
a file is held out: nothing is chosen by it. --fit prints the weights, --show the wrong decisions.
"""

import argparse
import json
from contextlib import closing
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler

from bot.app import open_library
from rag.answering.gate import Signs
from rag.answering.manuscript import Manuscript
from rag.answering.prompt import build_prompt
from rag.config import RagConfig
from rag.grounding.citations import MARKER, marked
from rag.pipeline import PaperQA
from rag.records import Answer, Passage
from rag.text.language import question_language

FOLDER = Path("tests/questions/written")
PIECE = 4  # characters
TODAY = date(2025, 12, 12)


@dataclass
class Read:
    """A written answer as the pipeline read it."""

    item: dict[str, Any]
    good: bool
    held_out: bool
    manuscript: Manuscript
    signs: Signs | None  # None if no sentence passed
    quoted: Answer
    passes: bool = False


def read_all(qa: PaperQA, items: list[dict[str, Any]], *, good: bool) -> list[Read]:
    """Read these answers over this library."""
    found = []
    for n, item in enumerate(items):
        quoted = qa.ask(item["question"])
        if not quoted.evidence:
            continue
        passages = build_prompt(quoted.standalone, quoted.evidence, quoted.today).citable
        text = with_numbers(item, passages)
        if text is None:
            continue
        language = question_language(item["question"])
        manuscript = Manuscript(passages, qa.library.grounding, language=language)
        pieces = (text[start : start + PIECE] for start in range(0, len(text), PIECE))
        for _ in manuscript.read(pieces):
            pass
        assert qa.writer is None
        signs = None
        if manuscript.passed and manuscript.is_in_language:
            share = manuscript.failed / (manuscript.failed + manuscript.passed)
            signs = qa.gate.signs(quoted, manuscript.text, passages, removed=share)
        found.append(Read(item, good, n % 3 == 2, manuscript, signs, quoted))
    return found


def with_numbers(item: dict[str, Any], passages: tuple[Passage, ...]) -> str | None:
    """Return the answer with the numbers of these passages; None if one of its papers is missing."""
    numbers = {passage.paper.paper_id: passage.n for passage in passages}
    wanted = {int(n): numbers.get(paper_id) for n, paper_id in item["papers"].items()}
    if None in wanted.values():
        return None
    return MARKER.sub(
        lambda m: m[0].replace(m[1], ", ".join(str(wanted.get(n, n)) for n in marked(m[1]))),
        item["answer"],
    )


def fit(reads: list[Read]) -> tuple[np.ndarray, float]:
    """Return the weights and the bias of a regression on these answers."""
    kept = [r for r in reads if r.signs]
    inputs = np.array([r.signs for r in kept])
    scaler = StandardScaler().fit(inputs)
    model = LogisticRegression(C=0.5, class_weight="balanced", max_iter=2000)
    model.fit(scaler.transform(inputs), [r.good for r in kept])
    weights = model.coef_[0] / scaler.scale_
    return weights, float(model.intercept_[0] - weights @ scaler.mean_)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--starter", type=Path, required=True)
    parser.add_argument("--days", type=Path)
    parser.add_argument("--fit", action="store_true")
    parser.add_argument("--show", action="store_true")
    options = parser.parse_args()
    reads: list[Read] = []
    for folder, files in (
        (options.starter, {"good_starter.jsonl": True, "bad.jsonl": False}),
        (
            options.days,
            {"good_days.jsonl": True, "good_days2.jsonl": True, "bad_days.jsonl": False},
        ),
    ):
        if folder:
            with closing(open_library(folder, RagConfig(), purpose="gate")) as library:
                qa = PaperQA(library, RagConfig(), today=lambda: TODAY)
                for name, good in files.items():
                    reads += read_all(qa, _lines(FOLDER / name), good=good)
    import pickle

    pickle.dump(
        [
            (
                r.item,
                r.good,
                r.held_out,
                r.signs,
                r.manuscript.raw,
                r.manuscript.text,
                r.manuscript.degeneration,
                r.manuscript.passed,
                r.manuscript.failed,
                [(c.text, v) for c, v in r.manuscript._judged],
                r.quoted.text,
            )
            for r in reads
        ],
        open("/tmp/gate/reads.pkl", "wb"),
    )


def _lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


if __name__ == "__main__":
    main()
