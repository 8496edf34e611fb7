"""`paperboy papers` and `paperboy daily`: lists from the catalogue."""

from datetime import date
from typing import Annotated

import typer

from bot.commands.options import Json, Since, Until, app_of, parse_day
from bot.rows import daily_row, paper_row
from bot.terminal import Terminal
from rag.catalog import Catalog
from rag.records import Paper
from rag.timespan import Window

NEWEST = 10  # papers shown where no featured day is known


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


def daily(
    context: typer.Context,
    day: Annotated[
        str, typer.Argument(metavar="[DATE|latest]", help="A day, or latest.")
    ] = "latest",
    as_json: Json = False,
) -> None:
    """Show the Daily Papers of a day, most upvoted first.

    \b
    paperboy daily
    paperboy daily 2025-12-04
    """
    wanted = None if day == "latest" else parse_day(day)
    app, terminal = app_of(context), Terminal()
    with app.library("paperboy daily") as library:
        catalog = library.catalog
        shown, found = papers_of_day(catalog, wanted)
        if shown is None:
            headline = "No Daily Papers have been fetched yet; these are the newest by publication."
        elif found:
            headline = f"Daily Papers of {shown:%A, %Y-%m-%d}: {len(found)}, by upvotes."
        else:
            headline = _nothing(catalog, f"{shown:%A, %Y-%m-%d}")
        _show(terminal, headline, found, as_json=as_json)


def papers_of_day(catalog: Catalog, wanted: date | None) -> tuple[date | None, list[Paper]]:
    """Return the day (else the last one known) and its papers; no day: the newest papers."""
    day = wanted or catalog.last_featured_day()
    return day, catalog.featured(day) if day else catalog.newest(NEWEST)


def _nothing(catalog: Catalog, day: str) -> str:
    last = catalog.last_featured_day()
    known = f"the last day I know is {last}" if last else "I know no featured day yet"
    return f"No Daily Papers of {day}: {known}. I have read {catalog.coverage()}."


def _show(terminal: Terminal, headline: str, found: list[Paper], *, as_json: bool) -> None:
    if as_json:
        terminal.note(headline)
        terminal.rows(map(daily_row, found))
    else:
        terminal.print(headline)
        terminal.papers(found, with_gist=True)
