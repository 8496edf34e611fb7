"""A linear classifier of papers: what it takes from their texts, and why it says what it says.

The only module that imports scikit-learn. It sees the words of title and abstract (TF-IDF) and the
vector of the whole that the index keeps: words to say why, the vector to know what is alike under
other words.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rag.records import Paper

Vectors = NDArray[np.float32]

VECTOR_WEIGHT = 1.0  # of the vector against the words, which both have length 1
STRENGTH = 3.0  # inverse of the regularisation
WORD = r"(?u)\b[^\W\d_][\w-]+\b"  # begins with a letter; hyphenated words stay whole
FOLDS = 5  # parts of the examples that are left out in turn
DOUBT = 2.0  # with as many liked papers scores are half as large
MOST_WORDS = 3  # named as a reason


@dataclass(frozen=True, slots=True)
class Example:
    """A paper with the vector of its whole, shape (dimensions,), and what is thought of it.

    `weight` is how much it counts among those of its kind.
    """

    paper: Paper
    vector: Vectors
    is_liked: bool
    weight: float = 1.0


class Classifier:
    """Tells liked papers from others."""

    def __init__(self, examples: Sequence[Example]) -> None:
        """Learn from examples of both kinds; `size` is the length of their vectors."""
        # Importing scikit-learn takes a second.
        from sklearn.feature_extraction.text import TfidfVectorizer
        from sklearn.linear_model import LogisticRegression

        self.size = len(examples[0].vector)
        self._words = TfidfVectorizer(
            stop_words="english", ngram_range=(1, 2), sublinear_tf=True, token_pattern=WORD,
            dtype=np.float32,
        )  # fmt: skip
        words = self._words.fit_transform([_text(example.paper) for example in examples])
        self._names: NDArray[Any] = self._words.get_feature_names_out()
        features = _joined(words, [example.vector for example in examples])
        liked = np.array([example.is_liked for example in examples])
        weights = np.array([example.weight for example in examples])
        for kind in (liked, ~liked):  # both kinds count the same, however many there are
            weights[kind] *= len(examples) / 2 / weights[kind].sum()
        self._model = LogisticRegression(C=STRENGTH, solver="liblinear")
        self._middle, self._half = _bounds(self._model, features, liked, weights)
        self._model.fit(features, liked, sample_weight=weights)
        self._liked = [example for example in examples if example.is_liked]
        self._liked_words = words[liked]

    def scores(self, papers: Sequence[Paper], vectors: Sequence[Vectors]) -> NDArray[np.float64]:
        """Return -1 … 1 for each paper: near 0.8 for a usual liked one, -0.8 for a usual other.

        All 0 where liked papers cannot be told from others. Few examples mean smaller scores.
        """
        if not self._half > 0:
            return np.zeros(len(papers))
        words = self._words.transform([_text(paper) for paper in papers])
        decisions = self._model.decision_function(_joined(words, vectors))
        trust = len(self._liked) / (len(self._liked) + DOUBT)
        scores = trust * np.tanh((decisions - self._middle) / self._half)
        return np.asarray(scores, dtype=np.float64)

    def reason(self, paper: Paper, vector: Vectors) -> tuple[Paper, list[str]]:
        """Return the liked paper most like this one and the words that speak for both most."""
        row = self._words.transform([_text(paper)])
        coefficients = self._model.coef_[0, : len(self._names)].clip(min=0)
        shared = self._liked_words.multiply(row).multiply(coefficients).tocsr()
        alike = np.array([example.vector @ vector for example in self._liked])
        nearest = int(np.argmax(alike + np.asarray(shared.sum(axis=1)).ravel()))
        strength = shared[nearest].tocoo()
        order = np.argsort(-strength.data, kind="stable")
        words = [str(self._names[strength.col[n]]) for n in order if strength.data[n] > 0]
        return self._liked[nearest].paper, _distinct(words)


def _joined(words: Any, vectors: Sequence[Vectors]) -> Any:
    """Return both kinds of features side by side."""
    from scipy.sparse import csr_matrix, hstack

    return hstack([words, csr_matrix(np.stack(vectors) * VECTOR_WEIGHT)], format="csr")


def _bounds(model: Any, features: Any, liked: Any, weights: Any) -> tuple[float, float]:
    """Return the decision halfway between liked papers and others, and half their distance.

    Each paper is judged by what was learnt from the others: a model is surer of what it has seen.
    """
    from sklearn.model_selection import StratifiedKFold, cross_val_predict

    folds = min(FOLDS, liked.sum(), (~liked).sum())
    if folds < 2:
        return 0.0, 1.0
    decisions = cross_val_predict(
        model, features, liked, cv=StratifiedKFold(folds), method="decision_function",
        params={"sample_weight": weights},
    )  # fmt: skip
    high, low = np.median(decisions[liked]), np.median(decisions[~liked])
    return float(high + low) / 2, float(high - low) / 2


def _text(paper: Paper) -> str:
    return f"{paper.title}. {paper.title}. {paper.abstract}"


def _distinct(words: Sequence[str]) -> list[str]:
    """Return the first few that say something new: "video generation" leaves out "video"."""
    chosen: list[str] = []
    for word in words:
        parts = set(word.split())
        if any(parts & set(one.split()) for one in chosen):
            continue
        whole = next((w for w in words if parts < set(w.split())), word)
        chosen.append(whole)
        if len(chosen) == MOST_WORDS:
            break
    return chosen
