"""The checks of `paperboy doctor`, and their cures."""

from dataclasses import replace
from pathlib import Path

import pytest

from bot.app import App
from bot.commands.doctor import MIN_FREE_BYTES, Check, run_checks
from bot.config import Settings
from rag.library import Library


def checks(app: App) -> dict[str, Check]:
    return {check.name: check for check in run_checks(app)}


@pytest.fixture
def app(tmp_path: Path) -> App:
    settings = Settings.model_validate({"rag": {"model": {"server_url": "http://127.0.0.1:9/v1"}}})
    return App(settings, tmp_path / "data", use_model=False)


def test_an_empty_folder_lacks_papers_and_nothing_else(app: App) -> None:
    results = checks(app)
    assert [name for name, check in results.items() if not check.ok] == ["papers"]
    assert results["papers"].cure == "run `paperboy ingest starter`."
    assert "llama.cpp" not in results  # a server writes the answers
    assert "e-mail" not in results
    assert results["model"].detail == "not used because of --no-model"
    assert results["judge"].detail.startswith("none: the bundled embedding model checks")


def test_a_full_disk_and_a_blocked_folder_have_cures(
    app: App, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("x")
    usage = (1, 1, MIN_FREE_BYTES - 1)
    monkeypatch.setattr("shutil.disk_usage", lambda path: type("Usage", (), {"free": usage[2]})())
    results = checks(replace(app, data_dir=tmp_path / "file" / "data"))
    assert results["disk"].cure == "free some space, or move the data with --data-dir."
    assert not results["data folder"].ok
    assert results["data folder"].cure == "give another one with --data-dir."
    assert "papers" not in results


def test_an_index_that_another_process_uses_is_not_a_failure(app: App, filled: Library) -> None:
    assert filled.index.pending_count() == 0  # this process owns the index now
    results = checks(replace(app, data_dir=filled.folder))
    assert results["index"].ok
    assert results["index"].detail.startswith("not checked: ")


def test_a_server_that_cannot_be_reached_fails_the_model(app: App) -> None:
    result = checks(replace(app, use_model=True))["model"]
    assert not result.ok
    assert result.cure
