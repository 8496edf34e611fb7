"""The rules that keep the project readable: short files, packages with a front, no cycles."""

import importlib.util
import re
import tomllib
from functools import cache
from pathlib import Path

import grimp
import pytest
import typer

from bot.cli import cli

ROOT = Path(__file__).resolve().parents[1]
ROOMS = ("bot", "ingest", "rag")
MAX_LINES = 400
MIN_LINES = 40
MAX_FILES_IN_A_ROOM = 14
# One file per command and per cog, however short.
DOCS = sorted(f"docs/{path.name}" for path in (ROOT / "docs").glob("*.md"))
ONE_FILE_EACH = ("bot/commands", "bot/actions", "bot/cogs")
# Why these files are short and yet not part of another.
SHORT = {
    "rag/answering/draft.py": "the record that every kind of answer makes",
    "bot/answers/feedback.py": "a table of its own",
    "bot/components/membership.py": "what commands, replies and error messages ask alike",
    "bot/components/persistent.py": "the base of every button that outlives the process",
    "bot/conversation/onboarding.py": "text that several cogs show",
    "bot/render/picture.py": "charts, digests and e-mail share the record, without matplotlib",
    "bot/subscriptions/limits.py": "what `--help` shows without loading a parser",
    "bot/subscriptions/drawing.py": "a failure that must not stop a delivery",
    "rag/retrieval/chunk.py": "how papers are cut up, which users may replace",
    "ingest/clock.py": "the seam that lets tests wait without waiting",
    "ingest/sources/starter.py": "a source of its own",
    "rag/isolated_python.py": "the only place that starts Python",
    "rag/query/own_data.py": "what understanding a question and small talk ask alike",
    "rag/retrieval/paper_retriever.py": "LangChain's base class is slow to import",
    "rag/links.py": "the only place that builds links",
    "rag/text/code_link.py": "the only place that tells what code a paper has",
}


def sources() -> list[Path]:
    return [path for room in ROOMS for path in sorted((ROOT / room).rglob("*.py"))]


def length(path: Path) -> int:
    return len(path.read_text(encoding="utf-8").splitlines())


@cache
def graph() -> grimp.ImportGraph:
    """Return the import graph of the three rooms, type-checking imports included."""
    return grimp.build_graph(*ROOMS, cache_dir=None)


def package_of(module: str) -> str:
    """Return the first two parts of a module's name: rag.text.words → rag.text."""
    return ".".join(module.split(".")[:2])


def imports() -> set[tuple[str, str]]:
    """Return each (importer, imported) pair of the project's own modules."""
    return {(m, i) for m in graph().modules for i in graph().find_modules_directly_imported_by(m)}


def cycles(edges: set[tuple[str, str]]) -> list[list[str]]:
    """Return the groups of nodes in which each can be reached from each other."""
    targets: dict[str, set[str]] = {}
    for start, end in edges:
        if start != end:
            targets.setdefault(start, set()).add(end)

    def reachable(start: str) -> set[str]:
        seen: set[str] = set()
        queue = [start]
        while queue:
            new = targets.get(queue.pop(), set()) - seen
            seen |= new
            queue += new
        return seen

    reach = {node: reachable(node) for node in targets}
    groups = {
        tuple(sorted({node, *(n for n in reach[node] if node in reach.get(n, ()))}))
        for node in targets
        if node in reach[node]
    }
    return [list(group) for group in sorted(groups)]


def front(package: str) -> list[str] | None:
    """Return `__all__` of a package's `__init__`, None if it has none."""
    listed = getattr(importlib.import_module(package), "__all__", None)
    return None if listed is None else list(listed)


def packages() -> list[str]:
    """Return the packages inside the rooms, like rag.text."""
    inits = [path.parent.relative_to(ROOT) for path in sources() if path.name == "__init__.py"]
    return [".".join(folder.parts) for folder in inits if len(folder.parts) > 1]


def test_cycles_are_found() -> None:
    assert cycles({("a", "b"), ("b", "c"), ("c", "a"), ("c", "d")}) == [["a", "b", "c"]]
    assert cycles({("a", "b"), ("b", "c"), ("a", "c")}) == []


def test_modules_do_not_import_each_other_in_a_circle() -> None:
    assert cycles(imports()) == []


def test_packages_do_not_import_each_other_in_a_circle() -> None:
    assert cycles({(package_of(a), package_of(b)) for a, b in imports()}) == []


@pytest.mark.parametrize("room", ["bot", "rag"])
def test_few_files_lie_directly_in_a_room(room: str) -> None:
    assert len(list((ROOT / room).glob("*.py"))) <= MAX_FILES_IN_A_ROOM


@pytest.mark.parametrize("package", packages())
def test_a_package_lists_the_modules_that_others_may_import(package: str) -> None:
    listed = front(package)
    assert listed is not None, f"{package}/__init__.py has no __all__"
    exists = [hasattr(importlib.import_module(package), name) for name in listed]
    modules = [importlib.util.find_spec(f"{package}.{name}") for name in listed]
    assert [n for n, e, m in zip(listed, exists, modules, strict=True) if not e and not m] == []


@pytest.mark.parametrize("package", packages())
def test_others_import_only_the_listed_modules_of_a_package(package: str) -> None:
    inside = f"{package}."
    hidden = {
        f"{importer} -> {imported}"
        for importer, imported in imports()
        if imported.startswith(inside)
        and not f"{importer}.".startswith(inside)
        and imported.removeprefix(inside).split(".")[0] not in (front(package) or [])
    }
    assert hidden == set()


def test_no_file_is_too_long() -> None:
    assert {str(path): length(path) for path in sources() if length(path) > MAX_LINES} == {}


def test_a_short_file_has_a_reason() -> None:
    short = {
        path.relative_to(ROOT).as_posix()
        for path in sources()
        if length(path) < MIN_LINES and path.name not in ("__init__.py", "__main__.py")
    }
    short = {path for path in short if not path.startswith(ONE_FILE_EACH)}
    assert short - set(SHORT) == set(), "merge these files into others, or give the reason"
    assert set(SHORT) - short == set(), "these files are gone or long now"


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
    lint = (ROOT / "requirements-lint.txt").read_text().splitlines()
    wanted += [line for line in lint if line and not line.startswith("#")]
    names = {re.sub(r"[-_.]+", "-", re.split(r"[<>=\[]", w)[0]).lower() for w in wanted}
    assert names <= pinned


@pytest.mark.parametrize("page", ["README.md", "CONTRIBUTING.md", *DOCS])
def test_files_named_in_the_docs_exist(page: str) -> None:
    text = (ROOT / page).read_text(encoding="utf-8")
    named = set(re.findall(r"(?<![\w/.-])((?:bot|rag|ingest|tests|docs)/[\w/]+\.\w+)", text))
    assert {path for path in named if not (ROOT / path).exists()} == set()
