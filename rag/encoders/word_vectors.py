"""The bundled encoder's word vectors: how similar two words are, and how rare a word is.

Only its tokenizer and input embeddings are used, so that nothing is encoded, and results are the
same whichever encoder is configured.
"""

from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from rag.encoders.embedder import bundled_path

if TYPE_CHECKING:
    from tokenizers import Tokenizer

# WordPiece's vocabulary is sorted by frequency: a word's rank tells how rare it is.
COMMON_RANK = 1_500  # up to here words say nothing
RARE_RANK = 30_000  # the rank of words outside the vocabulary
MIN_RARITY = 0.05  # the rarity of common words


def input_embeddings() -> "tuple[Tokenizer, NDArray[np.float32]]":
    """Return the bundled encoder's tokenizer, and its centred input embeddings.

    These have shape (tokens of the vocabulary, dimensions). Texts are neither padded nor cut off.
    """
    from safetensors import safe_open
    from tokenizers import Tokenizer

    folder = Path(bundled_path())
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    tokenizer.no_padding()
    tokenizer.no_truncation()
    with safe_open(str(folder / "model.safetensors"), framework="np") as tensors:
        weights = tensors.get_tensor("embeddings.word_embeddings.weight")
    return tokenizer, weights - weights.mean(axis=0)


class WordVectors:
    """The bundled encoder's vocabulary and its vectors. Thread-safe."""

    def __init__(self) -> None:
        self.tokenizer, vectors = input_embeddings()
        self._token_vectors = vectors.astype(np.float16)
        self.vector = lru_cache(maxsize=65_536)(self._make_vector)

    def knows(self, word: str) -> bool:
        """Return whether the word is in the vocabulary: then it is a common one."""
        return self.tokenizer.token_to_id(word.casefold()) is not None

    def rarity(self, word: str) -> float:
        """Return how rare a word is, from MIN_RARITY to 1, by the logarithm of its rank."""
        share = np.log(max(self.rank(word), 1) / COMMON_RANK) / np.log(RARE_RANK / COMMON_RANK)
        return float(np.clip(share, MIN_RARITY, 1.0))

    def rank(self, word: str) -> int:
        """Return a word's rank by frequency, RARE_RANK outside the vocabulary."""
        return self.tokenizer.token_to_id(word.casefold()) or RARE_RANK

    def similarity(self, words: Sequence[str], others: Sequence[str]) -> NDArray[np.float32]:
        """Return the cosine of each word with each of the others, shape (words, others)."""
        if not words or not others:
            return np.zeros((len(words), len(others)), dtype=np.float32)
        left = np.stack([self.vector(word) for word in words])
        right = np.stack([self.vector(word) for word in others])
        return np.asarray(left @ right.T, dtype=np.float32)

    def _make_vector(self, word: str) -> NDArray[np.float32]:
        ids = self.tokenizer.encode(word, add_special_tokens=False).ids
        if not ids:
            return np.zeros(self._token_vectors.shape[1], dtype=np.float32)
        vector = self._token_vectors[ids].astype(np.float32).mean(axis=0)
        return np.asarray(vector / max(float(np.linalg.norm(vector)), 1e-12), dtype=np.float32)
