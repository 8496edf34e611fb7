"""The bar chart of a trend, and its alt text."""

from datetime import date, timedelta

import pytest

from bot.charts.weeks import trend_chart
from rag.trends import Trend, Week
from tests.bot.charts.test_topic_map import size_of


def weeks(*counts: tuple[int, int]) -> Trend:
    first = date(2025, 1, 6)
    return Trend(
        "counting $x^2$ birds",
        tuple(Week(first + timedelta(weeks=n), *c) for n, c in enumerate(counts)),
    )


@pytest.mark.parametrize(
    "counts", [[(1, 3)], [(0, 5)] * 3, [(2, 9), (0, 0), (7, 8)], [(n, 120) for n in range(104)]]
)
def test_a_trend_is_drawn_with_alt_text(counts: list[tuple[int, int]]) -> None:
    trend = weeks(*counts)
    picture = trend_chart(trend)
    assert picture is not None
    assert size_of(picture.png) == (1_000, 520)
    assert picture.alt == f"Bar chart of the papers per week about “counting $x^2$ birds”: {trend}"
    assert trend_chart(Trend("birds", ())) is None
