"""Comparisons: their two sides, and the numbers of a source for each."""

import pytest

from rag.grounding.comparatives import NumberInContext, contradicts_numbers, sides
from rag.text.numbers import quantities
from rag.text.words import terms


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Herons are taller than egrets", ("Herons are taller ", " egrets")),
        ("HeronNet beats Gull-2", ("HeronNet ", " Gull-2")),
        ("HeronNet stays ahead of Gull-2", ("HeronNet stays ", " Gull-2")),
        ("Gull-2 is beaten by HeronNet", None),
        ("It has more than 500 birds", None),
        ("It counts herons", None),
    ],
)
def test_the_sides_of_a_comparison(text: str, expected: tuple[str, str] | None) -> None:
    assert sides(text) == expected


@pytest.mark.parametrize(
    ("claim", "is_wrong"),
    [
        ("The best model finds more errors than bakers", True),
        ("The best model finds fewer errors than bakers", False),
        ("Bakers find more than the best model", False),
        ("Bakers find less than the best model", True),
        ("Bakers like errors", False),
        ("Bakers differ from the best model", False),
    ],
)
def test_a_comparison_against_the_numbers(claim: str, is_wrong: bool) -> None:
    source = "The best model finds 61% of the errors, bakers find 97%."
    first, second = quantities(source)
    numbers = [
        NumberInContext(first, frozenset(terms("The best model finds of the errors"))),
        NumberInContext(second, frozenset(terms("bakers find"))),
    ]
    assert contradicts_numbers(claim, numbers, []) is is_wrong


def test_the_number_of_the_papers_own_system_is_what_is_left() -> None:
    first, second = quantities("It finds 61% of the errors, bakers find 97%.")
    numbers = [
        NumberInContext(first, frozenset(terms("It finds of the errors"))),
        NumberInContext(second, frozenset(terms("bakers find"))),
    ]
    assert contradicts_numbers("Whisk finds more errors than bakers", numbers, ["Whisk"])
    assert not contradicts_numbers("Whisk finds fewer errors than bakers", numbers, ["Whisk"])
