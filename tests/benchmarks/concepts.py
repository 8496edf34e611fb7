"""Fit the signs of a definition on labelled sentences, and judge them on concepts left out.

    python -m tests.benchmarks.concepts --data-dir D

D is a data folder with the Daily Papers of 2024-05-27 to 2026-08-21. tests/questions/concepts.jsonl
names, for each concept, sentences that tell a reader what it is and sentences that do not; `#3` is
the third of an abstract.
"""

import argparse
import json
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import GroupKFold

from bot.app import open_library
from rag.answering.concepts import Concepts, Signs
from rag.config import RagConfig

LABELS = Path(__file__).resolve().parents[1] / "questions" / "concepts.jsonl"
UNLABELLED = 4  # sentences per concept that are taken for bad ones: nearly all are
FOLDS = 10


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data-dir", type=Path, required=True)
    concepts = Concepts(open_library(parser.parse_args().data_dir, RagConfig()).retriever)
    signs, good, labelled, groups = read(concepts)
    scores = np.zeros(len(good))
    for train, test in GroupKFold(FOLDS).split(signs, good, groups):
        model = LogisticRegression(max_iter=1_000).fit(signs[train], good[train])
        scores[test] = model.decision_function(signs[test])
    with_good = [g for g in np.unique(groups) if good[groups == g].any()]
    first = [good[m][np.argmax(scores[m])] for g in with_good for m in [labelled & (groups == g)]]
    area = roc_auc_score(good[labelled], scores[labelled])
    print(f"{labelled.sum()} labelled sentences of {len(np.unique(groups))} concepts")
    print(f"the best sentence is good: {sum(first)} of {len(first)}; area under ROC {area:.2f}")
    model = LogisticRegression(max_iter=1_000).fit(signs, good)
    for name, weight in zip(Signs._fields, model.coef_[0], strict=True):
        print(f"{name:12} {weight:6.2f}")
    print(f"{'BIAS':12} {model.intercept_[0]:6.2f}")


def read(concepts: Concepts) -> tuple[NDArray[Any], ...]:
    """Return the sentences' signs, which are good, which are labelled, and their concepts."""
    signs, good, labelled, groups = [], [], [], []
    for group, line in enumerate(LABELS.read_text(encoding="utf-8").splitlines()):
        item = json.loads(line)
        labels = dict.fromkeys(item["bad"], 0) | dict.fromkeys(item["good"], 1)
        papers = {label.partition("#")[0] for label in labels}
        _, mentions = concepts.mentions(item["concept"])
        others = [m for m in mentions if m.paper.arxiv_id not in papers]
        drawn = np.random.default_rng(group).permutation(len(others))[:UNLABELLED]
        chosen = {id(others[i]) for i in drawn}
        for mention in mentions:
            label = labels.get(f"{mention.paper.arxiv_id}#{mention.index}")
            if label is not None or id(mention) in chosen:
                signs.append(mention.signs)
                good.append(label or 0)
                labelled.append(label is not None)
                groups.append(group)
    return np.array(signs), np.array(good), np.array(labelled), np.array(groups)


if __name__ == "__main__":
    main()
