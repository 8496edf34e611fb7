"""The days of a period, parsing them, and what is said if they have no papers."""

from datetime import date

import pytest

from rag.digest.days import DayError, parse_day, parse_week, period_days
from rag.digest.make import make_digest
from rag.digest.records import Period
from rag.library import Library
from tests.papers import HERON, TIDAL
from tests.rag.digest.conftest import FRIDAY


def titles(digest: object) -> list[str]:
    return [entry.paper.title for entry in digest.ranked]  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("period", "first", "last"),
    [
        ("day", date(2024, 2, 29), date(2024, 2, 29)),
        ("week", date(2024, 2, 26), date(2024, 3, 3)),
        ("month", date(2024, 2, 1), date(2024, 2, 29)),
    ],
)
def test_a_period_runs_from_its_first_to_its_last_day(
    period: Period, first: date, last: date
) -> None:
    assert period_days(period, date(2024, 2, 29)) == (first, last)


def test_days_and_weeks_are_parsed() -> None:
    assert parse_day("2025-12-08") == date(2025, 12, 8)
    assert parse_week("2025-W49") == date(2025, 12, 1)
    assert parse_week("2025-12-04") == date(2025, 12, 4)


@pytest.mark.parametrize("text", ["", "8.12.2025", "2025-13-01", "2025-W49", "20251208"])
def test_other_text_is_not_a_day(text: str) -> None:
    with pytest.raises(DayError, match="is not a day: write it like 2025-12-08"):
        parse_day(text)


@pytest.mark.parametrize("text", ["2025-W54", "2025-49", "last week"])
def test_other_text_is_not_a_week(text: str) -> None:
    with pytest.raises(DayError, match="is not a week: write it like 2025-W49"):
        parse_week(text)


def test_a_weekend_shows_the_last_featured_day_and_says_so(week: Library) -> None:
    digest = make_digest(week, "day", date(2025, 12, 7))
    assert digest.first == FRIDAY
    assert titles(digest) == [TIDAL.title, HERON.title]
    assert digest.note == (
        "No Daily Papers of Sunday, 2025-12-07: Hugging Face lists none at weekends. "
        "These are from Friday, 2025-12-05, the last day before it that I know."
    )


def test_days_without_papers_say_so(week: Library) -> None:
    later = make_digest(week, "week", date(2026, 1, 2))
    assert later.note.startswith("No Daily Papers of the week of 2025-12-29 yet.")
    assert later.first == date(2025, 12, 1)
    between = make_digest(week, "day", date(2025, 12, 3))
    assert between.note.startswith("No Daily Papers of Wednesday, 2025-12-03 have been fetched.")
    before = make_digest(week, "day", date(2024, 1, 2))
    assert before.groups == ()
    assert before.note.endswith("The first day I know is 2025-12-01.")
