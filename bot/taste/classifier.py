"""A linear classifier of papers that gives reasons for its scores.

The only module that imports scikit-learn. Its features are the words of title and abstract
(TF-IDF), which give the reasons, and the vector of the whole paper from the index, which finds
papers that are similar in other words.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rag.records import Paper

Vectors = NDArray[np.float32]

VECTOR_WEIGHT = 1.0  # of the vector relative to the words; both have length 1
STRENGTH = 3.0  # inverse of the regularisation
WORD = r"(?u)\b[^\W\d_][\w-]+\b"  # starts with a letter; hyphenated words are not split
FOLDS = 5  # of the cross-validation
DOUBT = 2.0  # with this many liked papers, scores are half as large
MAX_WORDS = 3  # in a reason


@dataclass(frozen=True, slots=True)
class Example:
    """A paper with the vector of the whole paper, shape (dimensions,), and whether it is liked.

    `weight` is relative to the other liked (or other not liked) examples. `may_be_named`: a reason
    may name the paper.
    """

    paper: Paper
    vector: Vectors
    is_liked: bool
    weight: float = 1.0
    may_be_named: bool = True


class Classifier:
    """Distinguishes liked papers from others."""

    def __init__(self, examples: Sequence[Example]) -> None:
        """Train on examples of both kinds; `size` is the length of their vectors."""
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
        for kind in (liked, ~liked):  # both kinds count equally, however many examples they have
            weights[kind] *= len(examples) / 2 / weights[kind].sum()
        self._model = LogisticRegression(C=STRENGTH, solver="liblinear")
        self._middle, self._half = _bounds(self._model, features, liked, weights)
        self._model.fit(features, liked, sample_weight=weights)
        self._liked_count = int(liked.sum())
        named = np.array([example.is_liked and example.may_be_named for example in examples])
        self._named = [example for example in examples if example.is_liked and example.may_be_named]
        self._named_words = words[named]

    def scores(self, papers: Sequence[Paper], vectors: Sequence[Vectors]) -> NDArray[np.float64]:
        """Return -1 … 1 per paper: about 0.8 for a typical liked one, -0.8 for a typical other.

        All 0 if liked papers cannot be distinguished. Few examples mean smaller scores.
        """
        if not self._half > 0:
            return np.zeros(len(papers))
        words = self._words.transform([_text(paper) for paper in papers])
        decisions = self._model.decision_function(_joined(words, vectors))
        trust = self._liked_count / (self._liked_count + DOUBT)
        scores = trust * np.tanh((decisions - self._middle) / self._half)
        return np.asarray(scores, dtype=np.float64)

    def reason(self, paper: Paper, vector: Vectors) -> tuple[Paper | None, list[str]]:
        """Return the liked paper most similar to this one, and the strongest shared words.

        None if no liked paper may be named.
        """
        if not self._named:
            return None, []
        row = self._words.transform([_text(paper)])
        coefficients = self._model.coef_[0, : len(self._names)].clip(min=0)
        shared = self._named_words.multiply(row).multiply(coefficients).tocsr()
        alike = np.array([example.vector @ vector for example in self._named])
        nearest = int(np.argmax(alike + np.asarray(shared.sum(axis=1)).ravel()))
        strength = shared[nearest].tocoo()
        order = np.argsort(-strength.data, kind="stable")
        words = [str(self._names[strength.col[n]]) for n in order if strength.data[n] > 0]
        return self._named[nearest].paper, _distinct(words)


def _joined(words: Any, vectors: Sequence[Vectors]) -> Any:
    """Return the features of words and vectors in one matrix."""
    from scipy.sparse import csr_matrix, hstack

    return hstack([words, csr_matrix(np.stack(vectors) * VECTOR_WEIGHT)], format="csr")


def _bounds(model: Any, features: Any, liked: Any, weights: Any) -> tuple[float, float]:
    """Return the midpoint between the decisions for liked papers and others, and half the distance.

    The decisions are cross-validated, since a model is more certain of its training examples.
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
    """Return the first few distinct terms: "video generation" replaces "video"."""
    chosen: list[str] = []
    for word in words:
        parts = set(word.split())
        if any(parts & set(other.split()) for other in chosen):
            continue
        whole = next((w for w in words if parts < set(w.split())), word)
        chosen.append(whole)
        if len(chosen) == MAX_WORDS:
            break
    return chosen
