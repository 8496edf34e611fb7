"""Summaries of days, over a library with Daily Papers of two weeks."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest

from ingest.sync import ingest
from rag.answering.draft import Draft
from rag.answering.refusal import REFUSAL
from rag.answering.summaries import Summaries
from rag.library import Library
from rag.query.request import Kind, Request
from rag.records import Paper, Window
from tests.papers import HERON, LOOM, PASTRY, TIDAL, ListSource, many

MONDAY, FRIDAY = date(2025, 12, 1), date(2025, 12, 5)
NEXT_MONDAY, TODAY = date(2025, 12, 8), date(2025, 12, 9)
TLDR = "It reads recipes. It is a benchmark."


def featured(paper: Paper, day: date, upvotes: int) -> Paper:
    return replace(paper, featured_on=day, upvotes=upvotes)


@pytest.fixture
def summaries(library: Library) -> Summaries:
    papers = [
        featured(LOOM, MONDAY, 1),
        featured(HERON, FRIDAY, 3),
        replace(featured(TIDAL, FRIDAY, 9), code_url="https://github.com/tide/tide"),
        replace(featured(PASTRY, NEXT_MONDAY, 5), tldr=TLDR),
    ]
    ingest(ListSource(papers), library)
    return Summaries(library.catalog)


@pytest.fixture
def busy_day(library: Library) -> Summaries:
    """Twelve papers of one day, on few themes."""
    ingest(ListSource([featured(p, FRIDAY, 50 - n) for n, p in enumerate(many(12))]), library)
    return Summaries(library.catalog)


def request(
    since: date | None = None, until: date | None = None, kind: Kind = "summary"
) -> Request:
    window = Window(since, until) if since or until else None
    return Request(topic="", kind=kind, window=window)


def headline(draft: Draft) -> str:
    return draft.text.splitlines()[0]


def titles(draft: Draft) -> list[str]:
    return [citation.paper.title for citation in draft.citations]


def test_a_day_is_its_papers_most_upvoted_first(summaries: Summaries) -> None:
    draft = summaries.draft(request(FRIDAY, FRIDAY), TODAY)
    assert draft.text == (
        "2 Daily Papers of Friday, 2025-12-05, the most upvoted first:\n"
        "Tidal Attention: Forgetting on Purpose in Long Contexts [1]\n"
        "  “Long contexts slow language models down.”\n"
        "  2025-12-05 · 9 upvotes · code\n"
        "HeronNet: Counting Wading Birds from Drone Video [2]\n"
        "  “We present HeronNet, a detector that counts herons and egrets in drone video.”\n"
        "  2025-12-05 · 3 upvotes"
    )
    assert [(c.n, c.paper.title) for c in draft.citations] == [(1, TIDAL.title), (2, HERON.title)]
    assert all(citation.quote in citation.paper.abstract for citation in draft.citations)
    assert not draft.more


def test_a_tldr_stands_without_quotation_marks(summaries: Summaries) -> None:
    draft = summaries.draft(request(NEXT_MONDAY, NEXT_MONDAY), TODAY)
    assert headline(draft) == "1 Daily Paper of Monday, 2025-12-08:"
    assert "\n  It reads recipes.\n" in draft.text
    assert draft.citations[0].quote in PASTRY.abstract


@pytest.mark.parametrize(
    ("since", "until", "days"),
    [
        (MONDAY, MONDAY + timedelta(days=6), "3 Daily Papers of the week of 2025-12-01, the most"),
        (NEXT_MONDAY, TODAY, "1 Daily Paper of this week so far, since Monday, 2025-12-08:"),
        (MONDAY, None, "4 Daily Papers of this month so far, since Monday, 2025-12-01, the most"),
        (FRIDAY, None, "3 Daily Papers since Friday, 2025-12-05, the most"),
        (date(2025, 12, 3), NEXT_MONDAY, "3 Daily Papers of 2025-12-03 to 2025-12-08, the most"),
        (None, FRIDAY, "3 Daily Papers of 2025-12-01 to 2025-12-05, the most"),
    ],
)
def test_any_days_can_be_asked_for(
    summaries: Summaries, since: date | None, until: date | None, days: str
) -> None:
    assert headline(summaries.draft(request(since, until), TODAY)).startswith(days)


def test_a_month_counts_the_days_on_which_papers_were_featured(summaries: Summaries) -> None:
    december = Window(MONDAY, date(2025, 12, 31), by="published")
    draft = summaries.draft(Request(topic="best", window=december), date(2026, 1, 5))
    assert headline(draft).startswith("4 Daily Papers of December 2025,")


def test_without_days_it_is_the_last_featured_day_and_trends_are_of_seven(
    summaries: Summaries,
) -> None:
    assert headline(summaries.draft(request(), TODAY)) == "1 Daily Paper of Monday, 2025-12-08:"
    assert titles(summaries.draft(request(), FRIDAY)) == [TIDAL.title, HERON.title]
    trending = summaries.draft(request(kind="trending"), TODAY)
    assert titles(trending) == [TIDAL.title, PASTRY.title, HERON.title, LOOM.title]


def test_days_without_papers_give_the_last_day_before_and_say_so(summaries: Summaries) -> None:
    sunday = date(2025, 12, 7)
    note, head, *_ = summaries.draft(request(sunday, sunday), TODAY).text.splitlines()
    assert note == (
        "No Daily Papers of Sunday, 2025-12-07: Hugging Face lists none at weekends. "
        "These are from Friday, 2025-12-05, the last day before it that I know."
    )
    assert head.startswith("2 Daily Papers of Friday, 2025-12-05")
    assert summaries.draft(request(TODAY, TODAY), TODAY).text.startswith(
        "No Daily Papers of Tuesday, 2025-12-09 yet. These are from Monday, 2025-12-08"
    )


def test_days_before_all_papers_are_refused_with_the_known_days(summaries: Summaries) -> None:
    draft = summaries.draft(request(date(2023, 1, 1), date(2023, 12, 31)), TODAY)
    assert draft.refused
    assert draft.text == (
        f"{REFUSAL} No Daily Papers of 2023 have been fetched. The first day I know is 2025-12-01. "
        "The last one is 2025-12-08."
    )


def test_an_empty_library_says_how_to_fill_it(library: Library) -> None:
    draft = Summaries(library.catalog).draft(request(), TODAY)
    assert draft.refused
    assert "paperboy ingest" in draft.text


def test_papers_that_were_never_featured_count_by_their_publication(filled: Library) -> None:
    day = PASTRY.published_on
    draft = Summaries(filled.catalog).draft(request(day, day), TODAY)
    assert headline(draft) == "1 paper of Thursday, 2025-02-20:"
    assert titles(draft) == [PASTRY.title]


def test_organizations_and_code_narrow_the_papers(summaries: Summaries) -> None:
    week = request(MONDAY, NEXT_MONDAY)
    with_code = summaries.draft(replace(week, with_code=True), TODAY)
    assert headline(with_code) == "1 Daily Paper of 2025-12-01 to 2025-12-08 with code:"
    without = summaries.draft(replace(week, without_code=True), TODAY)
    assert headline(without).startswith("3 Daily Papers of 2025-12-01 to 2025-12-08 without code")
    crumb = replace(week, organization="crumb", organizations=("Crumb Lab",))
    assert titles(summaries.draft(crumb, TODAY)) == [PASTRY.title]
    none = summaries.draft(replace(crumb, with_code=True), TODAY)
    assert none.refused
    assert none.text == (
        f"{REFUSAL} Of the 4 Daily Papers of 2025-12-01 to 2025-12-08, "
        "none comes from crumb with code."
    )


def test_a_list_is_short_and_the_rest_follows(busy_day: Summaries) -> None:
    friday = request(FRIDAY, FRIDAY)
    first = busy_day.draft(friday, TODAY)
    assert headline(first) == (
        "12 Daily Papers of Friday, 2025-12-05; the five with the most upvotes:"
    )
    assert (len(first.citations), first.more) == (5, 7)
    one = busy_day.draft(replace(friday, limit=1), TODAY)
    assert headline(one).endswith("; the one with the most upvotes:")
    assert len(busy_day.draft(replace(friday, limit=12), TODAY).citations) == 10
    rest = busy_day.draft(replace(friday, offset=10), TODAY)
    assert headline(rest) == "12 Daily Papers of Friday, 2025-12-05; numbers 11 to 12:"
    assert [(c.n, c.paper.upvotes) for c in rest.citations] == [(11, 40), (12, 39)]
    assert f"{rest.citations[1].paper.title} [12]" in rest.text
    last = busy_day.draft(replace(friday, offset=11, limit=1), TODAY)
    assert headline(last) == "12 Daily Papers of Friday, 2025-12-05; number 12:"
    assert not rest.more
    end = busy_day.draft(replace(friday, offset=12), TODAY)
    assert end.text == "These were all of the 12 Daily Papers of Friday, 2025-12-05."


def test_each_theme_tells_how_many_of_all_the_papers_it_has(busy_day: Summaries) -> None:
    *_, themes = busy_day.draft(request(FRIDAY, FRIDAY), TODAY).text.splitlines()
    assert themes.startswith("Themes: Counting Wading Birds (3 papers), ")
    assert themes.count("(3 papers)") == 4  # of the 12 papers of that day


def test_few_papers_and_later_pages_have_no_themes(
    busy_day: Summaries, make_library: Callable[..., Library], tmp_path: Path
) -> None:
    assert "Themes" not in busy_day.draft(replace(request(FRIDAY), offset=5), TODAY).text
    few = make_library(tmp_path / "few")
    ingest(ListSource([featured(paper, FRIDAY, 1) for paper in many(5)]), few)
    assert "Themes" not in Summaries(few.catalog).draft(request(FRIDAY), TODAY).text
