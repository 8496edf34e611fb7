"""Options that several commands share, and how they are read."""

import re
from datetime import date
from typing import Annotated

import typer

from bot.app import App
from rag.errors import PaperboyError


class UsageError(PaperboyError):
    """A command was called in a way that it does not understand."""

    exit_code = 2


def parse_day(text: str) -> date:
    """Read YYYY-MM-DD; raise UsageError otherwise."""
    try:
        if re.fullmatch(r"\d{4}-\d{2}-\d{2}", text):
            return date.fromisoformat(text)
    except ValueError:
        pass
    raise UsageError(f"{text!r} is not a day: write it like 2025-12-08.")


def parse_week(text: str) -> date:
    """Read YYYY-Www, or a day; return a day of that week. Raises UsageError."""
    try:
        if re.fullmatch(r"\d{4}-W\d{2}", text):
            return date.fromisoformat(f"{text}-1")
        return parse_day(text)
    except (ValueError, UsageError):
        raise UsageError(
            f"{text!r} is no week: write it like 2025-W49, or a day of it like 2025-12-04."
        ) from None


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
