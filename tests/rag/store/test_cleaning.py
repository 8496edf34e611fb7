"""A data folder of an earlier version is cleaned when it is opened."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from bot.app import open_library
from bot.taste.paper_keys import paper_of_key
from ingest.sync import ingest
from rag.config import RagConfig
from rag.library import Library
from rag.records import Paper
from rag.store.keywords import KeywordIndex
from rag.store.lookup import find_paper
from tests.papers import HERON, LOOM, PAPERS, ListSource

OLD = (
    replace(HERON, title=r"M\"uhlbach Nets", abstract=r"We count \emph{birds} \cite{x}."),
    replace(HERON, title="Stork\u200bNet: Storks", arxiv_id=None, abstract="StorkNet counts."),
    replace(HERON, title="Łapa: Paws", arxiv_id="2501.00011", abstract="Łapa counts paws."),
)


@pytest.fixture
def old_folder(tmp_path: Path) -> Path:
    """A folder as a version without cleaning left it."""
    with closing(open_library(tmp_path, RagConfig())) as library:
        ingest(ListSource([*OLD, *PAPERS[1:]]), library)
        library.catalog.database.connection.execute("UPDATE cleaning SET number = 0")
    return tmp_path


@pytest.fixture
def opened(old_folder: Path) -> Iterator[Library]:
    with closing(open_library(old_folder, RagConfig())) as library:
        yield library


def test_texts_are_cleaned_and_what_was_received_is_kept(opened: Library) -> None:
    paper = opened.catalog.get([HERON.paper_id])[HERON.paper_id]
    assert (paper.title, paper.abstract) == ("Mühlbach Nets", "We count birds.")
    assert (paper.raw_title, paper.raw_abstract) == (OLD[0].title, OLD[0].abstract)
    unchanged = opened.catalog.get([LOOM.paper_id])[LOOM.paper_id]
    assert (unchanged.raw_title, unchanged.raw_abstract) == (None, None)


def test_only_papers_whose_text_changed_are_pending(opened: Library) -> None:
    pending = {paper.title for paper in next(opened.index.pending(100), [])}
    assert pending == {"Mühlbach Nets", "StorkNet: Storks"}
    stored = opened.catalog.database.connection.execute("SELECT COUNT(*) FROM chunk_vectors")
    assert stored.fetchone()[0] == len(PAPERS[1:]) + 1


def test_keywords_follow(opened: Library) -> None:
    counts = KeywordIndex(opened.catalog.database).document_counts(["muhlbach", "emph", "lapa"])
    assert counts == {"muhlbach": 1, "emph": 0, "lapa": 1}
    assert find_paper(opened.catalog, "muhlbach nets") is not None


def test_a_paper_known_by_its_title_keeps_its_identity(opened: Library) -> None:
    (paper,) = [p for p in opened.catalog.papers() if p.title == "StorkNet: Storks"]
    assert paper_of_key(opened.catalog, OLD[1].paper_id) == paper
    again = replace(OLD[1], title="StorkNet: Storks")
    for described in (OLD[1], again):
        assert opened.catalog.upsert([described]).new == 0


def test_two_rows_that_are_the_same_title_become_one(
    tmp_path: Path, make_library: Callable[..., Library]
) -> None:
    twin = replace(HERON, arxiv_id=None, title="Twin Nets")
    library = make_library()
    library.catalog.upsert([twin, replace(twin, title="Twin N\u00adets")])
    assert library.catalog.coverage().papers == 2
    library.catalog.database.connection.execute("UPDATE cleaning SET number = 0")
    folder = library.folder
    library.close()
    with closing(open_library(folder, RagConfig())) as opened:
        assert [paper.title for paper in opened.catalog.papers()] == ["Twin Nets"]


def test_a_clean_folder_is_not_read_again(opened: Library) -> None:
    folder = opened.folder
    opened.close()
    before = _rows(folder)
    with closing(open_library(folder, RagConfig())):
        assert _rows(folder) == before


def test_a_damaged_paper_does_not_keep_the_folder_shut(old_folder: Path) -> None:
    with closing(sqlite3.connect(old_folder / "paperboy.sqlite")) as database:
        database.execute("UPDATE papers SET abstract = x'00' WHERE arxiv_id = ?", (HERON.arxiv_id,))
        database.commit()
    with closing(open_library(old_folder, RagConfig())) as library:
        titles: list[Paper] = library.catalog.papers()
        assert "StorkNet: Storks" in {paper.title for paper in titles}


def _rows(folder: Path) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(folder / "paperboy.sqlite")) as database:
        return database.execute("SELECT * FROM papers ORDER BY id").fetchall()
