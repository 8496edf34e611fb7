"""How descriptions of one paper are merged, and what changes with it."""

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from ingest.sync import ingest
from rag.library import Library
from rag.records import Paper
from rag.store.queries import featured_between
from rag.store.upsert import UpsertCounts, merge
from tests.both_steps import ingest_both
from tests.papers import HERON, LOOM, PASTRY, ListSource

SUMMARY = replace(HERON, abstract="Our own words.", abstract_source="summary", upvotes=None)


def test_a_real_abstract_replaces_a_summary_and_never_the_other_way() -> None:
    assert merge(SUMMARY, HERON) == HERON
    assert merge(HERON, SUMMARY) == HERON


def test_the_later_description_wins_where_it_has_a_value() -> None:
    later = replace(HERON, upvotes=0, organization=None, abstract="New text.", authors=())
    merged = merge(replace(HERON, organization="Crumb Lab"), later)
    assert merged.upvotes == 0
    assert merged.organization == "Crumb Lab"
    assert merged.abstract == "New text."
    assert merged.authors == HERON.authors


def test_the_first_featured_day_stays() -> None:
    again = replace(HERON, featured_on=date(2025, 3, 1))
    assert merge(HERON, again).featured_on == HERON.featured_on
    assert merge(again, HERON).featured_on == HERON.featured_on


def seen(paper: Paper, hour: int | None) -> Paper:
    at = None if hour is None else datetime(2025, 12, 5, hour, tzinfo=UTC)
    return replace(paper, seen_at=at)


@pytest.mark.parametrize(
    ("first", "second", "newer"),
    [(9, 10, 2), (10, 9, 1), (10, None, 1), (None, 9, 2), (None, None, 2)],
)
def test_what_was_seen_earlier_replaces_nothing_and_fills_gaps(
    library: Library, first: int | None, second: int | None, newer: int
) -> None:
    said_first = seen(replace(HERON, title="One", abstract="1.", upvotes=1, code_url=None), first)
    said_then = seen(replace(HERON, title="Two", abstract="2.", upvotes=2, comment="c"), second)
    library.catalog.upsert([said_first])
    library.catalog.upsert([said_then])
    [paper] = library.catalog.papers()
    assert (paper.title, paper.upvotes) == [("One", 1), ("Two", 2)][newer - 1]
    assert (paper.code_url, paper.comment) == (HERON.code_url, "c")
    times = [p.seen_at for p in (said_first, said_then) if p.seen_at]
    assert paper.seen_at == max(times, default=None)


def test_a_time_that_a_clock_ahead_stored_holds_up_nothing(library: Library) -> None:
    now = datetime(2025, 12, 6, tzinfo=UTC)
    library.catalog.upsert([replace(HERON, seen_at=now.replace(year=2031))])
    library.catalog.upsert([seen(replace(HERON, upvotes=99), 9)], seen_at=now)
    [paper] = library.catalog.papers()
    assert (paper.upvotes, paper.seen_at) == (99, datetime(2025, 12, 5, 9, tzinfo=UTC))


def test_a_paper_that_did_not_change_was_seen_all_the_same(library: Library) -> None:
    library.catalog.upsert([seen(HERON, 9)])
    assert library.catalog.upsert([seen(HERON, 11)]) == UpsertCounts(unchanged=1)
    library.catalog.upsert([seen(replace(HERON, upvotes=1), 10)])
    assert library.catalog.papers()[0].upvotes == HERON.upvotes


@pytest.mark.parametrize("order", [(5, 6), (6, 5), (5, 6, 5), (6, 5, 6)])
def test_a_paper_in_two_lists_around_midnight_is_featured_once(
    library: Library, order: tuple[int, ...]
) -> None:
    for day in order:
        library.catalog.upsert([replace(HERON, featured_on=date(2025, 12, day))])
    assert library.catalog.papers()[0].featured_on == date(2025, 12, 5)
    assert [len(library.catalog.featured(date(2025, 12, day))) for day in (4, 5, 6)] == [0, 1, 0]
    assert featured_between(library.catalog, date(2025, 12, 6), date(2025, 12, 9)) == []


def test_a_paper_that_is_featured_again_days_later_is_in_both_lists(library: Library) -> None:
    for day in (5, 9):
        library.catalog.upsert([replace(HERON, featured_on=date(2025, 12, day))])
    assert [len(library.catalog.featured(date(2025, 12, day))) for day in (5, 9)] == [1, 1]


def test_a_source_that_knows_the_id_has_the_better_text() -> None:
    cut_off = Paper(title="HeronNet: Counting Wading", abstract="Counting birds …", upvotes=50)
    merged = merge(HERON, cut_off)
    assert (merged.title, merged.abstract, merged.upvotes) == (HERON.title, HERON.abstract, 50)


@pytest.mark.parametrize(
    ("changes", "counts"),
    [
        ({}, UpsertCounts(unchanged=1)),
        ({"upvotes": 13}, UpsertCounts(changed=1, recounted=1)),
        ({"upvotes": None}, UpsertCounts(unchanged=1)),
        ({"comment_count": 1}, UpsertCounts(changed=1)),
        ({"featured_on": date(2025, 3, 1)}, UpsertCounts(changed=1)),
        ({"arxiv_id": "2501.99999"}, UpsertCounts(new=1)),
    ],
)
def test_a_paper_is_counted_as_new_changed_or_unchanged(
    library: Library, changes: dict[str, object], counts: UpsertCounts
) -> None:
    assert library.catalog.upsert([HERON]) == UpsertCounts(new=1)
    assert library.catalog.upsert([replace(HERON, **changes)]) == counts  # type: ignore[arg-type]


def rows(library: Library, table: str) -> list[tuple[object, ...]]:
    return [
        tuple(row) for row in library.catalog.database.connection.execute(f"SELECT * FROM {table}")
    ]


def test_a_new_text_drops_the_vectors_and_lists_their_chunks(library: Library) -> None:
    ingest_both(ListSource([HERON, PASTRY]), library)
    library.catalog.upsert([replace(HERON, upvotes=99)])
    assert len(rows(library, "chunk_vectors")) == 2
    assert rows(library, "stale_chunks") == []
    library.catalog.upsert([replace(HERON, abstract="Shorter.")])
    assert len(rows(library, "chunk_vectors")) == 1
    assert rows(library, "stale_chunks") == [
        (library.embedder.name, f"{HERON.paper_id}#{n}") for n in range(5)
    ]


def test_a_paper_that_gets_its_id_lists_the_chunks_of_its_old_one(library: Library) -> None:
    ingest(ListSource([LOOM]), library)
    library.catalog.upsert([replace(LOOM, arxiv_id="2411.00004")])
    assert (library.embedder.name, f"{LOOM.paper_id}#0") in rows(library, "stale_chunks")
    assert rows(library, "chunk_vectors") == []
