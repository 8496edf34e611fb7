"""Measure how many false sentences the check of answers catches, and how many true ones it loses.

    python -m tests.benchmarks.grounding [FILE.toml …]

The sentences come from tests/rag/grounding/cases.toml and blind.toml. The bound of similarity was
chosen on the "calibrate" sets: the highest one that loses at most 0.04 of their true sentences.
"""

import argparse
import statistics
import time
from pathlib import Path

from rag.config import CheckConfig, EmbedderConfig
from rag.encoders.embedder import load_embedder
from rag.grounding.checker import Grounding
from tests.grounding_cases import Case, Result, judge_all, load_cases, share_kept

BOUNDS = (0.0, 0.5, 0.54, 0.58, 0.6, 0.62, 0.64, 0.66, 0.68, 0.7, 0.74, 0.8, 0.9)
MAX_LOST = 0.04  # of the true sentences of the calibrate sets
SENTENCES = 4  # per answer whose time is measured
ROUNDS = 3


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("files", type=Path, nargs="*")
    cases = list(load_cases(*parser.parse_args().files))
    embeddings = load_embedder(EmbedderConfig()).embeddings
    config = CheckConfig()
    results = judge_all(Grounding(embeddings, config), cases)
    by_use = {case.use: [r for r in results if r.case.use == case.use] for case in cases}
    for use, results_of_use in by_use.items():
        by_kind(use, results_of_use)
    curve(by_use, judge_all(Grounding(embeddings, CheckConfig(similarity=0)), cases))
    print(f"\nthe bound in use: {config.similarity}")
    times = milliseconds(Grounding(embeddings, config), cases)
    print(
        f"an answer of {SENTENCES} sentences: {statistics.median(times):.0f} ms median, "
        f"{max(times):.0f} ms worst of {len(times)}"
    )


def by_kind(use: str, results: list[Result]) -> None:
    """Print the share kept of each kind of sentence, as Markdown."""
    print(f"\n{use}\n\n| | kind | sentences | kept | taken out |\n| --- | --- | --- | --- | --- |")
    for is_true in (True, False):
        of_side = [r for r in results if r.case.is_true is is_true]
        for kind in dict.fromkeys(r.case.kind for r in of_side):
            row(str(is_true).lower(), kind, [r for r in of_side if r.case.kind == kind])
        row(str(is_true).lower(), "**all**", of_side)


def row(side: str, kind: str, results: list[Result]) -> None:
    kept = share_kept(results)
    print(f"| {side} | {kind} | {len(results)} | {kept:.3f} | {1 - kept:.3f} |")


def curve(by_use: dict[str, list[Result]], unbound: list[Result]) -> None:
    """Print what other bounds of similarity lose and catch, and the best one."""
    titles = [f"{use}: {what}" for use in by_use for what in ("true lost", "false caught")]
    print("\n| `similarity` |", " | ".join(titles), "|\n|" + " --- |" * (len(titles) + 1))
    chosen = 0.0
    for bound in BOUNDS:
        cells = []
        for use in by_use:
            sides = [[r for r in unbound if r.case.use == use and r.case.is_true is t]
                     for t in (True, False)]  # fmt: skip
            lost, caught = (1 - share_kept(side, bound=bound) for side in sides)
            cells += [f"{lost:.3f}", f"{caught:.3f}"]
            if use == "calibrate" and lost <= MAX_LOST:
                chosen = bound
        print(f"| {bound} |", " | ".join(cells), "|")
    if "calibrate" in by_use:
        print(f"\nthe highest that loses at most {MAX_LOST} of the calibrate sets: {chosen}")


def milliseconds(grounding: Grounding, cases: list[Case]) -> list[float]:
    """Return the times to check answers made of each set's cited sentences, after a warm-up."""
    answers = []
    for passages in dict.fromkeys(case.passages for case in cases):
        texts = [c.text for c in cases if c.passages == passages and "[" in c.text]
        answers += [
            (" ".join(texts[start : start + SENTENCES]), passages)
            for start in range(0, len(texts) - SENTENCES + 1, SENTENCES)
        ]
    times = []
    for round_ in range(ROUNDS):
        for text, passages in answers:
            started = time.perf_counter()
            grounding.check(text, passages)
            if round_:
                times.append(1000 * (time.perf_counter() - started))
    return times


if __name__ == "__main__":
    main()
