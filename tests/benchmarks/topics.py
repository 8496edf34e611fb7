"""Fit and cross-validate how papers are found to be on a topic.

python -m tests.benchmarks.topics --data-dir D

tests/questions/topic_patterns.tsv has a topic per line and a pattern of what papers on it say. A
paper is on the topic if its title, abstract or keywords match. Of the first topics, which are
terms, each is judged by weights that were fitted on others of them; the descriptions behind them by
weights that were fitted on all terms.
"""

import argparse
import re
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import GroupKFold

from rag.config import RagConfig
from rag.library import Library
from rag.retrieval.topic_search import CANDIDATES, TopicSearch, TopicSigns, form_of, signs_of

TOPICS = Path(__file__).parent.parent / "questions" / "topic_patterns.tsv"
LISTED = 5
TERMS = 72  # topics before the descriptions


def read_signs(library: Library) -> tuple[NDArray[Any], NDArray[Any], NDArray[Any]]:
    """Return the signs of all candidates, whether they are on the topic, and the topic's number."""
    search = TopicSearch(library.retriever)
    keywords, index = library.retriever.keywords, library.retriever.index
    snapshot = library.retriever.snapshots.current()
    signs, is_on_topic, groups = [], [], []
    for number, line in enumerate(TOPICS.read_text("utf-8").splitlines()):
        topic, pattern = line.split("\t")
        says = re.compile(pattern, re.IGNORECASE)
        forms = search.variants.variants(topic)
        vector = library.embedder.encode_question(topic)
        ids = library.retriever.candidates(forms, vector, CANDIDATES)
        papers, terms = library.catalog.get(ids), keywords.ordered_terms(ids)
        weighted = [form_of(form, snapshot) for form in forms]
        for paper_id, entry in index.entries(ids).items():
            paper = papers[paper_id]
            text = " ".join([paper.title, paper.abstract, *paper.keywords])
            signs.append(signs_of(entry, vector, weighted, terms[paper_id]))
            is_on_topic.append(bool(says.search(text)))
            groups.append(number)
    return np.array(signs), np.array(is_on_topic), np.array(groups)


def main() -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data-dir", type=Path, required=True)
    library = Library(parser.parse_args().data_dir, RagConfig())
    signs, truth, groups = read_signs(library)
    library.close()
    is_term = groups < TERMS
    chances = np.zeros(len(truth))
    folds = GroupKFold(12).split(signs[is_term], truth[is_term], groups[is_term])
    for train, test in folds:
        model = LogisticRegression(C=10).fit(signs[train], truth[train])
        chances[test] = model.predict_proba(signs[test])[:, 1]
    model = LogisticRegression(C=10).fit(signs[is_term], truth[is_term])
    chances[~is_term] = model.predict_proba(signs[~is_term])[:, 1]
    for name, part in (("terms", is_term), ("descriptions", ~is_term)):
        numbers = np.unique(groups[part])
        first = [
            truth[groups == g][np.argsort(-chances[groups == g], kind="stable")][:LISTED].mean()
            for g in numbers
        ]
        print(f"{len(numbers)} {name}, {part.sum()} candidates")
        print(f"  AUC {roc_auc_score(truth[part], chances[part]):.3f}")
        print(f"  of the first {LISTED}, on the topic: {np.mean(first):.3f}")
        print("  least probability, share on the topic, papers per topic")
        for least in (0.3, 0.4, 0.5, 0.6, 0.7, 0.8):
            chosen = part & (chances >= least)
            print(f"  {least:.1f}  {truth[chosen].mean():.3f}  {chosen.sum() / len(numbers):.1f}")
    print(dict(zip(TopicSigns._fields, model.coef_[0].round(2), strict=True)))
    print(f"bias {model.intercept_[0]:.2f}")


if __name__ == "__main__":
    main()
