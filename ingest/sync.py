"""The run: source → catalogue → chunks → vectors → index. Killed anywhere, the next one goes on."""

import time
from collections.abc import Callable, Iterable, Iterator
from itertools import islice

from langchain_text_splitters import TextSplitter

from ingest.chunk import SentenceSplitter, chunk
from ingest.report import Report
from ingest.sources.record import SetAside, Source
from rag.index import Entry
from rag.library import Library
from rag.records import Paper

PAPERS_A_TRANSACTION = 500
PAPERS_A_BATCH = 128  # embedded together: enough to sort by length, few enough to lose on a kill

Progress = Callable[[str, int, int | None], None]  # stage, papers done, papers in all if known


def ingest(source: Source, library: Library, *, progress: Progress | None = None) -> Report:
    """Bring a source's papers into the catalogue and the index; return what happened.

    The papers are in the catalogue before the first is embedded, so a killed run is finished
    by any later one.
    """
    started = time.monotonic()
    tell = progress or (lambda *_: None)
    report = Report(source.name)
    for batch in _batches(source.records(), PAPERS_A_TRANSACTION):
        report.upserted += library.catalog.upsert([r for r in batch if isinstance(r, Paper)])
        for record in batch:
            if isinstance(record, SetAside):
                report.set_aside.append(record)
                library.catalog.set_aside(source.name, record.record, record.reason)
        tell("reading", report.read, None)
    report.embedded = index_pending(library, progress=tell)
    report.seconds = time.monotonic() - started
    return report


def index_pending(library: Library, *, progress: Progress) -> int:
    """Chunk, embed and index every paper that waits for it; return how many did."""
    index, splitter = library.index, SentenceSplitter()
    index.catch_up()
    total = index.pending_count()
    done = 0
    while papers := index.pending(PAPERS_A_BATCH):
        index.store(_entries(papers, library, splitter))
        done += len(papers)
        progress("indexing", done, total)
    return done


def _entries(papers: list[Paper], library: Library, splitter: TextSplitter) -> list[Entry]:
    """Chunk and embed papers together."""
    chunks = [chunk(paper, splitter) for paper in papers]
    vectors = library.embedder.encode([c.text for of_paper in chunks for c in of_paper])
    entries, start = [], 0
    for paper, of_paper in zip(papers, chunks, strict=True):
        end = start + len(of_paper)
        sentences = tuple(c.sentence for c in of_paper[1:])
        entries.append(Entry(paper.paper_id, paper.text_hash, sentences, vectors[start:end]))
        start = end
    return entries


def _batches(records: Iterable[Paper | SetAside], size: int) -> Iterator[list[Paper | SetAside]]:
    remaining = iter(records)
    while batch := list(islice(remaining, size)):
        yield batch
