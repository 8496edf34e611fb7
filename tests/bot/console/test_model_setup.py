"""Choosing a model file, and offering a model once."""

from pathlib import Path

import pytest

from bot.app import App
from bot.config import Settings
from bot.console.model_setup import existing_file, in_use, offer_model
from bot.console.terminal import Terminal
from rag.errors import ModelFileError
from rag.llm.model_files import ModelFolder
from rag.models.known_models import KNOWN_MODELS


@pytest.fixture
def app(tmp_path: Path) -> App:
    return App(Settings(), tmp_path / "data")


def test_a_file_is_found_by_path_and_missing_ones_have_a_cure(
    app: App, copying_model: Path, tmp_path: Path
) -> None:
    folder = ModelFolder(app.data_dir)
    assert existing_file(folder, str(copying_model)) == copying_model
    with pytest.raises(ModelFileError, match=f"`paperboy model pull {KNOWN_MODELS[0].name}`"):
        existing_file(folder, KNOWN_MODELS[0].name)
    with pytest.raises(ModelFileError, match="`paperboy model list` shows the names"):
        existing_file(folder, "nothing")
    broken = tmp_path / "broken.gguf"
    broken.write_bytes(b"<html>")
    with pytest.raises(ModelFileError, match="a web page"):
        existing_file(folder, str(broken))


def test_config_toml_takes_precedence_over_the_chosen_file(app: App, copying_model: Path) -> None:
    assert in_use(app, copying_model) == "copying writes the answers from now on."
    settings = Settings.model_validate({"rag": {"model": {"path": "/models/other.gguf"}}})
    assert "config.toml names other" in in_use(App(settings, app.data_dir), copying_model)


def test_a_model_is_offered_once_and_never_without_being_needed(
    app: App, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    offer_model(App(Settings(), app.data_dir, use_model=False), Terminal())
    assert capsys.readouterr().err == ""
    monkeypatch.setattr("bot.console.model_setup.is_llama_built", lambda: False)
    for _ in range(2):
        offer_model(app, Terminal())
    err = capsys.readouterr().err
    assert err == (
        "Answers are quoted sentences; for written answers run `make llama`, then "
        "`paperboy model pull`.\n"
    )
