from dataclasses import replace

import pytest

from rag.text.brackets import OwnBrackets, brackets_of, find_markers, marked
from tests.papers import HERON

EGRET = replace(
    HERON,
    abstract="EgretScore extends [2] and scores nests in [0, 1] or [1, 5]. [3] began it. We use "
    "twigs [12-14], as in【4】.",
)


def found(text: str, given: list[int] | None = None) -> list[str]:
    own = brackets_of((EGRET,))
    return [match[0].strip() for match in find_markers(text, own, given)]


@pytest.mark.parametrize(
    "text",
    [
        "EgretScore extends [2] and more",
        "Scores are in [0, 1].",
        "Scores are in [0,1].",
        "it rates or [1, 5] nests",
        "uses twigs [12-14].",
        "as in [4].",
        "[3] began it.",
        "“[3] began it.”",
    ],
)
def test_a_papers_own_brackets_are_text(text: str) -> None:
    assert found(text) == []


@pytest.mark.parametrize(
    ("text", "markers"),
    [
        ("It scores nests [2].", ["[2]"]),
        ("It scores nests. [2]", ["[2]"]),
        ("EgretScore extends [2] and scores nests [2].", ["[2]"]),
        ("“EgretScore extends [2] and scores nests in [0, 1] or [1, 5].” [3]", ["[3]"]),
        ("[1] It scores nests [1, 3].", ["[1]", "[1, 3]"]),
    ],
)
def test_what_the_writer_adds_are_markers(text: str, markers: list[str]) -> None:
    assert found(text) == markers


@pytest.mark.parametrize("text", ["values in [0, 9]", "a scale from [1, 9]", "x ∈ [2-7]"])
def test_an_interval_of_other_numbers_is_text(text: str) -> None:
    assert found(text, given=[1, 2]) == []


def test_numbers_that_were_given_are_markers_also_after_in() -> None:
    assert found("as said in [1, 2]", given=[1, 2]) == ["[1, 2]"]


def test_texts_without_brackets_have_none_of_their_own() -> None:
    assert [m[0] for m in find_markers("So [1].", OwnBrackets(["So it is."]))] == [" [1]"]


def test_numbers_are_read_in_order() -> None:
    assert marked("1, 3") == [1, 3]
    assert marked("2-4;1") == [2, 3, 4, 1]
