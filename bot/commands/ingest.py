"""`paperboy ingest` and `paperboy reindex`: papers in."""

from typing import Annotated

import typer

from bot.app import App
from bot.commands.options import UsageError, app_of
from bot.console.terminal import Terminal
from ingest.resolve_source import resolve_source
from ingest.sync import index_pending
from ingest.sync import ingest as run_ingest
from rag.errors import SourceError

HELP = """Bring papers in: from a file, from Hugging Face, from arXiv, or the starter set.

\b
paperboy ingest starter                  56 papers to begin with
paperboy ingest hf:latest                today's Daily Papers
paperboy ingest hf:2025-12-01..2025-12-05
paperboy ingest hf:2025-W49              a week (hf:2025-12 is a month)
paperboy ingest "hf:search:video agents"
paperboy ingest arxiv:2510.01234         or "arxiv:search:cat:cs.CL", the newest ones
paperboy ingest page.txt                 a page of huggingface.co/papers saved as text or .html
paperboy ingest papers.jsonl             also .json

Papers that are known already are updated, never doubled. A run that was interrupted is
finished by the next one: days and months of a range that were read two weeks after their end
or later are not asked for again.
"""


def ingest(
    context: typer.Context,
    sources: Annotated[
        list[str] | None,
        typer.Argument(metavar="SOURCE...", help="Files, hf:..., arxiv:..., or starter."),
    ] = None,
    list_set_aside: Annotated[
        bool,
        typer.Option("--list-set-aside", help="List the records that did not fit, with reasons."),
    ] = False,
) -> None:
    """Bring papers in (what people read of it is HELP)."""
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
    for line in lines or ["Every record fitted."]:
        terminal.print(line)


def _ingest(app: App, terminal: Terminal, sources: list[str]) -> None:
    damage = ""
    with app.library(f"paperboy ingest {' '.join(sources)}") as library:
        for text in sources:
            with (
                resolve_source(
                    text, app.settings.ingest.fetch, today=app.today(), library=library
                ) as source,
                terminal.progress() as progress,
            ):
                report = run_ingest(source, library, progress=progress)
            for line in report.reasons():
                terminal.note(line)
            terminal.print(str(report))
            damage = damage or report.damage
        terminal.print(f"In all: {library.catalog.coverage()}.")
    if damage:
        raise SourceError(f"{damage}: mend it and ingest the file again; everything else is in.")


def reindex(context: typer.Context) -> None:
    """Embed every paper anew, as after a change of the embedding model in config.toml."""
    app, terminal = app_of(context), Terminal()
    with app.library("paperboy reindex") as library:
        library.index.clear()
        with terminal.progress() as progress:
            done = index_pending(library, progress=progress)
        terminal.print(f"{done:,} papers indexed with {library.embedder.name}.")
