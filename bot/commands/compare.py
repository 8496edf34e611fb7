"""`paperboy compare`: papers side by side."""

from typing import Annotated

import typer

from bot.commands.options import Json, UsageError, app_of
from bot.console.terminal import Terminal
from bot.json_rows import comparison_row
from rag.answering.comparison import LEAST_PAPERS, MOST_PAPERS, compare, distinct
from rag.store.lookup import require_paper


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
    if not LEAST_PAPERS <= len(papers) <= MOST_PAPERS:
        raise UsageError(f"{LEAST_PAPERS} to {MOST_PAPERS} papers can be compared: name as many.")
    app, terminal = app_of(context), Terminal()
    with app.library("paperboy compare") as library:
        chosen = distinct([require_paper(library.catalog, typed) for typed in papers])
    comparison = compare(chosen)
    if as_json:
        terminal.rows([comparison_row(comparison)])
    else:
        terminal.comparison(comparison)
