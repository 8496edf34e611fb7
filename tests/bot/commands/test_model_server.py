"""Written answers in the terminal, by a model server named in config.toml."""

import json
import re
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.models.openai_server import OpenAIServer
from tests.models.server_dialects import LMStudioServer, OllamaServer

Run = Callable[..., tuple[int, str, str]]
QUESTION = "which paper uses an overuse penalty, and what for?"
TEXT = "An overuse penalty keeps meaningless words from being activated too often [1]."


@pytest.fixture
def server() -> Iterator[OpenAIServer]:
    server = OpenAIServer(TEXT)
    server.start()
    yield server
    server.close()


@pytest.fixture
def given(starter_folder: Path, tmp_path: Path, server: OpenAIServer) -> list[object]:
    """The options of a `paperboy` whose answers the server writes."""
    file = tmp_path / "config.toml"
    file.write_text(f'[rag.model]\nserver_url = "{server.url}"\n')
    return ["--data-dir", starter_folder, "--config", file]


def test_an_answer_is_written_by_the_server(
    run: Run, given: list[object], server: OpenAIServer
) -> None:
    status, out, err = run(*given, "ask", QUESTION)
    assert (status, err) == (0, "")
    assert out.startswith(TEXT)
    assert "https://huggingface.co/papers/" in out
    status, out, _ = run(*given, "ask", "--json", QUESTION)
    row = json.loads(out)
    assert (row["mode"], row["answer"]) == ("generated", TEXT)
    assert [source["n"] for source in row["sources"]] == [1]
    assert "overuse penalty" in server.requests[0]["messages"][1]["content"]
    status, out, _ = run(*given, "--no-model", "ask", "--json", QUESTION)
    assert json.loads(out)["mode"] == "extractive"
    assert len(server.requests) == 2


@pytest.mark.parametrize(
    ("fault", "note"),
    [
        ("", "The model server cannot be reached: start it, or change [rag.model] server_url."),
        (
            "500",
            "The model server failed with tiny (500, “worker 7 said no, key [hidden]”): look at "
            "its log, or change [rag.model] server_model.",
        ),
        (
            "breaks",
            "The model server closed the connection in mid-answer: look at its log, then "
            "ask again.",
        ),
    ],
)
def test_a_failing_server_leaves_the_quotes_with_a_note(
    run: Run, given: list[object], server: OpenAIServer, fault: str, note: str
) -> None:
    server.fault = fault
    if not fault:
        server.stop()
    status, out, err = run(*given, "ask", QUESTION)
    assert (status, err) == (0, "")
    assert "overuse penalty stops meaningless words" in out
    assert note in out
    status, out, err = run(*given, "doctor")
    assert status == 1
    what, _, cure = note.partition(": ")
    assert f"FAIL model: {what[0].lower()}{what[1:]}" in out
    assert cure in out


def test_a_slow_server_leaves_the_quotes_with_a_note(
    run: Run, given: list[object], server: OpenAIServer, tmp_path: Path
) -> None:
    server.fault = "stalls"
    with (tmp_path / "config.toml").open("a") as file:
        file.write("server_next_seconds = 1\n")
    status, out, _ = run(*given, "ask", QUESTION)
    assert status == 0
    assert "overuse penalty stops meaningless words" in out
    assert "The model server sent nothing for 1 s: see what it is doing" in out


def test_doctor_asks_the_server_and_needs_no_llama_cpp(
    run: Run, given: list[object], server: OpenAIServer
) -> None:
    status, out, _ = run(*given, "doctor")
    assert status == 0
    assert f"ok   model: tiny at {server.url}" in out
    assert "llama.cpp" not in out
    assert server.requests[0]["messages"] == [{"role": "user", "content": "Say yes."}]


# README's names, with the server that speaks each one's dialect.
DIALECTS: dict[str, Callable[[str], OpenAIServer]] = {
    "llama-server": OpenAIServer, "vLLM": OpenAIServer, "Ollama": OllamaServer,
    "LM Studio": LMStudioServer,
}  # fmt: skip
PORTS = {"Ollama": OllamaServer.PORT, "LM Studio": LMStudioServer.PORT}
ROWS = dict(
    re.findall(
        r"^\| ([^|`]+) \|[^|]+\| `(server_url = .*?)` \|$",
        (Path(__file__).parents[3] / "README.md").read_text(encoding="utf-8"),
        re.MULTILINE,
    )
)


def test_readme_names_each_server_that_is_tried() -> None:
    assert set(ROWS) == set(DIALECTS)


@pytest.mark.parametrize("name", DIALECTS)
def test_the_line_of_the_readme_is_enough_for_an_answer(
    run: Run, starter_folder: Path, tmp_path: Path, name: str
) -> None:
    address = re.search(r"127\.0\.0\.1:(\d+)", ROWS[name])
    assert address
    assert int(address[1]) == PORTS.get(name, 8080)
    server = DIALECTS[name](TEXT)
    with closing(server):
        server.start()
        line = ROWS[name].replace(address[0], f"127.0.0.1:{server.port}")
        file = tmp_path / "config.toml"
        file.write_text(f"[rag.model]\n{line}\n")
        given = ["--data-dir", starter_folder, "--config", file]
        status, out, err = run(*given, "ask", QUESTION)
        assert (status, err) == (0, "")
        assert out.startswith(TEXT)
        status, out, _ = run(*given, "doctor")
        assert status == 0
        model = server.requests[-1]["model"]
        shown = "tiny" if model == "folder/tiny.gguf" else model
        assert f"ok   model: {shown} at {server.url}" in out


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        ('path = "a.gguf"\nserver_url = "http://127.0.0.1:1/v1"',
         "[rag.model] server_url: path is set too; keep one of path, server_url and provider."),
        ('provider = "openai:x"\nserver_url = "http://127.0.0.1:1/v1"',
         "[rag.model] provider: server_url is set too; keep one of path, server_url and provider."),
        ('path = "a.gguf"\nprovider = "openai:x"', "[rag.model] provider: path is set too; keep "),
        ('server_url = "127.0.0.1:8080/v1"',
         "[rag.model] server_url: not an address; write one like http://127.0.0.1:8080/v1."),
        ('server_url = "http://me:secret@127.0.0.1/v1"', "put it in $PAPERBOY_SERVER_KEY."),
    ],
)  # fmt: skip
def test_conflicting_settings_print_one_sentence(
    run: Run, tmp_path: Path, lines: str, said: str
) -> None:
    file = tmp_path / "config.toml"
    file.write_text(f"[rag.model]\n{lines}\n")
    status, _, err = run("--config", file, "papers")
    assert status == 2
    assert said in err
    assert err.count("\n") == 1
