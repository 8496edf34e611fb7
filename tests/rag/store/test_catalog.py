"""The catalogue: papers by id and by day, and several descriptions of one paper."""

import itertools
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from rag.library import Library
from rag.records import Paper, Window
from rag.store.catalog import SQL_VARIABLES, Catalog
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


def test_papers_are_read_as_they_were_stored(catalog: Catalog) -> None:
    assert catalog.papers() == [PASTRY, TIDAL, HERON, LOOM]
    assert catalog.get([HERON.paper_id, "arxiv:none"]) == {HERON.paper_id: HERON}


def test_a_window_includes_both_ends_and_uses_the_featured_day(catalog: Catalog) -> None:
    assert catalog.papers(Window(date(2025, 1, 6), date(2025, 2, 5))) == [TIDAL, HERON]
    assert catalog.papers(Window(until=date(2025, 1, 5))) == [LOOM]
    assert catalog.ids_in_window(Window()) is None


def test_a_paper_can_be_featured_on_two_days(catalog: Catalog) -> None:
    day = TIDAL.featured_on
    assert day
    catalog.upsert([replace(HERON, featured_on=day)])
    assert [paper.title for paper in catalog.featured(day)] == [TIDAL.title, HERON.title]
    assert HERON.featured_on
    assert [paper.title for paper in catalog.featured(HERON.featured_on)] == [HERON.title]
    assert catalog.last_featured_day() == day


def test_two_descriptions_make_one_paper(catalog: Catalog) -> None:
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
    assert paper.abstract == HERON.abstract  # the source with the id has the better text


def test_a_current_title_is_preferred_to_a_former_one(catalog: Catalog) -> None:
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
def test_page_api_and_arxiv_make_one_paper_in_any_order(
    library: Library, order: tuple[int, ...]
) -> None:
    v1 = replace(HERON, authors=(), upvotes=None, featured_on=None)
    descriptions = [
        Paper(title=HERON.title.upper(), abstract="Counting birds", author_count=3),  # a page
        HERON,  # the API
        v1,  # arXiv
        replace(
            v1, title="HeronNet: Counting $\\textit{Wading}$ Birds", abstract="New text."
        ),  # v2
    ]
    catalog = library.catalog
    for number in order:
        catalog.upsert([descriptions[number]])
    papers = catalog.papers()
    assert len(papers) == 1
    assert papers[0].arxiv_id == HERON.arxiv_id
    last = [n for n in order if n][-1]
    assert papers[0].abstract == descriptions[last].abstract
    assert papers[0].upvotes == HERON.upvotes


def test_coverage_counts_papers_and_days(catalog: Catalog) -> None:
    coverage = catalog.coverage()
    assert (coverage.papers, coverage.undated) == (4, 0)
    assert (coverage.first_day, coverage.last_day) == (date(2024, 11, 5), date(2025, 2, 20))


def test_a_batch_is_stored_completely_or_not_at_all(catalog: Catalog) -> None:
    broken = replace(HERON, arxiv_id="2509.1", title=None)  # type: ignore[arg-type]
    with pytest.raises(TypeError):
        catalog.upsert([replace(HERON, arxiv_id="2509.00001", title="New"), broken])
    assert catalog.coverage().papers == len(PAPERS)


def test_set_aside_records_of_a_source_are_replaced(catalog: Catalog) -> None:
    catalog.set_aside("a", [("line 1", "no title"), ("line 2", "no abstract")])
    catalog.set_aside("b", [("line 1", "no title")])
    catalog.set_aside("a", [("line 2", "no abstract")])
    assert catalog.all_set_aside() == [
        ("a", "line 2", "no abstract"),
        ("b", "line 1", "no title"),
    ]


def test_papers_never_searched_for_come_first(catalog: Catalog) -> None:
    other = Paper(title="Another one", abstract="x")
    catalog.upsert([other])
    noon = datetime(2025, 3, 1, 12, tzinfo=UTC)
    catalog.mark_title_searched(LOOM.paper_id, noon)
    later = noon + timedelta(days=1)
    assert catalog.without_arxiv_id(not_searched_since=later, count=9) == [other, LOOM]
    assert catalog.without_arxiv_id(not_searched_since=noon, count=9) == [other]
    assert catalog.without_arxiv_id(not_searched_since=later, count=1) == [other]


def test_the_latest_papers_by_day_and_by_publication(catalog: Catalog) -> None:
    assert catalog.latest_papers(2) == [PASTRY, TIDAL]
    assert catalog.latest_published(2) == [PASTRY, TIDAL]
    undated = Paper(title="Undated", abstract="x")
    catalog.upsert([undated])
    assert catalog.latest_papers(9)[-1] == undated
    assert undated not in catalog.latest_published(9)
    assert catalog.coverage().undated == 1


def test_more_ids_than_fit_into_one_query(library: Library) -> None:
    papers = [Paper(title=f"Paper {n}", abstract="x") for n in range(2 * SQL_VARIABLES + 1)]
    library.catalog.upsert(papers)
    assert len(library.catalog.get([paper.paper_id for paper in papers])) == len(papers)
