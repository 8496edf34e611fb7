"""The layout of a map: dots do not touch, and labels find free room."""

from itertools import combinations

import numpy as np
import pytest

from bot.charts.layout import Box, label_box, place_dots

ROOM = Box(0, 0, 900, 600)


@pytest.mark.parametrize("count", [4, 25, 60])
def test_dots_stay_in_the_area_and_do_not_overlap(count: int) -> None:
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


def test_papers_on_one_topic_are_close_together() -> None:
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


def test_a_label_gets_free_room_or_is_omitted() -> None:
    dot = Box(90, 90, 110, 110)
    right = label_box((100, 100), 10, (80, 20), [dot], ROOM)
    assert right is not None
    assert right.left > 110
    other = label_box((100, 100), 10, (80, 20), [dot, right], ROOM)
    assert other is not None
    assert not other.overlaps(right)
    assert label_box((100, 100), 10, (80, 20), [dot], Box(70, 70, 130, 130)) is None
