"""`paperboy daily`: what was featured on a day, in its week or in its month."""

from typing import Annotated

import typer

from bot.commands.options import Json, UsageError, app_of
from bot.console.terminal import Terminal
from bot.dates import parse_day
from bot.digest.make import digest_of_day
from bot.digest.records import Digest, Period
from bot.json_rows import Row, daily_row


def daily(
    context: typer.Context,
    day: Annotated[
        str, typer.Argument(metavar="[DATE|latest]", help="A day, or latest.")
    ] = "latest",
    week: Annotated[bool, typer.Option("--week", help="The best of its week.")] = False,
    month: Annotated[bool, typer.Option("--month", help="The best of its month.")] = False,
    as_json: Json = False,
) -> None:
    """Show the Daily Papers of a day, most upvoted first, with their topics.

    \b
    paperboy daily
    paperboy daily 2025-12-04
    paperboy daily 2025-12-04 --week
    """
    if week and month:
        raise UsageError("a week or a month: give one of --week and --month.")
    wanted = None if day == "latest" else parse_day(day)
    period: Period = "week" if week else "month" if month else "day"
    app, terminal = app_of(context), Terminal()
    with app.library("paperboy daily") as library:
        digest = digest_of_day(library, wanted, period)
        coverage = library.catalog.coverage()
    headline = (
        f"{digest.headline}, by upvotes. {'' if digest.groups else f'I have read {coverage}.'}"
    )
    if as_json:
        terminal.note(f"{headline} {digest.note}".strip())
        terminal.rows(_rows(digest))
    else:
        terminal.print(headline.strip())
        terminal.digest(digest)


def _rows(digest: Digest) -> list[Row]:
    topics = {entry.rank: group.name for group in digest.groups for entry in group.entries}
    return [daily_row(entry, topics[entry.rank]) for entry in digest.ranked]
