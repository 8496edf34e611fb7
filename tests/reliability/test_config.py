"""What Paperboy trusts: its own code, its own settings, and the hosts that the README lists."""

import json
import logging
import os
import re
import socket
import subprocess
import sys
import tomllib
from collections.abc import Callable
from contextlib import closing
from io import BytesIO, StringIO, TextIOWrapper
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError
from rich.text import Text

from bot.config import BotConfig
from bot.console.terminal import CONTROL, PlainConsole, PlainFormatter, Terminal
from bot.gateway.health import HealthEndpoint
from ingest.sync import ingest
from rag.library import Library
from rag.llm import llama_build
from rag.models.build_check import check_build
from rag.records import Paper
from rag.retrieval.chroma import ChunkVectors
from tests.ingest.daily_hub import item
from tests.ingest.hub import Answer, as_json, hub
from tests.papers import ListSource

ROOT = Path(__file__).parents[2]
ROOMS = ("bot", "ingest", "rag")


# -- C3: connections -------------------------------------------------------------------------------

# Runs commands and prints each address that Python connects to or looks up.
WATCHED = """
import json, sys
seen = set()

def hook(event, arguments):
    if event in ("socket.connect", "socket.getaddrinfo", "socket.sendto"):
        address = arguments[-1] if event == "socket.connect" else arguments[0]
        seen.add(str(address[0] if isinstance(address, tuple) else address))

sys.addaudithook(hook)
exec(sys.argv[1])
from bot.cli import main
statuses = [main(command) for command in json.loads(sys.argv[2])]
from langsmith.utils import tracing_is_enabled
print(json.dumps([statuses, sorted(seen), bool(tracing_is_enabled())]))
"""
FOLLOWING = """
import ingest.fetch

class Following(ingest.fetch.httpx.Client):
    def __init__(self, **options):
        super().__init__(**options | {"follow_redirects": True})

class httpx:
    Client = Following
    def __getattr__(self, name):
        return getattr(real, name)

real, ingest.fetch.httpx = ingest.fetch.httpx, httpx()
"""
TRACING = "import bot.cli; bot.cli._disable_telemetry = lambda: None"


def mutated(name: str, patch: str) -> Any:
    marks = [pytest.mark.xfail(strict=True), pytest.mark.slow]
    return pytest.param(patch, id=f"without {name}", marks=marks)


@pytest.mark.slow
@pytest.mark.parametrize(
    "patch",
    [
        pytest.param("", id="as it is"),
        mutated("follow_redirects=False", FOLLOWING),
        mutated("_disable_telemetry", TRACING),
    ],
)
def test_c3_commands_connect_to_the_configured_host_alone(tmp_path: Path, patch: str) -> None:
    """Even where the host sends people elsewhere, and the environment asks for tracing."""

    def answer(path: str, params: dict[str, str]) -> Answer:
        if params.get("date") == "2025-12-02":
            return 302, {"Location": "http://127.0.0.2:9/list"}, b""
        return as_json([item(1)])

    config = tmp_path / "config.toml"
    with hub(answer) as server:
        config.write_text(f'[ingest.fetch]\nhuggingface_url = "{server.url}"\nattempts = 1\n')
        common = ["--config", str(config), "--data-dir", str(tmp_path / "data")]
        commands = [
            [*common, "ingest", "hf:2025-12-01"],
            [*common, "ingest", "hf:2025-12-02"],
            [*common, "ask", "what is new today?"],
        ]
        tracing = {
            "LANGSMITH_TRACING": "true",
            "LANGSMITH_API_KEY": "lsv2_no_key",
            "LANGSMITH_ENDPOINT": "http://127.0.0.3:9",
        }
        done = subprocess.run(
            [sys.executable, "-W", "ignore", "-c", WATCHED, patch, json.dumps(commands)],
            cwd=ROOT, env=os.environ | tracing, capture_output=True, text=True, check=True,
        )  # fmt: skip
    statuses, seen, is_traced = json.loads(done.stdout.splitlines()[-1])
    assert statuses == [0, 1, 0], done.stderr
    assert seen == ["127.0.0.1"]
    assert not is_traced


# -- C4: dependencies and what listens -------------------------------------------------------------


@pytest.mark.protection("bot.gateway.health.HOST", "0.0.0.0")
async def test_c4_what_listens_does_so_on_127_0_0_1() -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as free:
        port = free.getsockname()[1]
    health = HealthEndpoint(None)  # type: ignore[arg-type]  # nothing is asked of it
    async with health.listening(port):
        socket.create_connection(("127.0.0.1", port)).close()
        with pytest.raises(OSError, match="refused"):  # another address of this machine
            socket.create_connection(("127.0.0.2", port))


@pytest.mark.protection("ipaddress.IPv4Address.is_loopback", property(lambda self: True))
@pytest.mark.parametrize("address", ["0.0.0.0", "10.1.2.3", "8.8.8.8"])
def test_c4_no_other_address_can_be_configured(address: str) -> None:
    with pytest.raises(ValidationError, match="only programs on this machine"):
        BotConfig(listen_address=address)


def test_c4_nothing_else_listens() -> None:
    listens = re.compile(r"TCPSite|start_server|create_server|HTTPServer|\.listen\(")
    assert places_of(listens) == {"bot/gateway/health.py"}


FLOORS = {"langchain-core": (1, 2, 5), "torch": (2, 10), "transformers": (5, 5)}


def unsafe(pins: str) -> set[str]:
    """Return what is not pinned, or below the version that closed its holes."""
    versions = dict(line.split("==") for line in pins.split() if "==" in line)
    numbers = {n: tuple(map(int, re.findall(r"\d+", v)[:3])) for n, v in versions.items()}
    return {name for name, floor in FLOORS.items() if numbers.get(name, (0,)) < floor}


def test_c4_pins_are_above_their_security_floors() -> None:
    pins = (ROOT / "constraints.txt").read_text()
    assert unsafe(pins) == set()
    for name in FLOORS:  # the check itself notices
        assert unsafe(re.sub(rf"(?m)^{name}==.*", f"{name}==1.0.0", pins)) == {name}
        assert unsafe(re.sub(rf"(?m)^{name}==.*", "", pins)) == {name}
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    for name, floor in FLOORS.items():
        (wanted,) = [d for d in project["dependencies"] if re.match(rf"{name}\b[^-]", d)]
        assert wanted == f"{name}>={'.'.join(map(str, floor))}"


def places_of(pattern: re.Pattern[str]) -> set[str]:
    """Return the files of the three rooms in which a pattern occurs."""
    return {
        path.relative_to(ROOT).as_posix()
        for room in ROOMS
        for path in (ROOT / room).rglob("*.py")
        if pattern.search(path.read_text(encoding="utf-8"))
    }


# -- C5: code of the current folder, and control characters ----------------------------------------


@pytest.fixture
def hostile_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A current folder whose modules leave a mark if they are run."""
    mark = f"open({str(tmp_path / 'mark')!r}, 'a').write(__name__ + '\\n')\n"
    for name in ("numpy.py", "llama_cpp.py", "pip.py", "sitecustomize.py", "rag/__init__.py"):
        path = tmp_path / "folder" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(mark)
    (tmp_path / "folder/rag/llm").mkdir()
    (tmp_path / "folder/rag/llm/__init__.py").write_text(mark)
    (tmp_path / "folder/rag/llm/worker.py").write_text(mark)
    monkeypatch.chdir(tmp_path / "folder")
    return tmp_path / "folder"


@pytest.mark.parametrize("python_path", [None, "", os.pathsep, f"{os.pathsep}.", "rag"])
def test_c5_no_code_of_the_current_folder_runs_in_the_model_process(
    hostile_folder: Path, monkeypatch: pytest.MonkeyPatch, python_path: str | None
) -> None:
    if python_path is not None:
        monkeypatch.setenv("PYTHONPATH", python_path)
    assert check_build().problem == ""  # the real process, with a small model
    assert not (hostile_folder.parent / "mark").exists()


@pytest.mark.protection(
    "rag.llm.worker_client.python_command", lambda *arguments: [sys.executable, *arguments]
)
@pytest.mark.protection("rag.llm.worker_client.python_environment", lambda: None)
def test_c5_neither_by_python_m_nor_by_an_empty_entry_of_pythonpath(
    hostile_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONPATH", os.pathsep)
    check_build()
    assert not (hostile_folder.parent / "mark").exists()


@pytest.mark.protection(
    "rag.llm.llama_build.python_command", lambda *arguments: [sys.executable, *arguments]
)
def test_c5_no_code_of_the_current_folder_runs_in_a_build(hostile_folder: Path) -> None:
    with (hostile_folder / "log").open("w") as log:
        llama_build._run("-c", "import numpy", log=log)
        llama_build._run("-m", "this", log=log)
    assert not (hostile_folder.parent / "mark").exists()


@pytest.mark.protection("rag.retrieval.chroma.chroma_settings", lambda: obedient_settings())
def test_c5_a_file_env_of_the_current_folder_sends_no_vectors_away(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / ".env").write_text(
        "CHROMA_API_IMPL=chromadb.api.fastapi.FastAPI\n"
        "CHROMA_SERVER_HOST=127.0.0.1\nCHROMA_SERVER_HTTP_PORT=9\n"
    )
    monkeypatch.chdir(tmp_path)
    vectors = ChunkVectors(tmp_path / "chroma", embedder="any")
    assert vectors.counts() == (0, 0)
    assert (tmp_path / "chroma" / "chroma.sqlite3").exists()
    vectors.close()


def obedient_settings() -> Any:
    from chromadb.config import Settings

    return Settings(anonymized_telemetry=False)


def test_c5_python_is_started_in_one_place() -> None:
    assert places_of(re.compile(r"sys\.executable")) == {"rag/isolated_python.py"}
    assert (
        places_of(re.compile(r"\bos\.(system|popen|exec|spawn)|shell=True|multiprocessing"))
        == set()
    )


ESCAPES = ("\x1b]0;title\x07", "\x1b[2J", "\x9b31m", "\x90q\x9c", "\u202egnp", "\x08\x7f", "\x0d",
           "\u2028", "\U000e0041\U000e0042", "\u200b", "\xad\u2060\ufeff",
           "\U000e0100\u115f")  # fmt: skip


@pytest.mark.slow
@pytest.mark.protection("bot.console.terminal.plain", str)
@pytest.mark.protection("bot.console.terminal.Terminal.rows", lambda self, rows: dumb_rows(rows))
def test_c5_no_control_character_of_a_paper_reaches_the_terminal(
    make_library: Callable[..., Library], run: Callable[..., tuple[int, str, str]]
) -> None:
    """The papers came in with an earlier version, which took them as they were."""
    library = make_library()
    papers = [
        Paper(
            title=f"Heron{escape} counting {n}",
            abstract=f"Herons{escape} are counted by drone {n}. They wade{escape} at dusk.",
            arxiv_id=f"2501.{n:05}",
            tldr=f"We count{escape} herons.",
            organization=f"Marsh{escape} Lab",
            authors=(f"A.{escape} One",),
        )
        for n, escape in enumerate(ESCAPES)
    ]
    ingest(ListSource(papers), library)
    library.catalog.set_aside("x", [(f"record{ESCAPES[0]}", f"reason{ESCAPES[2]}")])
    library.close()
    for command in (
        ["papers"], ["papers", "--json"], ["search", "herons"], ["search", "herons", "--json"],
        ["ask", "how are herons counted?"], ["why", "how are herons counted?"], ["daily"],
        ["ask", "--json", "how are herons counted?"], ["compare", "2501.00000", "2501.00001"],
        ["ask", "--json", "who is \U000e0041x?"], ["why", "--json", "herons \u200b?"],
        ["ingest", "--list-set-aside"], ["ask", "who is \x1b]0;x\x07?"], ["daily", "\x9b2J"],
    ):  # fmt: skip
        _, out, err = run("--no-model", "--data-dir", library.folder, *command)
        assert not CONTROL.search(out + err), command
        assert not {c for escape in ESCAPES for c in escape if not c.isprintable()} & {*out, *err}
        assert "\u115f" not in out + err  # which Python calls printable
        assert out + err


def dumb_rows(rows: Any) -> None:
    for row in rows:
        sys.stdout.write(json.dumps(row, ensure_ascii=False) + "\n")


@pytest.mark.protection("bot.console.terminal.plain", str)
def test_c5_styles_are_kept_and_texts_and_links_command_nothing() -> None:
    file = StringIO()
    console = PlainConsole(file=file, force_terminal=True, color_system="standard", width=80)
    console.print(Text("red\x1b]0;x\x07\x9b2J", style="red link http://a/\x1b]0;y\x07"))
    assert file.getvalue() == "\x1b[31mred\ufffd]0;x\ufffd2J\x1b[0m\n"  # Rich drops \a


@pytest.mark.protection("bot.console.terminal.plain", str)
def test_c5_neither_does_a_line_of_the_log() -> None:
    record = logging.makeLogRecord({"msg": "a %s", "args": ("\x1b[2J\x9b",), "levelname": "ERROR"})
    assert PlainFormatter("%(message)s").format(record) == "a \ufffd[2J\ufffd"


def test_c5_json_keeps_the_words(capsys: pytest.CaptureFixture[str]) -> None:
    Terminal().rows([{"text": escape} for escape in ESCAPES])
    lines = capsys.readouterr().out.splitlines()
    assert [json.loads(line)["text"] for line in lines] == list(ESCAPES)


@pytest.mark.parametrize(
    "arguments",
    [
        ["ask", "how are herons counted, caf\udce9?"],
        ["why", "how are herons counted, caf\udcff?"],
        ["compare", "2501.00001", "caf\udce9"],
    ],
)
def test_c5_a_bad_byte_in_an_argument_ends_no_command(
    filled: Library, run: Callable[..., tuple[int, str, str]], arguments: list[str]
) -> None:
    filled.close()
    status, out, err = run("--no-model", "--data-dir", filled.folder, *arguments)
    assert status in (0, 1, 2)
    assert "unexpected error" not in err
    assert out + err


@pytest.mark.protection("bot.console.terminal.plain", str)
@pytest.mark.parametrize("path", ["caf\ud800.txt", "\udfff/caf\udce9.jsonl"])
def test_c5_a_lone_surrogate_is_shown_as_an_odd_character(
    capfd: pytest.CaptureFixture[str], path: str
) -> None:
    Terminal().error(path)
    assert "caf\ufffd" in capfd.readouterr().err


def test_c5_a_bad_byte_on_standard_input_is_one_odd_character(
    filled: Library, run: Callable[..., tuple[int, str, str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    filled.close()
    typed = BytesIO(b"how are herons counted, caf\xe9?\nwhat is HeronNet?\n")
    pipe = TextIOWrapper(typed, encoding="utf-8", errors="surrogateescape")
    monkeypatch.setattr(sys, "stdin", pipe)
    status, out, err = run("--no-model", "--data-dir", filled.folder, "chat")
    assert status == 0, err
    assert "caf\ufffd" in out
    assert "what is HeronNet?" in out


@pytest.mark.parametrize("text", ["a = " + "[" * 5_000, "a = " + "{a=" * 5_000, "[" * 5_000])
def test_c5_settings_that_are_nested_deeply_are_refused_by_name(
    run: Callable[..., tuple[int, str, str]], tmp_path: Path, text: str
) -> None:
    path = tmp_path / "deep.toml"
    path.write_text(text)
    status, _, err = run("--config", path, "papers")
    assert status == 2
    assert f"{path} is n" in err
    assert "unexpected" not in err


LARGE = ["9" * 30, "9" * 5_000, str(2**63), "0", "\u0663"]


@pytest.mark.parametrize("number", LARGE)
@pytest.mark.parametrize("command", ["preview", "pause", "resume", "remove", "send"])
def test_c5_a_number_that_cannot_be_stored_is_refused(
    run: Callable[..., tuple[int, str, str]], tmp_path: Path, number: str, command: str
) -> None:
    status, _, err = run("--data-dir", tmp_path, "subscriptions", command, number)
    assert status in (1, 2)
    assert "unexpected" not in err


@pytest.mark.protection("bot.actions.subscriptions._is_id", str.isdecimal)
@pytest.mark.parametrize("number", LARGE)
@pytest.mark.parametrize("option", ["--channel", "--person"])
def test_c5_an_id_that_cannot_be_one_is_refused(
    run: Callable[..., tuple[int, str, str]], tmp_path: Path, number: str, option: str
) -> None:
    status, _, err = run("--data-dir", tmp_path, "subscriptions", "add", "daily", option, number)
    assert status in (1, 2)
    assert "is not an id" in err


@pytest.mark.protection("bot.actions.ask.decode", bytes.decode)
def test_c5_a_bad_byte_in_a_batch_leaves_the_other_lines(
    filled: Library, run: Callable[..., tuple[int, str, str]], tmp_path: Path
) -> None:
    filled.close()
    batch = tmp_path / "batch.jsonl"
    batch.write_bytes(
        b'{"id": 1, "question": "how are herons counted, caf\xe9?"}\n'
        b'{"id": "\\ud800", "question": "how accurate is HeronNet? \\udfff"}\n'
        b'{"id": 3, "question": "how accurate is HeronNet?"}\n'
    )
    status, out, err = run("--no-model", "--data-dir", filled.folder, "ask", "--batch", batch)
    assert status == 0, err
    assert [json.loads(line)["id"] for line in out.splitlines()] == [1, "\ud800", 3]


@pytest.mark.protection("bot.console.terminal.one_line", str)
@pytest.mark.parametrize("name", ["a\nStored 9.jsonl", "a\r\nStored 9.json"])
def test_c5_the_name_of_a_file_forges_no_line(
    run: Callable[..., tuple[int, str, str]], tmp_path: Path, name: str
) -> None:
    for arguments in (["ingest", name], ["ask", "--batch", name], ["--config", name, "papers"]):
        status, _, err = run("--data-dir", tmp_path, *arguments)
        assert status in (1, 2)
        assert len(err.splitlines()) == 1, err
