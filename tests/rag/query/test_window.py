from datetime import date

import pytest

from rag.query.window import find_window
from rag.records import Window

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
        ("3 days ago", Window(date(2025, 12, 5), date(2025, 12, 5))),
        ("the day before yesterday", Window(date(2025, 12, 6), date(2025, 12, 6))),
        ("what came out on Friday", Window(date(2025, 12, 5), date(2025, 12, 5))),
        ("since Monday", Window(date(2025, 12, 8), None)),
        ("last Monday", Window(date(2025, 12, 1), date(2025, 12, 1))),
        ("the past fortnight", Window(date(2025, 11, 24), TODAY)),
        ("last weekend", Window(date(2025, 12, 6), date(2025, 12, 7))),
        ("papers of 5.12.2025", Window(date(2025, 12, 5), date(2025, 12, 5))),
        ("papers of 12/05/2025", Window(date(2025, 12, 5), date(2025, 12, 5))),
        ("Dec 1-7", Window(date(2025, 12, 1), date(2025, 12, 7))),
        ("1-7 Dec 2024 papers", Window(date(2024, 12, 1), date(2024, 12, 7))),
        ("between 1 and 7 December 2025", Window(date(2025, 12, 1), date(2025, 12, 7))),
        ("from 3 March to 10 March", Window(date(2025, 3, 3), date(2025, 3, 10))),
        ("the week of 1 December 2025", Window(date(2025, 12, 1), date(2025, 12, 7))),
        ("2025-W49", Window(date(2025, 12, 1), date(2025, 12, 7))),
        ("the second week of March 2025", Window(date(2025, 3, 8), date(2025, 3, 14))),
        ("so far this year", Window(date(2025, 1, 1), TODAY, "published")),
        ("since last summer", Window(date(2025, 6, 1), None, "published")),
        ("mid-2024", Window(date(2024, 5, 2), date(2024, 8, 31), "published")),
        ("in the last few days", Window(date(2025, 12, 1), TODAY)),
        ("two weeks ago", Window(date(2025, 11, 24), date(2025, 11, 30))),
        ("since 3 months ago", Window(date(2025, 9, 1), None, "published")),
        ("more than two weeks ago", Window(None, date(2025, 11, 23))),
        ("a few days ago", Window(date(2025, 12, 1), TODAY)),
        ("last Friday", Window(date(2025, 12, 5), date(2025, 12, 5))),
        ("since yesterday", Window(date(2025, 12, 7), None)),
        ("papers of 31/12/2024", Window(date(2024, 12, 31), date(2024, 12, 31))),
        ("on Feb 29", Window(date(2024, 2, 29), date(2024, 2, 29))),
        ("from Dec 20 to Jan 5", Window(date(2024, 12, 20), date(2025, 1, 5))),
        (
            "from November to February 2025",
            Window(date(2024, 11, 1), date(2025, 2, 28), "published"),
        ),
        ("from 2022 to now", Window(date(2022, 1, 1), TODAY, "published")),
        ("year to date", Window(date(2025, 1, 1), TODAY, "published")),
        ("last spring", Window(date(2025, 3, 1), date(2025, 5, 31), "published")),
        ("end of 2024", Window(date(2024, 8, 31), date(2024, 12, 31), "published")),
        ("early this year", Window(date(2025, 1, 1), date(2025, 5, 2), "published")),
        ("in the 2010s", Window(date(2010, 1, 1), date(2019, 12, 31), "published")),
        ("2024 or later", Window(date(2024, 1, 1), None, "published")),
        ("audio, 2023 only", Window(date(2023, 1, 1), date(2023, 12, 31), "published")),
        ("the past week", Window(date(2025, 12, 1), TODAY)),
        ("past month", Window(date(2025, 11, 8), TODAY)),
        ("from the last days", Window(date(2025, 12, 1), TODAY)),
        ("in the last weeks", Window(date(2025, 11, 17), TODAY)),
        ("last weeks papers", Window(date(2025, 12, 1), date(2025, 12, 7))),
        ("past 72 hours", Window(date(2025, 12, 5), TODAY)),
        ("todays papers", Window(TODAY, TODAY)),
        ("anything this morning", Window(TODAY, TODAY)),
        ("which papers climbed overnight", Window(date(2025, 12, 7), None)),
        ("highlights of the month", Window(date(2025, 12, 1), TODAY, "published")),
        ("since two weeks", Window(date(2025, 11, 24), TODAY)),
        ("not older than six months", Window(date(2025, 6, 11), TODAY)),
        ("papers older than a month", Window(None, date(2025, 11, 7))),
        ("I was away for ten days, what did I miss", Window(date(2025, 11, 28), TODAY)),
        ("yesterday and 2 days ago", Window(date(2025, 12, 6), date(2025, 12, 7))),
        ("between march and august", Window(date(2025, 3, 1), date(2025, 8, 31), "published")),
        ("november and december", Window(date(2025, 11, 1), date(2025, 12, 31), "published")),
        ("over the last month", Window(date(2025, 11, 8), TODAY)),
        ("nov 3-9", Window(date(2025, 11, 3), date(2025, 11, 9))),
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
     "May I ask about birds?", "march through the layers", "in 2 days of training",
     "the GLUE 2019 benchmark", "the sun and the second decoder", "since Heron",
     "recently", "a 2-month-old model", "a decoder dec layer", "what jan does", "in MAR models",
     "the last SEP token", "on SAT", "from Jan Leike", "layers 1-7 may be frozen",
     "gpt-4o-2024-08-06", "in 2048 dimensions", "after 2000 steps", "where does this fall short",
     "trained on ImageNet 2012", "how may it march on?", "since I last looked",
     "what is popular right now", "these days", "the last 5 papers", "per week",
     "agents that work offline for 3 days", "training for 2 weeks", "in the next 7 days"],
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


def test_the_day_of_something_named() -> None:
    days = {"Heron": date(2025, 1, 6), "HERON Net 2": date(2025, 3, 1)}

    def window(question: str) -> tuple[Window, str] | None:
        return find_window(question, TODAY, day_of=days.get)

    found = window("what came out since Heron on video?")
    assert found is not None
    assert found[0] == Window(date(2025, 1, 6), None)
    assert found[1].split() == "what came out on video?".split()
    before = window("papers before HERON Net 2")
    assert before is not None
    assert before[0] == Window(None, date(2025, 2, 28))
    assert window("since nobody knows what") is None
    assert window("what did methods before Heron rely on?") is None


def test_the_whole_name_stays_out_of_the_rest() -> None:
    found = find_window("work after the LXMERT paper on video", TODAY, day_of={
        "LXMERT": date(2019, 8, 20)
    }.get)  # fmt: skip
    assert found is not None
    assert found[0] == Window(date(2019, 8, 21), None)
    assert found[1].split() == ["work", "on", "video"]


def test_a_question_without_time_asks_no_parser(monkeypatch: pytest.MonkeyPatch) -> None:
    def read(base: date, order: str) -> None:
        raise AssertionError("dateparser was asked")

    monkeypatch.setattr("rag.query.dates._parser", read)
    assert find_window("how are the last 12 layers of this model trained since?", TODAY) is None


@pytest.mark.parametrize(
    "question",
    [
        "can it run over the weekend on one GPU?",
        "how long does HeronNet train over the weekend",
        "what did the model run on yesterday",
        "I present this on Friday: what does HeronNet count?",
        "reading about drones this weekend, what does HeronNet gain?",
        "for my talk next week, what does HeronNet do?",
    ],
)
def test_when_somebody_does_something_is_no_time_of_papers(question: str) -> None:
    assert find_window(question, TODAY) is None


@pytest.mark.parametrize(
    "question",
    [
        "what came out over the weekend",
        "papers from last weekend",
        "what did I miss this week",
        "this week, what came out on drones?",
        "what should I read this week?",
        "new models since Monday",
    ],
)
def test_when_papers_came_out_is_a_time_of_papers(question: str) -> None:
    assert find_window(question, TODAY) is not None
