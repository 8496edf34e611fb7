"""Claims that give the words of one thing to another."""

import pytest

from rag.grounding.pairings import mixes_halves, rival_comes_first, rival_wins


@pytest.mark.parametrize(
    ("claim", "is_wrong"),
    [
        ("Gull-2 outperforms FlockField", True),
        ("Gull-2 is ahead of FlockField", True),
        ("FlockField outperforms Gull-2", False),
        ("Gull-2 is outperformed by FlockField", False),
        ("HeronNet outperforms FlockField", False),
    ],
)
def test_a_rival_does_not_win(claim: str, is_wrong: bool) -> None:
    source = "Our model outperforms strong detectors such as Gull-2."
    assert rival_wins(claim, source, ["FlockField"]) is is_wrong


@pytest.mark.parametrize(
    ("claim", "is_wrong"),
    [
        ("It finds flocks for exact queries, and searches nests for broad queries", True),
        ("It searches nests for exact queries, and finds flocks for broad queries", False),
        ("It searches nests and finds flocks", False),
    ],
)
def test_halves_keep_their_words(claim: str, is_wrong: bool) -> None:
    source = "It finds flocks for broad queries while it searches nests for exact queries."
    assert mixes_halves(claim, source) is is_wrong


def test_which_side_of_a_comparison_comes_first() -> None:
    own = ["FlockField"]
    assert rival_comes_first("Gull-2 is better than FlockField", own)
    assert not rival_comes_first("FlockField is better than Gull-2", own)
    assert not rival_comes_first("Gull-2 is better than HeronNet", own)
    assert not rival_comes_first("Gull-2 knows FlockField", own)
