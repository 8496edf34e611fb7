"""What is fuzzed: each target reads bytes and raises nothing but what its callers expect."""

import sqlite3
from collections.abc import Callable, Iterable
from datetime import date
from pathlib import Path

from ingest.sources.arxiv import parse_feed
from ingest.sources.files import _from_json, _from_lines
from ingest.sources.full_text import MAX_PASSAGES, NotFullTextError, parse_full_text
from ingest.sources.hf_daily import parse_daily
from ingest.sources.saved_html import parse_saved_html
from ingest.sources.saved_text import parse_saved_text
from ingest.sources.source import LeftOut, Record, SetAside
from ingest.untrusted import MAX_COUNT, decode, read_json
from rag.errors import SourceError
from rag.full_text.records import TextPassage
from rag.records import Paper
from rag.store.rows import paper_from_row, row_from_paper

TODAY = date(2025, 12, 8)
Records = Iterable[Record | TextPassage]


def read_html(data: bytes) -> Records:
    return parse_saved_html(decode(data))


def read_text(data: bytes) -> Records:
    return parse_saved_text(decode(data), today=TODAY)


def read_daily(data: bytes) -> Records:
    try:
        return parse_daily(read_json(data), day=TODAY)
    except (ValueError, RecursionError):  # Fetcher.get asks again
        return []


def read_atom(data: bytes) -> Records:
    try:
        return parse_feed(data).records
    except ValueError:
        return []


def read_lines(data: bytes) -> Records:
    return _from_lines(data.split(b"\n"))


def read_list(data: bytes) -> Records:
    try:
        yield from _from_json(decode(data), Path("papers.json"))
    except SourceError:
        return


def read_markdown(data: bytes) -> Records:
    try:
        return parse_full_text(data, "2501.00001", abstract="We count herons.").passages
    except NotFullTextError:
        return []


TARGETS: dict[str, Callable[[bytes], Records]] = {
    "html": read_html,
    "text": read_text,
    "daily": read_daily,
    "atom": read_atom,
    "lines": read_lines,
    "list": read_list,
    "markdown": read_markdown,
}


def check(name: str, data: bytes) -> int:
    """Read the bytes; every paper fits into the catalogue. Return the number of records.

    Those of a paper's own text are its passages.
    """
    count = 0
    for record in TARGETS[name](data):
        count += 1
        if isinstance(record, TextPassage):
            "".join((record.passage_id, record.text, record.caption, *record.headings)).encode()
            assert record.text
            assert count <= MAX_PASSAGES
        elif isinstance(record, SetAside | LeftOut):
            (record.record + record.reason).encode()
        else:
            assert stored(record) == record
            counts = (record.upvotes, record.author_count, record.comment_count)
            assert all(number is None or 0 <= number <= MAX_COUNT for number in counts)
    return count


def stored(paper: Paper) -> Paper:
    """Return a paper as SQLite gives it back."""
    values = row_from_paper(paper)
    with sqlite3.connect(":memory:") as database:
        database.row_factory = sqlite3.Row
        marks = ", ".join(f":{name} AS {name}" for name in values)
        paper = paper_from_row(database.execute(f"SELECT {marks}", values).fetchone())
    database.close()
    return paper
