"""The topic map of a digest: a dot per paper, with similar papers close together."""

from math import hypot, sqrt
from typing import TYPE_CHECKING

import numpy as np

from bot.charts.figure import (
    COLOURS,
    MUTED,
    NO_TOPIC_COLOUR,
    draw_png,
    draw_text,
    text_width,
)
from bot.charts.layout import Box, Points, label_box, nearest_point, place_dots
from bot.render.picture import Picture
from rag.digest.records import MORE, Digest, Entry
from rag.library import Library
from rag.records import Paper
from rag.retrieval.abstract_vectors import load_abstract_vectors
from rag.text.names import system_names
from rag.text.shorten import shorten

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MIN_PAPERS = 4
MAX_PAPERS = 60  # dots that can be distinguished
WIDTH, HEIGHT = 1_000, 860  # pixels
MIN_RADIUS, MAX_RADIUS = 17, 44  # of a dot, in pixels
MAX_LABELS = 20  # of the papers with the best ranks
MAX_LABEL, MAX_TOPIC, MAX_TITLE = 28, 60, 50  # characters
TITLE_SIZE, TOPIC_SIZE, LABEL_SIZE, NUMBER_SIZE = 28, 21, 19, 17  # pixels
LEGEND_LINE = 34  # pixels
MARGIN = 24
PADDING = 8  # left and right of a label
MAX_GAP = 14  # a line joins a label that is farther from its dot
MAX_NAME_WORDS = 4  # before the colon of a title


def topic_map(digest: Digest, library: Library) -> Picture | None:
    """Return the picture, or None if too few papers have vectors."""
    entries = digest.ranked[:MAX_PAPERS]
    vectors = load_abstract_vectors(
        library.catalog.database, [entry.paper.paper_id for entry in entries]
    )
    entries = tuple(entry for entry in entries if entry.paper.paper_id in vectors)
    if len(entries) < MIN_PAPERS:
        return None
    topic_of = {e.rank: n for n, group in enumerate(digest.groups) for e in group.entries}
    topics = [topic_of[entry.rank] for entry in entries]
    rows = -(-len(digest.groups) // 2)
    area = Box(MARGIN, MARGIN + rows * LEGEND_LINE + 14, WIDTH - MARGIN, HEIGHT - 90)
    radii = _radii(entries)
    points = place_dots(np.stack([vectors[e.paper.paper_id] for e in entries]), topics, radii, area)

    def draw(axes: "Axes") -> None:
        draw_text(axes, MARGIN, HEIGHT - 38, shorten(_title(digest), MAX_TITLE), size=TITLE_SIZE,
              weight="bold")  # fmt: skip
        draw_text(axes, MARGIN, HEIGHT - 72, "close: similar papers · large: many upvotes",
              size=LABEL_SIZE, color=MUTED)  # fmt: skip
        _dots(axes, entries, [_colour(digest, n) for n in topics], points, radii)
        _labels(axes, entries, points, radii, area)
        _legend(axes, digest)

    return Picture(draw_png(WIDTH, HEIGHT, draw), _alt(digest, entries))


def _title(digest: Digest) -> str:
    return f"Topics of {digest.days}"


def _radii(entries: tuple[Entry, ...]) -> list[float]:
    """Return the radius of each dot in pixels; it grows with the root of the upvotes."""
    votes = [max(0, entry.paper.upvotes or 0) for entry in entries]
    most = max(1, *votes)
    shrink = min(1.0, sqrt(30 / len(entries)))  # more dots are smaller
    return [MIN_RADIUS + (MAX_RADIUS * shrink - MIN_RADIUS) * sqrt(vote / most) for vote in votes]


def _colour(digest: Digest, topic: int) -> str:
    if digest.groups[topic].name == MORE:
        return NO_TOPIC_COLOUR
    return COLOURS[topic % len(COLOURS)]


def _dots(
    axes: "Axes",
    entries: tuple[Entry, ...],
    colours: list[str],
    points: Points,
    radii: list[float],
) -> None:
    for entry, colour, (x, y), radius in zip(entries, colours, points, radii, strict=True):
        axes.scatter(x, y, s=(2 * radius) ** 2, color=colour, linewidths=0)
        draw_text(axes, x, y, str(entry.rank), size=NUMBER_SIZE, color="#14151a", ha="center",
              weight="bold")  # fmt: skip


def _labels(
    axes: "Axes", entries: tuple[Entry, ...], points: Points, radii: list[float], area: Box
) -> None:
    """Draw the names of the first papers beside their dots, where there is room."""
    taken = [Box(x - r, y - r, x + r, y + r) for (x, y), r in zip(points, radii, strict=True)]
    for entry, point, radius in list(zip(entries, points, radii, strict=True))[:MAX_LABELS]:
        text = _label(entry.paper)
        size = (text_width(axes, text, LABEL_SIZE) + 2 * PADDING, LABEL_SIZE * 1.25)
        if box := label_box(point, radius, size, taken, area):
            taken.append(box)
            x, y = nearest_point(box, point)
            if hypot(x - point[0], y - point[1]) > radius + MAX_GAP:
                axes.plot([point[0], x], [point[1], y], color=MUTED, linewidth=1.5, zorder=0)
            middle = (box.bottom + box.top) / 2
            draw_text(axes, box.left + PADDING, middle, text, size=LABEL_SIZE)


def _label(paper: Paper) -> str:
    """Return the title up to its colon, or the system's name, or the start of the title."""
    before, colon, _ = paper.title.partition(":")
    name = next(iter(system_names(paper)), "")
    if colon and len(before.split()) <= MAX_NAME_WORDS:
        return shorten(before, MAX_LABEL)
    is_name = name in paper.title.split() and any(c.isupper() or c.isdigit() for c in name[1:])
    return shorten(name if is_name else paper.title, MAX_LABEL)


def _legend(axes: "Axes", digest: Digest) -> None:
    """Draw the topics below the map, in two columns."""
    for n, group in enumerate(digest.groups):
        x = MARGIN + 12 + (n % 2) * (WIDTH - 2 * MARGIN) / 2
        y = MARGIN + LEGEND_LINE * (-(-len(digest.groups) // 2) - 1 - n // 2) + 8
        axes.scatter(x, y, s=20**2, color=_colour(digest, n), linewidths=0)
        text, width = shorten(group.name, MAX_TOPIC), WIDTH / 2 - MARGIN - 50
        size = TOPIC_SIZE * min(1.0, width / text_width(axes, text, TOPIC_SIZE))
        draw_text(axes, x + 20, y, text, size=size)


def _alt(digest: Digest, entries: tuple[Entry, ...]) -> str:
    """Return the alt text: what the map shows, and each topic with its first paper."""
    topics = "; ".join(
        f"{group.name} ({len(group.entries)}, among them "
        f"“{shorten(group.entries[0].paper.title, 60)}”)"
        for group in digest.groups
    )
    return (
        f"Map of {len(entries)} Daily Papers of {digest.days} as numbered dots, larger with more "
        f"upvotes, coloured by topic; similar papers are close together. {topics}."
    )
