"""`paperboy trends`: papers a week about a topic."""

from typing import Annotated

import typer

from bot.commands.options import Json, app_of
from bot.console.terminal import Terminal
from bot.json_rows import week_row
from rag.query.request import clean_question
from rag.trends import trend


def trends(
    context: typer.Context,
    topic: Annotated[str, typer.Argument(help="Plain words, like “video generation”.")],
    as_json: Json = False,
) -> None:
    """Show how many papers a week are about a topic.

    \b
    paperboy trends "video generation"
    """
    app, terminal = app_of(context), Terminal()
    wanted = clean_question(topic)
    with app.library("paperboy trends") as library:
        found = trend(library, wanted)
    if as_json:
        terminal.note(str(found))
        terminal.rows(map(week_row, found.weeks))
    else:
        terminal.trend(found)
