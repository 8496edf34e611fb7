"""Names of longer periods: weeks, quarters, seasons, decades and parts of them."""

from datetime import date

import pytest

from rag.query.dates import Period, months
from rag.query.periods import read_period

TODAY = date(2025, 12, 8)  # a Monday


def days(first: date, last: date) -> Period:
    return Period(first, last, "day")


@pytest.mark.parametrize(
    ("name", "period"),
    [
        ("2025-W02", days(date(2025, 1, 6), date(2025, 1, 12))),
        ("week 1 of 2026", days(date(2025, 12, 29), date(2026, 1, 4))),
        ("week of Dec 3 2025", days(date(2025, 12, 1), date(2025, 12, 7))),
        ("second week of March 2025", days(date(2025, 3, 8), date(2025, 3, 14))),
        ("last week of February 2024", days(date(2024, 2, 23), date(2024, 2, 29))),
        ("Q4 2024", months(2024, 10, 3)),
        ("H2 of 2024", months(2024, 7, 6)),
        ("last quarter of 2024", months(2024, 10, 3)),
        ("this quarter", Period(date(2025, 10, 1), TODAY, "published")),
        ("last quarter", months(2025, 7, 3)),
        ("winter 2023", months(2023, 12, 3)),
        ("last summer", months(2025, 6, 3)),
        ("this winter", Period(date(2025, 12, 1), TODAY, "published")),
        ("last winter", months(2024, 12, 3)),
        ("the 2010s", months(2010, 1, 120)),
        ("last weekend", days(date(2025, 12, 6), date(2025, 12, 7))),
        ("year to date", Period(date(2025, 1, 1), TODAY, "published")),
        ("first half of March 2025", Period(date(2025, 3, 1), date(2025, 3, 15), "published")),
        ("mid 2024", Period(date(2024, 5, 2), date(2024, 8, 31), "published")),
        # A part of "this year" is a part of the whole year.
        ("end of this year", Period(date(2025, 9, 1), date(2025, 12, 31), "published")),
    ],
)
def test_a_period_is_read_as_its_days(name: str, period: Period) -> None:
    assert read_period(name, TODAY) == period


@pytest.mark.parametrize("name", ["week 60 of 2025", "third half of 2024", "fourth half of March"])
def test_an_impossible_period_has_no_days(name: str) -> None:
    assert read_period(name, TODAY) is None
