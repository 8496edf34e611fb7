"""The bundled model with a cache: the same papers go into a hundred libraries."""

import numpy as np

from rag.encoders.embedder import Embedder, SentenceTransformerEmbeddings, Vectors


class CachingEmbeddings(SentenceTransformerEmbeddings):
    """Real vectors, each computed once."""

    def __init__(self, real: SentenceTransformerEmbeddings) -> None:
        super().__init__(real.model, batch_tokens=real.batch_tokens)
        self._tokenizing = real._tokenizing
        self._known: dict[str, Vectors] = {}

    def encode(self, texts: list[str]) -> Vectors:
        new = [text for text in dict.fromkeys(texts) if text not in self._known]
        self._known.update(zip(new, super().encode(new), strict=True))
        return np.array([self._known[text] for text in texts]) if texts else super().encode([])


def with_cache(embedder: Embedder) -> Embedder:
    """Return an embedder with the same model and a cache; others are returned unchanged."""
    if not isinstance(embedder.embeddings, SentenceTransformerEmbeddings):
        return embedder
    return Embedder(CachingEmbeddings(embedder.embeddings), name=embedder.name)
