"""Options that several commands share, and how they are read."""

from datetime import date
from typing import Annotated

import typer

from bot.app import App
from bot.dates import parse_day
from rag.errors import PaperboyError


class UsageError(PaperboyError):
    """A command was called in a way that it does not understand."""

    exit_code = 2


def app_of(context: typer.Context) -> App:
    """Return what the global options made."""
    app: App = context.find_root().obj
    return app


Json = Annotated[bool, typer.Option("--json", help="Print JSON for programs.")]
Since = Annotated[
    date | None, typer.Option(parser=parse_day, metavar="DATE", help="From this day on.")
]
Until = Annotated[
    date | None, typer.Option(parser=parse_day, metavar="DATE", help="Up to this day.")
]
Today = Annotated[
    date | None,
    typer.Option(parser=parse_day, metavar="DATE", help="Take this day for today."),
]
