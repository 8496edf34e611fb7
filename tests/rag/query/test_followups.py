from dataclasses import replace

import pytest

from rag.query.followups import (
    CHARACTERS_PER_TOKEN,
    HISTORY_TOKENS,
    Past,
    resolve,
    truncate_history,
)
from rag.query.parser import parse
from rag.query.request import Request
from rag.records import Paper, Turn
from tests.papers import HERON, LOOM, PASTRY, TIDAL, TODAY


def test_history_is_truncated_to_its_token_budget() -> None:
    long = HISTORY_TOKENS * CHARACTERS_PER_TOKEN // 2
    turns = [Turn("a" * long), Turn("b" * long), Turn("c")]
    assert truncate_history(turns) == turns[1:]
    assert truncate_history([]) == []
    assert truncate_history([Turn("x" * (3 * long))]) == []


def request(question: str, *named: Paper) -> Request:
    return replace(parse(question, TODAY), named=named)


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
        "which papers are on robots that fold laundry or take this apart?",
        "is it possible to align models without any text at all?",
    ],
)
def test_a_standalone_question_refers_back_to_nothing(question: str) -> None:
    assert resolve(request(question), [ONE]) == request(question)


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
