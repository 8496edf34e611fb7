"""When somebody does something, and when papers came out."""

import re

import pytest

from rag.query.occasions import is_occasion


def is_of_an_occasion(question: str, time: str) -> bool:
    match = re.search(time, question)
    assert match
    return is_occasion(question, match)


@pytest.mark.parametrize(
    ("question", "time"),
    [
        ("journal club on thursday, need a fun vision paper", "on thursday"),
        ("job interview on tuesday, which papers must I have read", "on tuesday"),
        ("I have to present Dr. Heron on Friday, what is its idea?", "on Friday"),
        ("definition of distillation please, my professor asked me yesterday", "yesterday"),
        ("a review due friday, pick 5 papers", "friday"),
        ("what should I read this weekend", "this weekend"),
        ("how long does it train over the weekend", "over the weekend"),
    ],
)
def test_somebody_does_something_then(question: str, time: str) -> None:
    assert is_of_an_occasion(question, time)


@pytest.mark.parametrize(
    ("question", "time"),
    [
        ("for my meeting, a summary of this month", "of this month"),
        ("summary of this month for my meeting", "of this month"),
        ("papers of last week for our journal club", "last week"),
        ("I was sick since Thursday, tell me what came out", "since Thursday"),
        ("if you had to tell my book club what people did in november", "in november"),
        ("what dropped today", "today"),
    ],
)
def test_papers_came_out_then(question: str, time: str) -> None:
    assert not is_of_an_occasion(question, time)
