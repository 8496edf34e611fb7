"""Names of days, weeks, months and years."""

from datetime import date

import pytest

from rag.query.dates import (
    Period,
    day_of_month,
    lacks_year,
    months,
    read_date,
    week_of,
)

TODAY = date(2025, 12, 8)  # a Monday


def days(first: date, last: date | None = None) -> Period:
    return Period(first, last or first, "day")


@pytest.mark.parametrize(
    ("name", "period"),
    [
        ("2025-03-01", days(date(2025, 3, 1))),
        ("the 3rd of december 2024", days(date(2024, 12, 3))),
        ("2025-03", months(2025, 3, 1)),
        ("2024", months(2024, 1, 12)),
        ("today", days(TODAY)),
        ("day before yesterday", days(date(2025, 12, 6))),
        ("a fortnight ago", days(date(2025, 11, 24), date(2025, 11, 30))),  # that week
        ("monday", days(TODAY)),
        ("last monday", days(date(2025, 12, 1))),
        ("last week", days(date(2025, 12, 1), date(2025, 12, 7))),
        ("this week", days(TODAY)),  # it ends today
        ("this month", Period(date(2025, 12, 1), TODAY, "published")),
        ("past month", months(2025, 11, 1)),
        ("last december", months(2024, 12, 1)),
    ],
)
def test_a_name_is_read_as_its_days(name: str, period: Period) -> None:
    assert read_date(name, TODAY) == period


@pytest.mark.parametrize(
    ("name", "period"),
    [
        ("dec 8", days(TODAY)),
        ("dec 9", days(date(2024, 12, 9))),  # this year's is in the future
        ("december", months(2025, 12, 1)),
        ("february 29", days(date(2024, 2, 29))),
    ],
)
def test_a_name_without_a_year_is_the_latest_that_has_begun(name: str, period: Period) -> None:
    assert lacks_year(name)
    assert read_date(name, TODAY) == period


@pytest.mark.parametrize("name", ["february 31 2024", "birds", "2025-13-45"])
def test_an_impossible_name_has_no_days(name: str) -> None:
    assert read_date(name, TODAY) is None


def test_months_run_over_the_end_of_a_year() -> None:
    assert months(2023, 12, 3) == Period(date(2023, 12, 1), date(2024, 2, 29), "published")


def test_a_week_runs_from_monday_to_sunday() -> None:
    assert week_of(date(2025, 12, 14)) == week_of(TODAY) == days(TODAY, date(2025, 12, 14))


def test_a_day_of_the_month_is_the_latest_that_has_come() -> None:
    assert day_of_month(8, TODAY) == TODAY
    assert day_of_month(9, TODAY) == date(2025, 11, 9)
    assert day_of_month(31, TODAY) == date(2025, 10, 31)
    assert day_of_month(32, TODAY) is None
