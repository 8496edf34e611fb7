"""How descriptions of one paper are merged, and what changes with it."""

from dataclasses import replace
from datetime import date

import pytest

from ingest.sync import ingest
from rag.library import Library
from rag.records import Paper
from rag.store.upsert import UpsertCounts, merge
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
    ingest(ListSource([HERON, PASTRY]), library)
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
