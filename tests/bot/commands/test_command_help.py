"""Questions about the terminal's commands are answered from what `--help` shows."""

from pathlib import Path

import pytest
import typer.main

from bot.cli import cli
from bot.commands.command_help import commands_in
from tests.bot.commands.test_cli import Run


def test_every_command_has_a_description() -> None:
    found = {command.name: command for command in commands_in(typer.main.get_command(cli))}
    assert {"paperboy search", "paperboy model", "paperboy subscriptions pause"} <= found.keys()
    assert all(command.description for command in found.values())
    assert found["paperboy trends"].usage == "topic"
    assert ("pause", found["paperboy subscriptions pause"].description) in found[
        "paperboy subscriptions"
    ].options


@pytest.mark.parametrize(
    "question", ["what does /trends do?", "how does paperboy trends work?", "/trends"]
)
def test_asking_about_a_command_describes_it(run: Run, starter_folder: Path, question: str) -> None:
    status, out, _ = run("--data-dir", starter_folder, "ask", question)
    assert status == 0
    assert "paperboy trends topic: Show how many papers per week are about a topic." in out
    assert "--json: Print JSON for programs." in out
