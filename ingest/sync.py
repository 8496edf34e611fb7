"""The run: source → catalogue → chunks → vectors → index. Killed anywhere, the next one goes on."""

import time
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from threading import Event

from langchain_text_splitters import TextSplitter

from ingest.chunk import SentenceSplitter, chunk
from ingest.config import IngestConfig
from ingest.identify import identify
from ingest.ledger import Ledger
from ingest.open_source import open_huggingface, open_ledger
from ingest.report import Report, SyncReport
from ingest.sources.hf_daily import DailyPapersSource, day_query
from ingest.sources.record import PageRead, SetAside, Source
from rag.errors import SourceError, StoppedError
from rag.library import Library
from rag.records import Paper
from rag.retrieval.index import Entry

PAPERS_A_TRANSACTION = 500
PAPERS_A_BATCH = 128  # embedded together: enough to sort by length, few enough to lose on a kill

Progress = Callable[[str, int, int | None], None]  # stage, papers done, papers in all if known


def ingest(source: Source, library: Library, *, progress: Progress | None = None) -> Report:
    """Bring a source's papers into the catalogue and the index; return what happened.

    The papers are in the catalogue before the first is embedded, so a killed run is finished
    by any later one. Where the source fails, what it gave until then is indexed all the same.
    """
    started = time.monotonic()
    tell = progress or (lambda *_: None)
    report = Report(source.name)
    try:
        _store(source, library, report, tell)
    except SourceError:
        index_pending(library, progress=tell)
        raise
    report.embedded = index_pending(library, progress=tell)
    report.seconds = time.monotonic() - started
    return report


def sync(
    library: Library,
    config: IngestConfig,
    *,
    today: date,
    progress: Progress | None = None,
    stopping: Event | None = None,
) -> SyncReport:
    """Read the new papers of the last days and the counts of the last weeks; return what changed.

    Papers that are known by title alone are searched for. Raises SourceError where the source
    fails and StoppedError once `stopping` is set; what came until then is in, and the next sync
    goes on.
    """
    started = time.monotonic()
    report = Report("sync")

    def tell(stage: str, done: int, total: int | None) -> None:
        if progress:
            progress(stage, done, total)
        if stopping and stopping.is_set():
            raise StoppedError("stopped before everything was indexed: the next run goes on there.")

    _ = library.index  # held by another process? Then nothing is fetched in vain.
    try:
        with open_huggingface(config.fetch, library=library, stopping=stopping) as fetcher:
            ledger = open_ledger(library, fetcher)
            now = datetime.fromtimestamp(fetcher.clock.now(), UTC)
            days = [day_query(day) for day in _days(today, now.date(), ledger, config)]
            source = DailyPapersSource("sync", days, fetcher, today=today, ledger=ledger)
            _store(source, library, report, tell)
            identified = identify(library.catalog, fetcher, config.sync)
    except SourceError:
        index_pending(library, progress=tell)
        raise
    embedded = index_pending(library, progress=tell)
    return SyncReport(
        new=report.upserted.new,
        recounted=report.upserted.recounted,
        identified=identified,
        set_aside=len(report.set_aside),
        embedded=embedded,
        empty=tuple(report.empty),
        seconds=time.monotonic() - started,
    )


def _days(today: date, utc_today: date, ledger: Ledger, config: IngestConfig) -> list[date]:
    """Return the days whose lists are due, the newest first."""
    if today == utc_today + timedelta(days=1):
        today = utc_today  # where the day has begun already; the lists are of UTC's days
    due = []
    for age in range(config.sync.count_days):
        day = today - timedelta(days=age)
        is_new = age < config.sync.new_days
        if day.weekday() < 5 and (
            is_new or not ledger.read_within(day.isoformat(), config.sync.count_hours * 3600)
        ):
            due.append(day)
    return due


def _store(source: Source, library: Library, report: Report, tell: Progress) -> None:
    """Bring what a source yields into the catalogue, page by page where it has pages."""
    papers: list[Paper] = []
    odd: list[SetAside] = []

    def flush() -> None:
        report.upserted += library.catalog.upsert(papers)
        papers.clear()
        tell("reading", report.read, None)

    def set_aside(name: str) -> None:
        library.catalog.set_aside(name, [(a.record, a.reason) for a in odd])
        report.set_aside += odd
        odd.clear()

    try:
        for record in source.records():
            if isinstance(record, Paper):
                papers.append(record)
            elif isinstance(record, SetAside):
                odd.append(record)
            elif papers or record.state == "read":
                flush()
                set_aside(record.name)
            if isinstance(record, PageRead):
                record.keep()
                report.note(record)
            if len(papers) >= PAPERS_A_TRANSACTION:
                flush()
    except SourceError:
        flush()
        raise
    flush()
    if odd or not report.pages:  # a source without pages
        set_aside(source.name)


def ingest_at_once(source: Source, library: Library) -> list[Paper]:
    """Bring a few papers in and index them alone, whatever else waits for it; return them."""
    seen = [record for record in source.records() if isinstance(record, Paper)]
    library.catalog.upsert(seen)
    papers = list(library.catalog.get([paper.paper_id for paper in seen]).values())
    if papers:
        library.index.store(_entries(papers, library, SentenceSplitter()))
    return papers


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
