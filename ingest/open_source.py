"""What a person typed after `paperboy ingest` → the source it names."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path

from ingest.config import FetchConfig
from ingest.fetch import Fetcher
from ingest.sources.files import FileSource
from ingest.sources.hf_daily import FORMS, DailyPapersSource
from ingest.sources.record import Source
from ingest.starter import StarterSource
from rag.errors import SourceError


@contextmanager
def open_source(
    text: str, config: FetchConfig, *, today: date, deadline: float | None = None
) -> Iterator[Source]:
    """Open `starter`, `hf:…` or a file; raise SourceError where it is none of these.

    `deadline` bounds all fetching together, in seconds.
    """
    scheme, colon, rest = text.partition(":")
    if text == "starter":
        yield StarterSource()
    elif colon and scheme == "hf":
        with Fetcher(config.huggingface_url, config, deadline=deadline) as fetcher:
            yield DailyPapersSource(rest, fetcher)
    elif colon and scheme.isalpha() and not Path(text).exists():
        raise SourceError(f"{text} is an unknown source: give a file, `starter`, {FORMS}.")
    else:
        yield FileSource(Path(text), today=today)
