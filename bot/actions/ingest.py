"""`paperboy ingest`, `sync` and `reindex`: add papers and index them."""

import time

from bot.app import App
from bot.console.live import progress
from bot.console.terminal import Terminal
from ingest.resolve_source import resolve_source
from ingest.sync import build_next_index, index_pending, index_sentences
from ingest.sync import ingest as run_ingest
from ingest.sync import sync as run_sync
from rag.errors import SourceError
from rag.library import Library


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
        finish_sentences(library, terminal)
    if damage:
        raise SourceError(
            f"{damage}: correct it and ingest the file again; everything else is stored."
        )


def sync(app: App) -> None:
    """Fetch the new papers of the last days, and upvotes and comments of the last two weeks.

    Also searches Hugging Face for papers of which only the title is known.
    """
    terminal = Terminal()
    with app.library("paperboy sync") as library:
        with progress(terminal) as report_progress:
            report = run_sync(
                library, app.settings.ingest, today=app.today(), progress=report_progress
            )
            build_next_index(library, progress=report_progress)
        terminal.print(str(report))
        terminal.print(f"In all: {library.catalog.coverage()}.")
        finish_sentences(library, terminal)


def finish_sentences(library: Library, terminal: Terminal) -> None:
    """Encode the sentences that are due, after saying that the papers can be found already."""
    if library.is_up_to_date():
        return
    due = library.index.sentence_counts().due
    if not due:
        return
    terminal.print(
        f"All papers can be found now. The sentences of {due:,} are being encoded, which makes "
        "answers faster: if you interrupt this, the next start continues."
    )
    started = time.monotonic()
    with progress(terminal) as report_progress:
        _ = index_sentences(library, progress=report_progress)
    seconds = time.monotonic() - started
    terminal.print(f"Sentence vectors: {library.index.sentence_counts()} ({seconds:.1f} s).")


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
            _ = index_sentences(library, progress=report_progress)
        terminal.print(f"{count:,} papers indexed with {library.embedder.name}.")
