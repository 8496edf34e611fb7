"""Each kind of request is answered in its own way."""

from dataclasses import replace
from datetime import date

import pytest

from ingest.sync import ingest
from rag.answering.answers import Answers
from rag.answering.draft import Draft
from rag.answering.refusal import REFUSAL
from rag.config import RagConfig
from rag.library import Library
from rag.query.request import AuthorCount, Kind, Request
from rag.records import Question, Window
from tests.papers import HERON, LOOM, PASTRY, TIDAL, TODAY, ListSource

NESTS = [
    replace(
        HERON,
        title=f"Nest {n}: Finding Wading Birds in Drone Video",
        arxiv_id=f"2503.0000{n}",
        featured_on=date(2025, 12, n),
    )
    for n in range(1, 6)
]


@pytest.fixture
def answers(library: Library) -> Answers:
    ingest(ListSource([*NESTS, HERON, TIDAL, PASTRY, LOOM]), library)
    return Answers(library, RagConfig())


def draft(answers: Answers, request: Request, text: str = "?") -> Draft:
    return answers.draft(request, Question(text=text), TODAY)


def head(drafted: Draft) -> str:
    return drafted.text.splitlines()[0]


WEEK = Window(date(2025, 12, 1), date(2025, 12, 7))
BIRDS = Request(topic="wading birds", kind="list")


@pytest.mark.parametrize(
    ("request_", "text", "starts"),
    [
        (BIRDS, "papers on wading birds", "6 papers on wading birds, "),
        (replace(BIRDS, kind="advice"), "what to read on wading birds?", "6 papers on wading"),
        (Request(topic="", kind="summary", window=WEEK), "last week?", "5 Daily Papers of the"),
        (Request(topic="", kind="trending", order="most upvotes", window=WEEK), "trending",
         "5 Daily Papers"),
        (Request(topic="like it", kind="similar", named=(NESTS[0],)), "papers like Nest 1",
         "Most similar to Nest 1"),
        (Request(topic="it", kind="paper", named=(TIDAL,), facts=("upvotes",)), "upvotes?",
         "Upvotes of Tidal Attention: 40 [1]"),
        (replace(BIRDS, kind="count", count=True), "how many papers are on wading birds?",
         "6 papers on wading birds"),
        (Request(topic="how accurate is HeronNet?", named=(HERON,)), "how accurate is HeronNet?",
         "“"),
    ],
)  # fmt: skip
def test_each_kind_has_its_own_answer(
    answers: Answers, request_: Request, text: str, starts: str
) -> None:
    drafted = draft(answers, request_, text)
    assert not drafted.refused
    assert head(drafted).startswith(starts)
    assert drafted.citations


def test_a_comparison_quotes_each_paper(answers: Answers) -> None:
    both = Request(topic="HeronNet or PastryBench", kind="comparison", named=(HERON, PASTRY))
    assert [c.paper for c in draft(answers, both).citations] == [HERON, PASTRY]


@pytest.mark.parametrize(
    ("kind", "text"),
    [("small talk", "hello"), ("small talk", "thanks!"), ("bot", "what can you do?"),
     ("bot", "which model are you?"), ("off topic", "will it rain?")],
)  # fmt: skip
def test_small_talk_and_the_bot_itself_cite_nothing(
    answers: Answers, kind: Kind, text: str
) -> None:
    drafted = draft(answers, Request(topic=text, kind=kind), text)
    assert drafted.text
    assert "“" not in drafted.text
    assert (drafted.citations, tuple(drafted.hits)) == ((), ())
    assert drafted.refused == (kind == "off topic")


def test_a_kind_that_finds_nothing_is_left_to_quotes(answers: Answers) -> None:
    nothing = draft(answers, Request(topic="quantum gravity", kind="list", text="quantum gravity"))
    assert nothing.refused
    assert nothing.text.startswith(REFUSAL)


def test_one_paper_on_a_topic_is_quoted_unless_a_list_is_surely_wanted_or_a_filter_left_it(
    answers: Answers,
) -> None:
    text = "which papers plant errors in recipes?"
    asked = Request(topic="recipes", kind="list", text=text, certainty=0.7)
    quoted = draft(answers, asked)
    assert quoted.text.startswith("“")
    assert PASTRY in [citation.paper for citation in quoted.citations]
    for certain in (replace(asked, certainty=1.0), replace(asked, window=Window(None, TODAY))):
        listed = draft(answers, certain)
        assert head(listed).startswith("1 paper on recipes")
        assert [citation.paper for citation in listed.citations] == [PASTRY]


def test_a_summary_is_narrowed_to_a_topic_that_papers_are_on(answers: Answers) -> None:
    birds = Request(topic="wading birds", kind="summary", window=WEEK)
    assert head(draft(answers, birds)).startswith("5 papers on wading birds")
    everything = draft(answers, replace(birds, topic="quantum gravity"))
    assert head(everything).startswith("5 Daily Papers")


@pytest.mark.parametrize("kind", ["summary", "trending"])
def test_days_without_a_paper_on_the_topic_are_not_summed_up_as_a_whole(
    answers: Answers, kind: Kind
) -> None:
    attention = Request(topic="tidal attention", kind=kind, window=WEEK)
    drafted = draft(answers, attention, "what came out on tidal attention last week?")
    assert "5 Daily Papers" not in drafted.text
    everything = draft(answers, replace(attention, topic="cool stuff"), "cool stuff last week?")
    assert head(everything).startswith("5 Daily Papers")


def test_an_unsure_request_is_a_list_only_of_a_topic_with_many_papers(answers: Answers) -> None:
    unsure = Request(topic="who finds wading birds?", other=BIRDS)
    assert head(draft(answers, unsure)).startswith("6 papers on wading birds")
    recipes = replace(BIRDS, topic="recipes")
    assert draft(
        answers, Request(topic="which errors do bakers find?", other=recipes)
    ).text.startswith("“")


def test_a_list_by_number_of_authors_comes_from_the_columns(answers: Answers) -> None:
    request = Request(topic="papers", kind="list", authors=AuthorCount(2, 2))
    drafted = draft(answers, request)
    assert head(drafted).startswith("1 paper with 2 authors")
    assert [citation.paper for citation in drafted.citations] == [PASTRY]


def test_the_settings_given_to_it_hold(library: Library) -> None:
    ingest(ListSource(), library)
    strict = Answers(library, RagConfig.model_validate({"evidence": {"refuse_below": 1}}))
    assert draft(strict, Request(topic="how accurate is HeronNet?", named=(HERON,))).refused
    named = Answers(library, RagConfig.model_validate({"model": {"path": "some-model.gguf"}}))
    bot = Request(topic="which model are you?", kind="bot")
    assert "some-model" in draft(named, bot, "which model are you?").text


UNREAD = ["2501.99999", "hep-th/9711200", "cs/0112017"]
KINDS: list[Kind] = ["content", "paper", "comparison", "concept", "summary", "similar", "off topic"]


@pytest.mark.parametrize("arxiv_id", UNREAD)
@pytest.mark.parametrize("kind", KINDS)
def test_a_paper_that_was_not_read_is_not_answered_from_others(
    answers: Answers, kind: Kind, arxiv_id: str
) -> None:
    asked = f"how does arXiv:{arxiv_id}v2 count birds?"
    drafted = draft(answers, Request(topic="birds", text=asked, kind=kind), asked)
    assert drafted.refused
    assert drafted.text.startswith(f"{REFUSAL} I have not read arXiv {arxiv_id}. I have read 9 ")
    assert drafted.citations == ()


@pytest.mark.parametrize(
    ("asked", "says"),
    [
        ("what does 2401.1002 say?", "2401.1002 cannot be an arXiv id: ids of 2024 have five"),
        ("sum up arxiv.org/abs/2413.10020", "2413.10020 cannot be an arXiv id: there is no month"),
        ("explain cs/0199017", "cs/0199017 cannot be an arXiv id: there is no month 99"),
    ],
)
def test_an_id_that_no_paper_can_have_is_refused_with_the_reason(
    answers: Answers, asked: str, says: str
) -> None:
    drafted = draft(answers, Request(topic=asked))
    assert drafted.refused
    assert drafted.text.startswith(f"{REFUSAL} {says}")


def test_what_is_known_is_answered_with_a_note_about_the_unread_paper(answers: Answers) -> None:
    asked = f"compare {HERON.arxiv_id} and hep-th/9711200"
    drafted = draft(answers, Request(topic=asked, text=asked, named=(HERON,)))
    assert head(drafted) == "I have not read arXiv hep-th/9711200."
    assert [citation.paper for citation in drafted.citations] == [HERON]


def test_numbers_are_not_taken_for_unread_papers(answers: Answers) -> None:
    asked = "which model counts wading birds with 0.9512 or 2048.1024 points?"
    assert "not read" not in draft(answers, Request(topic=asked, text=asked)).text
