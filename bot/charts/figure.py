"""Draw PNG images with matplotlib, in memory and in pixel coordinates."""

import io
import threading
from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.axes import Axes

# A background of our own, so that a chart looks the same in Discord's dark and light themes.
BACKGROUND = "#1e2027"
TEXT_COLOUR = "#f2f3f5"
MUTED = "#a6acb8"
# These can be distinguished with any colour vision (after Okabe and Ito).
COLOURS = (
    "#56b4e9", "#e69f00", "#2fbf9b", "#f27d9d", "#f0e442", "#b79cf2", "#ff7f50", "#8fd14f",
)  # fmt: skip
NO_TOPIC_COLOUR = "#8b919e"
FONT = "DejaVu Sans"  # comes with matplotlib

_lock = threading.Lock()  # matplotlib is not thread-safe


def draw_png(width: int, height: int, draw: Callable[["Axes"], None]) -> bytes:
    """Return a PNG; `draw` gets axes whose coordinates are pixels from the lower left corner.

    Sizes of text and lines are in pixels too.
    """
    with _lock:
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure

        figure = Figure(figsize=(width / 72, height / 72), dpi=72, facecolor=BACKGROUND)
        FigureCanvasAgg(figure)
        axes = figure.add_axes((0, 0, 1, 1), xlim=(0, width), ylim=(0, height))
        axes.set_axis_off()
        draw(axes)
        file = io.BytesIO()
        figure.savefig(file, format="png", facecolor=BACKGROUND, metadata={"Software": None})
        return file.getvalue()


def draw_text(axes: "Axes", x: float, y: float, text: str, *, size: float, **style: str) -> float:
    """Draw a text literally, without parsing formulas; return its width in pixels."""
    options: dict[str, Any] = {"color": TEXT_COLOUR, "va": "center", "family": FONT} | style
    artist = axes.text(x, y, drawable(text), fontsize=size, parse_math=False, **options)
    return float(artist.get_window_extent().width)


def text_width(axes: "Axes", text: str, size: float) -> float:
    """Return the width of a text in pixels, without drawing it."""
    artist = axes.text(0, 0, drawable(text), fontsize=size, parse_math=False, family=FONT)
    width = float(artist.get_window_extent().width)
    artist.remove()
    return width


def drawable(text: str) -> str:
    """Return the text without characters that the font lacks."""
    return " ".join("".join(c if ord(c) in _glyphs() else " " for c in text).split())


@cache
def _glyphs() -> frozenset[int]:
    from matplotlib.font_manager import findfont, get_font

    return frozenset(get_font(findfont(FONT)).get_charmap())
