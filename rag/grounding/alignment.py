"""How close two texts are, word by word.

The bundled encoder gives each word a vector that depends on its sentence (its last layer). Each
word of a clause is compared with every word of the source, and the best cosines are averaged. That
catches what a single vector for the whole sentence hides: a second half that the source does not
support.
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
    """The word pieces of a text, with a unit vector for each.

    `spans` holds the start and end of each piece, shape (pieces, 2). `says` is False for stopwords
    and punctuation.
    """

    text: str
    spans: NDArray[np.int64]
    vectors: Vectors
    says: NDArray[np.bool_]

    def part(self, start: int, end: int) -> "Reading":
        """Return the pieces that start in this part of the text; their vectors stay the same."""
        inside = (self.spans[:, 0] >= start) & (self.spans[:, 0] < end)
        return Reading(self.text, self.spans[inside], self.vectors[inside], self.says[inside])

    def without(self, spans: Sequence[tuple[int, int]]) -> "Reading":
        """Return the pieces that start outside all of these spans."""
        begins = self.spans[:, 0]
        kept = np.ones(len(begins), dtype=bool)
        for start, end in spans:
            kept &= (begins < start) | (begins >= end)
        return Reading(self.text, self.spans[kept], self.vectors[kept], self.says[kept])


def read(embeddings: SentenceTransformerEmbeddings, texts: Sequence[str]) -> list[Reading]:
    """Read these texts. The encoder cuts off very long ones."""
    found = []
    for text, (spans, vectors) in zip(texts, embeddings.encode_tokens(list(texts)), strict=True):
        pieces = [text[start:end].casefold() for start, end in spans]
        says = np.array([p.isalnum() and p not in STOPWORDS for p in pieces], dtype=bool)
        found.append(Reading(text, spans, vectors, says))
    return found


def nearness(claim: Reading, sources: Sequence[Reading]) -> float:
    """Return the mean cosine of each content word and the nearest word of the sources, up to 1."""
    own = claim.vectors[claim.says] if claim.says.any() else claim.vectors
    theirs = [source.vectors for source in sources if len(source.vectors)]
    if not len(own) or not theirs:
        return 0.0
    return float((own @ np.concatenate(theirs).T).max(axis=1).mean())
