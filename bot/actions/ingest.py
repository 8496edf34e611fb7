"""`paperboy ingest`, `sync` and `reindex`: add papers and index them."""

from bot.app import App
from bot.console.live import progress
from bot.console.terminal import Terminal
from ingest.resolve_source import resolve_source
from ingest.sync import build_next_index, index_pending
from ingest.sync import ingest as run_ingest
from ingest.sync import sync as run_sync
from rag.errors import SourceError


def list_set_aside(app: App) -> None:
    """List the rejected records, with reasons."""
    with app.library("paperboy ingest --list-set-aside") as library:
        lines = [": ".join(record) for record in library.catalog.all_set_aside()]
    for line in lines or ["No record was rejected."]:
        Terminal().print(line)


def ingest(app: App, sources: list[str]) -> None:
    """Add the papers of each source. Raises SourceError at the end for a damaged file."""
    terminal = Terminal()
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


def sync(app: App) -> None:
    """Fetch the new papers of the last days, and upvotes and comments of the last two weeks.

    Also searches Hugging Face for papers of which only the title is known.
    """
    terminal = Terminal()
    with app.library("paperboy sync") as library, progress(terminal) as report_progress:
        report = run_sync(library, app.settings.ingest, today=app.today(), progress=report_progress)
        build_next_index(library, progress=report_progress)
        coverage = library.catalog.coverage()
    terminal.print(str(report))
    terminal.print(f"In all: {coverage}.")


def reindex(app: App) -> None:
    """Embed every paper again, for example after changing the embedding model."""
    terminal = Terminal()
    with app.library("paperboy reindex") as library, progress(terminal) as report_progress:
        library.lock_index(alone=True)
        if library.next_index:
            count = build_next_index(library, progress=report_progress)
        else:
            library.index.clear()
            library.choose_backend()
            count = index_pending(library, progress=report_progress)
        terminal.print(f"{count:,} papers indexed with {library.embedder.name}.")
