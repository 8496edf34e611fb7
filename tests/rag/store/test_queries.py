"""Featured days, authors, organisations and upvotes gained."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from rag.library import Library
from rag.records import Paper
from rag.store.catalog import Catalog
from rag.store.queries import (
    author_names,
    featured_between,
    featured_day_before,
    featured_since,
    first_featured_day,
    gained_since,
    most_prolific_authors,
    newest_days,
    organizations,
    papers_of_author,
)
from tests.papers import HERON, LOOM, PAPERS, PASTRY, TIDAL

JANUARY, FEBRUARY = date(2025, 1, 6), date(2025, 2, 5)  # HERON's and TIDAL's featured days
NOON = datetime(2025, 2, 5, 12, tzinfo=UTC)


@pytest.fixture
def catalog(library: Library) -> Catalog:
    library.catalog.upsert(PAPERS, seen_at=NOON)
    return library.catalog


def test_papers_featured_between_two_days(catalog: Catalog) -> None:
    assert featured_between(catalog, JANUARY, FEBRUARY) == [TIDAL, HERON]
    assert featured_between(catalog, JANUARY + timedelta(days=1), FEBRUARY) == [TIDAL]
    catalog.upsert([replace(HERON, featured_on=FEBRUARY)])
    assert featured_between(catalog, FEBRUARY, FEBRUARY) == [TIDAL, HERON]
    assert featured_between(catalog, JANUARY, FEBRUARY) == [TIDAL, HERON]  # each once


def test_papers_featured_since_a_day_include_late_ones_of_that_day(catalog: Catalog) -> None:
    assert featured_since(catalog, JANUARY) == [TIDAL]
    late = replace(PASTRY, featured_on=JANUARY, arxiv_id="2501.00009", title="Late")
    catalog.upsert([late], seen_at=NOON + timedelta(hours=2))
    assert featured_since(catalog, JANUARY) == [TIDAL]
    seen_at = NOON + timedelta(hours=1)
    assert featured_since(catalog, JANUARY, seen_at=seen_at) == [TIDAL, late]
    assert featured_since(catalog, FEBRUARY) == []


def test_featured_days_in_order(catalog: Catalog) -> None:
    assert first_featured_day(catalog) == JANUARY
    assert featured_day_before(catalog, FEBRUARY) == JANUARY
    assert featured_day_before(catalog, JANUARY) is None
    assert newest_days(catalog, 5) == [JANUARY, FEBRUARY]
    assert newest_days(catalog, 1) == [FEBRUARY]
    assert newest_days(catalog, 1, until=FEBRUARY - timedelta(days=1)) == [JANUARY]


def test_an_empty_catalogue_has_no_days(library: Library) -> None:
    assert first_featured_day(library.catalog) is None
    assert newest_days(library.catalog, 5) == []


def test_authors_and_organisations(catalog: Catalog) -> None:
    catalog.upsert([replace(LOOM, authors=("B. Two", "D. Four"))])
    assert most_prolific_authors(catalog, 2) == [("B. Two", 2), ("A. One", 1)]
    assert [p.title for p in papers_of_author(catalog, "b. two")] == [HERON.title, LOOM.title]
    assert papers_of_author(catalog, "B.") == []
    assert papers_of_author(catalog, "Nobody", "B. Two") == papers_of_author(catalog, "b. two")
    assert "B. Two" in author_names(catalog.database)
    assert organizations(catalog) == ["Crumb Lab"]


# -- upvotes ---------------------------------------------------------------------------------


def gains(catalog: Catalog, since: datetime, count: int = 9) -> list[tuple[str, int]]:
    found = gained_since(catalog, since, count=count)
    return [(paper.title.partition(":")[0], gain) for paper, gain in found]


def upvote(catalog: Catalog, paper: Paper, upvotes: int, at: datetime) -> None:
    catalog.upsert([replace(paper, upvotes=upvotes)], seen_at=at)


def test_an_older_paper_gained_what_came_after_its_last_count(catalog: Catalog) -> None:
    upvote(catalog, HERON, 15, NOON + timedelta(days=1))
    upvote(catalog, HERON, 20, NOON + timedelta(days=3))
    assert gains(catalog, NOON + timedelta(days=2)) == [("HeronNet", 5)]
    assert gains(catalog, NOON) == [("HeronNet", 8)]
    assert gains(catalog, NOON + timedelta(days=4)) == []


def test_a_new_paper_gained_all_its_upvotes(catalog: Catalog) -> None:
    day = NOON + timedelta(days=5)
    new = replace(PASTRY, title="New", arxiv_id="2502.00009", published_on=day.date())
    upvote(catalog, new, 6, day)
    upvote(catalog, TIDAL, 44, day)
    assert gains(catalog, NOON + timedelta(days=1)) == [("New", 6), ("Tidal Attention", 4)]
    assert gains(catalog, NOON + timedelta(days=1), count=1) == [("New", 6)]


def test_an_older_paper_first_stored_later_gained_what_came_after_its_first_count(
    catalog: Catalog,
) -> None:
    old = replace(PASTRY, title="Old", arxiv_id="2401.00009", published_on=date(2024, 1, 1))
    upvote(catalog, old, 100, NOON + timedelta(days=2))
    upvote(catalog, old, 103, NOON + timedelta(days=3))
    assert gains(catalog, NOON + timedelta(days=1)) == [("Old", 3)]


def test_a_catalogue_younger_than_the_moment_knows_no_gains(catalog: Catalog) -> None:
    upvote(catalog, HERON, 20, NOON + timedelta(days=3))
    assert gains(catalog, NOON - timedelta(days=1)) == []
