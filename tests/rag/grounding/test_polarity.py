import pytest

from rag.grounding.comparatives import Counted, crossed, miscounted, swapped
from rag.grounding.polarity import denies, opposed
from rag.text.language import sentence_language
from rag.text.names import is_name_in, names_in
from rag.text.numbers import quantities
from rag.text.words import terms


@pytest.mark.parametrize(
    ("claim", "source", "is_opposite"),
    [
        ("It raises 40% more alarms", "It raises 40% fewer alarms", True),
        ("Memory is doubled", "It halves the memory", True),
        ("It needs 9% less compute", "It makes up for the loss at 9% more compute", True),
        ("It is faster", "It is faster", False),
        ("It needs less memory", "It is more accurate and needs less memory", False),
        ("It halves the errors", "It halves the errors of more than 500 birds", False),
    ],
)
def test_opposites(claim: str, source: str, is_opposite: bool) -> None:
    assert opposed(claim, source) is is_opposite


@pytest.mark.parametrize(
    ("claim", "source", "is_denied"),
    [
        ("It needs labels", "It needs no labels", True),
        ("It doesn't run on phones", "It runs on phones", True),
        ("It needs no labels", "It is trained without labels", False),
        ("It drops by no more than 3 points", "It drops by at most 3 points", False),
        ("It stays untested", "It has not been tested", False),
        ("It is smaller without making results worse", "It is smaller at the same results", False),
    ],
)
def test_denials(claim: str, source: str, is_denied: bool) -> None:
    assert denies(claim, source) is is_denied


@pytest.mark.parametrize(
    ("claim", "source", "is_swapped"),
    [
        ("Audio matters more than the tree", "The tree matters more than audio", True),
        ("The tree matters more than audio", "The tree matters more than audio", False),
        ("Tuning solves fewer tasks than Mender", "Mender solves more tasks than tuning", False),
        ("People prefer schedules over skipping", "People prefer skipping over schedules", True),
        ("A20 is outperformed by B30", "A20 outperforms B30", True),
        ("Flock is more accurate than Heron", "Heron is more accurate there", True),
    ],
)
def test_compared_things_that_changed_sides(claim: str, source: str, is_swapped: bool) -> None:
    assert swapped(claim, source) is is_swapped
    assert crossed(claim, claim) is False


def test_a_comparison_against_the_numbers() -> None:
    source = "The best model finds 61% of the errors, bakers find 97%."
    first, second = quantities(source)
    counted = [
        Counted(first, frozenset(terms("The best model finds of the errors"))),
        Counted(second, frozenset(terms("bakers find"))),
    ]
    assert miscounted("The best model finds more errors than bakers", source, counted, [])
    assert not miscounted("The best model finds fewer errors than bakers", source, counted, [])
    assert not miscounted("Bakers like errors", source, counted, [])


def test_names_and_where_they_stand() -> None:
    assert names_in("In Lyon, Llama-3-70B and GPT-4o beat LLMs of Meta") == [
        "Llama-3-70B", "GPT-4o", "Lyon", "Meta",
    ]  # fmt: skip
    assert names_in("Die Zahl der Reiher", language="de") == []
    assert names_in("Loom aligns clocks", ["Loom"]) == ["Loom"]
    assert is_name_in("GPT-4", "we used GPT-4.")
    assert is_name_in("GPT 4", "we used GPT-4")
    assert is_name_in("EHR", "the electronic health record")
    assert not is_name_in("GPT-4", "we used GPT-4o and GPT-45")
    assert not is_name_in("Paris", "a comparison")


@pytest.mark.parametrize(
    ("sentence", "asked_in", "language"),
    [
        ("HeronNet counts herons in drone video.", "en", "en"),
        ("HeronNet outperforms counters.", "en", "en"),
        ("HeronNet erreicht 94,2 % der Genauigkeit menschlicher Zähler.", "de", "de"),
        ("HeronNet zählt 17 Vögel.", "de", ""),
        ("HeronNet is better in the fog.", "de", "en"),
        ("HeronNet 达到 94.2% 的准确率。", "zh", "zh"),
    ],
)
def test_the_language_of_a_sentence(sentence: str, asked_in: str, language: str) -> None:
    assert sentence_language(sentence, asked_in) == language
