"""The records of a digest: its sentences and its headline."""

from dataclasses import replace
from datetime import date

import pytest

from rag.digest.records import Digest, Entry, Group, Period, period_name, tldr_of
from tests.papers import HERON, LOOM, TODAY


def test_the_tldr_is_the_first_sentence_of_the_summary_or_else_from_the_abstract() -> None:
    assert tldr_of(replace(HERON, tldr="Birds are\ncounted. And more.")) == "Birds are counted."
    assert tldr_of(HERON) in HERON.abstract
    assert tldr_of(replace(HERON, abstract="")) == ""


@pytest.mark.parametrize(
    ("period", "name"),
    [
        ("day", "Monday, 2025-12-01"),
        ("week", "the week of 2025-12-01"),
        ("month", "December 2025"),
    ],
)
def test_periods_have_names(period: Period, name: str) -> None:
    assert period_name(period, date(2025, 12, 1)) == name


def test_entries_of_all_groups_are_ordered_by_rank_and_counted_in_the_headline() -> None:
    entries = [Entry(HERON, "", rank=rank) for rank in (1, 2, 3)]
    groups = (Group("Birds", (entries[0], entries[2])), Group("Robots", (entries[1],)))
    digest = Digest("day", TODAY, TODAY, groups, total=1_200)
    assert [entry.rank for entry in digest.ranked] == [1, 2, 3]
    assert digest.headline == "Daily Papers of Monday, 2025-12-08: 3 of 1,200"
    unfeatured = replace(digest, groups=(Group("Robots", (Entry(LOOM, "", rank=1),)),), total=1)
    assert unfeatured.headline == "The newest papers: 1"
