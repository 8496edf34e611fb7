"""The door to matplotlib: pictures drawn in memory, with pixels for coordinates."""

import io
import threading
from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.axes import Axes

# A ground of our own, so that a picture reads the same in Discord's dark and light themes.
GROUND = "#1e2027"
INK = "#f2f3f5"
QUIET = "#a6acb8"
# Told apart by people who do not see all colours too (after Okabe and Ito); the last is for what
# belongs to no topic.
COLOURS = (
    "#56b4e9", "#e69f00", "#2fbf9b", "#f27d9d", "#f0e442", "#b79cf2", "#ff7f50", "#8fd14f",
)  # fmt: skip
REST = "#8b919e"
FONT = "DejaVu Sans"  # comes with matplotlib

_drawing = threading.Lock()  # matplotlib is not made for several threads


def drawn(width: int, height: int, draw: Callable[["Axes"], None]) -> bytes:
    """Return a PNG; `draw` gets axes whose coordinates are pixels from the lower left corner.

    Sizes of text and lines are pixels too.
    """
    with _drawing:
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure

        figure = Figure(figsize=(width / 72, height / 72), dpi=72, facecolor=GROUND)
        FigureCanvasAgg(figure)
        axes = figure.add_axes((0, 0, 1, 1), xlim=(0, width), ylim=(0, height))
        axes.set_axis_off()
        draw(axes)
        file = io.BytesIO()
        figure.savefig(file, format="png", facecolor=GROUND, metadata={"Software": None})
        return file.getvalue()


def write(axes: "Axes", x: float, y: float, text: str, *, size: float, **look: str) -> float:
    """Write a text as it stands, without formulas; return its width in pixels."""
    options: dict[str, Any] = {"color": INK, "va": "center", "family": FONT} | look
    made = axes.text(x, y, drawable(text), fontsize=size, parse_math=False, **options)
    return float(made.get_window_extent().width)


def width_of(axes: "Axes", text: str, size: float) -> float:
    """Return how wide a text would be, in pixels."""
    made = axes.text(0, 0, drawable(text), fontsize=size, parse_math=False, family=FONT)
    width = float(made.get_window_extent().width)
    made.remove()
    return width


def drawable(text: str) -> str:
    """Return the text without what the font cannot show."""
    return " ".join("".join(c if ord(c) in _glyphs() else " " for c in text).split())


@cache
def _glyphs() -> frozenset[int]:
    from matplotlib.font_manager import findfont, get_font

    return frozenset(get_font(findfont(FONT)).get_charmap())
