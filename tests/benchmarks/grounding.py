"""Measure how many false sentences the check of answers catches, and how many true ones it loses.

    python -m tests.benchmarks.grounding [--fit | --fresh | --times]

Prints Markdown. A sentence that is close enough to its papers, and has no wrong number or name, is
judged by a regression fitted on the sentences about other papers (cross-validation). --fit fits it
on all sentences and writes the weights. The sentences of fresh.toml are never fitted on.

The checker's LIKELY was chosen so that MAX_LOST of the true sentences of rules.toml and
rules_reserve.toml are lost. Sentences without a marker are left out of the fit.
"""

import argparse
import statistics
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GroupKFold
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler

import rag.grounding.signs
from ingest.sources.starter import StarterSource
from rag.config import CheckConfig, EmbedderConfig
from rag.encoders.embedder import load_embedder
from rag.grounding.checker import Grounding
from rag.grounding.claims import Claim, claims_of
from rag.grounding.signs import Signs
from rag.records import Paper, Passage
from tests.grounding_cases import BLIND, FILE, FRESH, UNSEEN, Result, judge_all, load_cases

WEIGHTS = Path(rag.grounding.signs.__file__).with_name("weights.toml")
LOST = (0.02, 0.03, 0.05, 0.08, 0.12, 0.2)  # of the true sentences of the unseen sets
MAX_LOST = 0.05
FOLDS, SPLITS = 8, 5
PASSAGES, WORDS = 5, 20  # of an answer and a sentence whose time is measured

Array = NDArray[np.float64]


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--fit", action="store_true", help="write the weights")
    parser.add_argument("--fresh", action="store_true", help="judge the sentences of fresh.toml")
    parser.add_argument("--times", action="store_true", help="measure how long a sentence takes")
    given = parser.parse_args()
    grounding = Grounding(load_embedder(EmbedderConfig()).embeddings, CheckConfig())
    if given.times:
        times(grounding)
    elif given.fresh:
        results = judge_all(grounding, list(load_cases(FRESH)))
        by_kind("fresh", results, np.array([result.kept for result in results]))
    else:
        out_of_sample(grounding, write=given.fit)


def out_of_sample(grounding: Grounding, *, write: bool) -> None:
    """Judge each sentence with a marker by the others, and print what is lost and caught."""
    results, sets = [], []
    for file in (FILE, BLIND, *UNSEEN):
        cases = [case for case in load_cases(file) if claims_of(case.text)[0].cited]
        results += judge_all(grounding, cases)
        sets += [file.stem] * len(cases)
    of = np.array(sets)
    true = np.array([result.case.is_true for result in results])
    unseen = np.isin(of, [file.stem for file in UNSEEN])
    likely = judged_by_others(results)
    names = list(dict.fromkeys(sets))
    print("Lost / caught, judged by a regression fitted on other papers:\n")
    print(f"| unseen, lost | bound | {' | '.join(names)} |\n|{' --- |' * (len(names) + 2)}")
    for lost in LOST:
        bound = np.quantile(likely[unseen & true], lost)
        cells = [
            f"{np.mean(likely[(of == n) & true] < bound):.3f} / "
            f"{np.mean(likely[(of == n) & ~true] < bound):.3f}"
            for n in names
        ]
        print(f"| {lost} | {bound:.2f} | {' | '.join(cells)} |")
    kept = likely >= np.quantile(likely[unseen & true], MAX_LOST)
    for title, some in (("unseen", unseen), ("cases and blind", ~unseen)):
        by_kind(title, [r for r, is_in in zip(results, some, strict=True) if is_in], kept[some])
    print("\nCaught at that loss, unseen / others:\n\n| without | caught |\n| --- | --- |")
    for sign in ("", *Signs._fields):
        likely = judged_by_others(results, without=sign)
        kept = likely >= np.quantile(likely[unseen & true], MAX_LOST)
        caught = [1 - kept[some & ~true].mean() for some in (unseen, ~unseen)]
        print(f"| {sign or 'none left out'} | {caught[0]:.3f} / {caught[1]:.3f} |")
    weights = fitted(*weighed(results)[1:])
    print("\n" + weights)
    if write:
        WEIGHTS.write_text(weights, encoding="utf-8")


def weighed(results: Sequence[Result]) -> tuple[list[int], Array, NDArray[np.bool_]]:
    """Return which sentences the signs decide, their signs, and whether they are true."""
    which = [n for n, result in enumerate(results) if result.verdict.signs]
    signs = np.array([results[n].verdict.signs for n in which], dtype=float)
    return which, signs, np.array([results[n].case.is_true for n in which])


def judged_by_others(results: Sequence[Result], *, without: str = "") -> Array:
    """Return how likely each sentence is supported, by a fit on those about other papers.

    `without` is a sign that is left out.
    """
    likely = np.array([0.0 if result.verdict.failed else 1.0 for result in results])
    which, signs, true = weighed(results)
    if without:
        signs[:, Signs._fields.index(without)] = 0
    groups = [" ".join(p.paper.title for p in results[n].case.passages) for n in which]
    found = []
    for seed in range(SPLITS):
        judged = np.zeros(len(which))
        folds = GroupKFold(FOLDS, shuffle=True, random_state=seed)
        for train, test in folds.split(signs, true, groups):
            judged[test] = (
                regression().fit(signs[train], true[train]).predict_proba(signs[test])[:, 1]
            )
        found.append(judged)
    likely[which] = np.mean(found, axis=0)
    return likely


def regression() -> Pipeline:
    return make_pipeline(StandardScaler(), LogisticRegression(max_iter=1000))


def fitted(signs: Array, true: NDArray[np.bool_]) -> str:
    """Return the weights of a fit on all sentences, as they stand in weights.toml."""
    scaler, model = regression().fit(signs, true)[:]
    weights = model.coef_[0] / scaler.scale_
    lines = [f"bias = {model.intercept_[0] - weights @ scaler.mean_:.4f}"]
    lines += [f"{name} = {w:.4f}" for name, w in zip(Signs._fields, weights, strict=True)]
    return "\n".join(lines) + "\n"


def by_kind(title: str, results: Sequence[Result], kept: NDArray[np.bool_]) -> None:
    """Print the share taken out of each kind of sentence."""
    print(f"\n{title}\n\n| | kind | sentences | taken out |\n| --- | --- | --- | --- |")
    for is_true in (True, False):
        side = np.array([result.case.is_true is is_true for result in results])
        kinds = np.array([result.case.kind for result in results])
        for kind in dict.fromkeys(kinds[side]):
            some = side & (kinds == kind)
            print(
                f"| {str(is_true).lower()} | {kind} | {some.sum()} | {1 - kept[some].mean():.3f} |"
            )
        print(f"| {str(is_true).lower()} | **all** | {side.sum()} | {1 - kept[side].mean():.3f} |")


def times(grounding: Grounding) -> None:
    """Print how long a sentence takes: the first about one of five papers, and the next."""
    found: dict[str, list[float]] = {"first about a paper": [], "next": [], "without a marker": []}
    starter = [paper for paper in StarterSource().records() if isinstance(paper, Paper)]
    for start in range(0, len(starter) - PASSAGES, PASSAGES):
        papers = starter[start : start + PASSAGES]
        passages = [Passage(n, paper, ()) for n, paper in enumerate(papers, start=1)]
        for n, paper in enumerate(papers, start=1):
            words = paper.abstract.split()
            for which, first in (("first about a paper", 0), ("next", 10)):
                claim = Claim(f"{' '.join(words[first : first + WORDS])}.").citing([n])
                found[which].append(milliseconds(grounding, claim, passages))
        claim = Claim(f"{' '.join(papers[0].abstract.split()[5 : 5 + WORDS])}.")
        found["without a marker"].append(milliseconds(grounding, claim, passages))
    for which, taken in found.items():
        print(f"{which}: {statistics.median(taken):.0f} ms median, {max(taken):.0f} ms worst")


def milliseconds(grounding: Grounding, claim: Claim, passages: Sequence[Passage]) -> float:
    started = time.perf_counter()
    grounding.judged([claim], passages)
    return 1000 * (time.perf_counter() - started)


if __name__ == "__main__":
    main()
