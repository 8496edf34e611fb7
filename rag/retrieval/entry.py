"""An indexed paper: its sentences and their vectors, and how SQLite stores them."""

import sqlite3
from collections.abc import Mapping, Set
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from rag.records import chunk_id_of
from rag.store.rows import parse_strings

Vectors = NDArray[np.float32]

ESTIMATE = 2  # what `sentences_due` is in SQLite while the abstract is due as well


class SentenceVectors(NamedTuple):
    """The sentences of a text and their vectors, shape (len(sentences), dimensions), float32."""

    paper_id: str
    text_hash: str
    sentences: tuple[str, ...]
    vectors: Vectors
    abstract: Vectors | None = None  # shape (1, dimensions), if it was encoded with them


@dataclass(frozen=True, slots=True)
class Entry:
    """An indexed paper.

    `vectors` has shape (1 + len(sentences), dimensions), float32, unit length: row 0 is the
    abstract, row i the i-th sentence, both with the title in front. While the sentences are due,
    there are none, or each has the abstract's vector; that may be an estimate as well.
    """

    paper_id: str
    text_hash: str
    sentences: tuple[str, ...]
    vectors: Vectors
    sentences_due: bool = False
    is_estimate: bool = False  # the abstract's vector is

    @property
    def chunk_ids(self) -> list[str]:
        """`<paper_id>#0`, `<paper_id>#1` … in the order of the vectors."""
        return [chunk_id_of(self.paper_id, index) for index in range(len(self.vectors))]

    def completed(self, encoded: SentenceVectors) -> "Entry":
        """Return the entry with its sentences, as it would be read from SQLite.

        It stays as it is if the sentences are of another text.
        """
        if encoded.text_hash != self.text_hash:
            return self
        abstract = self.vectors[:1] if encoded.abstract is None else encoded.abstract
        together = np.concatenate([abstract, encoded.vectors])
        stored = np.frombuffer(encode_vectors(together), dtype=np.float16)
        vectors = stored.reshape(together.shape).astype(np.float32)
        return Entry(self.paper_id, self.text_hash, encoded.sentences, vectors)


class PaperVectors(NamedTuple):
    """The vectors of several papers in one array, of each the abstract's first."""

    numbers: NDArray[np.int64]  # the papers' rows in SQLite
    starts: NDArray[np.intp]  # where each one's vectors begin
    vectors: Vectors  # (vectors of all papers, dimensions)
    sentences_due: NDArray[np.bool_]  # of which papers

    @classmethod
    def read(cls, stored: Mapping[int, bytes], due: Set[int], dimensions: int) -> "PaperVectors":
        """Return the stored vectors; those of damaged papers are left out."""
        size = 2 * dimensions
        whole = {
            number: blob
            for number, blob in stored.items()
            if isinstance(blob, bytes) and blob and len(blob) % size == 0
        }
        flat = np.frombuffer(b"".join(whole.values()), dtype=np.float16)
        vectors = flat.reshape(-1, dimensions).astype(np.float32)
        counts = np.array([len(blob) // size for blob in whole.values()], dtype=np.intp)
        starts = np.cumsum(counts) - counts
        is_unit = are_unit(vectors)
        if not is_unit.all():
            good = np.logical_and.reduceat(is_unit, starts)
            kept = {number: whole[number] for number, fine in zip(whole, good, strict=True) if fine}
            return cls.read(kept, due, dimensions)
        numbers = np.array(list(whole), dtype=np.int64)
        is_due = np.array([number in due for number in whole], dtype=np.bool_)
        return cls(numbers, starts, vectors, is_due)


def are_unit(vectors: Vectors) -> NDArray[np.bool_]:
    """Return which vectors are as they are stored: of length 1, or zeros for unknown words."""
    lengths = np.sqrt(np.einsum("ij,ij->i", vectors, vectors))
    return np.asarray((abs(lengths - 1) < 0.05) | (lengths == 0))


def encode_vectors(vectors: Vectors) -> bytes:
    """Return the vectors as they are stored: float16, one after the other."""
    return vectors.astype(np.float16).tobytes()


def decode_entry(row: sqlite3.Row) -> Entry | None:
    """Return the entry of a row of `chunk_vectors`; None if its sentences or vectors are damaged.

    The row has the paper's paper_id, too.
    """
    try:
        sentences = parse_strings(row["sentences"])
        flat = np.frombuffer(row["vectors"], dtype=np.float16)
        vectors = flat.reshape(1 + len(sentences), -1).astype(np.float32)
    except (ValueError, TypeError):
        return None
    if not vectors.size or not are_unit(vectors).all():
        return None
    due = row["sentences_due"]
    return Entry(
        row["paper_id"],
        row["text_hash"],
        sentences,
        vectors,
        sentences_due=due in (1, ESTIMATE),
        is_estimate=due == ESTIMATE,
    )
