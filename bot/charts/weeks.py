"""A bar chart of the papers per week about a topic."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from bot.charts.figure import (
    COLOURS,
    MUTED,
    TEXT_COLOUR,
    draw_png,
    draw_text,
)
from bot.render.picture import Picture
from rag.text.shorten import shorten
from rag.trends import Trend, Week

if TYPE_CHECKING:
    from matplotlib.axes import Axes

WIDTH, HEIGHT = 1_000, 520  # pixels
LEFT, RIGHT, BOTTOM, TOP = 70, 970, 70, 420  # of the bars
MAX_TITLE = 52  # characters
TITLE_SIZE, TEXT_SIZE = 28, 20  # pixels
MAX_DATES = 6  # below the bars


def trend_chart(trend: Trend) -> Picture | None:
    """Return the picture, or None for a trend without weeks."""
    if not trend.weeks:
        return None
    return Picture(draw_png(WIDTH, HEIGHT, lambda axes: _draw(axes, trend)), _alt(trend))


def _alt(trend: Trend) -> str:
    return f"Bar chart of the papers per week about “{trend.topic}”: {trend}"


def _draw(axes: "Axes", trend: Trend) -> None:
    title = shorten(f"Papers per week about “{trend.topic}”", MAX_TITLE)
    draw_text(axes, LEFT, HEIGHT - 42, title, size=TITLE_SIZE, weight="bold")
    top = _round_up(max(week.about for week in trend.weeks))
    for value in (0, top / 2, top):
        y = BOTTOM + (TOP - BOTTOM) * value / top
        axes.plot([LEFT, RIGHT], [y, y], color=MUTED, linewidth=1, alpha=0.5)
        draw_text(axes, LEFT - 12, y, f"{value:.0f}", size=TEXT_SIZE, color=MUTED, ha="right")
    slot = (RIGHT - LEFT) / len(trend.weeks)
    for n, week in enumerate(trend.weeks):
        x = LEFT + slot * n
        if not week.read:  # no paper was read, which differs from no paper about the topic
            axes.bar(x, 8, slot, BOTTOM, align="edge", color=MUTED, alpha=0.35)
        height = (TOP - BOTTOM) * week.about / top
        axes.bar(x + slot * 0.1, height, slot * 0.8, BOTTOM, align="edge", color=COLOURS[0])
    for n in _dated_weeks(trend.weeks):
        x = LEFT + slot * (n + 0.5)
        first = trend.weeks[n].first
        draw_text(
            axes,
            x,
            BOTTOM - 28,
            f"{first:%d %b %Y}",
            size=TEXT_SIZE,
            color=TEXT_COLOUR,
            ha="center",
        )
    if not all(week.read for week in trend.weeks):
        text = "grey: no paper of that week was read"
        draw_text(axes, RIGHT, HEIGHT - 80, text, size=TEXT_SIZE, color=MUTED, ha="right")


def _round_up(most: int) -> int:
    """Return the top of the scale: a round number, at least 4 and at least `most`."""
    power = 1
    while True:
        for end in (4, 6, 8, 10, 12, 16, 20, 30):
            if end * power >= most:
                return end * power
        power *= 10


def _dated_weeks(weeks: Sequence[Week]) -> list[int]:
    """Return the indices of the weeks that get a date: evenly spread, away from the edges."""
    count = min(MAX_DATES, len(weeks))
    return sorted({round((n + 0.5) * len(weeks) / count - 0.5) for n in range(count)})
