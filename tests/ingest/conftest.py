"""Fixtures of the tests of ingest/."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from langchain_core.embeddings import DeterministicFakeEmbedding

from bot.app import open_library
from rag.config import RagConfig
from rag.encoders.embedder import Embedder
from rag.library import Library
from tests.clock import FakeClock


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> FakeClock:
    """The clock of every fetcher in this test: waiting takes no time."""
    fake = FakeClock()
    monkeypatch.setattr("ingest.resolve_source.Clock", lambda stopping=None: fake)
    return fake


FAKE_EMBEDDER = Embedder(DeterministicFakeEmbedding(size=8), name="fake")


@pytest.fixture
def fake_library(tmp_path: Path) -> Iterator[Library]:
    """A library with meaningless vectors, for tests that are not about them."""
    library = open_library(tmp_path / "data", RagConfig())
    library.__dict__["_embedders"] = (FAKE_EMBEDDER, None)
    yield library
    library.close()
