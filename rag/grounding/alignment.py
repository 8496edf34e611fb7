"""How close two texts are, word by word.

The bundled encoder gives each word a vector that depends on its sentence (its last layer). Each
word of a clause is compared with every word of the source, and the best cosines are averaged. That
catches what a single vector for the whole sentence hides: a second half that the source does not
support.
"""

import threading
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from langchain_core.embeddings import Embeddings
from numpy.typing import NDArray

from rag.encoders.embedder import SentenceTransformerEmbeddings, Tokens
from rag.text.words import STOPWORDS

Vectors = NDArray[np.float32]

REMEMBERED = 512  # texts; about 100 KB each


@dataclass(frozen=True, slots=True)
class Reading:
    """The word pieces of a text, with a unit vector for each.

    `spans` holds the start and end of each piece, shape (pieces, 2). `says` is False for stopwords
    and punctuation. `tokens` is what the encoder gives of the whole text.
    """

    text: str
    spans: NDArray[np.int64]
    vectors: Vectors
    says: NDArray[np.bool_]
    tokens: Tokens

    def part(self, start: int, end: int) -> "Reading":
        """Return the pieces that start in this part of the text; their vectors stay the same."""
        inside = (self.spans[:, 0] >= start) & (self.spans[:, 0] < end)
        return self._only(inside)

    def without(self, spans: Sequence[tuple[int, int]]) -> "Reading":
        """Return the pieces that start outside all of these spans."""
        begins = self.spans[:, 0]
        kept = np.ones(len(begins), dtype=bool)
        for start, end in spans:
            kept &= (begins < start) | (begins >= end)
        return self._only(kept)

    def _only(self, kept: NDArray[np.bool_]) -> "Reading":
        return replace(
            self, spans=self.spans[kept], vectors=self.vectors[kept], says=self.says[kept]
        )


def read(embeddings: SentenceTransformerEmbeddings, texts: Sequence[str]) -> list[Reading]:
    """Read these texts. The encoder cuts off very long ones."""
    found = []
    for text, tokens in zip(texts, embeddings.encode_tokens(texts), strict=True):
        pieces = [text[start:end].casefold() for start, end in tokens.spans]
        says = np.array([p.isalnum() and p not in STOPWORDS for p in pieces], dtype=bool)
        found.append(Reading(text, tokens.spans, tokens.vectors, says, tokens))
    return found


class Reader:
    """Reads texts and remembers the latest, because the sentences of an answer share their papers.

    Thread-safe.
    """

    def __init__(self, embeddings: Embeddings) -> None:
        """`embeddings` must be the bundled ones: what compares readings was fitted with them."""
        if not isinstance(embeddings, SentenceTransformerEmbeddings):
            raise TypeError("only the bundled encoder gives a vector for each word")
        self.embeddings = embeddings
        self._latest: OrderedDict[str, Reading] = OrderedDict()
        self._lock = threading.Lock()

    def read(self, texts: Sequence[str]) -> dict[str, Reading]:
        """Return a reading of each text; those that are not remembered are encoded together."""
        texts = list(dict.fromkeys(texts))
        with self._lock:
            found = {text: self._latest[text] for text in texts if text in self._latest}
        new = [text for text in texts if text not in found]
        found |= zip(new, read(self.embeddings, new), strict=True)
        with self._lock:
            for text in texts:
                self._latest[text] = found[text]
                self._latest.move_to_end(text)
            while len(self._latest) > REMEMBERED:
                self._latest.popitem(last=False)
        return found


def nearness(claim: Reading, sources: Sequence[Reading]) -> float:
    """Return the mean cosine of each content word and the nearest word of the sources, up to 1."""
    own = claim.vectors[claim.says] if claim.says.any() else claim.vectors
    theirs = [source.vectors for source in sources if len(source.vectors)]
    if not len(own) or not theirs:
        return 0.0
    return float((own @ np.concatenate(theirs).T).max(axis=1).mean())
