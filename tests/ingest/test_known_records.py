"""A file that is read again: records that papers agree with are skipped, and nothing else is."""

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from ingest.report import IngestReport
from ingest.sources.files import FileSource
from ingest.sources.paper_record import parse_record
from ingest.sources.source import Record
from ingest.sync import ingest
from rag.library import Library
from tests.papers import HERON, TIDAL, TODAY

Read = Callable[[], IngestReport]


def line(**fields: object) -> str:
    return json.dumps(fields) + "\n"


def heron(**changes: object) -> str:
    fields = {"arxiv_id": HERON.arxiv_id, "title": HERON.title, "abstract": HERON.abstract}
    return line(**(fields | {"upvotes": 12} | changes))


def tidal() -> str:
    return line(arxiv_id=TIDAL.arxiv_id, title=TIDAL.title, abstract=TIDAL.abstract)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "papers.jsonl"
    path.write_text(heron() + tidal(), encoding="utf-8")
    return path


@pytest.fixture
def parsed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The titles of the records that were parsed, in order."""
    titles: list[str] = []

    def noting(record: dict[str, Any], *, place: str) -> Iterator[Record]:
        titles.append(record["title"])
        return parse_record(record, place=place)

    monkeypatch.setattr("ingest.sources.files.parse_record", noting)
    return titles


def read(file: Path, library: Library) -> IngestReport:
    return ingest(FileSource(file, today=TODAY, known=library.catalog.known_records), library)


def test_records_are_parsed_once(library: Library, file: Path, parsed: list[str]) -> None:
    assert read(file, library).upserted.new == 2
    again = read(file, library)
    assert parsed == [HERON.title, TIDAL.title]
    assert (again.upserted.unchanged, again.read, again.embedded) == (2, 2, 0)


def test_a_paper_that_changed_meanwhile_is_described_again(
    library: Library, file: Path, parsed: list[str]
) -> None:
    read(file, library)
    library.catalog.upsert([replace(HERON, upvotes=99)])
    report = read(file, library)
    assert parsed[2:] == [HERON.title]
    assert (report.upserted.changed, report.upserted.unchanged) == (1, 1)
    assert library.catalog.get([HERON.paper_id])[HERON.paper_id].upvotes == 12


def test_a_damaged_paper_is_read_again(library: Library, file: Path, parsed: list[str]) -> None:
    read(file, library)
    connection = library.catalog.database.connection
    connection.execute("DROP TRIGGER forget_records")  # a damaged page tells no trigger
    connection.execute("UPDATE papers SET abstract = 'x' WHERE arxiv_id = ?", (HERON.arxiv_id,))
    read(file, library)
    assert parsed[2:] == [HERON.title]
    assert library.catalog.get([HERON.paper_id])[HERON.paper_id].abstract == HERON.abstract


def test_records_of_one_paper_take_effect_in_their_order(
    library: Library, tmp_path: Path, file: Path
) -> None:
    first, later = heron(upvotes=50), heron(upvotes=60)
    read(file, library)
    file.write_text(first + later, encoding="utf-8")
    for _ in range(3):
        read(file, library)
        assert library.catalog.get([HERON.paper_id])[HERON.paper_id].upvotes == 60


def test_what_two_files_say_alike_is_known_of_both(
    library: Library, tmp_path: Path, file: Path, parsed: list[str]
) -> None:
    other = tmp_path / "other.jsonl"
    other.write_text(heron(upvotes=None), encoding="utf-8")
    for _ in range(2):
        read(file, library)
        read(other, library)
    assert parsed == [HERON.title, TIDAL.title, HERON.title]


def test_what_was_set_aside_or_left_out_is_told_every_time(library: Library, file: Path) -> None:
    odd = heron(upvotes="many") + line(title="") + "{broken\n"
    file.write_text(odd, encoding="utf-8")
    for _ in range(2):
        report = read(file, library)
        assert (len(report.left_out), len(report.set_aside)) == (1, 2)


def test_an_emptied_catalogue_is_filled_again(
    make_library: Callable[..., Library], tmp_path: Path, file: Path
) -> None:
    read(file, make_library(tmp_path / "one"))
    assert read(file, make_library(tmp_path / "two")).upserted.new == 2
