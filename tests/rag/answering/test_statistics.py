"""Numbers over papers, counted in a library of a dozen papers."""

from dataclasses import replace
from datetime import date

import pytest

from ingest.sync import ingest
from rag.answering.draft import Draft
from rag.answering.statistics import Statistics
from rag.config import RagConfig
from rag.library import Library
from rag.pipeline import PaperQA
from rag.query.request import AuthorCount, Request
from rag.records import Paper, Window
from rag.retrieval.topic_search import TopicSearch
from tests.papers import HERON, LOOM, PASTRY, TIDAL, ListSource

TODAY = date(2025, 12, 12)  # a Friday
MONDAY, TUESDAY = date(2025, 12, 8), date(2025, 12, 9)
NOVEMBER = Window(date(2025, 11, 1), date(2025, 11, 30), "published")
THIS_WEEK = Window(MONDAY, TODAY)

PAPERS = (
    replace(HERON, published_on=date(2025, 10, 30), featured_on=date(2025, 11, 4), upvotes=12,
            organization="Reed Lab", comment_count=0, authors=("A. One", "B. Two")),
    replace(TIDAL, published_on=date(2025, 11, 20), featured_on=MONDAY, upvotes=40,
            code_url="https://github.com/tide/tide", organization="Reed Lab", comment_count=2,
            authors=("A. One",)),
    replace(PASTRY, published_on=date(2025, 12, 5), featured_on=TUESDAY, upvotes=7,
            code_url="https://github.com/crumb/bench", project_url="https://crumb.example",
            comment_count=1, authors=("C. Three",)),
    replace(LOOM, published_on=date(2025, 12, 8), featured_on=TUESDAY, upvotes=1, comment_count=0,
            arxiv_id="2512.00004", authors=("D. Four",)),
)  # fmt: skip


@pytest.fixture
def statistics(library: Library) -> Statistics:
    ingest(ListSource(PAPERS), library)
    return Statistics(library.catalog, TopicSearch(library.retriever))


def asked(statistics: Statistics, text: str, **slots: object) -> Draft:
    """Return the answer to a text, understood as these slots."""
    request = Request(**{"topic": "", "kind": "count", **slots})  # type: ignore[arg-type]
    draft = statistics.draft(request, text, TODAY)
    assert draft is not None
    return draft


def lines(draft: Draft) -> list[str]:
    return draft.text.splitlines()


def titles(draft: Draft) -> list[str]:
    return [citation.paper.title for citation in draft.citations]


def test_a_count_begins_with_the_number_and_shows_the_most_upvoted(statistics: Statistics) -> None:
    draft = asked(statistics, "how many papers this week", window=THIS_WEEK, count=True)
    assert lines(draft)[0] == "3 papers featured since 2025-12-08."
    assert titles(draft) == [TIDAL.title, PASTRY.title, LOOM.title]
    assert all(citation.quote in citation.paper.abstract for citation in draft.citations)
    assert f"{TIDAL.title} [1]" in lines(draft)


def test_a_month_by_name_counts_featured_papers_and_tells_the_published_ones(
    statistics: Statistics,
) -> None:
    draft = asked(statistics, "how many papers were there in november", window=NOVEMBER)
    assert lines(draft)[0] == "1 paper featured in November 2025."
    assert titles(draft) == [HERON.title]
    also = asked(statistics, "nr of papers on tides published in november", window=NOVEMBER,
                 topic="tidal attention")  # fmt: skip
    assert lines(also)[0] == "1 paper on tidal attention published in November 2025."
    assert titles(also) == [TIDAL.title]


def test_plain_counts_of_published_papers_are_left_to_the_catalogue(
    statistics: Statistics,
) -> None:
    request = Request(topic="", kind="count", window=NOVEMBER, count=True)
    assert statistics.draft(request, "how many papers were published in November", TODAY) is None
    with_authors = Request(topic="", kind="count", authors=AuthorCount(2, 2), count=True)
    assert statistics.draft(with_authors, "how many papers have two authors", TODAY) is None


def test_papers_on_a_topic_are_counted(statistics: Statistics) -> None:
    draft = asked(statistics, "how many papers on wading birds", topic="wading birds")
    assert lines(draft)[0] == "1 paper on wading birds."
    assert titles(draft) == [HERON.title]


def test_a_day_without_papers_counts_zero(statistics: Statistics) -> None:
    draft = asked(statistics, "how many papers today", window=Window(TODAY, TODAY))
    assert lines(draft)[0] == "0 papers featured on Friday, 2025-12-12."
    assert not draft.citations


@pytest.mark.parametrize(
    ("text", "slots", "head", "cited"),
    [
        ("how many have code", {"with_code": True},
         "2 of the 4 papers that I have read (2025-11-04 to 2025-12-09) have code.",
         [TIDAL, PASTRY]),
        ("what share has code", {"with_code": True, "window": THIS_WEEK},
         "67%: 2 of the 3 papers featured since 2025-12-08 have code.", [TIDAL, PASTRY]),
        ("what share has no code", {"without_code": True, "window": THIS_WEEK},
         "33%: 1 of the 3 papers featured since 2025-12-08 has no code.", [LOOM]),
        ("how many are there", {"excluded": ("attention",), "window": THIS_WEEK},
         "2 papers not on attention featured since 2025-12-08.", [PASTRY, LOOM]),
        ("how many papers without code this week", {"with_code": True, "window": THIS_WEEK},
         "1 of the 3 papers featured since 2025-12-08 has no code.", [LOOM]),
        ("how many have more than 7 upvotes", {"window": THIS_WEEK},
         "1 of the 3 papers featured since 2025-12-08 has more than 7 upvotes.", [TIDAL]),
        ("how many have at least 7 upvotes this week", {"window": THIS_WEEK},
         "2 of the 3 papers featured since 2025-12-08 have at least 7 upvotes.", [TIDAL, PASTRY]),
        ("papers with zero comments this week", {"window": THIS_WEEK},
         "1 of the 3 papers featured since 2025-12-08 has 0 comments.", [LOOM]),
        ("how many have a project page", {"window": THIS_WEEK},
         "1 of the 3 papers featured since 2025-12-08 has a project page.", [PASTRY]),
        ("how often does 'weaving' appear in titles", {"window": THIS_WEEK},
         "1 of the 3 papers featured since 2025-12-08 has “weaving” in the title.", [LOOM]),
        ("how many papers on drones have at least 7 upvotes", {"topic": "drones least"},
         "1 of the 1 paper on drones has at least 7 upvotes.", [HERON]),
        ("in how many papers is LongTide mentioned", {"topic": "LongTide", "window": THIS_WEEK},
         "1 of the 3 papers featured since 2025-12-08 mentions “LongTide”.", [TIDAL]),
        ("what share is from Reed Lab",
         {"window": THIS_WEEK, "organization": "Reed Lab", "organizations": ("Reed Lab",)},
         "33%: 1 of the 3 papers featured since 2025-12-08 is from Reed Lab.", [TIDAL]),
    ],
)  # fmt: skip
def test_conditions_and_shares(
    statistics: Statistics, text: str, slots: dict[str, object], head: str, cited: list[Paper]
) -> None:
    draft = asked(statistics, text, **slots)
    assert lines(draft)[0] == head
    assert titles(draft) == [paper.title for paper in cited]


@pytest.mark.parametrize(
    ("text", "head"),
    [
        ("average upvotes this week",
         "16 upvotes is the average of the 3 papers featured since 2025-12-08; the median is 7."),
        ("median upvotes?",
         "7 upvotes is the median of the 3 papers featured since 2025-12-08; the average is 16."),
        ("total number of upvotes",
         "48 upvotes is the sum of the 3 papers featured since 2025-12-08."),
        ("the highest upvote count",
         "40 upvotes is the maximum of the 3 papers featured since 2025-12-08."),
        ("mean number of comments",
         "1 comment is the average of the 3 papers featured since 2025-12-08; the median is 1."),
    ],
)  # fmt: skip
def test_upvotes_and_comments_are_averaged(statistics: Statistics, text: str, head: str) -> None:
    draft = asked(statistics, text, window=THIS_WEEK)
    assert lines(draft)[0] == head
    assert titles(draft)[0] == TIDAL.title


def test_an_average_under_a_condition_is_compared_with_the_other_papers(
    statistics: Statistics,
) -> None:
    draft = asked(statistics, "average upvotes of papers with code", with_code=True)
    assert lines(draft)[0].startswith("23.5 upvotes is the average of the 2 papers")
    assert "  The papers that do not: 6.5 upvotes on average (2 papers)." in lines(draft)


@pytest.mark.parametrize(
    ("text", "first", "second"),
    [
        ("which lab has the most papers", "Reed Lab has the most papers: 2 of the 4 papers",
         "Reed Lab: 2 papers, the newest is [1]"),
        ("who wrote the most papers", "A. One has the most papers: 2 of the 4 papers",
         "A. One: 2 papers, the newest is [1]"),
        ("who has the most upvotes in total", "A. One has the highest number: 52 upvotes in total",
         "A. One: 52 upvotes in total (2 papers), the newest is [1]"),
        ("busiest day", "Tuesday, 2025-12-09 has the most papers: 2 of the 4 papers",
         "Tuesday, 2025-12-09: 2 papers, the most upvoted is [1]"),
        ("on which weekday do the fewest papers come",
         "Monday has the fewest papers: 1 of the 4 papers", "Monday: 1 paper [1]"),
    ],
)  # fmt: skip
def test_groups_are_ranked(statistics: Statistics, text: str, first: str, second: str) -> None:
    draft = asked(statistics, text)
    assert lines(draft)[0].startswith(first)
    assert second in lines(draft)
    assert [citation.n for citation in draft.citations] == list(range(1, len(draft.citations) + 1))


def test_organizations_tell_how_many_papers_name_none(statistics: Statistics) -> None:
    assert "  No organisation is known of 1." in lines(asked(statistics, "papers per lab"))


def test_different_authors_are_counted(statistics: Statistics) -> None:
    draft = asked(statistics, "how many different authors are there")
    assert lines(draft)[0].startswith("4 authors in the 4 papers")


def test_papers_per_week_include_the_weeks_without_any_on_the_topic(
    statistics: Statistics,
) -> None:
    draft = asked(statistics, "papers on recipes per week", topic="recipes")
    assert (
        lines(draft)[0] == "0.5 papers per week on average, over 2 weeks: the 1 paper on recipes."
    )
    assert lines(draft)[-2:] == ["Week of 2025-11-03: 0 papers", "Week of 2025-12-08: 1 paper"]


def test_a_trend_compares_the_later_with_the_earlier_half_of_the_days(
    statistics: Statistics,
) -> None:
    draft = asked(statistics, "is the number of papers going up", window=THIS_WEEK)
    head = "Up: 2 papers featured since 2025-12-08 on the last 1 day with papers"
    assert lines(draft)[0].startswith(head)


@pytest.mark.parametrize(
    ("text", "topic", "head"),
    [
        ("are there more papers on wading birds or more on recipes", "wading birds recipes",
         "They are level: 1 paper against 1 paper."),
        ("more papers on recipes than on volcanoes?", "recipes volcanoes",
         "recipes is ahead: 1 paper against 0 papers."),
    ],
)  # fmt: skip
def test_topics_are_compared(statistics: Statistics, text: str, topic: str, head: str) -> None:
    draft = asked(statistics, text, topic=topic)
    assert lines(draft)[0] == head


def test_two_spans_of_time_are_compared(statistics: Statistics) -> None:
    draft = asked(statistics, "more papers this week than last week?", window=THIS_WEEK)
    assert lines(draft)[0] == "2025-12-08 to 2025-12-12 is ahead: 3 papers against 0 papers."
    draft = asked(statistics, "how many papers in november compared with december",
                  window=NOVEMBER)  # fmt: skip
    assert lines(draft)[0] == "2025-12-01 to 2025-12-12 is ahead: 3 papers against 1 paper."


def test_organizations_are_counted_one_by_one(statistics: Statistics, library: Library) -> None:
    other = replace(LOOM, title="Warp and Weft", arxiv_id="2512.00005", organization="Loom Lab",
                    featured_on=MONDAY)  # fmt: skip
    ingest(ListSource([other]), library)
    labs = {"organization": "Reed Lab and Loom Lab", "organizations": ("Reed Lab", "Loom Lab")}
    draft = asked(statistics, "number of papers from Reed Lab and Loom Lab", **labs)
    assert lines(draft)[0] == "3 papers from Reed Lab and Loom Lab."
    assert lines(draft)[2:] == ["Reed Lab: 2 papers, the newest is [1]", "Loom Lab: 1 paper [2]"]
    which = asked(statistics, "does Reed Lab or Loom Lab publish more papers", **labs)
    assert lines(which)[0] == "Reed Lab is ahead: 2 papers against 1 paper."


def test_an_overview_has_the_main_numbers(statistics: Statistics) -> None:
    text = asked(statistics, "stats for this week", window=THIS_WEEK).text
    assert text.startswith("3 papers featured since 2025-12-08.\nWith code: 2 (67%)\n")
    assert "Upvotes: 16 on average, median 7\n" in text
    assert "Days with the most papers: Tuesday, 2025-12-09 (2); Monday, 2025-12-08 (1)\n" in text


def test_only_the_number_is_given_if_only_the_number_is_wanted(statistics: Statistics) -> None:
    draft = asked(statistics, "just the number: papers this week", window=THIS_WEEK)
    assert draft.text == "3 papers featured since 2025-12-08."


def test_a_share_of_what_the_catalogue_does_not_know_is_refused(statistics: Statistics) -> None:
    draft = asked(statistics, "what fraction comes from European labs")
    assert draft.refused
    assert "I count papers by topic" in draft.text


def test_facts_of_one_paper_are_answered_elsewhere(statistics: Statistics) -> None:
    request = Request(topic="", kind="count", facts=("upvotes",), named=(PAPERS[0],))
    assert statistics.draft(request, "how many upvotes does HeronNet have", TODAY) is None


def test_questions_in_words_reach_the_statistics(statistics: Statistics, library: Library) -> None:
    qa = PaperQA(library, RagConfig(), today=lambda: TODAY)
    assert qa.ask("what share of this week's papers has code?").text.startswith("67%: 2 of the 3")
    assert qa.ask("durchschnittliche upvotes diese woche").text.startswith(
        "16 upvotes is the avera"
    )


def test_the_number_of_authors_to_name_is_no_condition(statistics: Statistics) -> None:
    draft = asked(statistics, "top 2 authors", authors=AuthorCount(2, 2))
    assert lines(draft)[1:] == ["A. One: 2 papers, the newest is [1]", "B. Two: 1 paper [2]"]


def test_a_topic_inside_another_word_is_not_taken_out_of_it(
    statistics: Statistics, library: Library
) -> None:
    rag = replace(LOOM, title="RAG for Sails", abstract="RAG finds sails.",
                  arxiv_id="2512.00006", author_count=3)  # fmt: skip
    ingest(ListSource([rag]), library)
    draft = asked(statistics, "average number of authors of RAG papers", topic="RAG")
    assert "is the average of the 1 paper on RAG" in lines(draft)[0]


def test_papers_shown_before_are_counted(statistics: Statistics) -> None:
    draft = asked(statistics, "how many of them have code", with_code=True, pointed=PAPERS[:3])
    assert lines(draft)[0] == "2 of the 3 papers shown before have code."
