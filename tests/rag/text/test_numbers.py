import pytest

from rag.text.numbers import quantities, strip_tex


def matches(claim: str, source: str) -> bool:
    """Return whether all numbers of a claim stand in the source."""
    there = quantities(strip_tex(source))
    ours = quantities(strip_tex(claim))
    assert ours
    return all(any(number.stands_for(other) for other in there) for number in ours)


@pytest.mark.parametrize(
    ("claim", "source"),
    [
        ("180,000 images", "0.18M images"),
        ("12K images", "12,000 images"),
        ("eight million", "8M"),
        ("nine hundred thousand", "900K"),
        ("half a million", "500K"),
        ("half a dozen", "6"),
        ("half of them", "50%"),
        ("94,2 %", "94.2%"),
        ("a third of an hour", "20 minutes"),
        ("0.003 seconds", "3 ms"),
        ("210 Stunden", "210 hours"),
        ("one in eight", "12.5%"),
        ("twice as fast", "2x faster"),
        ("5.4 times", r"$5.4\times$"),
        ("about 60%", "61%"),
        ("more than four builds", "4.1 builds"),
        ("less than half", "41%"),
        ("3:1", "3:1"),
        ("42 cents", "$0.42"),
    ],
)
def test_the_same_number_in_another_form(claim: str, source: str) -> None:
    assert matches(claim, source)


@pytest.mark.parametrize(
    ("claim", "source"),
    [
        ("1.8M images", "0.18M images"),
        ("30 hours", "3 hours"),
        ("3 days", "3 hours"),
        ("1.4 minutes", "1.4 seconds"),
        ("40%", "87%"),
        ("1:3", "3:1"),
        ("300B parameters", "300M parameters"),
        ("about 60%", "71%"),
        ("more than 2 builds", "4.1 builds"),
    ],
)
def test_another_number(claim: str, source: str) -> None:
    assert not matches(claim, source)


@pytest.mark.parametrize("text", ["GPT-4 and Llama-3-70B", "a four-legged robot", "the two", "one"])
def test_what_only_looks_like_a_number(text: str) -> None:
    assert quantities(text) == []
