"""What keeps the project readable: short files, one README that tells the truth, no surprises."""

import re
import tomllib
from pathlib import Path

import typer

from bot.cli import cli

ROOT = Path(__file__).resolve().parents[1]
ROOMS = ("bot", "ingest", "rag")
MAX_LINES = 400


def sources() -> list[Path]:
    return [path for room in ROOMS for path in (ROOT / room).rglob("*.py")]


def test_no_file_is_too_long() -> None:
    long = {str(p): n for p in sources() if (n := len(p.read_text().splitlines())) > MAX_LINES}
    assert long == {}


def test_every_module_says_what_it_is() -> None:
    assert [str(path) for path in sources() if not path.read_text().startswith('"""')] == []


def commands() -> dict[str, set[str]]:
    """Return each command of the program, like `ask` or `model pull`, with its long options."""
    root = typer.main.get_command(cli)
    found = {}
    for name, command in root.commands.items():  # type: ignore[attr-defined]
        for part, one in getattr(command, "commands", {"": command}).items():
            options = {o for p in one.params for o in p.opts if o.startswith("--")}
            found[f"{name} {part}".strip()] = options - {"--help"}
    return found


def test_readme_and_help_name_the_same_commands_and_options() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    words = r"^    paperboy (?:--\S+ \S+ )*([a-z]+)( [a-z]+)?"
    examples = re.findall(words, readme, re.MULTILINE)
    shown = {
        first + second if first + second in commands() else first for first, second in examples
    }
    assert shown == set(commands())
    row = r"^\| `(\w+(?: [a-z]+)?)[^`]*` \|.*?\| (.*?) \|$"
    in_table = dict(re.findall(row, readme, re.MULTILINE))
    assert set(in_table) == set(commands())
    for name, options in commands().items():
        assert set(re.findall(r"--[a-z][a-z-]*", in_table[name])) == options, name
    root = typer.main.get_command(cli)
    of_all = {o for p in root.params for o in p.opts if o.startswith("--")} - {"--help"}
    for option in of_all:
        assert f"`{option}" in readme, option


def test_everything_is_pinned() -> None:
    pins = [
        line
        for line in (ROOT / "constraints.txt").read_text().splitlines()
        if line and not line.startswith("#")
    ]
    assert all(re.fullmatch(r"[A-Za-z0-9._-]+==[A-Za-z0-9.+]+", pin) for pin in pins)
    pinned = {re.sub(r"[-_.]+", "-", pin.split("==")[0]).lower() for pin in pins}
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    wanted = [*project["dependencies"]]
    for extra in project["optional-dependencies"].values():
        wanted += extra
    names = {re.sub(r"[-_.]+", "-", re.split(r"[<>=\[]", w)[0]).lower() for w in wanted}
    assert names <= pinned
