"""Days in figures, in one order per question."""

from datetime import date

import pytest

from rag.query.numeric_days import DayHabit, write_days

TODAY = date(2026, 3, 9)
PARIS, NEW_YORK = DayHabit("Europe/Paris"), DayHabit("America/New_York")


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("papers of 13/2/2026", "papers of 2026-02-13"),
        ("papers of 2/13/2026", "papers of 2026-02-13"),
        ("between 1/2/2026 and 28/2/2026", "between 2026-02-01 and 2026-02-28"),
        ("between 2/1/2026 and 2/28/2026", "between 2026-02-01 and 2026-02-28"),
        ("since 7.2.2026", "since 2026-02-07"),
        ("on 7.2.", "on 2026-02-07"),
        ("2026/2/7", "2026-02-07"),
        ("on 2026.02.07?", "on 2026-02-07?"),
        ("papers from 2月7日", "papers from 2026-02-07"),
        ("2025年11月7日", "2025-11-07"),
        ("since 14/2", "since 2026-02-14"),
        ("papers from 7 février", "papers from 2026-02-07"),
        ("news of 7. März 2025", "news of 2025-03-07"),
        ("el 7 de enero de 2026", "el 2026-01-07"),
        ("on 7 gennaio?", "on 2026-01-07?"),
        ("from 28/12 to 3/1/2026", "from 2025-12-28 to 2026-01-03"),
        ("before 14/2/25", "before 2025-02-14"),
    ],
)
def test_days_are_written_as_iso_does(text: str, written: str) -> None:
    for habit in (PARIS, DayHabit()):
        found = write_days(text, TODAY, habit=habit)
        assert found.text == written
        assert found.reading == ""


@pytest.mark.parametrize(
    ("habit", "language", "day"),
    [
        (DayHabit(), "en", "2026-02-03"),
        (NEW_YORK, "en", "2026-02-03"),
        (PARIS, "en", "2026-03-02"),
        (DayHabit("Asia/Kolkata"), "en", "2026-03-02"),
        (NEW_YORK, "es", "2026-03-02"),
        (PARIS, "zh", "2026-02-03"),
        (DayHabit("Europe/Paris", "month-first"), "fr", "2026-02-03"),
    ],
)
def test_what_is_ambiguous_follows_a_habit_and_is_told(
    habit: DayHabit, language: str, day: str
) -> None:
    found = write_days("2/3/2026", TODAY, language=language, habit=habit)
    assert found.text == day
    order = "day" if day == "2026-03-02" else "month"
    written = {"day": "2 March 2026", "month": "3 February 2026"}[order]
    assert found.reading == f"I read 2/3/2026 as {written} ({order} first)."


def test_a_day_that_does_not_exist_is_told() -> None:
    found = write_days("on 31/2/2026", TODAY)
    assert (found.text, found.impossible) == ("on 31/2/2026", "There is no day 31/2/2026.")


@pytest.mark.parametrize(
    "text",
    ["on 2/3 of the tasks", "scores 5/12 at best", "version 1.2.3", "10.1.2.3", "a 3/4/3 split",
     "https://example.org/2026/02/07/x", "GPT-4-12-2025", "14/15 of 3/4",
     "papers of 7 February", "the 3 mars rovers", "5 de facto standards"],
)  # fmt: skip
def test_other_figures_stay(text: str) -> None:
    assert write_days(text, TODAY).text == text


@pytest.mark.parametrize(
    "text",
    [
        "papers in December 9999", "papers from 29 February 2025", "monday the 32nd",
        "2025年13月45日", "papers of 31 April", "what came out on Feb 30th?", "June 31, 2024",
        "since September the 31st", "papers from 2025-02-30", "what is new since the 45th?",
        "friday, the 40th", "publications of 45 March 2025", "articles du 30 février 2025",
        "am 31. November 2025", "13月2日", "papers of January 1066",
    ],
)  # fmt: skip
def test_days_that_do_not_exist_are_told(text: str) -> None:
    assert write_days(text, TODAY).impossible.startswith("There is no day ")


@pytest.mark.parametrize(
    "text",
    [
        "papers from 29 February 2024", "papers of 29 February", "Dec 8", "the top 50 June papers",
        "which 45 may be frozen?", "the best 40 December 2025 papers", "December 2025",
        "the 45th layer", "monday the 31st", "what did June 35 papers say?", "2025.13.45",
        "march 2025", "since May", "GPT-4 from 31 March 2025", "May 2048.1024",
    ],
)  # fmt: skip
def test_days_that_exist_and_numbers_are_not(text: str) -> None:
    assert write_days(text, TODAY).impossible == ""
