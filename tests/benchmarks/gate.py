"""Fit the weights of rag/answering/gate.py; print how many good answers pass, and bad ones not.

    python -m tests.benchmarks.gate --starter S [--days D] [--fit] [--show]

The answers of tests/questions/written were written by hand, before there was a gate. Each is read
piece by piece, as if a model wrote it, over the passages that its question gets: S is a data folder
with the starter set, D one with the Daily Papers of 2025-11-03 to 2025-12-12. Every third answer of
a file is held out: the weights are fitted on the others. --fit prints new weights, --show the wrong
decisions. A bad answer is caught if it does not take the place of the quotes, or is cut before what
is bad about it.
"""

import argparse
import json
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import date
from math import ceil
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler

from bot.app import open_library
from rag.answering.gate import Signs, has_foreign_letters
from rag.answering.manuscript import Manuscript
from rag.answering.prompt import build_prompt
from rag.config import RagConfig
from rag.grounding.citations import check
from rag.pipeline import PaperQA
from rag.records import Passage
from rag.text.brackets import MARKER, marked
from rag.text.language import question_language

FOLDER = Path("tests/questions/written")
STARTER = {"good_starter.jsonl": True, "bad.jsonl": False}
DAYS = {"good_days.jsonl": True, "good_days2.jsonl": True, "bad_days.jsonl": False}
PIECE = 4  # characters
TODAY = date(2025, 12, 12)
# What a gate can see. It cannot see what is vague, beside the question or false; the check of
# rag/grounding is there for what is false.
FITTED = {
    "loop", "header", "roles", "question-back", "unfinished", "other-paper", "shapeless",
}  # fmt: skip
PASSING = 0.955  # of the good answers that the weights are fitted on


@dataclass(frozen=True)
class Read:
    """A written answer as the pipeline read it."""

    item: dict[str, Any]
    held_out: bool
    text: str  # the sentences that passed the check
    is_cut: bool  # because the rest degenerated
    signs: Signs | None  # None if the quotes stay whatever the signs are
    passes: bool

    @property
    def kind(self) -> str:
        return str(self.item.get("kind", "good"))

    @property
    def is_right(self) -> bool:
        return self.passes if self.kind == "good" else not self.passes or self.is_cut


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--starter", type=Path, required=True)
    parser.add_argument("--days", type=Path)
    parser.add_argument("--fit", action="store_true")
    parser.add_argument("--show", action="store_true")
    options = parser.parse_args()
    reads = read_all(options.starter, STARTER)
    if options.days:
        reads += read_all(options.days, DAYS)
    for kind in sorted({read.kind for read in reads}):
        report(kind, reads, lambda read, kind=kind: read.kind == kind)  # type: ignore[misc]
    report("all that the gate is for", reads, lambda read: read.kind in FITTED)
    if options.fit:
        print(*fit(reads), sep="\n")
    if options.show:
        for read in reads:
            if not read.is_right:
                print(f"{read.kind}: {read.item['question']}\n    {read.text or '(removed)'}")


def read_all(folder: Path, names: dict[str, bool]) -> list[Read]:
    """Read the answers of these files over this data folder."""
    with closing(open_library(folder, RagConfig(), purpose="gate")) as library:
        qa = PaperQA(library, RagConfig(), today=lambda: TODAY)
        return [
            read
            for name in names
            for n, line in enumerate((FOLDER / name).read_text(encoding="utf-8").splitlines())
            if (read := read_one(qa, json.loads(line), held_out=n % 3 == 2))
        ]


def read_one(qa: PaperQA, item: dict[str, Any], *, held_out: bool) -> Read | None:
    """Read an answer; None if its question does not get the passages that it was written for."""
    quoted = qa.ask(item["question"])
    if not quoted.evidence:
        return None
    passages = build_prompt(quoted.standalone, quoted.evidence, quoted.today).citable
    text = with_numbers(item, passages)
    if text is None:
        return None
    language = question_language(item["question"])
    manuscript = Manuscript(passages, qa.library.grounding, language=language)
    for _ in manuscript.read(_pieces(text)):
        pass
    shown = manuscript.text
    is_possible = (
        check(shown, passages)[1]
        and manuscript.is_in_language
        and not has_foreign_letters(quoted, shown)
    )
    return Read(
        item,
        held_out,
        shown,
        is_cut=manuscript.degeneration is not None,
        signs=qa.gate.signs(quoted, shown, passages) if is_possible else None,
        passes=bool(is_possible and qa.gate.passes(quoted, shown, passages)),
    )


def with_numbers(item: dict[str, Any], passages: Sequence[Passage]) -> str | None:
    """Return the answer with the numbers of these passages; None if a paper is missing."""
    numbers = {passage.paper.paper_id: passage.n for passage in passages}
    wanted = {int(n): numbers.get(paper_id) for n, paper_id in item["papers"].items()}
    if None in wanted.values():
        return None
    return MARKER.sub(
        lambda m: m[0].replace(m[1], ", ".join(str(wanted.get(n, n)) for n in marked(m[1]))),
        item["answer"],
    )


def _pieces(text: str) -> Iterator[str]:
    return (text[start : start + PIECE] for start in range(0, len(text), PIECE))


def report(name: str, reads: Sequence[Read], is_meant: Callable[[Read], bool]) -> None:
    """Print how many of them are decided rightly, of all and of those that were held out."""
    found = Counter(
        (read.held_out, read.is_right, read.is_cut and read.passes)
        for read in reads
        if is_meant(read)
    )
    total, right, held, held_right, cut = (
        sum(count for key, count in found.items() if chosen(*key))
        for chosen in (
            lambda _held, _right, _cut: True,
            lambda _held, right, _cut: right,
            lambda held, _right, _cut: held,
            lambda held, right, _cut: held and right,
            lambda _held, _right, cut: cut,
        )
    )
    verb = "pass" if name == "good" else "caught"
    line = f"{name:<25} {right:>3} of {total:>3} {verb} ({right / total:.3f})"
    print(f"{line}; held out {held_right} of {held}" + (f"; {cut} of them cut" if cut else ""))


def fit(reads: Sequence[Read]) -> tuple[Signs, float]:
    """Return weights and bias: a logistic regression on the answers that are not held out."""
    known = [read for read in reads if not read.held_out]
    kept = [
        read
        for read in known
        if read.signs and (read.kind == "good" or (read.kind in FITTED and not read.is_cut))
    ]
    inputs = np.array([read.signs for read in kept])
    is_good = np.array([read.kind == "good" for read in kept])
    scaler = StandardScaler().fit(inputs)
    model = LogisticRegression(C=3.0, class_weight="balanced", max_iter=5000)
    model.fit(scaler.transform(inputs), is_good)
    weights = (model.coef_[0] / scaler.scale_).round(2)
    scores = np.sort((inputs @ weights)[is_good])[::-1]
    passing = ceil(PASSING * sum(read.kind == "good" for read in known))
    bias = ceil(-100 * float(scores[min(passing, len(scores)) - 1])) / 100
    return Signs(*weights.tolist()), bias


if __name__ == "__main__":
    main()
