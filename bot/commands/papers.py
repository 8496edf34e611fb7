"""`paperboy papers`: the catalogue."""

import typer

from bot.commands.options import Json, Since, Until, app_of
from bot.console.terminal import Terminal
from bot.json_rows import paper_row
from rag.records import Window


def papers(
    context: typer.Context, since: Since = None, until: Until = None, as_json: Json = False
) -> None:
    """List the papers that were read, newest first.

    \b
    paperboy papers --since 2025-09-01
    paperboy papers --json > papers.jsonl
    """
    app, terminal = app_of(context), Terminal()
    with app.library("paperboy papers") as library:
        found = library.catalog.papers(Window(since, until))
        if as_json:
            terminal.rows(map(paper_row, found))
            return
        terminal.papers(found)
        total = library.catalog.coverage()
        terminal.print(f"{len(found):,} of {total}." if found else f"None. I have read {total}.")
