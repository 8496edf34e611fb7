"""Written answers in the terminal, by the tiny copying model in its real process."""

import io
import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from bot.app import open_library
from ingest.sync import ingest
from rag.config import RagConfig
from tests.models.tiny_gguf import write_reciting_model
from tests.papers import PLAIN, PLAIN_ANSWER, PLAIN_QUESTION, ListSource

Run = Callable[..., tuple[int, str, str]]
QUESTION = "which paper uses an overuse penalty, and what for?"


@pytest.fixture
def config(tmp_path: Path, copying_model: Path) -> Callable[..., Path]:
    def write(path: Path = copying_model) -> Path:
        file = tmp_path / "config.toml"
        file.write_text(f'[rag.model]\npath = "{path}"\nmax_tokens = 150\nthreads = 1\n')
        return file

    return write


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A data folder with a paper that the model copies as an answer."""
    library = open_library(tmp_path / "plain", RagConfig())
    ingest(ListSource([PLAIN]), library)
    library.close()
    return tmp_path / "plain"


def test_an_answer_is_written(run: Run, folder: Path, config: Callable[..., Path]) -> None:
    given = ("--data-dir", folder, "--config", config())
    status, out, err = run(*given, "ask", PLAIN_QUESTION)
    assert (status, err) == (0, "")
    assert out.startswith(PLAIN_ANSWER)
    assert PLAIN.url in out
    status, out, _ = run(*given, "ask", "--json", PLAIN_QUESTION)
    row = json.loads(out)
    assert (row["answer"], row["mode"]) == (PLAIN_ANSWER, "generated")
    (source,) = row["sources"]
    assert (source["n"], source["url"]) == (1, PLAIN.url)
    assert source["quote"] == "Egrets fly over the reeds at dusk."
    status, out, _ = run(*given, "--no-model", "ask", "--json", PLAIN_QUESTION)
    assert json.loads(out)["mode"] == "extractive"


def test_chat_and_batch_answers_are_written_too(
    run: Run,
    folder: Path,
    config: Callable[..., Path],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    given = ("--data-dir", folder, "--config", config())
    monkeypatch.setattr("sys.stdin", io.StringIO(f"{PLAIN_QUESTION}\n"))
    status, out, _ = run(*given, "chat")
    assert status == 0
    assert f"> {PLAIN_QUESTION}\n{PLAIN_ANSWER}\n" in out
    batch = tmp_path / "batch.jsonl"
    batch.write_text(json.dumps({"id": 1, "question": PLAIN_QUESTION}) + "\n")
    status, out, _ = run(*given, "ask", "--batch", batch)
    row = json.loads(out)
    assert (row["answer"], row["mode"]) == (PLAIN_ANSWER, "generated")


@pytest.mark.parametrize("content", [None, b"<html></html>", b"GGUF" + bytes(100)])
def test_a_broken_model_is_reported_once_and_answers_are_quoted(
    run: Run,
    starter_folder: Path,
    config: Callable[..., Path],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    content: bytes | None,
) -> None:
    path = tmp_path / "broken.gguf"
    if content is not None:
        path.write_bytes(content)
    given = ("--data-dir", starter_folder, "--config", config(path))
    monkeypatch.setattr("sys.stdin", io.StringIO(f"{QUESTION}\nwhat is VLoRA?\n"))
    status, out, err = run(*given, "chat")
    assert status == 0
    assert "overuse penalty stops meaningless words" in out
    assert err.count("broken.gguf") == 1
    assert err.count("\n") == 1
    status, out, err = run(*given, "doctor")
    assert status == 1
    assert "FAIL model: broken.gguf" in out
    assert "→" in out


def test_doctor_runs_the_model(run: Run, starter_folder: Path, config: Callable[..., Path]) -> None:
    status, out, _ = run("--data-dir", starter_folder, "--config", config(), "doctor")
    assert status == 0
    assert re.search("^ok   llama.cpp: .*; a small quantised model answers", out, re.MULTILINE)
    assert "ok   model: copying" in out


def test_a_missing_provider_package_prints_one_sentence(
    run: Run, starter_folder: Path, tmp_path: Path
) -> None:
    file = tmp_path / "config.toml"
    file.write_text('[rag.model]\nprovider = "nobody:model"\n')
    status, _, err = run("--data-dir", starter_folder, "--config", file, "ask", QUESTION)
    assert status == 1
    assert err.startswith("paperboy: the model nobody:model cannot be used")
    assert err.count("\n") == 1


@pytest.mark.slow
def test_a_question_in_another_language_is_translated_or_refused(
    run: Run, starter_folder: Path, config: Callable[..., Path], tmp_path: Path
) -> None:
    korean = "남용 벌점을 사용하는 논문은 무엇이고 왜 사용하나요?"
    model = write_reciting_model(tmp_path / "reciting.gguf", json.dumps({"english": QUESTION}))
    given = ("--data-dir", starter_folder, "--config", config(model))
    status, out, err = run(*given, "ask", korean)
    assert status == 0
    assert "overuse penalty stops meaningless words" in out
    assert f"The model read the question as “{QUESTION}”" in " ".join((out + err).split())
    status, out, _ = run(*given, "why", korean)
    assert f"translated from Korean by the model: “{QUESTION}”" in " ".join(out.split())
    status, out, _ = run(*given, "--no-model", "ask", "--json", korean)
    row = json.loads(out)
    assert (status, row["refused"], row["sources"]) == (0, True, [])
    assert row["answer"].startswith("언어 모델이 없어서")
