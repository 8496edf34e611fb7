"""The layout of a map: place vectors as dots, push dots apart, and find room for labels."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Points = NDArray[np.float64]

PULL = 0.8  # towards the centre of the topic, so that its papers stay together
ROUNDS = 300
GAP = 6  # pixels between two dots


class Box(NamedTuple):
    """A rectangle in pixels."""

    left: float
    bottom: float
    right: float
    top: float

    def overlaps(self, other: "Box") -> bool:
        """Return whether the two rectangles overlap."""
        return (
            self.left < other.right
            and other.left < self.right
            and self.bottom < other.top
            and other.bottom < self.top
        )

    def contains(self, other: "Box") -> bool:
        """Return whether the other rectangle is inside this one."""
        return (
            self.left <= other.left
            and other.right <= self.right
            and self.bottom <= other.bottom
            and other.top <= self.top
        )


def place_dots(
    vectors: NDArray[np.float32], topics: Sequence[int], radii: Sequence[float], area: Box
) -> Points:
    """Return a point per vector, shape (n, 2): similar vectors are close together.

    The coordinates are the first two principal components, stretched over the area; then dots
    that overlap are pushed apart.
    """
    pulled = np.array(vectors, dtype=np.float64)
    labels = np.asarray(topics)
    for topic in set(topics):
        pulled[labels == topic] += PULL * pulled[labels == topic].mean(axis=0)
    centred = pulled - pulled.mean(axis=0)
    _, _, directions = np.linalg.svd(centred, full_matrices=False)
    # The sign of a direction is arbitrary: make its largest component positive.
    signs = np.sign(directions[np.arange(2), np.abs(directions[:2]).argmax(axis=1)])
    flat = centred @ (directions[:2] * signs[:, None]).T
    points = _stretch(flat, area, max(radii))
    return _push_apart(points, np.asarray(radii, dtype=np.float64), area)


def _stretch(flat: Points, area: Box, margin: float) -> Points:
    """Return the points spread over the area: the mean of their value and their rank."""
    rank = flat.argsort(axis=0, kind="stable").argsort(axis=0) / max(1, len(flat) - 1)
    spread = np.ptp(flat, axis=0)
    value = (flat - flat.min(axis=0)) / np.where(spread > 0, spread, 1)
    share = (rank + value) / 2
    low = np.array([area.left, area.bottom]) + margin
    high = np.array([area.right, area.top]) - margin
    return np.asarray(low + share * (high - low))


def _push_apart(points: Points, radii: Points, area: Box) -> Points:
    """Push dots that are too close away from each other, within the area."""
    min_distance = radii[:, None] + radii[None, :] + GAP
    low = np.array([area.left, area.bottom]) + radii[:, None]
    high = np.array([area.right, area.top]) - radii[:, None]
    for _ in range(ROUNDS):
        offset = points[:, None] - points[None, :]
        distance = np.hypot(offset[..., 0], offset[..., 1])
        np.fill_diagonal(distance, np.inf)
        overlap = np.maximum(0, min_distance - distance)
        if not overlap.any():
            break
        push = overlap / np.maximum(distance, 1e-6) / 2
        points = np.clip(points + (offset * push[..., None]).sum(axis=1) * 0.5, low, high)
    return points


def label_box(
    point: Sequence[float],
    radius: float,
    size: tuple[float, float],
    taken: Sequence[Box],
    area: Box,
) -> Box | None:
    """Return a free box of this width and height beside a dot, or None.

    The line from the dot to its label must not cross a taken box either.
    """
    others = [other for other in taken if not other.overlaps(Box(*point, *point))]
    for box in _candidates(point, radius, size):
        if not area.contains(box) or any(box.overlaps(other) for other in taken):
            continue
        if not any(other.overlaps(step) for step in _path(point, box) for other in others):
            return box
    return None


def nearest_point(box: Box, point: Sequence[float]) -> tuple[float, float]:
    """Return the point of a box that is nearest to another point."""
    x, y = point
    return min(max(x, box.left), box.right), min(max(y, box.bottom), box.top)


def _path(point: Sequence[float], box: Box) -> list[Box]:
    """Return small boxes along the line from a dot to its label."""
    (x, y), (end_x, end_y) = point, nearest_point(box, point)
    steps = [(x + (end_x - x) * n / 12, y + (end_y - y) * n / 12) for n in range(1, 12)]
    return [Box(x - 2, y - 2, x + 2, y + 2) for x, y in steps]


def _candidates(point: Sequence[float], radius: float, size: tuple[float, float]) -> Iterator[Box]:
    """Yield boxes for a label: right, left, above, below and diagonal, the nearest first."""
    x, y = point
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
