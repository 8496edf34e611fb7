from dataclasses import replace
from datetime import date

from rag.store.upsert import merge
from tests.papers import HERON

SUMMARY = replace(HERON, abstract="Our own words.", abstract_source="summary", upvotes=None)


def test_a_real_abstract_replaces_a_summary_and_never_the_other_way() -> None:
    assert merge(SUMMARY, HERON) == HERON
    assert merge(HERON, SUMMARY) == HERON


def test_the_later_sighting_wins_where_it_says_anything() -> None:
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
