"""Topics in plain words: which papers are about one, and how many a week."""

from dataclasses import replace
from datetime import date

from ingest.sync import ingest
from rag.library import Library
from rag.trends import MAX_WEEKS, Trend, Week, papers_about, trend
from tests.papers import HERON, LOOM, PASTRY, TIDAL, ListSource


def test_similar_papers_and_those_with_the_words_are_about_a_topic(filled: Library) -> None:
    papers = filled.catalog.papers()
    assert set(papers_about(filled, "counting birds in drone videos", papers)) == {HERON.paper_id}
    assert set(papers_about(filled, "sensor-streams", papers)) == {LOOM.paper_id}
    assert papers_about(filled, "knitting patterns", papers) == {}
    assert papers_about(filled, "counting birds", []) == {}


def test_the_words_must_be_in_a_row(filled: Library) -> None:
    assert papers_about(filled, "marshes of pastry and one laptop", [HERON, PASTRY]) == {}


def test_weeks_are_counted_without_gaps(library: Library) -> None:
    papers = [
        replace(HERON, featured_on=date(2025, 1, 6)),  # a Monday
        replace(TIDAL, featured_on=date(2025, 1, 12)),  # the Sunday after it
        replace(PASTRY, featured_on=date(2025, 1, 22)),
        replace(LOOM, published_on=None),
    ]
    ingest(ListSource(papers), library)
    found = trend(library, "counting birds in drone videos")
    assert found.weeks == (
        Week(date(2025, 1, 6), 1, 2), Week(date(2025, 1, 13), 0, 0), Week(date(2025, 1, 20), 0, 1),
    )  # fmt: skip
    assert str(found) == (
        "1 of 3 papers, 2025-01-06 to 2025-01-26. Most in the week of 2025-01-06: 1 of 2."
    )


def test_the_newest_two_years_are_shown(library: Library) -> None:
    days = [date(2020, 1, 1), date(2025, 1, 1)]
    ingest(ListSource([replace(HERON, featured_on=days[0]), replace(TIDAL, featured_on=days[1])]),
           library)  # fmt: skip
    found = trend(library, "birds")
    assert len(found.weeks) == MAX_WEEKS
    assert found.read == 1


def test_recent_weeks_are_compared_with_those_before() -> None:
    weeks = tuple(Week(date(2025, 1, 6 + n), n, 10) for n in range(8))
    assert str(Trend("x", weeks)).endswith(
        "The last 4 weeks: 22 of 40 (55.0 %); the 4 before: 6 of 40 (15.0 %)."
    )
    assert str(Trend("x", ())) == "No paper that I have read has a day."
