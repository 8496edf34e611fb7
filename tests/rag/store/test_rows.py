"""A Paper and its row."""

import sqlite3
from dataclasses import replace
from datetime import date

import pytest

from rag.library import Library
from rag.records import Paper, title_key
from rag.store.rows import format_day, paper_from_row, parse_day, row_from_paper
from tests.papers import HERON

FULL = replace(
    HERON,
    title="Größe & “Quotes”",
    organization="Crumb Lab",
    comment_count=0,
    tldr="Counts birds.",
    keywords=("birds", "鸟"),
    code_url="https://example.org/code",
    project_url="https://example.org",
)


@pytest.mark.parametrize("paper", [FULL, Paper(title="Bare", abstract="x"), HERON])
def test_a_paper_is_read_as_it_was_stored(library: Library, paper: Paper) -> None:
    library.catalog.upsert([paper])
    row = library.catalog.database.connection.execute("SELECT * FROM papers").fetchone()
    assert isinstance(row, sqlite3.Row)
    assert paper_from_row(row) == paper
    assert row["title_key"] == title_key(paper.title)
    assert {name: row[name] for name in row_from_paper(paper)} == row_from_paper(paper)


def test_days_may_be_missing() -> None:
    assert parse_day(format_day(date(2025, 1, 2))) == date(2025, 1, 2)
    assert format_day(None) is None
    assert parse_day(None) is None
