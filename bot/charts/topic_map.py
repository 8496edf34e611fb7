"""The topic map of a digest: papers that are about similar things lie near each other."""

from math import hypot, sqrt
from typing import TYPE_CHECKING

import numpy as np

from bot.charts.figure import COLOURS, QUIET, REST, drawn, width_of, write
from bot.charts.layout import Box, Points, label_box, nearest_in, placed
from bot.digest.records import MORE, Digest, Entry
from bot.render.picture import Picture
from bot.render.text import shorten
from rag.library import Library
from rag.records import Paper
from rag.retrieval.abstract_vectors import wholes
from rag.text.names import system_names

if TYPE_CHECKING:
    from matplotlib.axes import Axes

FEWEST = 4  # papers that make a map
MOST = 60  # dots that can be told apart
WIDTH, HEIGHT = 1_000, 860  # pixels
SMALL, LARGE = 17, 44  # radius of a dot in pixels
LABELS = 20  # of the best ranked papers
LABEL = 28  # characters, as the next two
TOPIC = 60
TITLE = 50
TITLE_SIZE, TOPIC_SIZE, LABEL_SIZE, NUMBER_SIZE = 28, 21, 19, 17  # pixels
TOPIC_LINE = 34
MARGIN = 24
PADDING = 8  # left and right of a label
FAR = 14  # a label that is farther from its dot is joined to it by a line
LABEL_WORDS = 4


def topic_map(digest: Digest, library: Library) -> Picture | None:
    """Return the picture, or None where too few papers have vectors."""
    entries = digest.ranked[:MOST]
    vectors = wholes(library.catalog.database, [entry.paper.paper_id for entry in entries])
    entries = tuple(entry for entry in entries if entry.paper.paper_id in vectors)
    if len(entries) < FEWEST:
        return None
    topic_of = {e.rank: n for n, group in enumerate(digest.groups) for e in group.entries}
    topics = [topic_of[entry.rank] for entry in entries]
    rows = -(-len(digest.groups) // 2)
    room = Box(MARGIN, MARGIN + rows * TOPIC_LINE + 14, WIDTH - MARGIN, HEIGHT - 90)
    radii = _radii(entries)
    places = placed(np.stack([vectors[e.paper.paper_id] for e in entries]), topics, radii, room)

    def draw(axes: "Axes") -> None:
        write(axes, MARGIN, HEIGHT - 38, shorten(_title(digest), TITLE), size=TITLE_SIZE,
              weight="bold")  # fmt: skip
        write(axes, MARGIN, HEIGHT - 72, "near: about similar things · large: many upvotes",
              size=LABEL_SIZE, color=QUIET)  # fmt: skip
        _dots(axes, entries, [_colour(digest, n) for n in topics], places, radii)
        _labels(axes, entries, places, radii, room)
        _legend(axes, digest)

    return Picture(drawn(WIDTH, HEIGHT, draw), _alt(digest, entries))


def _title(digest: Digest) -> str:
    return f"Topics of {digest.days}"


def _radii(entries: tuple[Entry, ...]) -> list[float]:
    """Return each dot's radius: its area grows with the upvotes."""
    votes = [max(0, entry.paper.upvotes or 0) for entry in entries]
    most = max(1, *votes)
    crowd = min(1.0, sqrt(30 / len(entries)))
    return [SMALL + (LARGE * crowd - SMALL) * sqrt(vote / most) for vote in votes]


def _colour(digest: Digest, topic: int) -> str:
    if digest.groups[topic].name == MORE:
        return REST
    return COLOURS[topic % len(COLOURS)]


def _dots(
    axes: "Axes",
    entries: tuple[Entry, ...],
    colours: list[str],
    places: Points,
    radii: list[float],
) -> None:
    for entry, colour, (x, y), radius in zip(entries, colours, places, radii, strict=True):
        axes.scatter(x, y, s=(2 * radius) ** 2, color=colour, linewidths=0)
        write(axes, x, y, str(entry.rank), size=NUMBER_SIZE, color="#14151a", ha="center",
              weight="bold")  # fmt: skip


def _labels(
    axes: "Axes", entries: tuple[Entry, ...], places: Points, radii: list[float], room: Box
) -> None:
    """Write the names of the first papers beside their dots where there is room."""
    taken = [Box(x - r, y - r, x + r, y + r) for (x, y), r in zip(places, radii, strict=True)]
    for entry, place, radius in list(zip(entries, places, radii, strict=True))[:LABELS]:
        text = _label(entry.paper)
        size = (width_of(axes, text, LABEL_SIZE) + 2 * PADDING, LABEL_SIZE * 1.25)
        if box := label_box(place, radius, size, taken, room):
            taken.append(box)
            x, y = nearest_in(box, place)
            if hypot(x - place[0], y - place[1]) > radius + FAR:
                axes.plot([place[0], x], [place[1], y], color=QUIET, linewidth=1.5, zorder=0)
            middle = (box.bottom + box.top) / 2
            write(axes, box.left + PADDING, middle, text, size=LABEL_SIZE)


def _label(paper: Paper) -> str:
    """Return what stands before the colon of a title, else its system's name or beginning."""
    before, colon, _ = paper.title.partition(":")
    name = next(iter(system_names(paper)), "")
    if colon and len(before.split()) <= LABEL_WORDS:
        return shorten(before, LABEL)
    is_name = name in paper.title.split() and any(c.isupper() or c.isdigit() for c in name[1:])
    return shorten(name if is_name else paper.title, LABEL)


def _legend(axes: "Axes", digest: Digest) -> None:
    """Write the topics below the map, in two columns."""
    for n, group in enumerate(digest.groups):
        x = MARGIN + 12 + (n % 2) * (WIDTH - 2 * MARGIN) / 2
        y = MARGIN + TOPIC_LINE * (-(-len(digest.groups) // 2) - 1 - n // 2) + 8
        axes.scatter(x, y, s=20**2, color=_colour(digest, n), linewidths=0)
        text, room = shorten(group.name, TOPIC), WIDTH / 2 - MARGIN - 50
        size = TOPIC_SIZE * min(1.0, room / width_of(axes, text, TOPIC_SIZE))
        write(axes, x + 20, y, text, size=size)


def _alt(digest: Digest, entries: tuple[Entry, ...]) -> str:
    """Return what is seen, the largest topics first to be named."""
    topics = "; ".join(
        f"{group.name} ({len(group.entries)}, among them "
        f"“{shorten(group.entries[0].paper.title, 60)}”)"
        for group in digest.groups
    )
    return (
        f"Map of {len(entries)} Daily Papers of {digest.days} as numbered dots, larger with more "
        f"upvotes, coloured by topic; similar papers lie near each other. {topics}."
    )
