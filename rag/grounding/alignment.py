"""How near a text stands to another one, word by word.

Every word is read in its sentence (the bundled encoder's last layer) and compared with every word
of the source. The mean over a clause of the nearest ones notices what a sentence's one vector
hides: a second half of which the source knows nothing.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rag.encoders.embedder import SentenceTransformerEmbeddings
from rag.text.words import STOPWORDS

Vectors = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Reading:
    """A text's word pieces: where each stands, shape (pieces, 2), its unit vector, its weight.

    `says` is False for pieces that say nothing: stopwords and punctuation.
    """

    text: str
    spans: NDArray[np.int64]
    vectors: Vectors
    says: NDArray[np.bool_]

    def part(self, start: int, end: int) -> "Reading":
        """Return the pieces between two places of the text, read in the whole of it."""
        inside = (self.spans[:, 0] >= start) & (self.spans[:, 0] < end)
        return Reading(self.text, self.spans[inside], self.vectors[inside], self.says[inside])

    def without(self, spans: Sequence[tuple[int, int]]) -> "Reading":
        """Return the pieces that stand in none of these places."""
        begins = self.spans[:, 0]
        kept = np.ones(len(begins), dtype=bool)
        for start, end in spans:
            kept &= (begins < start) | (begins >= end)
        return Reading(self.text, self.spans[kept], self.vectors[kept], self.says[kept])


def read(embeddings: SentenceTransformerEmbeddings, texts: Sequence[str]) -> list[Reading]:
    """Return the readings of these texts; of very long ones only the beginning is read."""
    found = []
    for text, (spans, vectors) in zip(texts, embeddings.encode_tokens(list(texts)), strict=True):
        pieces = [text[start:end].casefold() for start, end in spans]
        says = np.array([p.isalnum() and p not in STOPWORDS for p in pieces], dtype=bool)
        found.append(Reading(text, spans, vectors, says))
    return found


def nearness(claim: Reading, sources: Sequence[Reading]) -> float:
    """Return how near the words that say something come to those of the sources, up to 1."""
    own = claim.vectors[claim.says] if claim.says.any() else claim.vectors
    theirs = [source.vectors for source in sources if len(source.vectors)]
    if not len(own) or not theirs:
        return 0.0
    return float((own @ np.concatenate(theirs).T).max(axis=1).mean())
