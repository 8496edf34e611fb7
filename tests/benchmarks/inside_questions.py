"""Train and cross-validate what tells whether a question asks what a paper says inside.

    python -m tests.benchmarks.inside_questions          prints the figures
    python -m tests.benchmarks.inside_questions --fit    also writes the weights

"Which gpus?" does; "top 5 this week" and "how do diffusion models work?" do not. It learns from the
questions on invented papers and, as counterexamples, from the requests of other kinds; it is
measured on papers and requests that were left out. Requests that name a paper and ask for content,
and those that refer back with a pronoun, are neither.
"""

import argparse
import json
import re
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix, hstack
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import GroupKFold

import rag.query
from rag.config import EmbedderConfig
from rag.encoders.embedder import load_embedder
from rag.encoders.word_vectors import WordVectors
from rag.query.followups import MIN_INSIDE, refers_back
from rag.query.request_reader import ELSEWHERE, INSIDE, called_it, word_features
from rag.text.ngrams import hash_ngrams
from tests.benchmarks.requests import (
    arrays,
    packed,
    prepare,
    rarity,
    read,
    scaled,
    sparse,
    translated,
)

QUESTIONS = Path(__file__).parents[1] / "questions"
WEIGHTS = Path(rag.query.__file__).parent / "inside_questions.npz"
MEASURED_ON = ("full_text", "full_text_more")  # questions on papers, written by others
FOLDS = 5


def main() -> None:
    """Print the figures, and write the weights if asked to."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.inside_questions")
    parser.add_argument("--fit", action="store_true", help="Write the weights")
    options = parser.parse_args()
    inside, papers = _inside()
    others = _others(read("utterances.jsonl"))
    texts = [*inside, *(text for text, _ in others)]
    groups = np.array([*papers, *(f"request {n}" for n in range(len(others)))])
    is_inside = np.arange(len(texts)) < len(inside)
    counts, dense = _features(texts)
    chances = np.zeros(len(texts))
    for train, test in GroupKFold(FOLDS, shuffle=True, random_state=0).split(texts, groups=groups):
        idf = rarity(counts[train])
        model = _fit(_joined(counts[train], dense[train], idf), is_inside[train])
        chances[test] = model.predict_proba(_joined(counts[test], dense[test], idf))[:, 1]
    print(f"{FOLDS} folds: AUC {roc_auc_score(is_inside, chances):.3f}; from {MIN_INSIDE}:")
    print(f"  {_share(chances[is_inside])} of questions on invented papers")
    kinds = np.array([kind for _, kind in others])
    for kind in np.unique(kinds):
        print(f"  {_share(chances[~is_inside][kinds == kind])} of requests of the kind “{kind}”")
    idf = rarity(counts)
    model = _fit(_joined(counts, dense, idf), is_inside)
    for name in MEASURED_ON:
        files = sorted((QUESTIONS / name).glob("*.jsonl"))
        asked = [json.loads(row)["question"] for file in files for row in _lines(file)]
        found = model.predict_proba(_joined(*_features([called_it(q) for q in asked]), idf))[:, 1]
        print(f"  {_share(found)} of the questions in {name}")
    if options.fit:
        classes = (ELSEWHERE, INSIDE)
        np.savez_compressed(WEIGHTS, **packed("inside", _of_two(arrays(model, idf, 1.0), classes)))
        print(f"{WEIGHTS.name}: {WEIGHTS.stat().st_size / 1e6:.1f} MB")


def _inside() -> tuple[list[str], list[str]]:
    """Return the questions on invented papers with "it" for their systems, and their papers."""
    texts, papers = [], []
    for file in sorted((QUESTIONS / "invented_papers").glob("*.jsonl")):
        for line in _lines(file):
            paper = json.loads(line)
            name, colon, _ = paper["title"].partition(":")
            for item in paper["questions"]:
                question = item["q"]
                if colon:
                    question = re.sub(re.escape(name), "it", question, flags=re.IGNORECASE)
                texts.append(called_it(question))
                papers.append(paper["title"])
    return texts, papers


def _others(rows: list[dict[str, Any]]) -> list[tuple[str, str]]:
    """Return the requests that ask for something else, in English, and their kinds."""
    others = []
    for row in rows:
        names_paper = any(slot == "paper" for slot, *_ in row["spans"])
        is_content = row["kind"] == "content" and names_paper
        refers = row["kind"] == "follow-up" and refers_back(translated(row["text"], row["lang"]))
        if not (is_content or refers):
            others.append((called_it(prepare(row, row["lang"]).masked), row["kind"]))
    return others


def _lines(file: Path) -> list[str]:
    return file.read_text(encoding="utf-8").splitlines()


def _features(texts: list[str]) -> tuple[csr_matrix, NDArray[np.float32]]:
    vectors = load_embedder(EmbedderConfig()).encode(texts)
    words = WordVectors()
    dense = [word_features(t, vector, words) for t, vector in zip(texts, vectors, strict=True)]
    return sparse([hash_ngrams(text) for text in texts]), np.stack(dense)


def _joined(counts: csr_matrix, dense: NDArray[np.float32], idf: NDArray[np.float64]) -> csr_matrix:
    return hstack([scaled(counts, idf), csr_matrix(dense)]).tocsr()


def _fit(features: csr_matrix, is_inside: NDArray[np.bool_]) -> LogisticRegression:
    model = LogisticRegression(C=0.1, class_weight="balanced", max_iter=300)
    return model.fit(features, is_inside)


def _of_two(weights: dict[str, Any], classes: tuple[str, str]) -> dict[str, Any]:
    """Return the weights of two classes from those of the second beside the first."""
    both = {
        name: np.concatenate([np.zeros_like(weights[name]), weights[name]], axis=-1)
        for name in ("sparse", "dense", "bias")
    }
    return weights | both | {"classes": np.array(classes)}


def _share(chances: NDArray[np.float64]) -> str:
    return f"{np.mean(chances >= MIN_INSIDE):.3f}"


if __name__ == "__main__":
    main()
