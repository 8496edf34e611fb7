"""What the running bot does beside answering."""

from collections.abc import Callable
from datetime import date
from pathlib import Path
from threading import Event

import pytest

from bot.app import App
from bot.config import Settings
from bot.serving import read_new
from ingest.sync import ingest
from rag.config import RagConfig
from rag.encoders.embedder import load_embedder
from rag.library import Library
from tests.clock import FakeClock
from tests.ingest.daily_hub import Days, item
from tests.ingest.hub import hub
from tests.models.tiny_embedder import write_embedder
from tests.papers import ListSource

TODAY = date(2025, 12, 11)


@pytest.mark.slow
def test_after_a_sync_the_bot_finds_out_how_to_encode_fastest(
    make_library: Callable[..., Library], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("rag.library.load_embedder", load_embedder)
    monkeypatch.setattr(App, "today", lambda self: TODAY)
    monkeypatch.setattr("ingest.resolve_source.Clock", lambda stopping=None: FakeClock())
    model = write_embedder(tmp_path / "model")
    config = RagConfig.model_validate({"embedder": {"model": str(model)}})
    library = make_library(config=config)
    ingest(ListSource(), library)
    assert "no self-test" in library.backends.describe(library.embedder)
    days = Days()
    days.put(TODAY, [item(1)])
    with hub(days) as server:
        fetch = {"fetch": {"huggingface_url": server.url}}
        app = App(Settings.model_validate({"ingest": fetch}), tmp_path / "data")
        read_new(app, library, Event())
    assert library.catalog.coverage().papers == len(ListSource().papers) + 1
    assert "by a self-test on" in library.backends.describe(library.embedder)
