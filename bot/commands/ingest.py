"""`paperboy ingest`, `sync` and `reindex`: add papers and index them."""

from typing import Annotated

import typer

from bot.app import App
from bot.commands.options import UsageError, app_of
from bot.console.live import progress
from bot.console.terminal import Terminal
from ingest.resolve_source import resolve_source
from ingest.sync import build_next_index, index_pending
from ingest.sync import ingest as run_ingest
from ingest.sync import sync as run_sync
from rag.errors import SourceError

HELP = """Add papers from a file, from Hugging Face, from arXiv, or the starter set.

\b
paperboy ingest starter                  56 papers to begin with
paperboy ingest hf:latest                today's Daily Papers
paperboy ingest hf:2025-12-01..2025-12-05
paperboy ingest hf:2025-W49              a week (hf:2025-12 is a month)
paperboy ingest "hf:search:video agents"
paperboy ingest arxiv:2510.01234         also cs/0112017, or a link to a paper
paperboy ingest "arxiv:search:cat:cs.CL" the newest ones
paperboy ingest page.txt                 a saved papers page, also .html
paperboy ingest papers.jsonl             also .json

Known papers are updated, never duplicated. The next run continues an interrupted one.
Days and months of a range that were read at least two weeks after their end are skipped.
"""


def ingest(
    context: typer.Context,
    sources: Annotated[
        list[str] | None,
        typer.Argument(metavar="SOURCE...", help="Files, hf:..., arxiv:..., links, starter."),
    ] = None,
    list_set_aside: Annotated[
        bool,
        typer.Option("--list-set-aside", help="List the rejected records, with reasons."),
    ] = False,
) -> None:
    """Add papers (`--help` shows HELP)."""
    app, terminal = app_of(context), Terminal()
    if list_set_aside:
        _list_set_aside(app, terminal)
    elif sources:
        _ingest(app, terminal, sources)
    else:
        raise UsageError("nothing to ingest: name a source, see `paperboy ingest --help`.")


def _list_set_aside(app: App, terminal: Terminal) -> None:
    with app.library("paperboy ingest --list-set-aside") as library:
        lines = [": ".join(record) for record in library.catalog.all_set_aside()]
    for line in lines or ["No record was rejected."]:
        terminal.print(line)


def _ingest(app: App, terminal: Terminal, sources: list[str]) -> None:
    damage = ""
    with app.library(f"paperboy ingest {' '.join(sources)}") as library:
        for text in sources:
            with (
                resolve_source(
                    text, app.settings.ingest.fetch, today=app.today(), library=library
                ) as source,
                progress(terminal) as report_progress,
            ):
                report = run_ingest(source, library, progress=report_progress)
                build_next_index(library, progress=report_progress)
            for line in report.reasons():
                terminal.note(line)
            terminal.print(str(report))
            damage = damage or report.damage
        terminal.print(f"In all: {library.catalog.coverage()}.")
    if damage:
        raise SourceError(
            f"{damage}: correct it and ingest the file again; everything else is stored."
        )


def sync(context: typer.Context) -> None:
    """Fetch the new papers of the last days, and upvotes and comments of the last two weeks.

    Also searches Hugging Face for papers of which only the title is known.
    """
    app, terminal = app_of(context), Terminal()
    with app.library("paperboy sync") as library, progress(terminal) as report_progress:
        report = run_sync(library, app.settings.ingest, today=app.today(), progress=report_progress)
        build_next_index(library, progress=report_progress)
        coverage = library.catalog.coverage()
    terminal.print(str(report))
    terminal.print(f"In all: {coverage}.")


def reindex(context: typer.Context) -> None:
    """Embed every paper again, for example after changing the embedding model."""
    app, terminal = app_of(context), Terminal()
    with app.library("paperboy reindex") as library, progress(terminal) as report_progress:
        if library.next_index:
            count = build_next_index(library, progress=report_progress)
        else:
            library.index.clear()
            count = index_pending(library, progress=report_progress)
        terminal.print(f"{count:,} papers indexed with {library.embedder.name}.")
