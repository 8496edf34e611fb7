"""Linear classifiers over hashed n-grams of words and characters: small, quick, without training.

`python -m tests.benchmarks.requests --fit` trains them; here they only predict.
"""

import re
import zlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rag.text.words import fold

BUCKETS = 1 << 16  # n-grams share a weight if their hashes are the same
MAX_WORDS = 3  # in an n-gram of words
MIN_CHARACTERS, MAX_CHARACTERS = 2, 5  # in an n-gram of characters within a word
MAX_TEXT = 400  # characters; the rest of a long message is seldom what it asks

# A Chinese character is a word; so are a mark and an emoji.
_TOKEN = re.compile(r"[\u4e00-\u9fff]|[^\W_\u4e00-\u9fff]+(?:['’.-][^\W_\u4e00-\u9fff]+)*|[^\w\s]")

Array = NDArray[np.float32]


def tokens(text: str) -> list[str]:
    """Return the words and marks of a text in lower case, without accents."""
    return _TOKEN.findall(fold(text[:MAX_TEXT]).replace("’", "'"))


def hash_ngrams(text: str) -> tuple[NDArray[np.int64], Array]:
    """Return the buckets of a text's n-grams and their weights, both of shape (n,).

    The n-grams of words and those of characters have a squared sum of 1 each.
    """
    words = tokens(text)
    padded = ["^", *words, "$"]
    of_words = [
        "w" + " ".join(padded[i : i + n])
        for n in range(1, MAX_WORDS + 1)
        for i in range(len(padded) - n + 1)
    ]
    of_characters = [
        "c" + part[i : i + n]
        for part in (f" {word} " for word in words)
        for n in range(MIN_CHARACTERS, MAX_CHARACTERS + 1)
        for i in range(len(part) - n + 1)
    ]
    weights = [
        np.full(len(part), 1 / max(len(part), 1) ** 0.5, dtype=np.float32)
        for part in (of_words, of_characters)
    ]
    return buckets([*of_words, *of_characters]), np.concatenate(weights)


def buckets(features: Iterable[str]) -> NDArray[np.int64]:
    """Return the bucket of each feature, shape (n,)."""
    return np.array([zlib.crc32(f.encode()) % BUCKETS for f in features], dtype=np.int64)


@dataclass(frozen=True, slots=True)
class LinearClassifier:
    """The weights of a linear classifier over buckets and, beside them, dense features.

    `sparse` has shape (BUCKETS, classes), `dense` (features, classes), `bias` (classes,);
    `temperature` makes the softmax of the scores a calibrated probability.
    """

    classes: tuple[str, ...]
    sparse: NDArray[np.float16]
    dense: Array
    bias: Array
    temperature: float

    @classmethod
    def load(cls, arrays: Mapping[str, NDArray[np.generic]], name: str) -> "LinearClassifier":
        """Return the classifier that is stored under a name."""
        return cls(
            tuple(str(c) for c in arrays[f"{name}_classes"]),
            arrays[f"{name}_sparse"].astype(np.float16),
            arrays[f"{name}_dense"].astype(np.float32),
            arrays[f"{name}_bias"].astype(np.float32),
            float(arrays[f"{name}_temperature"]),
        )

    def probabilities(
        self, hashed: tuple[NDArray[np.int64], Array], dense: Array | None = None
    ) -> dict[str, float]:
        """Return the probability of each class for a text's n-grams and dense features."""
        indices, weights = hashed
        scores = self.bias + weights @ self.sparse[indices].astype(np.float32)
        if dense is not None:
            scores = scores + dense @ self.dense
        scores = np.exp((scores - scores.max()) / self.temperature)
        return dict(zip(self.classes, (scores / scores.sum()).tolist(), strict=True))
