"""Papers → vectors: the abstracts first, or estimates of them, the rest when there is time."""

from collections.abc import Callable, Sequence

import numpy as np
from langchain_text_splitters import TextSplitter

from rag.encoders.embedder import BUNDLED_NAME, Embedder, Vectors
from rag.encoders.static_embeddings import StaticEmbeddings
from rag.records import Paper
from rag.retrieval.chunk import SentenceSplitter, abstract_chunk, chunk, sentence_chunks
from rag.retrieval.entry import Entry, SentenceVectors

SENTENCES_AT_ONCE = 512  # so that few batches are not full


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
        first = 1 if self.static else 0  # of each paper's chunks, a sentence
        chunks_of = chunk if self.static else sentence_chunks
        chunks = [chunks_of(paper, self.splitter) for paper in papers]
        texts = [c.text for of_paper in chunks for c in of_paper]
        order = sorted(range(len(texts)), key=lambda n: len(texts[n]))
        parts: list[Vectors] = []
        for start in range(0, len(order), at_once):
            pause()
            places = order[start : start + at_once]
            parts.append(self.embedder.encode([texts[n] for n in places]))
        vectors = np.concatenate(parts) if parts else np.empty((0, 0), dtype=np.float32)
        in_order = np.empty_like(vectors)
        in_order[order] = vectors
        ends = np.cumsum([len(of_paper) for of_paper in chunks])
        return [
            SentenceVectors(
                paper.paper_id,
                paper.text_hash,
                tuple(c.sentence for c in of_paper[first:]),
                in_order[end - len(of_paper) + first : end],
                in_order[end - len(of_paper) :][:first] if first else None,
            )
            for paper, of_paper, end in zip(papers, chunks, ends, strict=True)
        ]

    def stand_in(self, paper: Paper, entry: Entry) -> Entry:
        """Return the entry of a paper whose sentences are due with its sentences.

        Each has the vector of the abstract, which is the nearest to theirs that is known.
        """
        sentences = tuple(c.sentence for c in sentence_chunks(paper, self.splitter))
        vectors = np.repeat(entry.vectors[:1], 1 + len(sentences), axis=0)
        return Entry(entry.paper_id, entry.text_hash, sentences, vectors, sentences_due=True)
