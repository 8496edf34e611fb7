"""`paperboy model` and the offer of a model, with a hub on 127.0.0.1 and a tiny real model."""

import io
import json
import os
import pty
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from bot.actions.doctor import run_checks
from bot.actions.run import SAMPLES
from bot.app import App
from bot.config import load_settings
from rag.llm.offload import Offload
from rag.models import known_models
from rag.models.build_check import BuildCheck
from rag.models.known_models import HubFile, KnownModel
from tests.models.gpu_library import pretend
from tests.models.hub import ModelHub, model_hub
from tests.models.tiny_gguf import write_copying_model

Run = Callable[..., tuple[int, str, str]]
QUESTION = "which paper uses an overuse penalty, and what for?"
NAME = "owner/copying-GGUF/copying.gguf"
TINY = KnownModel(
    "tiny", HubFile("owner/copying-GGUF", "copying.gguf"), 4_000_000, 50_000_000, "Apache-2.0",
    "300", "copies",
)  # fmt: skip


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch, copying_model: Path) -> Iterator[ModelHub]:
    """A hub with the tiny copying model, which is also the only one that is recommended."""
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", False)
    monkeypatch.setattr(known_models, "KNOWN_MODELS", (TINY,))
    monkeypatch.setattr(known_models, "DEFAULT_MODEL", TINY)
    monkeypatch.setattr("bot.actions.model.KNOWN_MODELS", (TINY,))
    with model_hub(files={NAME: copying_model.read_bytes()}) as served:
        yield served


@pytest.fixture
def given(tmp_path: Path, hub: ModelHub) -> tuple[object, ...]:
    """The options before the command: an empty data folder, and that hub."""
    return "--data-dir", tmp_path / "data", "--config", write_config(tmp_path, hub)


@pytest.fixture
def filled(given: tuple[object, ...], starter_folder: Path, tmp_path: Path) -> tuple[object, ...]:
    """The same with the starter set's papers in the data folder."""
    shutil.copytree(starter_folder, tmp_path / "data", ignore=shutil.ignore_patterns("models"))
    return given


def write_config(folder: Path, hub: ModelHub, path: str = "") -> Path:
    file = folder / "config.toml"
    file.write_text(
        f'[ingest.fetch]\nhuggingface_url = "{hub.url}"\n[rag.model]\npath = "{path}"\n'
        "max_tokens = 150\n"
    )
    return file


def row(text: str) -> dict[str, object]:
    found: dict[str, object] = json.loads(text)
    return found


@pytest.mark.slow
def test_a_model_is_fetched_and_listed_and_writes(
    run: Run, filled: tuple[object, ...], hub: ModelHub
) -> None:
    status, out, err = run(*filled, "model", "list")
    assert status == 0
    assert "tiny         4.0 MB   50.0 MB  300       Apache-2.0  copies" in out
    assert "In use: none, answers are quoted sentences." in out
    status, out, err = run(*filled, "model", "pull")
    assert (status, err) == (0, "")  # a pipe gets no progress bar
    assert out.startswith("copying.gguf is stored (")
    assert "sha256 as Hugging Face states" in out
    assert out.endswith("copying writes the answers from now on.\n")
    status, out, err = run(*filled, "model", "list")
    assert "copies; in use" in out
    assert "In use: copying, by `paperboy model use`." in out
    status, out, err = run(*filled, "ask", "--json", QUESTION)
    assert "what the model wrote" in err  # which is no better than the quotes
    assert len(hub.ranges) == 1
    status, out, _ = run(*filled, "model", "use", "none")
    assert (status, out) == (0, "Answers are quoted sentences from now on.\n")
    status, out, _ = run(*filled, "ask", "--json", QUESTION)
    assert row(out)["mode"] == "extractive"
    status, out, _ = run(*filled, "model", "use", "tiny")
    assert (status, out) == (0, "copying writes the answers from now on.\n")


@pytest.mark.slow
def test_a_base_model_is_called_what_it_is_and_writes_nothing(
    run: Run, filled: tuple[object, ...], tmp_path: Path
) -> None:
    given = filled
    path = write_copying_model(tmp_path / "base.gguf", template=None)
    advice = (
        "base.gguf is a base model (it has no chat template), which was not trained to answer "
        "questions, so answers stay quotes: use an instruct model, which `paperboy model pull` "
        "fetches.\n"
    )
    status, out, _ = run(*given, "model", "pull", path)
    assert (status, out.endswith(advice)) == (0, True)
    assert run(*given, "model", "use", path)[:2] == (0, advice)
    status, out, _ = run(*given, "model", "check")
    assert (status, out.endswith(f"\n{advice}")) == (0, True)
    _, out, _ = run(*given, "doctor")
    assert f"ok   model: base, by `paperboy model use`, is not used\n     → {advice}" in out
    _, out, _ = run(*given, "ask", "--json", QUESTION)
    assert row(out)["mode"] == "extractive"
    # With a chat template it is an instruct model.
    write_copying_model(path)
    assert run(*given, "model", "use", path)[1] == "base writes the answers from now on.\n"
    assert "is a base model" not in run(*given, "model", "check")[1]


@pytest.mark.slow
def test_check_runs_a_model_in_a_separate_process(
    run: Run, given: tuple[object, ...], copying_model: Path
) -> None:
    assert run(*given, "model", "pull")[0] == 0
    status, out, err = run(*given, "model", "check")
    assert (status, err) == (0, "")
    assert "(as published)" in out
    assert "context  4,096 tokens (trained for 4,096)" in out
    assert "tokens per second" in out
    assert "\nllama.cpp: " in out
    assert "Reply:   [" in out
    status, out, _ = run(*given, "model", "check", copying_model, "--json")
    tried = row(out)
    assert status == 0
    assert tried["sha256_known"] is False
    assert tried["answer_tokens"] == 48
    for figure in ("memory_bytes", "prompt_rate", "answer_rate", "prompt_tokens", "load_seconds"):
        value = tried[figure]
        assert isinstance(value, int | float)
        assert value > 0, figure
    assert tried["n_ctx"] == 4096


@pytest.mark.slow
def test_check_tells_what_is_computed_on_the_gpu(
    run: Run,
    given: tuple[object, ...],
    copying_model: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    pretend(tmp_path, monkeypatch, ["CUDA", "CPU"], ["NVIDIA H200"])
    status, out, _ = run(*given, "model", "check", copying_model)
    assert status == 0
    assert "\nllama.cpp: CUDA, all 3 layers on NVIDIA H200\n" in out
    with (tmp_path / "config.toml").open("a") as file:
        file.write("gpu_layers = 1\n")
    _, out, _ = run(*given, "model", "check", copying_model, "--json")
    assert row(out)["llama_cpp"] == "CUDA, 1 of 3 layers on NVIDIA H200"


@pytest.mark.parametrize(
    ("module", "message"),
    [
        ("os.kill(os.getpid(), signal.SIGILL)", "llama.cpp died (SIGILL) with copying.gguf, and a"),
        ("os.kill(os.getpid(), signal.SIGSEGV)", "rebuild it with `make llama`.\n"),
        ("os.kill(os.getpid(), signal.SIGKILL)", "most likely because it ran out of memory of "),
        ("raise ImportError('llama_cpp is broken')", "which is not built: run `make llama`.\n"),
        ("raise ValueError('no such tensor')", "copying.gguf cannot be used (no such tensor): "),
    ],
)
def test_a_crash_during_a_check_is_reported_with_a_cure(
    run: Run,
    given: tuple[object, ...],
    copying_model: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    module: str,
    message: str,
) -> None:
    (tmp_path / "fake").mkdir()
    (tmp_path / "fake" / "llama_cpp.py").write_text(f"import os, signal\n{module}\n")
    monkeypatch.setenv("PYTHONPATH", os.fspath(tmp_path / "fake"))
    status, out, err = run(*given, "model", "check", copying_model)
    assert (status, out) == (1, "")
    assert message in err
    assert err.count("\n") == 1


def test_a_crash_with_only_one_file_blames_that_file(
    run: Run,
    given: tuple[object, ...],
    copying_model: Path,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    monkeypatch.setattr("rag.models.trial.check_build", lambda: BuildCheck("", Offload()))
    (tmp_path / "llama_cpp.py").write_text("import os\nos.abort()\n")
    monkeypatch.setenv("PYTHONPATH", os.fspath(tmp_path))
    _, _, err = run(*given, "model", "check", copying_model)
    assert "llama.cpp died (SIGABRT) with copying.gguf, though a small test model r" in err
    assert err.count("\n") == 1


def test_an_existing_file_is_used_in_place(
    run: Run, given: tuple[object, ...], copying_model: Path, tmp_path: Path, hub: ModelHub
) -> None:
    status, out, _ = run(*given, "model", "pull", copying_model)
    assert status == 0
    assert out.startswith("copying.gguf is a GGUF file of 3.7 MB.")
    assert hub.requests == []
    assert [path.name for path in (tmp_path / "data/models").iterdir()] == ["in-use.txt"]
    _, out, _ = run(*given, "model", "list", "--json")
    tiny, mine = map(row, out.splitlines())
    assert (tiny["installed"], tiny["in_use"]) == (False, False)
    assert (mine["file"], mine["in_use"]) == ("copying.gguf", True)


def test_a_model_in_the_configuration_takes_precedence(
    run: Run, given: tuple[object, ...], hub: ModelHub, tmp_path: Path, copying_model: Path
) -> None:
    other = tmp_path / "other.gguf"
    other.write_bytes(copying_model.read_bytes())
    write_config(tmp_path, hub, os.fspath(other))
    status, out, _ = run(*given, "model", "use", copying_model)
    assert status == 0
    assert out == "But config.toml names other, which takes precedence: clear it in [rag.model].\n"
    _, out, _ = run(*given, "model", "list")
    assert "In use: other, by config.toml." in out
    _, out, _ = run(*given, "model", "use", "none")
    assert out == "config.toml names other, which stays in use.\n"


def test_a_model_that_cannot_be_fetched_prints_one_sentence(
    run: Run, given: tuple[object, ...], hub: ModelHub
) -> None:
    for what, message in (
        ("hf:owner/copying-GGUF/other.gguf", "owner/copying-GGUF has no file other.gguf: check"),
        ("hf:owner/nobody/x.gguf", "127.0.0.1 knows no repository owner/nobody: check its name."),
        ("hf:owner", "hf:owner is not the name of a GGUF file: write hf:OWNER/NAME/FILE.gguf"),
        ("gpt-5", "there is no model or file named gpt-5: `paperboy model list` shows"),
    ):
        status, out, err = run(*given, "model", "pull", what)
        assert (status, out) == (1, "")
        assert err.startswith(f"paperboy: {message}"), err
        assert err.count("\n") == 1
    for command in (("use", "tiny"), ("check", "tiny")):
        _, _, err = run(*given, "model", *command)
        assert err == (
            "paperboy: tiny is not fetched yet: fetch it with `paperboy model pull tiny`.\n"
        )
    _, _, err = run(*given, "model", "check")
    assert err == "paperboy: no model is in use: fetch one with `paperboy model pull`.\n"


@pytest.mark.parametrize(
    ("spoil", "cause"),
    [
        (None, "does not exist: "),
        (lambda whole: b"", "cannot be loaded (the file is empty): "),
        (lambda whole: b"<html>", "cannot be loaded (it is a web page): "),
        (lambda whole: b"version https://git-lfs.github.com/spec/v1\n", "it is a Git LFS pointer"),
        (lambda whole: whole[:1_000_000], "cannot be loaded (it is cut short: 1.0 MB of 3.7 MB)"),
        (lambda whole: whole[:-99] + b"?" * 99, "(its sha256 is not the one that was published): "),
    ],
)
def test_a_damaged_file_is_reported_with_its_cause(
    run: Run,
    given: tuple[object, ...],
    tmp_path: Path,
    spoil: Callable[[bytes], bytes] | None,
    cause: str,
) -> None:
    assert run(*given, "model", "pull")[0] == 0
    fetched = tmp_path / "data/models/copying.gguf"
    if spoil is None:
        fetched.unlink()
    else:
        fetched.write_bytes(spoil(fetched.read_bytes()))
    for command in (("model", "check"), ("model", "use", fetched)):
        status, _, err = run(*given, *command)
        assert status == 1
        assert err.count("\n") == 1
        if spoil or command[1] == "check":
            assert err.startswith("paperboy: copying.gguf ")
            assert cause in err
    app = App(load_settings(None), tmp_path / "data")
    check = next(check for check in run_checks(app) if check.name == "model")
    assert not check.ok
    assert check.detail.startswith("copying.gguf ")
    assert cause.removesuffix(": ") in check.detail
    assert check.cure


def test_answers_are_quoted_when_the_file_is_damaged(
    run: Run, filled: tuple[object, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert run(*filled, "model", "pull")[0] == 0
    fetched = tmp_path / "data/models/copying.gguf"
    fetched.write_bytes(fetched.read_bytes()[:-99] + b"?" * 99)
    os.utime(fetched.with_name("copying.gguf.sha256"), (1e9, 1e9))
    monkeypatch.setattr("sys.stdin", io.StringIO(f"{QUESTION}\nwhat is VLoRA?\n"))
    status, out, err = run(*filled, "chat")
    assert status == 0
    assert "overuse penalty stops meaningless words" in out
    assert err == (
        "No written answers: copying.gguf cannot be used (its sha256 is not the one that was "
        "published): fetch it again with `paperboy model pull`.\n"
    )


@pytest.mark.slow
def test_doctor_says_which_model_is_in_use_and_why(
    run: Run, starter_folder: Path, tmp_path: Path, copying_model: Path
) -> None:
    data = tmp_path / "data"
    assert "model: none: answers are quoted sentences" in run("--data-dir", data, "doctor")[1]
    out = run("--data-dir", data, "--no-model", "doctor")[1]
    assert "model: not used because of --no-model" in out
    run("--data-dir", data, "model", "use", copying_model)
    out = run("--data-dir", data, "doctor")[1]
    assert "ok   model: copying, by `paperboy model use`" in out


def test_the_first_chat_says_once_how_to_get_a_model(
    run: Run, filled: tuple[object, ...], monkeypatch: pytest.MonkeyPatch, hub: ModelHub
) -> None:
    shown = []
    for _ in range(2):
        monkeypatch.setattr("sys.stdin", io.StringIO("y\n"))  # which is a question, no answer
        status, out, err = run(*filled, "chat")
        assert status == 0
        assert out.count("\n> ") == len(SAMPLES) + 1
        shown.append(err)
    assert shown == [
        "Answers are quoted sentences; `paperboy model pull` fetches a model that writes "
        "answers (copying.gguf, 4.0 MB, Apache-2.0).\n",
        "",
    ]
    assert hub.requests == []


def test_no_model_suppresses_the_hint(
    run: Run, filled: tuple[object, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(""))
    assert run(*filled, "--no-model", "chat")[2] == ""


@pytest.mark.parametrize(("says", "fetched"), [("y", 1), ("", 0), ("n", 0)])
def test_in_a_terminal_a_model_is_offered_and_fetched_after_a_yes(
    filled: tuple[object, ...],
    run: Run,
    hub: ModelHub,
    monkeypatch: pytest.MonkeyPatch,
    says: str,
    fetched: int,
) -> None:
    answers, asked = [says, "", ""], []

    def answer(_console: object, prompt: object) -> str:
        asked.append(str(prompt))
        return answers.pop(0)

    monkeypatch.setattr("bot.console.terminal.Terminal.is_interactive", True)
    monkeypatch.setattr("rich.console.Console.input", answer)
    status, out, _ = run(*filled, "chat")
    assert status == 0
    assert len(hub.ranges) == fetched
    assert ("copying writes the answers" in out) == bool(fetched)
    run(*filled, "chat")  # where it is not offered again
    offer = "Shall I fetch a model that writes answers (copying.gguf, 4.0 MB, Apache-2.0)? [y/N] "
    assert asked == [offer, "\n> ", "\n> "]


def test_a_failed_fetch_does_not_end_the_chat(
    filled: tuple[object, ...], run: Run, hub: ModelHub, monkeypatch: pytest.MonkeyPatch
) -> None:
    hub.error = 503, {}
    answers = ["yes", "what is VLoRA?", ""]
    monkeypatch.setattr("bot.console.terminal.Terminal.is_interactive", True)
    monkeypatch.setattr("rich.console.Console.input", lambda _self, _prompt: answers.pop(0))
    status, out, err = run(*filled, "chat")
    assert status == 0
    assert "No model: 127.0.0.1 refused copying.gguf (503): run the command again later." in err
    assert "VLoRA" in out


@pytest.mark.slow
def test_a_terminal_shows_the_progress_of_a_fetch(hub: ModelHub, tmp_path: Path) -> None:
    hub.pause = 0.005  # 58 pieces of 64 kB
    config = write_config(tmp_path, hub)
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "bot", "--data-dir", tmp_path / "data", "--config", config,
         "model", "pull", f"hf:{NAME}"],
        env=os.environ | {"HF_HUB_OFFLINE": "0", "TERM": "xterm", "COLUMNS": "120"},
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=theirs,
    )  # fmt: skip
    os.close(theirs)
    shown = b""
    try:
        while piece := os.read(ours, 4096):
            shown += piece
    except OSError:  # Linux's way to say that the other end is gone
        pass
    out, _ = process.communicate(timeout=60)
    os.close(ours)
    assert process.returncode == 0
    assert out.startswith(b"copying.gguf is stored (3.7 MB")
    assert b"copying.gguf fetched" in shown
    assert b"/3.7 MB" in shown
