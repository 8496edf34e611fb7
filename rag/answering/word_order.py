"""Whether words stand in the order of a sentence, as their encoder sees it.

The bundled encoder gives scrambled words another vector than the sentence that they were. A
logistic regression over that vector, learned from sentences of abstracts and the same sentences
scrambled, tells which of the two it was (`python -m tests.benchmarks.word_order` fits it).
"""

from collections.abc import Callable, Sequence
from functools import cached_property
from importlib.resources import files

import numpy as np
from langchain_core.embeddings import Embeddings
from numpy.typing import NDArray

# Log odds beyond which a sentence is no surer to be one, or to be none.
LEAST, MOST = -6.0, 1.0


class WordOrder:
    """Scores English sentences. Thread-safe."""

    def __init__(self, embeddings: Callable[[], Embeddings]) -> None:
        """`embeddings` returns the bundled encoder, with which the weights were fitted."""
        self._embeddings = embeddings

    def score(self, sentences: Sequence[str]) -> float:
        """Return the log odds that the least sentence-like one is a sentence, from -6 to 1.

        0 if there is none.
        """
        if not sentences:
            return 0.0
        vectors = np.array(self._embeddings().embed_documents(list(sentences)))
        odds = vectors @ self._weights[:-1] + self._weights[-1]
        return float(np.clip(odds.min(), LEAST, MOST))

    @cached_property
    def _weights(self) -> NDArray[np.float32]:
        """A weight for each dimension of the encoder, and the bias."""
        with (files("rag.answering") / "word_order.npy").open("rb") as file:
            return np.asarray(np.load(file), dtype=np.float32)
