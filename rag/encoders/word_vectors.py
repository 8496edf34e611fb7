"""Words as the bundled encoder knows them: how alike two are, and how rare one is.

Only its tokenizer and its input embeddings are read, so this costs no encoding, and it is the
same whichever encoder is configured.
"""

from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from rag.encoders.embedder import bundled_path

# WordPiece's vocabulary is sorted by frequency: a word's place tells how rare it is.
COMMONEST = 1_500  # place of words that say nothing
RAREST = 30_000  # words made of several pieces count as this
LEAST = 0.05  # weight of the commonest


class WordVectors:
    """The bundled encoder's word pieces. Thread-safe."""

    def __init__(self) -> None:
        from safetensors import safe_open
        from tokenizers import Tokenizer

        folder = Path(bundled_path())
        self.tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        self.tokenizer.no_padding()
        self.tokenizer.no_truncation()
        with safe_open(str(folder / "model.safetensors"), framework="np") as tensors:
            pieces = tensors.get_tensor("embeddings.word_embeddings.weight")
        self.pieces = (pieces - pieces.mean(axis=0)).astype(np.float16)
        self._vector = lru_cache(maxsize=65_536)(self._make_vector)

    def knows(self, word: str) -> bool:
        """Return whether the word is in the vocabulary as a whole: it is a common one."""
        return self.tokenizer.token_to_id(word.casefold()) is not None

    def rarity(self, word: str) -> float:
        """Return how much a word says, from LEAST to 1, by the logarithm of its rank."""
        rank = self.tokenizer.token_to_id(word.casefold()) or RAREST
        share = np.log(max(rank, 1) / COMMONEST) / np.log(RAREST / COMMONEST)
        return float(np.clip(share, LEAST, 1.0))

    def similarity(self, words: Sequence[str], others: Sequence[str]) -> NDArray[np.float32]:
        """Return the cosines of each word with each other one, shape (words, others)."""
        if not words or not others:
            return np.zeros((len(words), len(others)), dtype=np.float32)
        left = np.stack([self._vector(word) for word in words])
        right = np.stack([self._vector(word) for word in others])
        return np.asarray(left @ right.T, dtype=np.float32)

    def _make_vector(self, word: str) -> NDArray[np.float32]:
        ids = self.tokenizer.encode(word, add_special_tokens=False).ids
        if not ids:
            return np.zeros(self.pieces.shape[1], dtype=np.float32)
        vector = self.pieces[ids].astype(np.float32).mean(axis=0)
        return np.asarray(vector / max(float(np.linalg.norm(vector)), 1e-12), dtype=np.float32)
