"""`paperboy sync`: what is new on Hugging Face."""

import typer

from bot.commands.options import app_of
from bot.console.terminal import Terminal
from ingest.sync import sync as run_sync


def sync(context: typer.Context) -> None:
    """Read the new papers of the last days, and upvotes and comments of the last two weeks.

    Papers that are known by their title alone are searched for on Hugging Face.
    """
    app, terminal = app_of(context), Terminal()
    with app.library("paperboy sync") as library, terminal.progress() as progress:
        report = run_sync(library, app.settings.ingest, today=app.today(), progress=progress)
        coverage = library.catalog.coverage()
    terminal.print(str(report))
    terminal.print(f"In all: {coverage}.")
