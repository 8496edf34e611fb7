"""Times without a year or without a word in front."""

from datetime import date

import pytest

from rag.query.window import find_window
from rag.records import Window

TODAY = date(2025, 12, 12)  # a Friday
NOVEMBER = Window(date(2025, 11, 1), date(2025, 11, 30), "published")
WEEKEND = Window(date(2025, 12, 6), date(2025, 12, 7))
YEAR_2024 = Window(date(2024, 1, 1), date(2024, 12, 31), "published")


def day(number: int, month: int = 12) -> Window:
    found = date(2025, month, number)
    return Window(found, found)


@pytest.mark.parametrize(
    ("question", "window"),
    [
        ("summary november", NOVEMBER),
        ("how many papers on video, november", NOVEMBER),
        ("top 10 November", NOVEMBER),
        ("may recap", Window(date(2025, 5, 1), date(2025, 5, 31), "published")),
        ("sum up june", Window(date(2025, 6, 1), date(2025, 6, 30), "published")),
        ("digest for monday", day(8)),
        ("friday?", day(12)),
        ("mondays papers", day(8)),
        ("nov papers", NOVEMBER),
        ("the 20th of november", day(20, 11)),
        ("papers from the 20th", day(20, 11)),
        ("top 10 2024", YEAR_2024),
        ("2024?", YEAR_2024),
        ("mon digest", day(8)),
        ("weekend papers", WEEKEND),
        ("dec 3", day(3)),
        ("digest dec 3", day(3)),
        ("3.12.", day(3)),
        ("papers of 3.12.", day(3)),
        ("on 12/3", day(3)),
        ("since 11/20", Window(date(2025, 11, 20), None)),
        ("what came out on the 5th", day(5)),
        ("since the 14th", Window(date(2025, 11, 14), None)),
        ("since the 12th", Window(date(2025, 11, 12), None)),  # not since today
        ("between the 3rd and the 7th", Window(date(2025, 12, 3), date(2025, 12, 7))),
        ("top papers q3", Window(date(2025, 7, 1), date(2025, 9, 30), "published")),
        ("in the third quarter", Window(date(2025, 7, 1), date(2025, 9, 30), "published")),
        ("papers of week 49", Window(date(2025, 12, 1), date(2025, 12, 7))),
        ("papers of week 52", Window(date(2024, 12, 23), date(2024, 12, 29))),
        ("since the summer", Window(date(2025, 6, 1), None, "published")),
        ("papers, 2024", YEAR_2024),
        ("image tokenizer papers 2024", YEAR_2024),
        ("world models 2024 pls", YEAR_2024),
        ("papers of Crumb Lab 2024", YEAR_2024),
        ("best of 2024 in audio", YEAR_2024),
        ("weekly digest", Window(date(2025, 12, 8), TODAY)),
        ("weekly digest of last week", Window(date(2025, 12, 1), date(2025, 12, 7))),
    ],
)
def test_the_latest_such_time_is_meant(question: str, window: Window) -> None:
    found = find_window(question, TODAY)
    assert found is not None
    assert found[0] == window


@pytest.mark.parametrize(
    "question",
    ["results on aime 2025", "COCO 2017, how good is it?",
     "accepted at ICLR 2026",
     "batch size 2024", "as in (Heron et al., 2023)", "is q4 enough to run it",
     "a q4 quantized model", "70B Q4",
     "python 3.12.", "a score of 1.3.", "compare llama 3.1. and qwen", "on 2/3 of the tasks",
     "the 3rd layer", "on the 3rd benchmark", "after the 5th epoch", "what about the 2nd",
     "papers by June Lee", "who is April Smith", "mute yourself at weekends", "fall detection",
     "week 3 of training",
     "May I list them?", "next monday"],
)  # fmt: skip
def test_other_numbers_and_names_are_no_time(question: str) -> None:
    assert find_window(question, TODAY) is None


def test_a_word_that_asks_for_a_list_is_kept() -> None:
    found = find_window("overview of june, briefly", TODAY)
    assert found is not None
    assert found[1].split() == ["overview", ",", "briefly"]
