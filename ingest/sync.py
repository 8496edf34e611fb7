"""A run: source → catalogue → vectors → index. The next run continues a killed one.

A paper can be found once its abstract is indexed. The vectors of the sentences, which are two
thirds of the work, follow in a second step, `index_sentences`. If there are many papers at once,
their abstracts' vectors are estimated in the first step and encoded in the second.
"""

import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from threading import Event
from typing import TypeVar

from ingest.arxiv_ids import find_arxiv_ids
from ingest.config import IngestConfig, WholePapersConfig
from ingest.fetch_history import FetchHistory
from ingest.report import IngestReport, Kept, SyncReport
from ingest.resolve_source import fetch_history_for, huggingface_fetcher
from ingest.sources.hf_daily import DailyPapersSource, day_query
from ingest.sources.source import (
    Described,
    LeftOut,
    PageEnd,
    SetAside,
    Source,
    Unchanged,
)
from rag.cpu import release_memory
from rag.errors import SourceError, StoppedError
from rag.library import EmbeddedIndex, Library
from rag.records import Paper
from rag.retrieval.entry import Entry, SentenceVectors
from rag.retrieval.paper_encoder import SENTENCES_AT_ONCE
from rag.store.upsert import UpsertCounts

PAPERS_PER_TRANSACTION = 500
# Papers whose encoding takes so long that estimates are worth it, and a self-test of two seconds.
MANY_PAPERS = 200
PAPERS_PER_WINDOW = 1_024  # sorted by length together
PAPERS_PER_BATCH = 128  # whose abstracts are encoded and stored together: few to lose on a kill
PAPERS_WITH_SENTENCES = 256  # whose sentences are
SENTENCES_PER_PAPER = 8  # on average

SENTENCES = "sentences"  # the stage of the second step
Encoded = TypeVar("Encoded")
Progress = Callable[[str, int, int | None], None]  # stage, papers done, total if known


def ingest(source: Source, library: Library, *, progress: Progress | None = None) -> IngestReport:
    """Store a source's papers in the catalogue and the index.

    All papers are in the catalogue before the first is embedded, so that any later run finishes a
    killed one. If the source fails, the papers up to there are indexed before SourceError is
    raised.
    """
    started = time.monotonic()
    report_progress = progress or (lambda *_: None)
    report = IngestReport(source.name)
    library.lock_index()  # raises IndexInUseError before anything is read
    try:
        _store(source, library, report, report_progress)
    except SourceError:
        index_pending(library, progress=report_progress)
        raise
    report.embedded = index_pending(library, progress=report_progress)
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
    """Fetch the new papers of the last days and the upvotes of the last weeks.

    Also searches for the arXiv ids of papers known by their title alone, and drops whole papers
    that nobody asks about. Raises SourceError if the source fails and StoppedError once `stopping`
    is set; papers up to there are stored, and the next sync continues.
    """
    started = time.monotonic()
    report = IngestReport("sync")

    def report_progress(stage: str, done: int, total: int | None) -> None:
        if progress:
            progress(stage, done, total)
        if stopping and stopping.is_set():
            raise StoppedError(
                "stopped before everything was indexed: the next run continues there."
            )

    library.lock_index()  # raises IndexInUseError before anything is fetched
    try:
        with huggingface_fetcher(config.fetch, library=library, stopping=stopping) as fetcher:
            history = fetch_history_for(library, fetcher)
            now = datetime.fromtimestamp(fetcher.clock.now(), UTC)
            days = [day_query(day) for day in _days_due(today, now.date(), history, config)]
            source = DailyPapersSource("sync", days, fetcher, today=today, history=history)
            _store(source, library, report, report_progress)
            identified = find_arxiv_ids(library.catalog, fetcher, config.sync)
    except SourceError:
        index_pending(library, progress=report_progress)
        raise
    embedded = index_pending(library, progress=report_progress)
    drop_unused_texts(library, config.whole_papers)
    return SyncReport(
        new=report.upserted.new,
        recounted=report.upserted.recounted,
        identified=identified,
        set_aside=len(report.set_aside),
        left_out=len(report.left_out),
        embedded=embedded,
        empty=tuple(report.empty),
        seconds=time.monotonic() - started,
    )


def drop_unused_texts(library: Library, config: WholePapersConfig) -> None:
    """Drop the whole papers that no answer has used for `keep_days`."""
    library.full_texts.drop_unused(datetime.now(UTC) - timedelta(days=config.keep_days))


def _days_due(
    today: date, utc_today: date, history: FetchHistory, config: IngestConfig
) -> list[date]:
    """Return the days whose lists are due, newest first."""
    if today == utc_today + timedelta(days=1):
        today = utc_today  # lists are of UTC's days, and that day has not begun yet
    due = []
    for age in range(config.sync.count_days):
        day = today - timedelta(days=age)
        is_new = age < config.sync.new_days
        if day.weekday() < 5 and (
            is_new or not history.read_within(day.isoformat(), config.sync.count_hours * 3600)
        ):
            due.append(day)
    return due


def _store(source: Source, library: Library, report: IngestReport, progress: Progress) -> None:
    """Store a source's records in the catalogue, page by page if it has pages."""
    papers: list[Paper] = []
    records: list[bytes | None] = []
    unchanged = 0
    invalid: Kept[SetAside] = Kept()

    def flush() -> None:
        nonlocal unchanged
        report.upserted += library.catalog.upsert(papers, records=records)
        report.upserted += UpsertCounts(unchanged=unchanged)
        papers.clear()
        records.clear()
        unchanged = 0
        progress("reading", report.read, None)

    def set_aside(name: str) -> None:
        nonlocal invalid
        reasons = [(a.record, a.reason) for a in invalid]
        if more := len(invalid) - len(reasons):
            reasons.append(("…", f"and {more:,} more"))
        library.catalog.set_aside(name, reasons)
        invalid = Kept()

    try:
        for record in source.records():
            if isinstance(record, Paper):
                papers.append(record)
                records.append(None)
            elif isinstance(record, Described):
                papers.append(record.paper)
                records.append(record.record)
            elif isinstance(record, Unchanged):
                unchanged += 1
            elif isinstance(record, SetAside):
                invalid.append(record)
                report.reject(record)
            elif isinstance(record, LeftOut):
                report.left_out.append(record)
            elif papers or record.state in ("read", "failed"):
                flush()
                set_aside(record.name)
            if isinstance(record, PageEnd):
                record.mark_stored()
                report.count_page(record)
            if len(papers) + unchanged >= PAPERS_PER_TRANSACTION:
                flush()
    except SourceError:
        flush()
        raise
    flush()
    if invalid or not report.pages:  # a source without pages
        set_aside(source.name)


def ingest_now(source: Source, library: Library) -> list[Paper]:
    """Store a few papers and index them at once, before any pending ones; return them."""
    described = [record for record in source.records() if isinstance(record, Paper)]
    library.catalog.upsert(described)
    papers = list(library.catalog.get([paper.paper_id for paper in described]).values())
    if papers:
        served = library.served
        indexed = served.index.stored_entries([paper.paper_id for paper in papers])
        current = {entry.text_hash for entry in indexed.values()}
        new = [paper for paper in papers if paper.text_hash not in current]
        served.index.store(served.encoder.abstracts(new))
    return papers


def index_pending(library: Library, *, progress: Progress) -> int:
    """Index the abstract of every pending paper; return how many there were."""
    if library.is_up_to_date():
        return 0
    return _index_abstracts(library, library.served, progress)


def index_sentences(
    library: Library, *, progress: Progress, at_once: int = SENTENCES_AT_ONCE
) -> int:
    """Index the sentences of all papers whose sentences are due; return how many there were.

    `progress` is called after every `at_once` sentences, also in another thread, and may wait or
    raise: what was stored by then stays.
    """
    if library.is_up_to_date():
        return 0
    return _index_sentences(library, library.served, progress, at_once)


def build_next_index(library: Library, *, progress: Progress) -> int:
    """Index all papers with a newly configured embedding model, which answers from then on.

    Return how many papers were indexed; 0 if no other model is configured. A killed run continues.
    """
    if library.is_up_to_date() or not library.next_index:
        return 0
    done = _index_abstracts(library, library.next_index, progress)
    _ = _index_sentences(library, library.next_index, progress, SENTENCES_AT_ONCE)
    library.swap_index()
    return done + index_pending(library, progress=progress)  # those that came at the last moment


def _index_abstracts(library: Library, indexed: EmbeddedIndex, progress: Progress) -> int:
    index = indexed.index
    index.catch_up()
    total, done = index.pending_count(), 0
    encoder = indexed.encoder
    encode = encoder.abstracts
    if total >= MANY_PAPERS and encoder.static:
        encode = encoder.estimates
    elif total >= MANY_PAPERS:
        library.choose_backend(indexed)

    def batches() -> Iterator[list[Paper]]:
        for papers in index.pending(PAPERS_PER_WINDOW):
            papers.sort(key=lambda paper: len(paper.title) + len(paper.abstract))
            for start in range(0, len(papers), PAPERS_PER_BATCH):
                yield papers[start : start + PAPERS_PER_BATCH]

    def store(entries: list[Entry]) -> None:
        nonlocal done
        index.store(entries)
        done += len(entries)
        progress("indexing", done, total)

    before = -1
    while done > before:  # once more for papers that changed meanwhile
        before = done
        _overlap(batches(), lambda papers, _: encode(papers), store)
    return done


def _index_sentences(
    library: Library, indexed: EmbeddedIndex, progress: Progress, at_once: int
) -> int:
    index = indexed.index
    index.catch_up()
    total, done = index.sentence_counts().due, 0
    if total >= MANY_PAPERS:
        library.choose_backend(indexed)

    def pause() -> None:
        progress(SENTENCES, done, total)

    def encode(papers: list[Paper], check_end: Callable[[], None]) -> list[SentenceVectors]:
        def pause_or_end() -> None:
            check_end()
            pause()

        return indexed.encoder.sentences(papers, at_once=at_once, pause=pause_or_end)

    def store(encoded: list[SentenceVectors]) -> None:
        nonlocal done
        index.add_sentences(encoded)
        index.catch_up(pause=pause)
        done += len(encoded)
        pause()

    with index.vectors.adding_many(SENTENCES_PER_PAPER * total):
        _overlap(index.due(PAPERS_WITH_SENTENCES), encode, store)
    return done


def _overlap(
    windows: Iterator[list[Paper]],
    encode: Callable[[list[Paper], Callable[[], None]], Encoded],
    store: Callable[[Encoded], None],
) -> None:
    """Encode each window in a thread while the one before is stored in this one.

    `encode` is also given a function that raises StoppedError once the run has ended early.
    """
    ended = Event()

    def check_end() -> None:
        if ended.is_set():
            raise StoppedError("stopped before everything was indexed: the next run continues.")

    encoded: Future[Encoded] | None = None
    with ThreadPoolExecutor(1, thread_name_prefix="encoder") as thread:
        try:
            for papers in windows:
                before, encoded = encoded, thread.submit(encode, papers, check_end)
                if before:
                    store(before.result())
                    release_memory()
            if encoded:
                store(encoded.result())
        finally:
            ended.set()  # or an interrupted run would wait for the rest
