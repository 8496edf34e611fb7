"""What goes with what, in a claim and in its source."""

import pytest

from rag.grounding.pairings import beats_own, halves_mixed, misassigned
from rag.grounding.polarity import needless


@pytest.mark.parametrize(
    ("claim", "is_wrong"),
    [
        ("Gull-2 reaches 0.55", True),
        ("Gull-2 reaches 0.61", False),
        ("Gull-2 and Tern-1 reach 0.61 and 0.55", False),
        ("The best of them reaches 0.61", False),
    ],
)
def test_numbers_told_respectively(claim: str, is_wrong: bool) -> None:
    source = "The models Gull-2, Tern-3, and Tern-1 reach 0.61, 0.58 and 0.55, respectively."
    assert misassigned(claim, source) is is_wrong


@pytest.mark.parametrize(
    ("claim", "is_wrong"),
    [
        ("Gull-2 outperforms FlockField", True),
        ("Gull-2 is ahead of FlockField", True),
        ("FlockField outperforms Gull-2", False),
        ("HeronNet outperforms FlockField", False),
    ],
)
def test_a_rival_does_not_win(claim: str, is_wrong: bool) -> None:
    source = "Our model outperforms strong detectors such as Gull-2."
    assert beats_own(claim, source, ["FlockField"]) is is_wrong


@pytest.mark.parametrize(
    ("claim", "is_wrong"),
    [
        ("It finds flocks for exact queries, and searches nests for broad queries", True),
        ("It searches nests for exact queries, and finds flocks for broad queries", False),
        ("It searches nests and finds flocks", False),
    ],
)
def test_halves_that_changed_words(claim: str, is_wrong: bool) -> None:
    source = "It finds flocks for broad queries while it searches nests for exact queries."
    assert halves_mixed(claim, source) is is_wrong


@pytest.mark.parametrize(
    ("claim", "source", "is_wrong"),
    [
        ("It has to be trained on each field", "It is a training-free method", True),
        ("It requires exact positions", "It uses landmarks instead of exact positions", True),
        ("It requires exact positions", "It uses exact positions", False),
        ("It needs no training", "It is a training-free method", False),
    ],
)
def test_what_is_not_needed(claim: str, source: str, is_wrong: bool) -> None:
    assert needless(claim, source) is is_wrong
