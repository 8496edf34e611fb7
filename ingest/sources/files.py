"""Files of papers: saved pages, JSON and JSON Lines."""

import json
from collections.abc import Iterator
from datetime import date
from pathlib import Path

from ingest.sources.hf_daily import flatten_item
from ingest.sources.paper_record import parse_paper
from ingest.sources.saved_html import parse_saved_html
from ingest.sources.saved_text import parse_saved_text
from ingest.sources.source import SetAside
from ingest.untrusted import decode, read_json
from rag.errors import SourceError
from rag.records import Paper

MAX_BYTES = 512 * 1024 * 1024
SUFFIXES = (".txt", ".html", ".json", ".jsonl")
KINDS = "a .txt or .html page, or a .json or .jsonl file"


class FileSource:
    """A .txt or .html page, a .json list or a .jsonl file of papers."""

    def __init__(self, path: Path, *, today: date) -> None:
        self.path = path
        self.name = path.name
        self.today = today

    def records(self) -> Iterator[Paper | SetAside]:
        """Yield the file's papers. Raises SourceError if it has none."""
        text = _read(self.path)
        if self.path.suffix == ".jsonl":
            records = _from_lines(text)
        elif self.path.suffix == ".json":
            records = _from_json(text, self.path)
        elif self.path.suffix == ".html":
            records = parse_saved_html(text)
        else:
            records = parse_saved_text(text, today=self.today)
        is_empty = True
        for record in records:
            is_empty = False
            yield record
        if is_empty:
            raise SourceError(
                f"no papers were found in {self.path}: save a page of huggingface.co/papers as "
                "text or HTML, or give a .json or .jsonl file of papers."
            )


def _read(path: Path) -> str:
    """Return the file's text. Raises SourceError if it cannot be a file of papers."""
    if not path.exists():
        raise SourceError(f"there is no file {path}: check the path.")
    if not path.is_file():  # a folder, a device without an end, a pipe that nobody writes to
        raise SourceError(f"{path} is not a file: give {KINDS}.")
    try:
        if path.stat().st_size > MAX_BYTES:
            raise SourceError(f"{path} is larger than 512 MB: split it into smaller files.")
        data = path.read_bytes()
    except OSError as error:
        raise SourceError(
            f"{path} cannot be read ({error.strerror}): check its permissions."
        ) from error
    if not data.strip():
        raise SourceError(f"{path} is empty: give a file with papers.")
    if data.startswith(b"%PDF"):
        raise SourceError(
            f"{path} is a PDF: give a page of huggingface.co/papers saved as text or HTML, or "
            "a .json or .jsonl file."
        )
    if path.suffix not in SUFFIXES:
        raise SourceError(f"{path} has an unknown type: give {KINDS}.")
    if b"\0" in data[:4096]:
        raise SourceError(f"{path} is not a text file: give {KINDS}.")
    return decode(data)


def _from_lines(text: str) -> Iterator[Paper | SetAside]:
    # Not splitlines(): that would also cut at the Unicode separators inside a JSON string.
    for number, line in enumerate(text.split("\n"), start=1):
        if not line.strip():
            continue
        try:
            record = read_json(line)
        except (ValueError, RecursionError) as error:
            yield SetAside(f"line {number}", f"not valid JSON ({_brief(error)})", broken=True)
            continue
        yield parse_paper(flatten_item(record), place=f"line {number}")


def _from_json(text: str, path: Path) -> Iterator[Paper | SetAside]:
    try:
        data = read_json(text)
    except (ValueError, RecursionError) as error:
        raise SourceError(
            f"{path} is not valid JSON ({_brief(error)}): correct that place and ingest it again."
        ) from error
    records = data if isinstance(data, list) else [data]
    for number, record in enumerate(records, start=1):
        yield parse_paper(flatten_item(record), place=f"record {number}")


def _brief(error: Exception) -> str:
    if isinstance(error, json.JSONDecodeError):
        place = f"line {error.lineno} column" if error.lineno > 1 else "column"
        return f"{error.msg} at {place} {error.colno}"
    return "nested too deeply" if isinstance(error, RecursionError) else str(error)
