"""Options that several commands share."""

from datetime import date
from typing import Annotated

import typer

from bot.app import App
from rag.digest.days import parse_day
from rag.errors import PaperboyError


class UsageError(PaperboyError):
    """A command was called with arguments that it does not accept."""

    exit_code = 2


def app_of(context: typer.Context) -> App:
    """Return the App that the global options configured."""
    app: App = context.find_root().obj
    return app


Json = Annotated[bool, typer.Option("--json", help="Print JSON for programs.")]
Since = Annotated[
    date | None, typer.Option(parser=parse_day, metavar="DATE", help="The first day to include.")
]
Until = Annotated[
    date | None, typer.Option(parser=parse_day, metavar="DATE", help="The last day to include.")
]
Today = Annotated[
    date | None,
    typer.Option(parser=parse_day, metavar="DATE", help="Answer as if today were this day."),
]
