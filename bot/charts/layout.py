"""Where things go on a map: vectors → places, dots pushed apart, labels where there is room."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Points = NDArray[np.float64]

PULL = 0.8  # towards the middle of the topic, so that its papers lie together
ROUNDS = 300
GAP = 6  # pixels between two dots


class Box(NamedTuple):
    """A rectangle in pixels."""

    left: float
    bottom: float
    right: float
    top: float

    def meets(self, other: "Box") -> bool:
        """Return whether the two overlap."""
        return (
            self.left < other.right
            and other.left < self.right
            and self.bottom < other.top
            and other.bottom < self.top
        )

    def holds(self, other: "Box") -> bool:
        """Return whether the other lies inside."""
        return (
            self.left <= other.left
            and other.right <= self.right
            and self.bottom <= other.bottom
            and other.top <= self.top
        )


def placed(
    vectors: NDArray[np.float32], topics: Sequence[int], radii: Sequence[float], room: Box
) -> Points:
    """Return a place for each vector, shape (n, 2): near where the vectors are near.

    The two directions in which the vectors differ most (PCA), stretched over the room; then
    dots that would overlap are pushed apart.
    """
    pulled = np.array(vectors, dtype=np.float64)
    labels = np.asarray(topics)
    for topic in set(topics):
        pulled[labels == topic] += PULL * pulled[labels == topic].mean(axis=0)
    centred = pulled - pulled.mean(axis=0)
    _, _, directions = np.linalg.svd(centred, full_matrices=False)
    # The sign of a direction is arbitrary: the largest part is made positive.
    signs = np.sign(directions[np.arange(2), np.abs(directions[:2]).argmax(axis=1)])
    flat = centred @ (directions[:2] * signs[:, None]).T
    return _apart(_stretched(flat, room, max(radii)), np.asarray(radii, dtype=np.float64), room)


def _stretched(flat: Points, room: Box, margin: float) -> Points:
    """Return the places over the whole room; half by their value and half by their order."""
    order = flat.argsort(axis=0, kind="stable").argsort(axis=0) / max(1, len(flat) - 1)
    spread = np.ptp(flat, axis=0)
    value = (flat - flat.min(axis=0)) / np.where(spread > 0, spread, 1)
    share = (order + value) / 2
    low = np.array([room.left, room.bottom]) + margin
    high = np.array([room.right, room.top]) - margin
    return np.asarray(low + share * (high - low))


def _apart(places: Points, radii: Points, room: Box) -> Points:
    """Push dots that touch away from each other, within the room."""
    wanted = radii[:, None] + radii[None, :] + GAP
    low = np.array([room.left, room.bottom]) + radii[:, None]
    high = np.array([room.right, room.top]) - radii[:, None]
    for _ in range(ROUNDS):
        apart = places[:, None] - places[None, :]
        distance = np.hypot(apart[..., 0], apart[..., 1])
        np.fill_diagonal(distance, np.inf)
        overlap = np.maximum(0, wanted - distance)
        if not overlap.any():
            break
        push = overlap / np.maximum(distance, 1e-6) / 2
        places = np.clip(places + (apart * push[..., None]).sum(axis=1) * 0.5, low, high)
    return places


def label_box(
    place: Sequence[float],
    radius: float,
    size: tuple[float, float],
    taken: Sequence[Box],
    room: Box,
) -> Box | None:
    """Return where a label of this width and height fits beside its dot, or None."""
    others = [other for other in taken if not other.meets(Box(*place, *place))]
    for box in _around(place, radius, size):
        if not room.holds(box) or any(box.meets(other) for other in taken):
            continue
        if not any(other.meets(step) for step in _way(place, box) for other in others):
            return box
    return None


def nearest_in(box: Box, place: Sequence[float]) -> tuple[float, float]:
    """Return the point of a box that is nearest to a place."""
    x, y = place
    return min(max(x, box.left), box.right), min(max(y, box.bottom), box.top)


def _way(place: Sequence[float], box: Box) -> list[Box]:
    """Return steps from a dot to its label, each a few pixels wide."""
    (x, y), (end_x, end_y) = place, nearest_in(box, place)
    steps = [(x + (end_x - x) * n / 12, y + (end_y - y) * n / 12) for n in range(1, 12)]
    return [Box(x - 2, y - 2, x + 2, y + 2) for x, y in steps]


def _around(place: Sequence[float], radius: float, size: tuple[float, float]) -> Iterator[Box]:
    """Yield places for a label: right, left, above, below and between, near before far."""
    x, y = place
    width, height = size
    for gap in (2.0, 10.0, 24.0, 44.0):
        side, slope = radius + gap, (radius + gap) * 0.75
        for left, bottom in (
            (x + side, y - height / 2),
            (x - side - width, y - height / 2),
            (x - width / 2, y + side),
            (x - width / 2, y - side - height),
            (x + slope, y + slope * 0.6),
            (x + slope, y - slope * 0.6 - height),
            (x - slope - width, y + slope * 0.6),
            (x - slope - width, y - slope * 0.6 - height),
        ):
            yield Box(left, bottom, left + width, bottom + height)
