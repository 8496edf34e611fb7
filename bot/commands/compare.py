"""`paperboy compare`: papers side by side."""

from typing import Annotated

import typer

from bot.commands.options import Json, UsageError, app_of
from bot.console.terminal import Terminal
from bot.json_rows import comparison_row
from rag.answering.comparison import MAX_PAPERS, MIN_PAPERS, compare, require_distinct
from rag.store.lookup import found


def compare_papers(
    context: typer.Context,
    papers: Annotated[
        list[str],
        typer.Argument(help="Two to four: a part of the title, a system's name, an id or a link."),
    ],
    as_json: Json = False,
) -> None:
    """Put papers side by side: a quoted sentence for each aspect, blank where there is none.

    \b
    paperboy compare LexVLA Loom
    """
    if not MIN_PAPERS <= len(papers) <= MAX_PAPERS:
        raise UsageError(f"{MIN_PAPERS} to {MAX_PAPERS} papers can be compared: name as many.")
    app, terminal = app_of(context), Terminal()
    with app.library("paperboy compare") as library:
        chosen = require_distinct([found(library.catalog, typed) for typed in papers])
    comparison = compare(chosen)
    if as_json:
        terminal.rows([comparison_row(comparison)])
    else:
        terminal.comparison(comparison)
