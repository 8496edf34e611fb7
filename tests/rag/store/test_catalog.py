import itertools
import sqlite3
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from rag.errors import DataFolderError
from rag.library import Library
from rag.records import Paper, Window
from rag.store.catalog import Catalog
from rag.store.database import Database, Migrations, open_database
from rag.store.migrations import MIGRATIONS
from tests.papers import HERON, LOOM, PAPERS, PASTRY, TIDAL


@pytest.fixture
def catalog(library: Library) -> Catalog:
    library.catalog.upsert(PAPERS)
    return library.catalog


def first_seen_at(catalog: Catalog, paper: Paper) -> str:
    row = catalog.database.connection.execute(
        "SELECT first_seen_at FROM papers WHERE paper_id = ?", (paper.paper_id,)
    )
    return str(row.fetchone()["first_seen_at"])


def test_papers_come_back_as_they_went_in(catalog: Catalog) -> None:
    assert catalog.papers() == [PASTRY, TIDAL, HERON, LOOM]
    assert catalog.get([HERON.paper_id, "arxiv:none"]) == {HERON.paper_id: HERON}


def test_windows_go_by_the_featured_day_and_hold_both_ends(catalog: Catalog) -> None:
    assert catalog.papers(Window(date(2025, 1, 6), date(2025, 2, 5))) == [TIDAL, HERON]
    assert catalog.papers(Window(until=date(2025, 1, 5))) == [LOOM]
    assert catalog.ids_in_window(Window()) is None


def test_featured_days_by_upvotes_and_a_paper_on_two_of_them(catalog: Catalog) -> None:
    day = TIDAL.featured_on
    assert day
    catalog.upsert([replace(HERON, featured_on=day)])
    assert [paper.title for paper in catalog.featured(day)] == [TIDAL.title, HERON.title]
    assert HERON.featured_on
    assert [paper.title for paper in catalog.featured(HERON.featured_on)] == [HERON.title]
    assert catalog.last_featured_day() == day


def test_two_sightings_make_one_paper(catalog: Catalog) -> None:
    same_title = replace(HERON, arxiv_id=None, comment_count=4)
    assert catalog.upsert([same_title]).changed == 1
    assert catalog.get([HERON.paper_id])[HERON.paper_id].comment_count == 4
    assert catalog.upsert([replace(LOOM, arxiv_id="2411.00004")]).changed == 1
    assert catalog.coverage().papers == len(PAPERS)
    assert catalog.get(["arxiv:2411.00004"])


def test_the_same_title_under_two_ids_stays_two_papers(catalog: Catalog) -> None:
    catalog.upsert([replace(HERON, arxiv_id="2509.99999")])
    assert catalog.coverage().papers == len(PAPERS) + 1


def test_a_title_record_and_an_id_record_become_one(catalog: Catalog) -> None:
    renamed = replace(LOOM, title="Loom 2", arxiv_id="2411.00004")
    catalog.upsert([renamed])  # the arXiv record first seen under another title
    assert catalog.coverage().papers == len(PAPERS) + 1
    catalog.upsert([replace(LOOM, arxiv_id="2411.00004")])
    assert catalog.coverage().papers == len(PAPERS)


# -- one paper under several titles ------------------------------------------------------------


def test_a_retitled_paper_keeps_its_history(catalog: Catalog) -> None:
    noon = datetime(2025, 3, 1, 12, tzinfo=UTC)
    catalog.upsert([replace(HERON, upvotes=20)], seen_at=noon)
    seen_first = first_seen_at(catalog, HERON)
    again = replace(HERON, title="HeronNet 2: Fog", upvotes=31, featured_on=date(2025, 3, 2))
    catalog.upsert([again], seen_at=noon + timedelta(days=1))
    assert catalog.coverage().papers == len(PAPERS)
    (paper,) = catalog.get([HERON.paper_id]).values()
    assert paper == replace(again, featured_on=HERON.featured_on)
    assert first_seen_at(catalog, HERON) == seen_first
    assert [count for _, count in catalog.upvote_history(HERON.paper_id)][-3:] == [20, 31, 12]
    for day in (date(2025, 1, 6), date(2025, 3, 2)):
        assert paper in catalog.featured(day)


def test_a_former_title_still_means_the_paper(catalog: Catalog) -> None:
    catalog.upsert([replace(HERON, title="HeronNet 2: Fog")])
    from_a_page = Paper(title=HERON.title, abstract="Cut off …", comment_count=9)
    assert catalog.upsert([from_a_page]).new == 0
    (paper,) = catalog.get([HERON.paper_id]).values()
    assert (paper.title, paper.comment_count) == ("HeronNet 2: Fog", 9)
    assert paper.abstract == HERON.abstract  # who knows the id knows the text


def test_a_paper_that_bears_a_title_now_comes_before_one_that_bore_it(catalog: Catalog) -> None:
    catalog.upsert([replace(HERON, title="HeronNet 2: Fog")])
    catalog.upsert([replace(PASTRY, title=HERON.title)])
    catalog.upsert([Paper(title=HERON.title, abstract="x", comment_count=9)])
    assert catalog.get([PASTRY.paper_id])[PASTRY.paper_id].comment_count == 9
    assert catalog.get([HERON.paper_id])[HERON.paper_id].comment_count is None


def test_two_records_that_become_one_share_their_history(catalog: Catalog) -> None:
    noon = datetime(2024, 11, 6, 12, tzinfo=UTC)
    known = replace(LOOM, title="Loom 2", arxiv_id="2411.00004", upvotes=8)
    catalog.upsert([replace(LOOM, upvotes=3, featured_on=date(2024, 11, 6))], seen_at=noon)
    catalog.upsert([known], seen_at=noon + timedelta(days=1))
    catalog.upsert([replace(known, title=LOOM.title)], seen_at=noon + timedelta(days=2))
    assert catalog.coverage().papers == len(PAPERS)
    history = catalog.upvote_history("arxiv:2411.00004")
    assert [(at.day, count) for at, count in history] == [(6, 3), (7, 8)]
    assert [p.arxiv_id for p in catalog.featured(date(2024, 11, 6))] == ["2411.00004"]


@pytest.mark.parametrize("order", list(itertools.permutations(range(4))))
def test_i1_page_api_and_arxiv_make_one_paper_in_any_order(
    library: Library, order: tuple[int, ...]
) -> None:
    v1 = replace(HERON, authors=(), upvotes=None, featured_on=None)
    sightings = [
        Paper(title=HERON.title.upper(), abstract="Counting birds", author_count=3),  # a page
        HERON,  # the API
        v1,  # arXiv
        replace(
            v1, title="HeronNet: Counting $\\textit{Wading}$ Birds", abstract="New text."
        ),  # v2
    ]
    catalog = library.catalog
    for number in order:
        catalog.upsert([sightings[number]])
    papers = catalog.papers()
    assert len(papers) == 1
    assert papers[0].arxiv_id == HERON.arxiv_id
    last = [n for n in order if n][-1]
    assert papers[0].abstract == sightings[last].abstract
    assert papers[0].upvotes == HERON.upvotes


def test_coverage(catalog: Catalog) -> None:
    coverage = catalog.coverage()
    assert (coverage.papers, coverage.undated) == (4, 0)
    assert (coverage.first_day, coverage.last_day) == (date(2024, 11, 5), date(2025, 2, 20))


def test_a_batch_goes_in_whole_or_not_at_all(catalog: Catalog) -> None:
    broken = replace(HERON, arxiv_id="2509.1", title=None)  # type: ignore[arg-type]
    with pytest.raises(TypeError):
        catalog.upsert([replace(HERON, arxiv_id="2509.00001", title="New"), broken])
    assert catalog.coverage().papers == len(PAPERS)


def test_a_newer_data_folder_is_refused(make_library: Callable[..., Library]) -> None:
    library = make_library()
    library.catalog.database.connection.execute("UPDATE schema_version SET number = 99")
    with pytest.raises(DataFolderError, match="newer Paperboy"):
        open_database(library.catalog.database.path, [MIGRATIONS])


def test_what_is_no_database_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "paperboy.sqlite"
    path.write_text("this is not a database, and long enough to look at" * 50)
    with pytest.raises(DataFolderError, match="--data-dir"):
        open_database(path, [MIGRATIONS])


def test_a_failed_migration_leaves_nothing_behind(tmp_path: Path) -> None:
    folder = tmp_path / "schema"
    folder.mkdir()
    (folder / "0001_bad.sql").write_text("CREATE TABLE a (x); CREATE TABLE a (x);")
    database = Database(tmp_path / "x.sqlite")
    with pytest.raises(sqlite3.OperationalError):
        database.migrate([Migrations("room", folder)])
    names = database.connection.execute("SELECT name FROM sqlite_master").fetchall()
    assert [row["name"] for row in names if row["name"] == "a"] == []
    database.close()


def test_several_who_open_a_new_folder_at_once_all_can(tmp_path: Path) -> None:
    for attempt in range(5):
        path = tmp_path / f"{attempt}.sqlite"
        with ThreadPoolExecutor(4) as pool:
            opening = [pool.submit(open_database, path, [MIGRATIONS]) for _ in range(4)]
            catalogs = [Catalog(opened.result()) for opened in opening]
        assert [catalog.coverage().papers for catalog in catalogs] == [0] * 4
        for catalog in catalogs:
            catalog.database.close()
