"""Papers → vectors: the abstracts first, or estimates of them, the rest when there is time."""

import math
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

import numpy as np
from langchain_text_splitters import TextSplitter

from rag.encoders.embedder import BUNDLED_NAME, Embedder, Vectors
from rag.encoders.static_embeddings import StaticEmbeddings
from rag.records import Paper
from rag.retrieval.chunk import SentenceSplitter, abstract_chunk, sentence_chunks
from rag.retrieval.entry import Entry, SentenceVectors

SENTENCES_AT_ONCE = 512  # so that few batches are not full
PAPERS_BETWEEN_LOOKS = 8  # for whoever waits, before it is looked how long that was


@dataclass(slots=True)
class _Patience:
    """For how many seconds more papers may be encoded for whoever waits."""

    seconds: float = math.inf


_patience: ContextVar[_Patience | None] = ContextVar("patience", default=None)


@contextmanager
def encoding_for(seconds: float) -> Iterator[None]:
    """Encode papers that are due no longer than this in all while this block runs."""
    token = _patience.set(_Patience(seconds))
    try:
        yield
    finally:
        _patience.reset(token)


class PaperEncoder:
    """Encodes papers with one embedder. Thread-safe."""

    def __init__(self, embedder: Embedder, splitter: TextSplitter | None = None) -> None:
        self.embedder = embedder
        self.splitter = splitter or SentenceSplitter()
        # What there is for the bundled model alone.
        self.static = StaticEmbeddings() if embedder.name == BUNDLED_NAME else None

    def abstracts(self, papers: Sequence[Paper]) -> list[Entry]:
        """Return an entry for each paper with its abstract's vector; its sentences are due."""
        vectors = self.embedder.encode([abstract_chunk(paper).text for paper in papers])
        return [
            Entry(paper.paper_id, paper.text_hash, (), vectors[n : n + 1], sentences_due=True)
            for n, paper in enumerate(papers)
        ]

    def estimates(self, papers: Sequence[Paper]) -> list[Entry]:
        """Return an entry for each paper with an estimate of its abstract's vector.

        It takes a millisecond a paper; the abstract and the sentences are due. Only for `static`.
        """
        assert self.static
        vectors = self.static.estimate([abstract_chunk(paper).text for paper in papers])
        return [
            Entry(
                paper.paper_id,
                paper.text_hash,
                (),
                vectors[n : n + 1],
                sentences_due=True,
                is_estimate=True,
            )
            for n, paper in enumerate(papers)
        ]

    def sentences(
        self,
        papers: Sequence[Paper],
        *,
        at_once: int = SENTENCES_AT_ONCE,
        pause: Callable[[], None] = lambda: None,
    ) -> list[SentenceVectors]:
        """Return the sentences of each paper with their vectors, and its abstract's if `static`.

        The texts of all papers are encoded in the order of their lengths, so many at once; `pause`
        is called before each time, and may wait or raise.
        """
        abstracts = [abstract_chunk(paper).text for paper in papers] if self.static else []
        chunks = [sentence_chunks(paper, self.splitter) for paper in papers]
        sentences = [c.text for of_paper in chunks for c in of_paper]
        vectors = self._encode([*abstracts, *sentences], at_once, pause)
        ends = len(abstracts) + np.cumsum([len(of_paper) for of_paper in chunks])
        return [
            SentenceVectors(
                paper.paper_id,
                paper.text_hash,
                tuple(c.sentence for c in of_paper),
                vectors[end - len(of_paper) : end],
                vectors[n : n + 1] if abstracts else None,
            )
            for n, (paper, of_paper, end) in enumerate(zip(papers, chunks, ends, strict=True))
        ]

    def _encode(self, texts: Sequence[str], at_once: int, pause: Callable[[], None]) -> Vectors:
        """Return one unit vector per text, shape (len(texts), dimensions)."""
        order = sorted(range(len(texts)), key=lambda n: len(texts[n]))
        parts: list[Vectors] = []
        for start in range(0, len(order), at_once):
            pause()
            places = order[start : start + at_once]
            parts.append(self.embedder.encode([texts[n] for n in places]))
        vectors = np.concatenate(parts) if parts else np.empty((0, 0), dtype=np.float32)
        in_order = np.empty_like(vectors)
        in_order[order] = vectors
        return in_order

    def sentences_in_time(self, papers: Sequence[Paper]) -> list[SentenceVectors]:
        """Return what `sentences` does of the first papers, as many as `encoding_for` leaves."""
        encoded: list[SentenceVectors] = []
        patience = _patience.get() or _Patience()
        for start in range(0, len(papers), PAPERS_BETWEEN_LOOKS):
            if patience.seconds <= 0:
                break
            started = time.monotonic()
            encoded += self.sentences(papers[start : start + PAPERS_BETWEEN_LOOKS])
            patience.seconds -= time.monotonic() - started
        return encoded

    def stand_in(self, paper: Paper, entry: Entry) -> Entry:
        """Return the entry of a paper whose sentences are due with its sentences.

        Their vectors are estimates; without `static`, each has that of the abstract.
        """
        chunks = sentence_chunks(paper, self.splitter)
        if self.static:
            vectors = self.static.estimate([c.text for c in chunks])
        else:
            vectors = np.repeat(entry.vectors[:1], len(chunks), axis=0)
        return Entry(
            entry.paper_id,
            entry.text_hash,
            tuple(c.sentence for c in chunks),
            np.concatenate([entry.vectors[:1], vectors]),
            sentences_due=True,
        )
