from datetime import date

import pytest

from rag.timespan import Window, find_window

TODAY = date(2025, 12, 8)  # a Monday


@pytest.mark.parametrize(
    ("question", "window"),
    [
        ("what came out today?", Window(date(2025, 12, 8), date(2025, 12, 8))),
        ("yesterday's papers", Window(date(2025, 12, 7), date(2025, 12, 7))),
        ("what is new this week", Window(date(2025, 12, 8), TODAY)),
        ("what came out last week", Window(date(2025, 12, 1), date(2025, 12, 7))),
        ("in the past 3 days", Window(date(2025, 12, 5), TODAY)),
        ("the last 2 weeks", Window(date(2025, 11, 24), TODAY)),
        ("last month", Window(date(2025, 11, 1), date(2025, 11, 30), "published")),
        ("this year", Window(date(2025, 1, 1), TODAY, "published")),
        ("last year", Window(date(2024, 1, 1), date(2024, 12, 31), "published")),
        ("video papers from 2024", Window(date(2024, 1, 1), date(2024, 12, 31), "published")),
        ("October 2024, list please", Window(date(2024, 10, 1), date(2024, 10, 31), "published")),
        ("in feb. 2024", Window(date(2024, 2, 1), date(2024, 2, 29), "published")),
        ("since March 2025", Window(date(2025, 3, 1), None, "published")),
        ("before 2020", Window(None, date(2019, 12, 31), "published")),
        ("after 2024", Window(date(2025, 1, 1), None, "published")),
        ("until 2025-03-01", Window(None, date(2025, 3, 1))),
        ("papers of 2025-03-01", Window(date(2025, 3, 1), date(2025, 3, 1))),
        ("papers of 2025-03", Window(date(2025, 3, 1), date(2025, 3, 31), "published")),
        ("anything on Dec 4, 2025?", Window(date(2025, 12, 4), date(2025, 12, 4))),
        ("the list of 4th December 2025", Window(date(2025, 12, 4), date(2025, 12, 4))),
        ("what came on Dec 4", Window(date(2025, 12, 4), date(2025, 12, 4))),
        ("what came on Dec 24", Window(date(2024, 12, 24), date(2024, 12, 24))),
        ("papers from Jan", Window(date(2025, 1, 1), date(2025, 1, 31), "published")),
        ("in December", Window(date(2025, 12, 1), date(2025, 12, 31), "published")),
        ("since September", Window(date(2025, 9, 1), None, "published")),
        ("last October", Window(date(2025, 10, 1), date(2025, 10, 31), "published")),
        ("last December", Window(date(2024, 12, 1), date(2024, 12, 31), "published")),
        ("winter 2023 papers", Window(date(2023, 12, 1), date(2024, 2, 29), "published")),
        ("spring of 2024", Window(date(2024, 3, 1), date(2024, 5, 31), "published")),
        ("the first half of 2024", Window(date(2024, 1, 1), date(2024, 6, 30), "published")),
        ("in Q3 2024", Window(date(2024, 7, 1), date(2024, 9, 30), "published")),
        ("the last quarter of 2024", Window(date(2024, 10, 1), date(2024, 12, 31), "published")),
        ("in early 2024", Window(date(2024, 1, 1), date(2024, 5, 2), "published")),
        ("late 2024 work", Window(date(2024, 8, 31), date(2024, 12, 31), "published")),
        ("since the start of May 2025", Window(date(2025, 5, 1), None, "published")),
        (
            "between March and June 2024",
            Window(date(2024, 3, 1), date(2024, 6, 30), "published"),
        ),
        ("from 2022 to 2023", Window(date(2022, 1, 1), date(2023, 12, 31), "published")),
        (
            "between 2025-01-03 and 2025-01-09",
            Window(date(2025, 1, 3), date(2025, 1, 9)),
        ),
        ("over the last 3 months", Window(date(2025, 9, 9), TODAY)),
        ("2023 papers on audio", Window(date(2023, 1, 1), date(2023, 12, 31), "published")),
        ("audio, 2023 only", Window(date(2023, 1, 1), date(2023, 12, 31), "published")),
    ],
)
def test_days_are_computed(question: str, window: Window) -> None:
    found = find_window(question, TODAY)
    assert found is not None
    assert found[0] == window


@pytest.mark.parametrize(
    "question",
    ["what may it do?", "a model of 2024 parameters", "the last layer", "GPT-4 march algorithm",
     "on 2025-02-30", "images of 1024x1024", "in 8192 tokens",
     "trained on ImageNet 2012", "how may it march on?"],
)  # fmt: skip
def test_other_numbers_and_words_are_no_time(question: str) -> None:
    assert find_window(question, TODAY) is None


def test_the_rest_of_the_question_is_kept() -> None:
    found = find_window("video papers from 2024 with audio", TODAY)
    assert found is not None
    assert found[1].split() == ["video", "papers", "with", "audio"]


def test_a_window_says_its_days() -> None:
    day = date(2025, 1, 2)
    assert str(Window(day, day)) == "featured or published 2025-01-02"
    later = date(2025, 1, 5)
    assert str(Window(day, later)) == "featured or published 2025-01-02 to 2025-01-05"
    assert str(Window(day, None, "published")) == "published since 2025-01-02"
    assert str(Window(None, day, "published")) == "published up to 2025-01-02"
