"""The clock and its sleep, which can be interrupted."""

import threading
import time

import pytest

from ingest.clock import Clock
from rag.errors import StoppedError


def test_a_sleep_ends_by_itself() -> None:
    clock = Clock()
    begun = clock.now()
    clock.sleep(0.02)
    assert clock.now() - begun >= 0.015


def test_a_sleep_is_interrupted_and_none_begins_afterwards() -> None:
    stopping = threading.Event()
    clock = Clock(stopping)
    threading.Timer(0.05, stopping.set).start()
    begun = time.monotonic()
    with pytest.raises(StoppedError, match="the next run continues there"):
        clock.sleep(600)
    assert time.monotonic() - begun < 300  # not the ten minutes
    with pytest.raises(StoppedError):
        clock.sleep(0)
