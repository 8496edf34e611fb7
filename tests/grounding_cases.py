"""Sentences as a model might write them, true and false ones, and how the check judges them."""

import tomllib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from ingest.sources.starter import StarterSource
from rag.grounding.checker import Grounding, Verdict
from rag.grounding.claims import claims_of
from rag.records import Paper, Passage

FILE = Path(__file__).parent / "rag" / "grounding" / "cases.toml"
BLIND = FILE.with_name("blind.toml")
UNSEEN = (FILE.with_name("rules.toml"), FILE.with_name("rules_reserve.toml"))
FRESH = FILE.with_name("fresh.toml")


class Case(NamedTuple):
    """One sentence; `marker` is the passage that a true one without a marker should get."""

    use: str
    is_true: bool
    kind: str
    text: str
    marker: int | None
    passages: tuple[Passage, ...]


class Result(NamedTuple):
    """What became of a sentence."""

    case: Case
    verdict: Verdict
    kept: bool


def load_cases(*files: Path) -> Iterator[Case]:
    """Yield all sentences of some files; by default of both."""
    for file in files or (FILE, BLIND):
        yield from _load(file)


def _load(file: Path) -> Iterator[Case]:
    for group in tomllib.loads(file.read_text(encoding="utf-8"))["set"]:
        papers = [Paper(**paper) for paper in group.get("papers", [])]
        papers += [_starter_paper(title) for title in group.get("starter", [])]
        passages = tuple(Passage(n, paper, ()) for n, paper in enumerate(papers, start=1))
        for is_true in (True, False):
            for kind, texts in group["true" if is_true else "false"].items():
                for text in texts:
                    text, marker = (text, None) if isinstance(text, str) else text
                    yield Case(group["use"], is_true, kind, text, marker, passages)


def _starter_paper(words: str) -> Paper:
    """Return the paper of the starter set that has these words in its title."""
    papers = (record for record in StarterSource().records() if isinstance(record, Paper))
    return next(paper for paper in papers if words in paper.title)


def judge_all(grounding: Grounding, cases: Sequence[Case]) -> list[Result]:
    """Check each sentence as an answer of its own."""
    results = []
    for case in cases:
        ((claim, verdict),) = grounding.judged(claims_of(case.text), case.passages)
        is_right = case.marker is None or claim.cited == (case.marker,)
        results.append(Result(case, verdict, not verdict.failed and is_right))
    return results


def share_kept(results: Sequence[Result]) -> float:
    """Return the share of the sentences that are kept."""
    return sum(r.kept for r in results) / len(results) if results else float("nan")
