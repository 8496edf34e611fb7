"""`paperboy start`: from nothing to the first answer; what `make run` does."""

import os
import threading
import time
from collections.abc import Iterator

import typer

from bot.app import App
from bot.commands.chat import converse
from bot.commands.options import app_of
from bot.console.model_setup import offer_model
from bot.console.terminal import Terminal
from ingest.resolve_source import resolve_source
from ingest.sources.source import PageEnd, SetAside
from ingest.sources.starter import StarterSource
from ingest.sync import ingest
from rag.errors import PaperboyError
from rag.library import Library
from rag.records import Paper

LATEST = "hf:latest"
NETWORK_SECONDS = 10.0  # what a start may wait for Hugging Face, all together


def start(context: typer.Context) -> None:
    """Read the starter set and today's Daily Papers, then answer: what `make run` does.

    With DISCORD_TOKEN set it runs the Discord bot, else it chats in the terminal.
    """
    app, terminal = app_of(context), Terminal()
    if os.environ.get("DISCORD_TOKEN"):
        from bot.serving import run_bot  # discord.py, which the terminal does not need

        run_bot(app, terminal, read_first=lambda library: _read_first(app, library, terminal))
        return
    offer_model(app, terminal)
    with app.assistant("paperboy start") as qa:
        _read_first(app, qa.library, terminal)
        converse(qa, terminal)


def _read_first(app: App, library: Library, terminal: Terminal) -> None:
    latest = LatestPapers(app)  # fetched while the embedding model loads
    _read(StarterSource(), library, terminal)
    if problem := latest.wait():
        terminal.note(f"Today's papers were not fetched: {problem}")
    else:
        _read(latest, library, terminal)


def _read(source: "StarterSource | LatestPapers", library: Library, terminal: Terminal) -> None:
    with terminal.progress() as progress:
        terminal.note(str(ingest(source, library, progress=progress)))


class LatestPapers:
    """The latest Daily Papers, fetched in a thread that is left behind when it takes too long.

    A thread, because looking up a host name can hang for half a minute without a network, and
    nothing can interrupt it.
    """

    name = LATEST

    def __init__(self, app: App) -> None:
        self._ends_at = time.monotonic() + NETWORK_SECONDS
        self._records: list[Paper | SetAside | PageEnd] = []
        self._problem = f"no answer within {NETWORK_SECONDS:.0f} seconds."
        self._thread = threading.Thread(target=self._fetch, args=(app,), daemon=True)
        self._thread.start()

    def _fetch(self, app: App) -> None:
        try:
            with resolve_source(
                LATEST, app.settings.ingest.fetch, today=app.today(), deadline=NETWORK_SECONDS
            ) as source:
                self._records = list(source.records())
            self._problem = ""
        except PaperboyError as error:
            self._problem = str(error)

    def wait(self) -> str:
        """Return what went wrong, or nothing once the papers are here."""
        self._thread.join(max(0.0, self._ends_at - time.monotonic()))
        return self._problem

    def records(self) -> Iterator[Paper | SetAside | PageEnd]:
        """Yield the papers; call it after `wait`."""
        yield from self._records
