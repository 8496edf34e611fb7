"""`paperboy chat` and `start` in a pipe."""

import io
import socket
from collections.abc import Callable
from pathlib import Path

import pytest

from bot.actions.run import SAMPLES

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def offline(tmp_path: Path) -> Path:
    """A config whose Hugging Face is a port that nobody listens on."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
    path = tmp_path / "offline.toml"
    path.write_text(f'[ingest.fetch]\nhuggingface_url = "http://127.0.0.1:{port}"\n')
    return path


def test_piped_questions_are_answered_after_three_samples(
    run: Run, starter_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("what is VLoRA?\n\n😀\nand who made it?\n"))
    status, out, _ = run("--data-dir", starter_folder, "chat")
    assert status == 0
    assert out.startswith("I have read 56 papers")
    shown = [line.removeprefix("> ") for line in out.splitlines() if line.startswith("> ")]
    assert shown == [*SAMPLES, "what is VLoRA?", "😀", "and who made it?"]
    assert "I cannot answer that: there is no word in the question" in out
    assert out.count("https://huggingface.co/papers/") >= 4


def test_every_sample_question_is_answered(
    run: Run, starter_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(""))
    _, out, _ = run("--data-dir", starter_folder, "chat")
    assert out.count("Paperboy's summary: “") >= len(SAMPLES)


def test_start_reads_the_starter_set_even_without_a_network(
    run: Run, tmp_path: Path, offline: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(""))
    status, out, err = run("--config", offline, "--data-dir", tmp_path / "data", "start")
    assert status == 0
    assert "I have read 56 papers" in out
    assert "Today's papers were not fetched" in err
