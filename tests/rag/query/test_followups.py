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


def asked(question: str, *named: Paper) -> Request:
    return replace(parse(question, TODAY), named=named)


def said(question: str, *papers: Paper) -> Past:
    return Past(asked(question), papers)


LIST = said("which papers help robots?", LOOM, TIDAL, PASTRY)
ONE = said("what does HeronNet count?", HERON)


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
        ("the first one again", [ONE, said("and Loom?", LOOM)], [HERON]),
        ("compare it with the first one", [ONE, said("and Loom?", LOOM)], [LOOM, HERON]),
        ("which of them is about recipes?", [LIST], [LOOM, TIDAL, PASTRY]),
        ("the one with the cache: how much memory?", [LIST], [LOOM, TIDAL, PASTRY]),
        ("on which benchmark?", [ONE], [HERON]),
        ("why?", [ONE], [HERON]),
        ("who wrote that and when?", [ONE], [HERON]),
    ],
)
def test_papers_that_are_pointed_at(
    question: str, before: list[Past], pointed: list[Paper]
) -> None:
    assert set(resolve(asked(question), before).pointed) == set(pointed)


@pytest.mark.parametrize(
    "question",
    [
        "which papers test language models on recipes with errors?",
        "Tidal Attention and its cache",
        "the ninth one",
        "the one that weaves sensor streams",  # one paper was spoken of: another is wanted
        "newest paper",
        "which papers are on robots that fold laundry or take this apart?",
        "is it possible to align models without any text at all?",
    ],
)
def test_a_question_of_its_own_points_at_nothing(question: str) -> None:
    assert resolve(asked(question), [ONE]) == asked(question)


def test_nothing_was_said_before() -> None:
    assert resolve(asked("how accurate is it?"), []) == asked("how accurate is it?")


def test_other_days_and_another_order_of_the_same() -> None:
    count = said("how many papers on birds this month?")
    again = resolve(asked("and last month?"), [count])
    assert again.count
    assert "birds" in again.topic
    assert str(again.window) == "published 2025-11-01 to 2025-11-30"
    oldest = resolve(asked("oldest one"), [said("newest paper on video", LOOM)])
    assert oldest.order == "oldest"
    assert "video" in oldest.topic


def test_the_same_is_asked_of_another_paper() -> None:
    before = Past(asked("how many birds does HeronNet count?", HERON), (HERON,))
    again = resolve(asked("and Loom?", LOOM), [before])
    assert "how many birds" in again.topic
    assert "HeronNet" not in again.topic
    assert again.named == (LOOM,)


def test_a_list_of_another_topic() -> None:
    before = said("which papers are about birds?", HERON)
    again = resolve(asked("and on recipes?"), [before])
    assert again.several
    assert again.topic == "on recipes?"


def test_a_comparison_is_of_each() -> None:
    pair = [ONE, said("and Loom?", LOOM)]
    assert resolve(asked("compare it with the first one"), pair).compares
    assert not resolve(asked("how accurate is it?"), pair).compares
