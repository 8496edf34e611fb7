"""The judge of readability."""

import pytest

from bot.console.readability import HEADER, LOOP, ROLES, SHAPELESS, UNFINISHED, unreadable
from tests.benchmarks.readability import judged, precision_and_recall


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("HeronNet counts herons and egrets, and it reaches 94.2% of human accuracy [1].", ""),
        ("94.2% [1].", ""),
        ("Non. [1]", ""),
        ("HeronNet zählt Reiher auf Videos von Drohnen und braucht dafür drei Stunden [1].", ""),
        ("HeronNet 在无人机视频中统计鹭鸟的数量，准确率达到人类的 94.2%。[1]", ""),
        ("Two systems do: HeronNet, TideNet, PastryBench, Loom, Sable, Umber and Teal [1].", ""),
        ("It counts birds, it counts birds, it counts birds, it counts birds [1].", LOOP),
        ("HeronNet counts herons and egrets in the", UNFINISHED),
        ("HeronNet counts herons in videos of the [1].", UNFINISHED),
        ("", UNFINISHED),
        ("User: how many?\nBot: 42 birds.\nUser: and egrets?", ROLES),
        ("As a language model I cannot see the videos [1].", ROLES),
        ("HeronNet: Counting Birds (2025-01-02): it counts herons.", HEADER),
        ("Tidal Attention Forgetting Purpose Long Contexts Sable Umber [1].", HEADER),
        ("HeronNet → herons / egrets >> 94.2 ;; fog [1].", SHAPELESS),
        ("drone heron egret video fog marsh count detector human laptop [1].", SHAPELESS),
        ("HeronNet считает 白鹭 on drones [1].", SHAPELESS),
    ],
)
def test_what_makes_a_text_unreadable(text: str, why: str) -> None:
    assert unreadable(text) == why


def test_it_tells_the_hand_written_answers_apart() -> None:
    answers = list(judged())
    held_out = [a for a in answers if a.held_out]
    assert len(held_out) > 140
    precision, recall = precision_and_recall(answers)
    assert (round(precision, 2), round(recall, 2)) >= (0.95, 0.88)
    precision, recall = precision_and_recall(held_out)  # nothing was chosen by these
    assert precision >= 0.9
    assert recall >= 0.85
