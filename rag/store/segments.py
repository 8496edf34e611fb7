"""A segment: papers frozen into arrays, in which searches compute instead of asking SQLite.

It holds what ranks and filters papers: the terms (an inverted index), the days, and the abstracts'
vectors. Terms are kept as 64-bit hashes: among a million terms, two share a hash once in tens of
millions of corpora.
"""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from datetime import date
from functools import lru_cache
from itertools import islice
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

PAPERS_PER_BATCH = 4_096  # whose terms are sorted together, so that they need little memory
MAX_COUNT = 65_535  # of a term in a paper
UNDATED = -1
Terms = NDArray[np.int64]


class IndexedPaper(NamedTuple):
    """What a segment is made from; `vector` is the abstract's, None if there is none."""

    number: int  # its row in SQLite
    paper_id: str
    day: date | None
    published: date | None
    terms: str  # separated by spaces
    vector: NDArray[np.float16] | None


@dataclass(frozen=True, slots=True)
class Segment:
    """Arrays over n papers, d dimensions, t terms and p pairs of a term and a paper that has it."""

    ids: tuple[str, ...]  # n
    numbers: NDArray[np.int64]  # n
    days: NDArray[np.int32]  # n ordinals, or UNDATED
    published: NDArray[np.int32]  # n, likewise
    lengths: NDArray[np.int32]  # n numbers of terms
    vectors: NDArray[np.float16]  # (n, d): zeros without a vector
    keys: NDArray[np.uint64]  # t hashes of terms in order
    starts: NDArray[np.int64]  # t + 1 places in `papers` where a term's papers begin
    papers: NDArray[np.int32]  # p places of papers, ascending for each term
    counts: NDArray[np.uint16]  # p: how often the paper has the term

    def postings(self, term: str) -> tuple[NDArray[np.int32], NDArray[np.uint16]]:
        """Return the places of the papers that have a term, and how often each has it."""
        key = hash_of(term)
        place = int(np.searchsorted(self.keys, key))
        if place == len(self.keys) or self.keys[place] != key:
            return self.papers[:0], self.counts[:0]
        found = slice(int(self.starts[place]), int(self.starts[place + 1]))
        return self.papers[found], self.counts[found]


ARRAYS = tuple(field.name for field in fields(Segment) if field.name != "ids")


@lru_cache(maxsize=65_536)
def hash_of(term: str) -> np.uint64:
    """Return a term's hash, the same in every process."""
    digest = hashlib.blake2b(term.encode("utf-8", "replace"), digest_size=8).digest()
    return np.uint64(int.from_bytes(digest, "little"))


def build_segment(papers: Iterable[IndexedPaper]) -> Segment:
    """Return the segment of these papers."""
    rows: list[tuple[str, int, int, int]] = []
    vectors: list[NDArray[np.float16] | None] = []
    lengths: list[int] = []
    numbers: dict[str, int] = {}  # of terms
    pairs = []
    stream = iter(papers)
    while batch := list(islice(stream, PAPERS_PER_BATCH)):
        pairs.append(_count([paper.terms for paper in batch], len(rows), numbers, lengths))
        rows += [(p.paper_id, p.number, _ordinal(p.day), _ordinal(p.published)) for p in batch]
        vectors += [paper.vector for paper in batch]
    ids, places, days, published = zip(*rows, strict=True) if rows else ((), (), (), ())
    keys, starts, of_papers, counts = _invert(pairs, numbers)
    return Segment(
        ids,
        np.array(places, dtype=np.int64),
        np.array(days, dtype=np.int32),
        np.array(published, dtype=np.int32),
        np.array(lengths, dtype=np.int32),
        _matrix(vectors),
        keys,
        starts,
        of_papers,
        counts,
    )


def merge_segments(segments: Sequence[tuple[Segment, NDArray[np.bool_]]]) -> Segment:
    """Return one segment of the papers that are marked in each of these."""
    keys, papers, counts = [], [], []
    first = 0
    for segment, kept in segments:
        places = np.cumsum(kept, dtype=np.int32) - 1 + first
        pairs = kept[segment.papers]
        keys.append(np.repeat(segment.keys, np.diff(segment.starts))[pairs])
        papers.append(places[segment.papers[pairs]])
        counts.append(segment.counts[pairs])
        first += int(kept.sum())
    all_keys = np.concatenate(keys)
    order = np.argsort(all_keys, kind="stable")
    distinct, starts = np.unique(all_keys[order], return_index=True)

    def joined(name: str) -> Any:
        return np.concatenate([getattr(segment, name)[kept] for segment, kept in segments])

    dimensions = max(segment.vectors.shape[1] for segment, _ in segments)
    vectors = np.zeros((first, dimensions), dtype=np.float16)
    row = 0
    for segment, kept in segments:
        own = segment.vectors[kept]
        if own.shape[1] == dimensions:
            vectors[row : row + len(own)] = own
        row += len(own)
    return Segment(
        tuple(i for segment, kept in segments for i, k in zip(segment.ids, kept, strict=True) if k),
        joined("numbers"),
        joined("days"),
        joined("published"),
        joined("lengths"),
        vectors,
        distinct,
        np.append(starts, len(all_keys)).astype(np.int64),
        np.concatenate(papers)[order],
        np.concatenate(counts)[order],
    )


def _ordinal(day: date | None) -> int:
    return day.toordinal() if day else UNDATED


def _count(
    texts: Sequence[str], first: int, numbers: dict[str, int], lengths: list[int]
) -> tuple[Terms, NDArray[np.uint16]]:
    """Return each pair of a term and a paper as one number, ascending, and its count.

    `first` is the place of the first paper; numbers of new terms and lengths are added.
    """
    found: list[int] = []
    before = len(lengths)
    for text in texts:
        terms = text.split()
        lengths.append(len(terms))
        found += [numbers.setdefault(term, len(numbers)) for term in terms]
    papers = np.repeat(np.arange(first, first + len(texts)), lengths[before:])
    pairs, counts = np.unique((np.array(found, dtype=np.int64) << 32) | papers, return_counts=True)
    return pairs, np.minimum(counts, MAX_COUNT).astype(np.uint16)


def _invert(
    batches: Sequence[tuple[Terms, NDArray[np.uint16]]], numbers: dict[str, int]
) -> tuple[NDArray[np.uint64], Terms, NDArray[np.int32], NDArray[np.uint16]]:
    """Return keys, starts, papers and counts of a segment."""
    hashes = np.array([hash_of.__wrapped__(term) for term in numbers], dtype=np.uint64)
    by_hash = np.argsort(hashes)
    rank = np.empty(len(hashes), dtype=np.int64)
    rank[by_hash] = np.arange(len(hashes))
    pairs = np.concatenate([np.empty(0, dtype=np.int64), *(pairs for pairs, _ in batches)])
    counts = np.concatenate([np.empty(0, dtype=np.uint16), *(counts for _, counts in batches)])
    ranked = (rank[pairs >> 32] << 32) | (pairs & 0xFFFFFFFF) if len(pairs) else pairs
    order = np.argsort(ranked, kind="stable")
    ranked = ranked[order]
    starts = np.searchsorted(ranked >> 32, np.arange(len(hashes) + 1)).astype(np.int64)
    return hashes[by_hash], starts, (ranked & 0xFFFFFFFF).astype(np.int32), counts[order]


def _matrix(vectors: Sequence[NDArray[np.float16] | None]) -> NDArray[np.float16]:
    """Return the vectors as rows; those missing, or of another length than most, are zeros."""
    sizes = [len(vector) for vector in vectors if vector is not None]
    size = max(set(sizes), key=sizes.count, default=0)
    rows = np.zeros((len(vectors), size), dtype=np.float16)
    for row, vector in zip(rows, vectors, strict=True):
        if vector is not None and len(vector) == size:
            row[:] = vector
    return rows
