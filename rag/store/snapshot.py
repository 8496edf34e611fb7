"""The papers at one moment, in memory: searches filter and rank them here without asking SQLite.

A snapshot never changes, so that threads can share it; rag/store/snapshots.py makes the next one.
"""

import math
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from rag.records import Window
from rag.store.segments import UNDATED, Segment

# BM25 as SQLite's FTS5 computes it.
K1 = 1.2
B = 0.75
MIN_IDF = 1e-6
VECTORS_AT_ONCE = 20_000  # that are compared, so that millions of papers need no more memory

Mask = NDArray[np.bool_]
Places = NDArray[np.intp]  # of papers in the snapshot
Scores = NDArray[np.float64]
Number = TypeVar("Number", np.bool_, np.int32, np.int64)


class Snapshot:
    """Segments one after the other; a paper's place counts through all of them."""

    def __init__(self, segments: Sequence[tuple[Segment, Mask]], *, change: int) -> None:
        """Take the segments, each with which of its papers are still as they are there.

        `change` is the last change of the catalogue that they contain.
        """
        self.segments = segments
        self.change = change
        self.ids = tuple(paper_id for segment, _ in segments for paper_id in segment.ids)
        self._all_current = [bool(current.all()) for _, current in segments]
        self.current = _joined([current for _, current in segments], np.bool_)
        self.numbers = _joined([segment.numbers for segment, _ in segments], np.int64)
        self._days = _joined([segment.days for segment, _ in segments], np.int32)
        self._published = _joined([segment.published for segment, _ in segments], np.int32)
        self._places = dict(zip(self.ids, range(len(self.ids)), strict=True))  # the last counts
        lengths = _joined([segment.lengths for segment, _ in segments], np.int32)
        self.paper_count = int(self.current.sum())
        mean = lengths[self.current].sum() / max(1, self.paper_count)
        self._length_factors = K1 * (1 - B + B * lengths / max(1.0, mean))

    # -- filters -----------------------------------------------------------------------------

    def in_window(self, window: Window) -> Mask | None:
        """Return which papers are in a window; None if it is open at both ends."""
        if window.since is None and window.until is None:
            return None
        days = self._published if window.by == "published" else self._days
        first = window.since.toordinal() if window.since else UNDATED + 1
        inside = self.current & (days >= first)
        return inside & (days <= window.until.toordinal()) if window.until else inside

    def among(self, paper_ids: Iterable[str]) -> Mask:
        """Return which papers have one of these ids."""
        found = np.zeros(len(self.ids), dtype=np.bool_)
        found[self.places_of(paper_ids)] = True
        return np.asarray(found & self.current)

    def places_of(self, paper_ids: Iterable[str]) -> Places:
        """Return the places of the papers with these ids, without unknown ones."""
        places = [place for i in paper_ids if (place := self._places.get(i)) is not None]
        found = np.array(places, dtype=np.intp)
        return np.asarray(found[self.current[found]])

    # -- words -------------------------------------------------------------------------------

    def document_count(self, term: str) -> int:
        """Return how many papers have a term."""
        count = 0
        for (segment, current), all_current in zip(self.segments, self._all_current, strict=True):
            papers, _ = segment.postings(term)
            count += len(papers) if all_current else int(current[papers].sum())
        return count

    def places_with_all(self, terms: Iterable[str]) -> Places:
        """Return the places of the papers that have every one of these terms."""
        found = self.current
        for term in sorted(set(terms), key=self.document_count):
            found = found & self._has(term)
            if not found.any():
                break
        return np.flatnonzero(found)

    def idf(self, terms: Iterable[str]) -> dict[str, float]:
        """Return each term's inverse document frequency (BM25's, always > 0)."""
        return {
            term: math.log(1 + (self.paper_count - count + 0.5) / (count + 0.5))
            for term in dict.fromkeys(terms)
            for count in (self.document_count(term),)
        }

    def bm25(self, terms: Iterable[str]) -> Scores:
        """Return each paper's BM25 score, as FTS5 computes it; 0 without any of the terms."""
        scores = np.zeros(len(self.ids))
        for term in dict.fromkeys(terms):
            count = self.document_count(term)
            idf = max(
                MIN_IDF, math.log((self.paper_count - count + 0.5) / (count + 0.5))
            ) if count < self.paper_count else MIN_IDF  # fmt: skip
            first = 0
            for segment, _ in self.segments:
                papers, counts = segment.postings(term)
                frequencies = counts.astype(np.float64)
                factors = self._length_factors[first : first + len(segment.ids)][papers]
                own = scores[first : first + len(segment.ids)]
                own[papers] += idf * (frequencies * (K1 + 1)) / (frequencies + factors)
                first += len(segment.ids)
        scores[~self.current] = 0
        return scores

    def covered(self, places: Places, weights: Mapping[str, float]) -> Scores:
        """Return the share, by weight, of the weighted terms that each of these papers has."""
        shares = np.zeros(len(places))
        for term, weight in weights.items():
            shares += weight * self._has(term)[places]
        total = sum(weights.values())
        return shares / total if total else shares

    def _has(self, term: str) -> Mask:
        """Return which papers have a term."""
        found = np.zeros(len(self.ids), dtype=np.bool_)
        first = 0
        for segment, _ in self.segments:
            found[first : first + len(segment.ids)][segment.postings(term)[0]] = True
            first += len(segment.ids)
        return found

    # -- vectors -----------------------------------------------------------------------------

    def nearest_abstracts(self, vector: NDArray[np.float32], n: int, among: Mask) -> Places:
        """Return the n papers among these whose abstracts are nearest, by their exact cosines."""
        cosines = np.full(len(self.ids), -np.inf)
        first = 0
        for segment, _ in self.segments:
            chosen = np.flatnonzero(among[first : first + len(segment.ids)])
            if segment.vectors.shape[1] != len(vector):
                chosen = chosen[:0]
            for start in range(0, len(chosen), VECTORS_AT_ONCE):
                block = chosen[start : start + VECTORS_AT_ONCE]
                rows = segment.vectors[block].astype(np.float32)
                own = rows @ vector
                own[~rows.any(axis=1)] = -np.inf  # not indexed yet
                cosines[first + block] = own
            first += len(segment.ids)
        return best(cosines, n, above=-np.inf)


def best(scores: Scores, n: int, *, above: float = 0.0) -> Places:
    """Return the places of the n highest scores above a limit, highest first; ties in order."""
    places = np.flatnonzero(scores > above)
    if len(places) > n > 0:
        least = -np.partition(-scores[places], n - 1)[n - 1]
        surely = places[scores[places] > least]
        tied = places[scores[places] == least][: n - len(surely)]
        places = np.sort(np.concatenate([surely, tied]))
    return places[np.argsort(-scores[places], kind="stable")][:n]


def _joined(arrays: Collection[NDArray[Number]], kind: type[Number]) -> NDArray[Number]:
    return np.concatenate([np.empty(0, dtype=kind), *arrays])
