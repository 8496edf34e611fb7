"""Options that several commands share, and what the global ones configure."""

from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from bot.app import App


@dataclass(frozen=True, slots=True)
class GlobalOptions:
    """The options before the command."""

    data_dir: Path | None
    config: Path | None
    use_model: bool


def app_of(context: typer.Context) -> "App":
    """Return the App that the global options configure. Raises ConfigError."""
    from bot.app import App, default_data_dir
    from bot.commands.command_help import commands_in
    from bot.config import load_settings

    root = context.find_root()
    options: GlobalOptions = root.obj
    return App(
        load_settings(options.config),
        options.data_dir or default_data_dir(),
        use_model=options.use_model,
        commands=tuple(commands_in(root.command)),
    )


def read_day(text: str) -> date:
    """Return the day that an option names. Raises DayError, which names the forms."""
    from rag.digest.days import parse_day

    return parse_day(text)


Json = Annotated[bool, typer.Option("--json", help="Print JSON for programs.")]
Since = Annotated[
    date | None, typer.Option(parser=read_day, metavar="DATE", help="The first day to include.")
]
Until = Annotated[
    date | None, typer.Option(parser=read_day, metavar="DATE", help="The last day to include.")
]
Today = Annotated[
    date | None,
    typer.Option(parser=read_day, metavar="DATE", help="Answer as if today were this day."),
]
