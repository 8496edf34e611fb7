"""Files of papers: saved pages, JSON and JSON Lines."""

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date
from itertools import islice
from pathlib import Path

from ingest.sources.hf_daily import flatten_item
from ingest.sources.paper_record import parse_record
from ingest.sources.saved_html import parse_saved_html
from ingest.sources.saved_text import parse_saved_text
from ingest.sources.source import Described, ReadRecord, Record, SetAside, Unchanged
from ingest.untrusted import TooManyValuesError, decode, read_json
from rag.errors import SourceError
from rag.records import Paper, title_key
from rag.store.cleaning import RULES
from rag.text.clean import clean_characters

MB = 1024 * 1024
MAX_BYTES = 32 * MB  # of a file that is read as a whole; the page of a month has about 20 MB
MAX_LINES_BYTES = 512 * MB  # of a .jsonl file, which is read line by line
MAX_LINE_BYTES = 4 * MB
HEAD_BYTES = 4096  # by which a file is judged
SUFFIXES = (".txt", ".html", ".json", ".jsonl")
LINES_AT_ONCE = 100  # of up to MAX_LINE_BYTES each
READING = 1  # grows when parse_record or Catalog.upsert makes something else of a record
KINDS = "a .txt or .html page, or a .json or .jsonl file"


KnownRecords = Callable[[Sequence[bytes]], Mapping[bytes, Paper]]


class FileSource:
    """A .txt or .html page, a .json list or a .jsonl file of papers."""

    def __init__(self, path: Path, *, today: date, known: KnownRecords | None = None) -> None:
        """`known` tells which lines of a .jsonl file were read before, to skip those quickly."""
        self.path = path
        self.known = known
        self.name = clean_characters(path.name)
        self.today = today

    def records(self) -> Iterator[ReadRecord]:
        """Yield the file's papers. Raises SourceError if it has none."""
        _check(self.path)
        if _has_records_by_line(self.path):
            lines = _lines(self.path)
            known = self.known
            records = _from_new_lines(lines, known) if known else _from_lines(lines)
            yield from _some(records, self.path)
            return
        text = decode(_read(self.path))
        if self.path.suffix in (".json", ".jsonl"):
            records = _from_json(text, self.path)
        elif self.path.suffix == ".html":
            records = parse_saved_html(text)
        else:
            records = parse_saved_text(text, today=self.today)
        yield from _some(records, self.path)


def _some(records: Iterator[ReadRecord], path: Path) -> Iterator[ReadRecord]:
    """Yield the records. Raises SourceError if there are none."""
    is_empty = True
    for record in records:
        is_empty = False
        yield record
    if is_empty:
        raise SourceError(
            f"no papers were found in {path}: save a page of huggingface.co/papers as "
            "text or HTML, or give a .json or .jsonl file of papers."
        )


def most_bytes(path: Path) -> int:
    """Return the size of the largest file of this kind that is read."""
    return MAX_LINES_BYTES if _has_records_by_line(path) else MAX_BYTES


def _has_records_by_line(path: Path) -> bool:
    """Return whether each line of a .json or .jsonl file is a record; its beginning tells."""
    if path.suffix not in (".json", ".jsonl"):
        return False
    with path.open("rb") as file:
        first, _, rest = decode(file.read(MAX_LINE_BYTES + 1)).lstrip().partition("\n")
    is_only_line = not rest.strip()
    try:
        record = read_json(first)
    except (ValueError, RecursionError):
        return path.suffix == ".jsonl" and not first.startswith("[")
    if isinstance(record, dict):
        return path.suffix == ".jsonl" or not is_only_line
    return path.suffix == ".jsonl" and not (is_only_line and isinstance(record, list))


def _check(path: Path) -> None:
    """Raise SourceError if the file's beginning or size shows that it is no file of papers."""
    if not path.exists():
        raise SourceError(f"there is no file {path}: check the path.")
    if not path.is_file():  # a folder, a device without an end, a pipe that nobody writes to
        raise SourceError(f"{path} is not a file: give {KINDS}.")
    try:
        size = path.stat().st_size
        with path.open("rb") as file:
            data = file.read(HEAD_BYTES)
    except OSError as error:
        raise _unreadable(path, error) from error
    if size > most_bytes(path):
        cure = "" if _has_records_by_line(path) else ", or write one paper a line in a .jsonl file"
        raise SourceError(
            f"{path} is larger than {most_bytes(path) // MB} MB: split it into smaller files{cure}."
        )
    if size <= HEAD_BYTES and not data.strip():
        raise SourceError(f"{path} is empty: give a file with papers.")
    if data.startswith(b"%PDF"):
        raise SourceError(
            f"{path} is a PDF: give a page of huggingface.co/papers saved as text or HTML, or "
            "a .json or .jsonl file."
        )
    if path.suffix not in SUFFIXES:
        raise SourceError(f"{path} has an unknown type: give {KINDS}.")
    if b"\0" in data:
        raise SourceError(f"{path} is not a text file: give {KINDS}.")


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise _unreadable(path, error) from error


def _unreadable(path: Path, error: OSError) -> SourceError:
    return SourceError(f"{path} cannot be read ({error.strerror}): check its permissions.")


def _from_lines(lines: Iterable[bytes]) -> Iterator[Record]:
    for number, line in enumerate(lines, start=1):
        yield from _from_line(line, number)


def _from_new_lines(lines: Iterable[bytes], known: KnownRecords) -> Iterator[ReadRecord]:
    """Yield the records of the lines with their hashes; of one that is known, that it is.

    Known lines about a paper that an unknown line has described before are read like any other: by
    then, the paper may no longer agree with them.
    """
    described: set[str] = set()
    numbered = enumerate(lines, start=1)
    while batch := list(islice(numbered, LINES_AT_ONCE)):
        hashes = [_hash(line) for _, line in batch]
        before = known(hashes)
        for (number, line), record_hash in zip(batch, hashes, strict=True):
            paper = before.get(record_hash)
            if paper and not (described and described.intersection(_names_of(paper))):
                yield Unchanged()
                continue
            found = list(_from_line(line, number))
            described.update(*(_names_of(one) for one in found if isinstance(one, Paper)))
            if len(found) == 1 and isinstance(found[0], Paper):
                yield Described(found[0], record_hash)
            else:
                yield from found


def _hash(line: bytes) -> bytes:
    rules = f"{READING}.{RULES} ".encode()
    return hashlib.blake2b(rules + line.strip(), digest_size=16).digest()


def _names_of(paper: Paper) -> tuple[str, str]:
    """Return what tells that two records are about the same paper."""
    return paper.paper_id, title_key(paper.title)


def _from_line(line: bytes, number: int) -> Iterator[Record]:
    if not line.strip():
        return
    if len(line) > MAX_LINE_BYTES:
        yield SetAside(f"line {number}", f"longer than {MAX_LINE_BYTES // MB} MB", broken=True)
        return
    try:
        record = read_json(line)
    except (ValueError, RecursionError) as error:
        yield SetAside(f"line {number}", f"not valid JSON ({_brief(error)})", broken=True)
        return
    yield from parse_record(flatten_item(record), place=f"line {number}")


def _lines(path: Path) -> Iterator[bytes]:
    """Yield the file's lines; of one that is too long, only a beginning that is too long."""
    try:
        with path.open("rb") as file:
            while line := file.readline(MAX_LINE_BYTES + 1):
                yield line
                while len(line) > MAX_LINE_BYTES and not line.endswith(b"\n"):  # go on to its end
                    line = file.readline(MAX_LINE_BYTES + 1)
    except OSError as error:
        raise _unreadable(path, error) from error


def _from_json(text: str, path: Path) -> Iterator[Record]:
    try:
        data = read_json(text)
    except TooManyValuesError as error:
        raise SourceError(
            f"{path} has {error}: split it into smaller files, or write one paper a line in a "
            ".jsonl file."
        ) from error
    except (ValueError, RecursionError) as error:
        raise SourceError(
            f"{path} is not valid JSON ({_brief(error)}): correct that place and ingest it again."
        ) from error
    records = data if isinstance(data, list) else [data]
    for number, record in enumerate(records, start=1):
        yield from parse_record(flatten_item(record), place=f"record {number}")


def _brief(error: Exception) -> str:
    if isinstance(error, json.JSONDecodeError):
        place = f"line {error.lineno} column" if error.lineno > 1 else "column"
        return f"{error.msg} at {place} {error.colno}"
    return "nested too deeply" if isinstance(error, RecursionError) else str(error)
