"""The word after `paperboy ingest` → its Source.

It is `starter`, `hf:…`, `arxiv:…`, an arXiv id, a link to a paper, or a file.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from threading import Event

from ingest.clock import Clock
from ingest.config import FetchConfig
from ingest.fetch import Fetcher
from ingest.fetch_history import FetchHistory
from ingest.rate_limiter import RateLimit, RateLimiter
from ingest.sources import arxiv, hf_daily
from ingest.sources.arxiv import ArxivSource
from ingest.sources.files import FileSource
from ingest.sources.hf_daily import DailyPapersSource
from ingest.sources.source import Source
from ingest.sources.starter import StarterSource
from rag.arxiv_id import find_mentions
from rag.errors import SourceError
from rag.library import Library

HUGGINGFACE_PERIOD = 300.0  # seconds over which Hugging Face counts requests


@contextmanager
def resolve_source(
    spec: str,
    config: FetchConfig,
    *,
    today: date,
    library: Library | None = None,
    deadline: float | None = None,
) -> Iterator[Source]:
    """Open the source that `spec` names. Raises SourceError if it names none.

    With a library, the rate limits hold for all processes that use it. `deadline` is the time for
    all requests together, in seconds.
    """
    scheme, colon, rest = spec.partition(":")
    is_arxiv = bool(colon) and scheme.lower() == "arxiv"
    if spec == "starter":
        yield StarterSource()
    elif colon and scheme == "hf":
        with huggingface_fetcher(config, library=library, deadline=deadline) as fetcher:
            queries = hf_daily.parse_hf_spec(rest)
            history = fetch_history_for(library, fetcher) if library else None
            yield DailyPapersSource(spec, queries, fetcher, today=today, history=history)
    elif is_arxiv or _names_a_paper(spec):
        with arxiv_fetcher(config, library=library, deadline=deadline) as fetcher:
            what = rest if is_arxiv else spec
            yield ArxivSource(what, fetcher, max_papers=config.arxiv_papers)
    elif colon and scheme.isalpha() and not Path(spec).exists():
        raise SourceError(
            f"{spec} is an unknown source: give a file, `starter`, {arxiv.FORMS}, {hf_daily.FORMS}."
        )
    else:
        known = library.catalog.known_records if library else None
        yield FileSource(Path(spec), today=today, known=known)


def _names_a_paper(spec: str) -> bool:
    """Return whether the spec is an arXiv id or begins with a link to a paper, and is no file."""
    if Path(spec).exists():
        return False
    return any(m.start == 0 and (m.in_link or m.typed == spec) for m in find_mentions(spec))


def huggingface_fetcher(
    config: FetchConfig,
    *,
    library: Library | None = None,
    deadline: float | None = None,
    stopping: Event | None = None,
) -> Fetcher:
    """Return a fetcher for Hugging Face's API that stops waiting once `stopping` is set."""
    limit = RateLimit(config.huggingface_requests, HUGGINGFACE_PERIOD)
    limiter = _rate_limiter(library, Clock(stopping))
    return Fetcher(config.huggingface_url, config, limit=limit, limiter=limiter, deadline=deadline)


def arxiv_fetcher(
    config: FetchConfig, *, library: Library | None = None, deadline: float | None = None
) -> Fetcher:
    """Return a fetcher for arXiv's API."""
    limit = RateLimit(1, config.arxiv_seconds, one_connection=True)
    limiter = _rate_limiter(library, Clock())
    return Fetcher(config.arxiv_url, config, limit=limit, limiter=limiter, deadline=deadline)


def fetch_history_for(library: Library, fetcher: Fetcher) -> FetchHistory:
    """Return the library's record of lists that were read, by the fetcher's clock."""
    return FetchHistory(library.catalog.database, fetcher.clock)


def _rate_limiter(library: Library | None, clock: Clock) -> RateLimiter:
    return RateLimiter(library.catalog.database if library else None, clock)
