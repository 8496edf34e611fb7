"""Which part of a long text asks something."""

import pytest

from rag.query.long_texts import MAX_ASKING, asking_part

NOTES = "Herons wade in marshes at dusk, and I wrote down what I saw there. " * 90
QUESTION = "how many hours does the training of HeronNet take?"


def is_request(text: str) -> bool:
    return text.startswith("Show me")


@pytest.mark.parametrize(
    ("text", "asked"),
    [
        (f"{NOTES}\n\n{QUESTION}", QUESTION),
        (f"{QUESTION}\n\n{NOTES}", QUESTION),
        (f"{NOTES}{QUESTION.capitalize()}", QUESTION.capitalize()),
        (f"{NOTES.replace('H', 'h')}{QUESTION}", QUESTION),
        (f"{NOTES}\nI know of HeronNet. How fast is it?\n{NOTES}",
         "I know of HeronNet. How fast is it?"),
        (f"Is that so?\n{NOTES}\nAnd 鹭鸟怎么数？", "And 鹭鸟怎么数？"),
        (f"{NOTES}\nShow me papers on herons.", "Show me papers on herons."),
        (f"Show me papers on herons.\n{NOTES}", "Show me papers on herons."),
        (f"{NOTES}\nThat is all.", "That is all."),
        (f"{NOTES}\n1. Who counts?\n\n2. Who flies?\nBye", "1. Who counts?\n\n2. Who flies?"),
        (f"Really?\n{NOTES}\nWho counts?\nWho flies?", "Who counts?\nWho flies?"),
    ],
)  # fmt: skip
def test_the_part_that_asks_is_found(text: str, asked: str) -> None:
    part, rest = asking_part(text, is_request)
    assert part == asked
    assert asked not in rest
    assert "wade in marshes" in rest


def test_a_part_that_asks_is_bounded() -> None:
    for text in ("x" * 9_000, "x" * 9_000 + "?", "why? " * 3_000, "a b\n" * 4_000):
        part, _ = asking_part(text, is_request)
        assert 0 < len(part) <= MAX_ASKING
