"""A simulated Discord, clock and source of papers around the real scheduler."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from tests.reliability.digest_world import World, utc

NINE = utc(2025, 3, 4, 9)  # a Tuesday, when subscriptions are due by default


@pytest.fixture
def digest_world(tmp_path: Path) -> Iterator[World]:
    """The scheduler half an hour before NINE."""
    world = World(tmp_path, NINE - timedelta(minutes=30))
    world.start()
    yield world
    world.database.close()
