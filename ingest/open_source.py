"""What a person typed after `paperboy ingest` → the source it names."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from threading import Event

from ingest.clock import Clock
from ingest.config import FetchConfig
from ingest.fetch import Fetcher
from ingest.ledger import Ledger
from ingest.pace import Pace, Rule
from ingest.sources import arxiv, hf_daily
from ingest.sources.arxiv import ArxivSource
from ingest.sources.files import FileSource
from ingest.sources.hf_daily import DailyPapersSource
from ingest.sources.record import Source
from ingest.starter import StarterSource
from rag.errors import SourceError
from rag.library import Library

WINDOW = 300.0  # seconds that Hugging Face counts requests over


@contextmanager
def open_source(
    text: str,
    config: FetchConfig,
    *,
    today: date,
    library: Library | None = None,
    deadline: float | None = None,
) -> Iterator[Source]:
    """Open `starter`, `hf:…`, `arxiv:…` or a file; raise SourceError where it is none of these.

    The pace of requests is kept in the library, where one is given, for all processes that use
    it. `deadline` bounds all fetching together, in seconds.
    """
    scheme, colon, rest = text.partition(":")
    if text == "starter":
        yield StarterSource()
    elif colon and scheme == "hf":
        with open_huggingface(config, library=library, deadline=deadline) as fetcher:
            queries = hf_daily.parse_queries(rest)
            ledger = open_ledger(library, fetcher) if library else None
            yield DailyPapersSource(text, queries, fetcher, today=today, ledger=ledger)
    elif colon and scheme == "arxiv":
        with open_arxiv(config, library=library, deadline=deadline) as fetcher:
            yield ArxivSource(rest, fetcher, most=config.arxiv_papers)
    elif colon and scheme.isalpha() and not Path(text).exists():
        raise SourceError(
            f"{text} is an unknown source: give a file, `starter`, {arxiv.FORMS}, {hf_daily.FORMS}."
        )
    else:
        yield FileSource(Path(text), today=today)


def open_huggingface(
    config: FetchConfig,
    *,
    library: Library | None = None,
    deadline: float | None = None,
    stopping: Event | None = None,
) -> Fetcher:
    """Return what asks Hugging Face's API, at its pace, until `stopping` is set."""
    rule = Rule(config.huggingface_requests, WINDOW)
    pace = _pace(library, Clock(stopping))
    return Fetcher(config.huggingface_url, config, rule=rule, pace=pace, deadline=deadline)


def open_arxiv(
    config: FetchConfig, *, library: Library | None = None, deadline: float | None = None
) -> Fetcher:
    """Return what asks arXiv's API, at its pace."""
    rule = Rule(1, config.arxiv_seconds, alone=True)
    return Fetcher(
        config.arxiv_url, config, rule=rule, pace=_pace(library, Clock()), deadline=deadline
    )


def open_ledger(library: Library, fetcher: Fetcher) -> Ledger:
    """Return what remembers which lists were read, by the fetcher's clock."""
    return Ledger(library.catalog.database, fetcher.clock)


def _pace(library: Library | None, clock: Clock) -> Pace:
    return Pace(library.catalog.database if library else None, clock)
