"""Pictures: nothing is cut off or overlaps, and the alt text says what is seen."""

import struct
from dataclasses import replace
from datetime import date, timedelta
from itertools import combinations

import numpy as np
import pytest

from bot.charts import figure
from bot.charts.layout import Box, label_box, place_dots
from bot.charts.topic_map import HEIGHT, WIDTH, topic_map
from bot.charts.weeks import trend_chart
from bot.digest.make import make_digest
from bot.digest.records import Wish
from ingest.sync import ingest
from rag.library import Library
from rag.trends import Trend, Week
from tests.papers import ListSource, many

DAY = date(2025, 12, 5)
ROOM = Box(0, 0, 900, 600)


def size_of(png: bytes) -> tuple[int, int]:
    assert png.startswith(b"\x89PNG\r\n\x1a\n")
    width, height = struct.unpack(">II", png[16:24])
    return width, height


@pytest.mark.parametrize("count", [4, 25, 60])
def test_dots_stay_in_the_room_and_do_not_touch(count: int) -> None:
    rng = np.random.default_rng(count)
    vectors = rng.normal(size=(count, 32)).astype(np.float32)
    radii = [15 + n % 20 for n in range(count)]
    topics = [n % 4 for n in range(count)]
    places = place_dots(vectors, topics, radii, ROOM)
    for (x, y), radius in zip(places, radii, strict=True):
        assert radius - 1 <= x <= ROOM.right - radius + 1
        assert radius - 1 <= y <= ROOM.top - radius + 1
    for a, b in combinations(range(count), 2):
        assert np.hypot(*(places[a] - places[b])) > (radii[a] + radii[b]) * 0.9
    assert (place_dots(vectors, topics, radii, ROOM) == places).all()


def test_papers_of_one_topic_lie_together() -> None:
    rng = np.random.default_rng(1)
    topics = [0] * 6 + [1] * 6
    vectors = np.eye(8)[topics] + rng.normal(0, 0.2, (12, 8))
    places = place_dots(vectors.astype(np.float32), topics, [10.0] * 12, ROOM)
    middle = [places[:6].mean(axis=0), places[6:].mean(axis=0)]
    for n, place in enumerate(places):
        near, far = (np.hypot(*(place - middle[t])) for t in (topics[n], 1 - topics[n]))
        assert near < far


def test_equal_vectors_are_pushed_apart() -> None:
    places = place_dots(np.ones((9, 4), dtype=np.float32), [0] * 9, [20.0] * 9, ROOM)
    assert min(np.hypot(*(places[a] - places[b])) for a, b in combinations(range(9), 2)) > 30


def test_a_label_finds_a_free_place_or_is_left_out() -> None:
    dot = Box(90, 90, 110, 110)
    right = label_box((100, 100), 10, (80, 20), [dot], ROOM)
    assert right is not None
    assert right.left > 110
    other = label_box((100, 100), 10, (80, 20), [dot, right], ROOM)
    assert other is not None
    assert not other.overlaps(right)
    assert label_box((100, 100), 10, (80, 20), [dot], Box(70, 70, 130, 130)) is None


@pytest.fixture
def day(library: Library) -> Library:
    """A day of thirty papers, with titles that a formula or a missing glyph would spoil."""
    titles = ["Costs of $5 and 50% {of_it}: x^2_\\", "论文 漢字: a study", "🙂 😀", "\x00\x1b[31m"]
    papers = [
        replace(p, featured_on=DAY, upvotes=n * n, title=(titles[n : n + 1] or [p.title])[0])
        for n, p in enumerate(many(30))
    ]
    ingest(ListSource(papers), library)
    return library


def test_the_map_of_a_day(day: Library) -> None:
    digest = make_digest(day, "day", DAY, Wish(count=30))
    picture = topic_map(digest, day)
    assert picture is not None
    assert size_of(picture.png) == (WIDTH, HEIGHT)
    assert picture.alt.startswith("Map of 30 Daily Papers of Friday, 2025-12-05 as numbered dots")
    for group in digest.groups:
        assert f"{group.name} ({len(group.entries)}" in picture.alt
    assert topic_map(digest, day) == picture
    assert topic_map(make_digest(day, "day", DAY, Wish(count=3)), day) is None


def weeks(*counts: tuple[int, int]) -> Trend:
    first = date(2025, 1, 6)
    return Trend(
        "counting $x^2$ birds",
        tuple(Week(first + timedelta(weeks=n), *c) for n, c in enumerate(counts)),
    )


@pytest.mark.parametrize(
    "counts", [[(1, 3)], [(0, 5)] * 3, [(2, 9), (0, 0), (7, 8)], [(n, 120) for n in range(104)]]
)
def test_weeks_as_bars(counts: list[tuple[int, int]]) -> None:
    trend = weeks(*counts)
    picture = trend_chart(trend)
    assert picture is not None
    assert size_of(picture.png) == (1_000, 520)
    assert picture.alt == f"Bar chart of the papers per week about “counting $x^2$ birds”: {trend}"
    assert trend_chart(Trend("birds", ())) is None


def test_what_the_font_lacks_is_left_out() -> None:
    assert figure.drawable("论文 α → β 🙂 ok\x00") == "α → β ok"
