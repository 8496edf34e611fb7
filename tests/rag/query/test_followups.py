from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from rag.query.followups import (
    CHARACTERS_PER_TOKEN,
    HISTORY_TOKENS,
    MIN_INSIDE,
    MIN_INSIDE_OF_CHAT,
    asks_inside,
    inside,
    resolve,
    truncate_history,
)
from rag.query.parser import paper_facts, parse
from rag.query.request import Kind, Past, Request
from rag.records import Paper, Turn, Window
from tests.papers import HERON, LOOM, PASTRY, TIDAL, TODAY


def test_history_is_truncated_to_its_token_budget() -> None:
    long = HISTORY_TOKENS * CHARACTERS_PER_TOKEN // 2
    turns = [Turn("a" * long), Turn("b" * long), Turn("c")]
    assert truncate_history(turns) == turns[1:]
    assert truncate_history([]) == []
    assert truncate_history([Turn("x" * (3 * long))]) == []
    shown = Turn("", ("arxiv:1", "arxiv:2"))
    assert truncate_history([shown, *turns]) == [shown, *turns[1:]]


def request(question: str, *named: Paper) -> Request:
    return replace(parse(question, TODAY), text=question, named=named)


def past(question: str, *papers: Paper) -> Past:
    return Past(request(question), papers)


LIST = past("which papers help robots?", LOOM, TIDAL, PASTRY)
ONE = past("what does HeronNet count?", HERON)


@pytest.mark.parametrize(
    ("question", "before", "pointed"),
    [
        ("how accurate is it?", [ONE], [HERON]),
        ("who annotated its data, people?", [ONE], [HERON]),
        ("and the second one?", [LIST], [TIDAL]),
        ("the last one: what does it cost?", [LIST], [PASTRY]),
        ("what about #3", [LIST], [PASTRY]),
        ("tell me more about [1]", [LIST], [LOOM]),
        ("paper 2 please", [LIST], [TIDAL]),
        ("the first one again", [ONE, past("and Loom?", LOOM)], [HERON]),
        ("compare it with the first one", [ONE, past("and Loom?", LOOM)], [LOOM, HERON]),
        ("which of them is about recipes?", [LIST], [LOOM, TIDAL, PASTRY]),
        ("which of them is about recipes?", [LIST, ONE], [LOOM, TIDAL, PASTRY]),
        ("number 2", [LIST, past("number 3", PASTRY)], [TIDAL]),
        ("how does it compare with number 2?", [LIST, ONE], [HERON, TIDAL]),
        ("the one with the cache: how much memory?", [LIST], [LOOM, TIDAL, PASTRY]),
        ("on which benchmark?", [ONE], [HERON]),
        ("why?", [ONE], [HERON]),
        ("who wrote that and when?", [ONE], [HERON]),
    ],
)
def test_pronouns_and_ordinals_refer_to_earlier_papers(
    question: str, before: list[Past], pointed: list[Paper]
) -> None:
    assert set(resolve(request(question), before).pointed) == set(pointed)


@pytest.mark.parametrize(
    "question",
    [
        "which papers test language models on recipes with errors?",
        "Tidal Attention and its cache",
        "the ninth one",
        "the one that weaves sensor streams",  # the last answer was about one other paper
        "newest paper",
        "who wrote the paper on paste and pastry, and when?",
        "which papers are on robots that fold laundry or take this apart?",
        "is it possible to align models without any text at all?",
        "which paper studies the brain and what did it find?",
        "is there a recent study of sleep, and did it use wearables?",
    ],
)
def test_a_standalone_question_refers_back_to_nothing(question: str) -> None:
    assert resolve(request(question), [ONE]) == request(question)


@pytest.mark.parametrize(
    ("question", "pointed"),
    [
        ("2412.04321, what is it?", []),
        ("what is it: arXiv:2412.04321", []),
        ("https://arxiv.org/abs/2412.04321 tldr", []),
        ("who wrote 2412.04321 and when?", []),
        ("2413.00001?", []),
        ("does it cite 2412.04321?", [HERON]),
        ("is this paper on 2412.04321?", [HERON]),
        ("compare it with 2412.04321", [HERON]),
    ],
)
def test_an_id_that_no_paper_has_is_not_about_the_last_answer(
    question: str, pointed: list[Paper]
) -> None:
    asked = replace(request(question), kind="follow-up", follow_up=1.0)
    assert list(resolve(asked, [ONE]).pointed) == pointed


@pytest.mark.parametrize(
    ("question", "pointed"),
    [
        ("who wrote GooseNet and why?", []),
        ("authors of EgretGPT", []),
        ("BibTeX of Goose-2", []),
        ("who wrote HeronNet and when?", [HERON]),
        ("who wrote the MarshCount one?", [HERON]),
        ("BibTeX please", [HERON]),
        ("WHO WROTE IT AND WHERE", [HERON]),
        ("GitHub?", [HERON]),
    ],
)
def test_a_fact_of_a_name_that_the_last_paper_lacks_is_not_its_own(
    question: str, pointed: list[Paper]
) -> None:
    facts = paper_facts(question)
    asked = replace(request(question), kind="follow-up", follow_up=1.0, facts=facts)
    assert facts
    assert list(resolve(asked, [ONE]).pointed) == pointed


def test_without_history_a_question_stays_as_it_is() -> None:
    assert resolve(request("how accurate is it?"), []) == request("how accurate is it?")


def test_other_days_and_another_order_replace_those_of_the_last_question() -> None:
    count = past("how many papers on birds this month?")
    again = resolve(request("and last month?"), [count])
    assert again.count
    assert "birds" in again.topic
    assert str(again.window) == "published 2025-11-01 to 2025-11-30"
    oldest = resolve(request("oldest one"), [past("newest paper on video", LOOM)])
    assert oldest.order == "oldest"
    assert "video" in oldest.topic


def test_the_last_question_is_repeated_for_another_paper() -> None:
    before = Past(request("how many birds does HeronNet count?", HERON), (HERON,))
    again = resolve(request("and Loom?", LOOM), [before])
    assert "how many birds" in again.topic
    assert "HeronNet" not in again.topic
    assert again.named == (LOOM,)


def test_a_new_topic_keeps_asking_for_a_list() -> None:
    before = past("which papers are about birds?", HERON)
    again = resolve(request("and on recipes?"), [before])
    assert again.several
    assert again.topic == "on recipes?"


def test_only_a_comparison_must_cite_every_paper() -> None:
    pair = [ONE, past("and Loom?", LOOM)]
    assert resolve(request("compare it with the first one"), pair).compares
    assert not resolve(request("how accurate is it?"), pair).compares


# What QueryUnderstanding reads in a message that follows a list.
PAGE = Past(Request(topic="robots", kind="list", several=True), (LOOM, TIDAL, PASTRY))


def follow_up(
    question: str, *, kind: Kind = "follow-up", asks: bool = False, **slots: Any
) -> Request:
    asked = replace(parse(question, TODAY), text=question)
    return replace(asked, kind=kind, follow_up=1.0, asks_more=asks, **slots)


@pytest.mark.parametrize("question", ["more", "show me the next ones", "any others?", "go on"])
def test_a_list_goes_on_where_it_ended(question: str) -> None:
    second = resolve(follow_up(question), [PAGE])
    assert second == replace(PAGE.request, offset=3)
    third = resolve(follow_up(question), [PAGE, Past(second, (HERON, LOOM))])
    assert third.offset == 5


def test_a_list_is_narrowed_and_keeps_its_topic() -> None:
    coded = resolve(follow_up("only those with code", with_code=True, facts=("code",)), [PAGE])
    assert coded == replace(PAGE.request, with_code=True)
    none = resolve(
        follow_up("rather those without code", without_code=True), [Past(coded, PAGE.papers)]
    )
    assert none == replace(PAGE.request, without_code=True)
    of_one = follow_up("no code?", without_code=True, facts=("code",))
    assert resolve(of_one, [Past(Request(topic="HeronNet"), (HERON,))]).pointed == (HERON,)
    fewer = resolve(
        follow_up("but not about birds", excluded=("birds",)), [Past(none, PAGE.papers)]
    )
    assert (fewer.topic, fewer.excluded, fewer.without_code) == ("robots", ("birds",), True)
    lab = resolve(
        follow_up("and from Google?", organization="Google", organizations=("Google",)), [PAGE]
    )
    assert lab == replace(PAGE.request, organization="Google", organizations=("Google",))
    both = resolve(follow_up("only those about birds", slot_topic="birds"), [PAGE])
    assert both.topic == "robots birds"


def test_a_list_without_a_question_is_narrowed_to_its_own_papers() -> None:
    shown = Past(Request(topic="", kind="list"), (LOOM, TIDAL, PASTRY))
    coded = resolve(follow_up("which of them has code?", with_code=True), [shown])
    assert (coded.with_code, coded.pointed) == (True, shown.papers)
    assert resolve(follow_up("show me more"), [shown]).pointed == shown.papers
    assert resolve(follow_up("and last week?"), [shown]).pointed == ()


def test_a_list_is_repeated_for_other_days_another_order_or_topic() -> None:
    days = resolve(follow_up("and last week?"), [PAGE])
    assert (days.topic, days.window) == ("robots", Window(date(2025, 12, 1), date(2025, 12, 7)))
    assert resolve(follow_up("newest first"), [PAGE]) == replace(PAGE.request, order="newest")
    other = resolve(follow_up("and on birds?", slot_topic="birds"), [PAGE])
    assert other == replace(PAGE.request, topic="birds")


def test_a_summary_that_is_narrowed_becomes_a_list() -> None:
    week = Window(date(2025, 12, 1), date(2025, 12, 7))
    summary = Past(Request(topic="", kind="summary", window=week), (LOOM, TIDAL))
    birds = resolve(follow_up("only the ones about birds", slot_topic="birds"), [summary])
    assert (birds.kind, birds.topic, birds.window) == ("list", "birds", week)
    before = resolve(follow_up("and yesterday?"), [summary])
    assert (before.kind, before.window) == ("summary", Window(date(2025, 12, 7), date(2025, 12, 7)))


@pytest.mark.parametrize(
    ("question", "paper"),
    [
        ("the second one", TIDAL),
        ("number 3", PASTRY),
        ("#1 in detail", LOOM),
        ("the last one", PASTRY),
    ],
)
def test_a_paper_of_a_list_is_introduced(question: str, paper: Paper) -> None:
    request = resolve(follow_up(question), [PAGE])
    assert (request.kind, request.pointed) == ("paper", (paper,))


def test_numbers_go_on_from_page_to_page() -> None:
    second = Past(replace(PAGE.request, offset=3), (HERON, LOOM))
    assert resolve(follow_up("number 4"), [PAGE, second]).pointed == (HERON,)
    assert resolve(follow_up("number 2"), [PAGE, second]).pointed == (TIDAL,)
    assert resolve(follow_up("the second one"), [PAGE, second]).pointed == (LOOM,)


def test_a_number_behind_the_page_shows_that_paper_of_the_list() -> None:
    assert resolve(follow_up("number 7"), [PAGE]) == replace(PAGE.request, offset=6, limit=1)
    day = PAGE._replace(request=Request(topic="", kind="summary"))
    assert resolve(follow_up("number 7"), [day]) == replace(day.request, offset=6, limit=1)
    assert resolve(follow_up("and on the 15th of November?"), [day]).limit is None


def test_the_one_of_an_organisation_is_the_only_one_of_the_list() -> None:
    asked = follow_up(
        "the one from Crumb Lab", organization="Crumb Lab", organizations=("Crumb Lab",)
    )
    request = resolve(asked, [PAGE])
    assert (request.kind, request.pointed) == ("paper", (PASTRY,))


def test_similar_papers_without_a_name_are_similar_to_those_shown() -> None:
    request = resolve(follow_up("anything similar?", kind="similar"), [ONE])
    assert (request.kind, request.pointed) == ("similar", (HERON,))
    named = resolve(follow_up("anything like it?", kind="similar"), [PAGE, ONE])
    assert named.pointed == (HERON,)


def test_a_question_about_the_paper_before_is_a_fact_a_detail_or_the_paper() -> None:
    def kind(question: str, **slots: Any) -> Kind:
        request = resolve(follow_up(question, **slots), [ONE])
        assert request.pointed == (HERON,)
        return request.kind

    assert kind("whats the catch?", facts=("limits",)) == "paper"
    assert kind("how does it work?") == "paper"
    assert kind("and how long does it train?") == "content"
    assert kind("which annotators did it pay?", asks=True) == "content"


@pytest.mark.parametrize("kind", ["bot", "small talk", "off topic"])
def test_small_talk_refers_back_to_nothing(kind: Kind) -> None:
    asked = follow_up("thanks, that one is great", kind=kind)
    assert resolve(asked, [PAGE]) is asked


def test_a_new_list_does_not_follow_the_one_before() -> None:
    asked = replace(follow_up("papers about birds", kind="list", slot_topic="birds"), follow_up=0.0)
    assert resolve(asked, [PAGE]) is asked


def test_what_is_new_about_it_is_no_summary_of_days() -> None:
    asked = resolve(follow_up("what is new about it?", kind="summary"), [ONE])
    assert (asked.kind, asked.pointed) == ("paper", (HERON,))


def test_which_papers_are_about_something_is_not_about_the_paper_before() -> None:
    asked = resolve(follow_up("and which papers are about recipes?", facts=("gist",)), [ONE])
    assert (asked.kind, asked.pointed) == ("content", ())


def test_a_question_on_the_inside_is_about_the_paper_and_narrows_no_list() -> None:
    asked = replace(
        request("who labelled two datasets in March?"), inside=MIN_INSIDE, facts=("authors",),
        kind="count", count=True, several=True,
    )  # fmt: skip
    assert asks_inside(asked)
    found = inside(asked, HERON)
    assert (found.topic, found.pointed) == (asked.text, (HERON,))
    assert (found.kind, found.count, found.several, found.facts) == ("content", False, False, ())
    assert not found.is_filter
    assert inside(replace(asked, facts=("limits", "date")), HERON).facts == ("limits",)


@pytest.mark.parametrize(
    ("text", "slots"),
    [
        ("which gpus", {"inside": MIN_INSIDE - 0.01}),
        ("is the code out?", {"inside": 0.99, "facts": ("code",)}),
        ("which papers need few gpus?", {"inside": 0.99}),
        ("how many gpus for number 2", {"inside": 0.99}),
        ("are you sure?", {"inside": MIN_INSIDE_OF_CHAT, "kind": "bot", "certainty": 0.95}),
    ],
)
def test_other_questions_are_not_on_the_inside(text: str, slots: dict[str, Any]) -> None:
    assert not asks_inside(replace(request(text), **slots))


def test_what_may_be_chat_is_on_the_inside_sooner() -> None:
    asked = replace(request("is the data public?"), inside=MIN_INSIDE_OF_CHAT)
    assert asks_inside(replace(asked, kind="bot", certainty=0.6))
    assert not asks_inside(replace(asked, kind="content", certainty=0.6))
