"""Fixtures of the tests of ingest/."""

import pytest

from tests.clock import FakeClock


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> FakeClock:
    """The clock of whatever is fetched in this test: waiting takes no time."""
    fake = FakeClock()
    monkeypatch.setattr("ingest.open_source.Clock", lambda: fake)
    return fake
