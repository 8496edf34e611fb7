"""From which list a text chooses, and what "the next one" goes on from."""

from dataclasses import replace

import pytest

from rag.query.followups import SHOWN_LIST
from rag.query.list_places import choices_after, choose, steps_in_list, up_to_list
from rag.query.request import Past, Request
from rag.records import Paper
from tests.papers import many

A, B, C, D, E, F, G, H = many(8)
SHOWN = Past(SHOWN_LIST, (A, B, C, D, E))


def turn(text: str, *papers: Paper) -> Past:
    return Past(Request(topic=text, text=text), papers)


THIRD = turn("number 3", C)
NEAREST = turn("what is GooseNet?", F, G, H)  # of a refusal
COMPARED = turn("compare 1 and 2", A, B)
NARROWED = turn("which of them have code?", B, E)


@pytest.mark.parametrize(
    ("text", "past", "chosen"),
    [
        ("the next one", [SHOWN], [A]),
        ("the next one", [SHOWN, THIRD], [D]),
        ("the one before that", [SHOWN, THIRD, turn("and H?", H)], [B]),
        ("the next one", [SHOWN, THIRD, NEAREST], [D]),
        ("number 2", [SHOWN, THIRD, NEAREST], [G]),  # as the last answer numbers them
        ("number 4", [SHOWN, THIRD, NEAREST], [D]),  # which that answer lacks
        ("the next one", [SHOWN, COMPARED], [C]),
        ("number 5", [SHOWN, COMPARED], [E]),
        ("the first one", [SHOWN, COMPARED], [A]),
        ("the next one", [SHOWN, THIRD, NARROWED], [B]),
        ("the next one", [SHOWN, THIRD, NARROWED, turn("number 1", B)], [E]),
        ("the next one", [SHOWN, THIRD, turn("thanks")], [D]),
        ("the second one", [turn("what is A?", A), turn("and B?", B)], [B]),
    ],
)
def test_a_choice_is_from_the_list_that_is_talked_about(
    text: str, past: list[Past], chosen: list[Paper]
) -> None:
    papers, missing = choose(choices_after(text, past), past)
    assert list(papers) == chosen
    assert not missing


def test_the_next_paper_is_on_the_page_before_or_behind() -> None:
    first = Past(Request(topic="birds", kind="list"), (A, B, C))
    second = replace(first.request, offset=3)
    past = [first, Past(second, (D, E)), turn("number 3", C)]
    assert choose(choices_after("the next one", past), past)[0] == (D,)
    past[-1] = turn("number 5", E)
    said = choose(choices_after("the next one", past), past)[1]
    assert said == "The list has 5 papers: there is no number 6."


def test_next_goes_through_a_list_only_once_a_paper_of_it_was_talked_about() -> None:
    assert not choices_after("next", [SHOWN])  # more of it
    assert choices_after("next", [SHOWN, THIRD])
    assert choices_after("next", [SHOWN, THIRD, turn("thanks")])
    assert up_to_list([SHOWN, THIRD]) == [SHOWN]
    assert up_to_list([THIRD]) == [THIRD]


@pytest.mark.parametrize(
    ("text", "steps"),
    [
        ("the one after that", True), ("die davor", True), ("saute", True), ("number 3", False),
        ("the one after number 3", False), ("who wrote it?", False),
    ],
)  # fmt: skip
def test_a_step_goes_on_from_the_last_paper(text: str, steps: bool) -> None:
    assert steps_in_list(text) == steps
