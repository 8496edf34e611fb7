"""A large corpus whose texts are real and whose vectors cost nothing.

Encoding 81,000 abstracts takes hours; the time that a search takes depends on how many vectors
there are and how they lie, not on what they mean. So some papers, those that the questions are
about, are really encoded, and all others get random mixtures of these vectors.
"""

import gzip
import json
import random
from collections.abc import Iterator, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rag.arxiv_id import find_ids
from rag.library import Library
from rag.records import Paper
from rag.retrieval.chunk import SentenceSplitter, chunk
from rag.retrieval.entry import Entry
from tests.benchmarks.corpus import daily_papers

BATCH = 500  # papers per transaction
DAILY = 10_000  # of the papers are Daily Papers in any corpus
ASKED = 100  # papers that the questions are about; they are really encoded
MIXED = 3  # encoded vectors that a random one is made from
SENTENCES = 3  # of a paper that is not really encoded, at most: Chroma takes hours for all
NOISE = 0.02  # of each of its dimensions

Vectors = NDArray[np.float32]


def real_papers(count: int) -> list[Paper]:
    """Return up to `count` real papers, Daily Papers before those of arXiv."""
    found: dict[str, Paper] = {}
    for record in _records(daily_papers()):
        paper = _paper(record)
        found.setdefault(paper.paper_id, paper)
        if len(found) == count:
            break
    return list(found.values())


def asked_papers(papers: Sequence[Paper]) -> list[Paper]:
    """Return the papers that the questions are about, the same whatever the corpus' size."""
    dated = [paper for paper in papers[:DAILY] if paper.day]
    return random.Random(0).sample(dated, ASKED)


def _records(daily: Path) -> Iterator[dict[str, Any]]:
    with daily.open(encoding="utf-8") as lines:
        yield from map(json.loads, lines)
    with gzip.open(daily.with_name("arxiv_bulk.jsonl.gz"), "rt", encoding="utf-8") as lines:
        yield from map(json.loads, lines)


def _paper(record: dict[str, Any]) -> Paper:
    authors = tuple(str(name) for name in record.get("authors") or ())
    return Paper(
        title=str(record["title"]),
        abstract=str(record["abstract"]),
        arxiv_id=find_ids(str(record["arxiv_id"]))[0],
        authors=authors,
        author_count=len(authors) or None,
        organization=record.get("organization"),
        published_on=_day(record.get("date_published") or record.get("list_date")),
        featured_on=_day(record.get("date_featured")),
        upvotes=record.get("upvotes"),
    )


def _day(text: object) -> date | None:
    return date.fromisoformat(str(text)[:10]) if text else None


def fill(library: Library, papers: Sequence[Paper]) -> None:
    """Store the papers and their vectors as an ingest would; those stored already are skipped."""
    library.lock_index()
    for start in range(0, len(papers), BATCH):
        batch = papers[start : start + BATCH]
        if len(library.catalog.get([paper.paper_id for paper in batch])) < len(batch):
            _ = library.catalog.upsert(batch)
    if not library.index.pending_count():
        return
    sample = _encoded(library, asked_papers(papers))
    draw = np.random.default_rng(0)
    splitter = SentenceSplitter()
    for pending in library.index.pending(BATCH):
        library.index.store([_entry(paper, splitter, sample, draw) for paper in pending])


def _encoded(library: Library, papers: Sequence[Paper]) -> Vectors:
    """Encode these papers, store them, and return their vectors."""
    splitter = SentenceSplitter()
    entries = []
    for paper in library.catalog.get([paper.paper_id for paper in papers]).values():
        chunks = chunk(paper, splitter)
        vectors = library.embedder.encode([part.text for part in chunks])
        sentences = tuple(part.sentence for part in chunks[1:])
        entries.append(Entry(paper.paper_id, paper.text_hash, sentences, vectors))
    known = library.index.entries([entry.paper_id for entry in entries])
    library.index.store([entry for entry in entries if entry.paper_id not in known])
    return np.concatenate([entry.vectors for entry in entries])


def _entry(
    paper: Paper, splitter: SentenceSplitter, sample: Vectors, draw: np.random.Generator
) -> Entry:
    """Return a paper with random vectors, which lie near each other as those of one paper do."""
    sentences = tuple(part.sentence for part in chunk(paper, splitter)[1 : 1 + SENTENCES])
    size = (1 + len(sentences), sample.shape[1])
    centre = sample[draw.integers(len(sample), size=MIXED)].sum(axis=0) / MIXED
    own = sample[draw.integers(len(sample), size=size[0])]
    vectors = centre + own / MIXED + draw.normal(0, NOISE, size)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    return Entry(paper.paper_id, paper.text_hash, sentences, vectors.astype(np.float32))
