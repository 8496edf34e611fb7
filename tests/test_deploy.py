"""Dockerfile, compose.yaml and the systemd unit: commands that exist, and nothing open."""

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import tomllib
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

import pytest
import typer
import yaml
from typer.exceptions import TyperException

from bot.cli import cli
from bot.config import load_settings

ROOT = Path(__file__).resolve().parents[1]
UNIT = ROOT / "docs/deploy/paperboy.service"
CONFIG = ROOT / "docs/deploy/config.toml"
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "compose.yaml").read_text(encoding="utf-8"))
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
USER = "10001:10001"
# Read by libraries and by Paperboy's own reader of proxies, whatever their case.
OTHERS_READ = {"HTTPS_PROXY", "NO_PROXY"}


def check_command(arguments: list[str]) -> None:
    """Raise TyperException unless `paperboy` takes these arguments; nothing is run."""
    root: Any = typer.main.get_command(cli)
    command, name = root, "paperboy"
    context = command.make_context(name, list(arguments))
    while hasattr(command, "commands"):
        rest = [*context._protected_args, *context.args]
        name, command, rest = command.resolve_command(context, rest)
        context = command.make_context(name, rest, parent=context)


def dockerfile() -> list[tuple[str, str]]:
    """Return each instruction of the Dockerfile with its value."""
    text = (ROOT / "Dockerfile").read_text(encoding="utf-8")
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    joined = re.sub(r"\\\n\s*", "", "\n".join(lines))
    return [(word, rest) for word, _, rest in (line.partition(" ") for line in joined.split("\n"))]


def values_of(instruction: str) -> list[str]:
    return [value for word, value in dockerfile() if word == instruction]


def unit() -> list[tuple[str, str]]:
    lines = UNIT.read_text(encoding="utf-8").splitlines()
    return [(key, value) for key, _, value in (line.partition("=") for line in lines) if value]


# -- the commands in these files are those of the program --------------------------------------


@pytest.mark.parametrize(
    "arguments", [["runn"], ["--log-format", "xml", "run"], ["run", "--fast"], ["backup"]]
)
def test_a_command_that_does_not_exist_is_noticed(arguments: list[str]) -> None:
    with pytest.raises(TyperException):
        check_command(arguments)


def documented() -> list[str]:
    """Return the commands that operations.md gives for containers."""
    text = (ROOT / "docs/operations.md").read_text(encoding="utf-8")
    ran = re.findall(r"^ +docker compose .*?run --rm (?:-v \S+ )?bot (.*)$", text, re.MULTILINE)
    return [*ran, *re.findall(r"^ +docker compose exec bot paperboy (.*)$", text, re.MULTILINE)]


def test_every_command_exists() -> None:
    start = json.loads(values_of("CMD")[-1])
    (program,) = json.loads(values_of("ENTRYPOINT")[-1])
    (started,) = [shlex.split(value) for key, value in unit() if key == "ExecStart"]
    assert (program, Path(started[0]).name) == ("paperboy", "paperboy")
    for arguments in (start, started[1:], SERVICES["bot"].get("command", start)):
        check_command(arguments)
        assert arguments[-1] == "run"
    assert len(documented()) >= 3
    for line in documented():
        check_command(shlex.split(line, comments=True))


def test_every_variable_is_one_that_something_reads() -> None:
    sources = "\n".join(
        path.read_text(encoding="utf-8") for room in ("bot", "ingest", "rag")
        for path in (ROOT / room).rglob("*.py")
    )  # fmt: skip
    named = set(SERVICES["bot"]["environment"])
    named |= {value.partition("=")[0] for key, value in unit() if key == "Environment"}
    named |= {
        name for value in values_of("ENV") for name in re.findall(r"(\w+)=", value)
        if name.startswith("PAPERBOY_")
    }  # fmt: skip
    assert {name for name in named - OTHERS_READ if f'"{name}"' not in sources} == set()
    assert "DISCORD_TOKEN" in named


def test_the_settings_of_the_container_are_valid_and_the_health_check_asks_their_port() -> None:
    settings = load_settings(CONFIG).bot
    assert settings.listen_address == "127.0.0.1"
    (check,) = values_of("HEALTHCHECK")
    command = json.loads(check[check.index("CMD") + 3 :])
    assert f"http://127.0.0.1:{settings.health_port}/health" in command[-1]
    compile(command[-1], "the health check", "exec")
    assert f"/etc/paperboy/{CONFIG.name}" in values_of("COPY")[-1]
    assert values_of("WORKDIR")[-1] == "/etc/paperboy"  # whose config.toml is read by default
    commented = re.search(r'^# (server_url = "http://(\w+):8080/v1")$', CONFIG.read_text(), re.M)
    assert commented
    assert commented[2] in SERVICES  # the host is a service
    tomllib.loads(commented[1])
    (url,) = re.findall(r'^# url = "(.+)"$', CONFIG.read_text(), re.M)
    chroma = SERVICES["chroma"]
    at = chroma["entrypoint"]
    assert url == f"http://chroma:{at[at.index('--port') + 1]}"
    assert load_settings(CONFIG).rag.vectors.url == ""


def test_chroma_is_the_bots_own_and_only_the_bot_reaches_it() -> None:
    chroma = SERVICES["chroma"]
    assert chroma["image"] == SERVICES["bot"]["image"]  # the version fits
    (network,) = chroma["networks"]
    assert COMPOSE["networks"][network]["internal"]
    assert [name for name, one in SERVICES.items() if network in one["networks"]] == [
        "bot", "chroma",
    ]  # fmt: skip
    at = chroma["entrypoint"]
    (volume,) = chroma["volumes"]
    assert volume.split(":")[1] == at[at.index("--path") + 1]
    assert Path(sys.executable).with_name(at[0]).exists()
    command = chroma["healthcheck"]["test"]
    compile(command[-1], "the health check", "exec")


# -- nothing is open, and nobody is root -------------------------------------------------------


@pytest.mark.parametrize("name", list(SERVICES))
def test_a_service_is_confined(name: str) -> None:
    service = SERVICES[name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert service["user"] == USER
    assert service["restart"] == "unless-stopped"
    for key in ("ports", "privileged", "network_mode", "cap_add", "pid", "devices"):
        assert key not in service
    writable = [volume for volume in service["volumes"] if not volume.endswith(":ro")]
    assert {volume.split(":")[0] for volume in writable} <= set(COMPOSE["volumes"])


def test_only_the_bot_reaches_the_internet() -> None:
    is_internal = {name: bool((net or {}).get("internal")) for name, net in
                   COMPOSE["networks"].items()}  # fmt: skip
    for name, service in SERVICES.items():
        outside = [network for network in service["networks"] if not is_internal[network]]
        assert bool(outside) == (name == "bot")
        assert name == "bot" or service["profiles"]  # not started unless asked for
        assert set(service["networks"]) & set(SERVICES["bot"]["networks"])


def test_no_file_holds_a_secret() -> None:
    for name, value in SERVICES["bot"]["environment"].items():
        assert value is None or value.startswith("${"), name
    assert [value for value in values_of("ENV") + values_of("ARG") if "TOKEN" in value] == []
    assert "TOKEN=" not in "".join(value for key, value in unit() if key == "Environment")


def test_the_image_is_pinned_runs_as_nobody_special_and_keeps_its_data_in_volumes() -> None:
    wanted = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["requires-python"]
    for base in values_of("FROM"):
        version = re.match(r"python:(\d+\.\d+)-slim-\w+", base)
        assert version
        assert wanted == f">={version[1]}"
    assert values_of("USER") == [USER]
    places = {volume.split(":")[1] for volume in SERVICES["bot"]["volumes"]}
    assert set(json.loads(values_of("VOLUME")[0])) <= places
    assert "PAPERBOY_DATA_DIR=/data" in values_of("ENV")[-1]
    assert "--constraint constraints.txt" in " ".join(values_of("RUN"))


def is_ignored(path: str) -> bool:
    """Return whether .dockerignore keeps this path out; its last line that fits decides."""
    ignored = False
    for line in (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines():
        pattern = line.removeprefix("!").removeprefix("**/")
        if not line or line.startswith("#"):
            continue
        parents = [path, *map(str, Path(path).parents)]
        if any(fnmatch(one, pattern) or fnmatch(Path(one).name, pattern) for one in parents):
            ignored = not line.startswith("!")
    return ignored


def test_what_is_copied_exists_and_nothing_else_enters_the_image() -> None:
    copied = [shlex.split(value)[:-1] for value in values_of("COPY") if "--from" not in value]
    for path in [path for paths in copied for path in paths]:
        assert (ROOT / path).exists(), path
        assert not is_ignored(path), path
    for path in (".env", ".git", "config.toml", "tests/conftest.py", "models/a.gguf", ".venv",
                 "bot/__pycache__/cli.pyc", "paperboy.tar.gz", "docs/operations.md"):  # fmt: skip
        assert is_ignored(path), path


# -- systemd ---------------------------------------------------------------------------------


def test_systemd_understands_the_unit(tmp_path: Path) -> None:
    if not shutil.which("systemd-analyze"):
        pytest.skip("needs systemd-analyze")
    copy = tmp_path / UNIT.name
    started = next(value for key, value in unit() if key == "ExecStart").split()[0]
    copy.write_text(UNIT.read_text().replace(started, shutil.which("true") or "/bin/true"))
    command = ["systemd-analyze", "verify", "--man=no", str(copy)]
    environment = os.environ | {"SYSTEMD_LOG_LEVEL": "warning"}
    done = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
    assert (done.returncode, [line for line in done.stderr.splitlines() if UNIT.name in line]) == (
        0, [],
    )  # fmt: skip


def test_the_unit_stops_gently_and_does_not_repeat_a_wrong_setting() -> None:
    values = dict(unit())
    assert values["User"] != "root"
    assert int(values["TimeoutStopSec"]) >= 35  # reading a paper, a digest under way, last edits
    assert values["RestartPreventExitStatus"] == "2"
    assert values["KillMode"] == "mixed"
    grace = SERVICES["bot"]["stop_grace_period"]
    assert int(grace.removesuffix("s")) == int(values["TimeoutStopSec"])
