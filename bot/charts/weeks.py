"""Papers a week about a topic, as bars."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from bot.charts.figure import COLOURS, INK, QUIET, drawn, write
from bot.render.picture import Picture
from bot.render.text import shorten
from rag.trends import Trend, Week

if TYPE_CHECKING:
    from matplotlib.axes import Axes

WIDTH, HEIGHT = 1_000, 520  # pixels
LEFT, RIGHT, BOTTOM, TOP = 70, 970, 70, 420  # of the bars
TITLE = 52  # characters
TITLE_SIZE, TEXT_SIZE = 28, 20  # pixels
DATES = 6  # written below the bars


def weeks_picture(trend: Trend) -> Picture | None:
    """Return the picture, or None where there is no week to show."""
    if not trend.weeks:
        return None
    return Picture(drawn(WIDTH, HEIGHT, lambda axes: _draw(axes, trend)), _alt(trend))


def _alt(trend: Trend) -> str:
    return f"Bar chart of the papers a week about “{trend.topic}”: {trend}"


def _draw(axes: "Axes", trend: Trend) -> None:
    title = shorten(f"Papers a week about “{trend.topic}”", TITLE)
    write(axes, LEFT, HEIGHT - 42, title, size=TITLE_SIZE, weight="bold")
    top = _round_up(max(week.about for week in trend.weeks))
    for value in (0, top / 2, top):
        y = BOTTOM + (TOP - BOTTOM) * value / top
        axes.plot([LEFT, RIGHT], [y, y], color=QUIET, linewidth=1, alpha=0.5)
        write(axes, LEFT - 12, y, f"{value:.0f}", size=TEXT_SIZE, color=QUIET, ha="right")
    slot = (RIGHT - LEFT) / len(trend.weeks)
    for n, week in enumerate(trend.weeks):
        x = LEFT + slot * n
        if not week.read:  # nothing was read, which is not the same as no paper about it
            axes.bar(x, 8, slot, BOTTOM, align="edge", color=QUIET, alpha=0.35)
        height = (TOP - BOTTOM) * week.about / top
        axes.bar(x + slot * 0.1, height, slot * 0.8, BOTTOM, align="edge", color=COLOURS[0])
    for n in _dated(trend.weeks):
        x = LEFT + slot * (n + 0.5)
        first = trend.weeks[n].first
        write(axes, x, BOTTOM - 28, f"{first:%d %b %Y}", size=TEXT_SIZE, color=INK, ha="center")
    if not all(week.read for week in trend.weeks):
        text = "grey at the foot: no paper of that week was read"
        write(axes, RIGHT, HEIGHT - 80, text, size=TEXT_SIZE, color=QUIET, ha="right")


def _round_up(most: int) -> int:
    """Return the end of the scale, a round number of 4 or more."""
    power = 1
    while True:
        for end in (4, 6, 8, 10, 12, 16, 20, 30):
            if end * power >= most:
                return end * power
        power *= 10


def _dated(weeks: Sequence[Week]) -> list[int]:
    """Return the places of the weeks whose date is written, evenly spread and not at the rim."""
    count = min(DATES, len(weeks))
    return sorted({round((n + 0.5) * len(weeks) / count - 0.5) for n in range(count)})
