"""Opposites and negations, in a claim and in its source."""

import pytest

from rag.grounding.polarity import denial, denies, has_not, is_negative, negated, opposed


@pytest.mark.parametrize(
    ("claim", "source", "is_opposite"),
    [
        ("It raises 40% more alarms", "It raises 40% fewer alarms", True),
        ("Memory is doubled", "It halves the memory", True),
        ("It needs 9% less compute", "It cuts errors at 9% more compute", True),
        ("It counts herons more slowly", "It counts herons faster", True),
        ("It is faster", "It is faster", False),
        ("It needs less memory", "It is more accurate and needs less memory", False),
        ("It has more errors and fewer alarms", "It has fewer errors", False),
    ],
)
def test_opposites(claim: str, source: str, is_opposite: bool) -> None:
    assert opposed(claim, source) is is_opposite


@pytest.mark.parametrize(
    ("text", "stems"),
    [
        ("It needs no labels", {"label"}),
        ("It doesn't run on phones, but flies", {"run", "phone"}),
        ("It drops by no more than 3 points", set()),
        ("It uses landmarks instead of exact positions", {"exact", "posit"}),
        ("It needs labels", set()),
    ],
)
def test_what_a_negation_reaches(text: str, stems: set[str]) -> None:
    assert negated(text) == stems


@pytest.mark.parametrize(
    ("claim", "source", "is_denied"),
    [
        ("It needs labels", "It needs no labels", True),
        ("It doesn't run on phones", "It runs on phones", True),
        ("It needs no labels", "It is trained without labels", False),
        ("It drops by no more than 3 points", "It drops by at most 3 points", False),
        ("It stays untested", "It has not been tested", False),
        ("It does not fly", "It counts herons", False),
    ],
)
def test_denials(claim: str, source: str, is_denied: bool) -> None:
    assert denies(claim, source) is is_denied


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("It raises fewer alarms", True),
        ("It raises more alarms", False),
        ("It doesn't reduce alarms", False),
        ("It lacks labels", True),
    ],
)
def test_an_odd_number_of_negative_words_is_negative(text: str, expected: bool) -> None:
    assert is_negative(text) is expected


@pytest.mark.parametrize(
    ("text", "denied"),
    [
        ("It does not count labels.", "It does count labels."),
        ("It runs without labels.", "It runs with labels."),
        ("It is faster.", "It is not faster."),
        ("Herons fly.", "It is not true that Herons fly."),
    ],
)
def test_a_sentence_can_be_denied(text: str, denied: str) -> None:
    assert denial(text) == denied
    assert has_not(text) is (len(denied) < len(text))
