"""What the command line imports: `--help` next to nothing, an answer only what it needs."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from typer.main import get_command

from bot.cli import cli

# What `--help` has no use for. Typer itself imports pydantic for the parameters of a command.
HEAVY = (
    "aiohttp babel chromadb dateparser discord httpx huggingface_hub langchain_core matplotlib "
    "numpy openai prometheus_client requests scipy sklearn sqlite3 torch transformers bot.actions "
    "bot.app ingest.sync rag.backup rag.pipeline"
).split()
# What a quoted answer has no use for. sentence-transformers imports scipy and scikit-learn.
UNUSED = (
    "aiohttp dateparser defusedxml discord gguf langchain langchain_core.output_parsers "
    "langchain_core.prompts langchain_core.retrievers langchain_openai langsmith llama_cpp "
    "matplotlib openai pandas prometheus_client pylatexenc bot.charts bot.gateway bot.serving "
    "bot.taste ingest.fetch ingest.sources.full_text ingest.sync rag.answering.writer rag.backup "
    "rag.llm.language_model"
).split()
CODE = """
import contextlib, io, json, sys
from bot.cli import main
with contextlib.redirect_stdout(io.StringIO()) as out:
    for argv in json.loads(sys.argv[1]):
        assert main(argv) == 0, argv
print(len(out.getvalue()), *sys.modules)
"""


def imported_by(*argvs: list[str]) -> set[str]:
    """Run commands in one new process; return the modules that it has imported in the end."""
    command = [sys.executable, "-c", CODE, json.dumps(argvs)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    length, *modules = done.stdout.split()
    assert int(length) > 0
    return set(modules)


def help_of_all() -> list[list[str]]:
    """Return the arguments for the help of Paperboy and of each command and subcommand."""
    found: list[list[str]] = [["--help"]]
    for name, command in get_command(cli).commands.items():  # type: ignore[attr-defined]
        found.append([name, "--help"])
        found += [[name, part, "--help"] for part in getattr(command, "commands", {})]
    return found


@pytest.mark.parametrize("config", [[], ["--config", "not there"]])
def test_help_imports_nothing_heavy_and_reads_no_settings(config: list[str]) -> None:
    argvs = [[*config, *argv] for argv in help_of_all()]
    assert len(argvs) > 20
    modules = imported_by(*argvs)
    assert modules & set(HEAVY) == set()
    assert {"typer", "bot.commands.ask"} <= modules


@pytest.mark.slow
def test_a_quoted_answer_imports_only_what_it_needs(starter_folder: Path) -> None:
    folder = ["--data-dir", str(starter_folder), "--no-model"]
    modules = imported_by([*folder, "ask", "which paper uses an overuse penalty, and what for?"])
    assert modules & set(UNUSED) == set()
    assert {"torch", "chromadb", "rag.pipeline"} <= modules
