"""`paperboy start`: from nothing to the first answer; what `make run` does."""

import threading
import time
from collections.abc import Iterator

import typer

from bot.app import App
from bot.commands.chat import converse
from bot.commands.options import app_of
from bot.terminal import Terminal
from ingest.open_source import open_source
from ingest.sources.record import SetAside
from ingest.starter import StarterSource
from ingest.sync import ingest
from rag.errors import PaperboyError
from rag.library import Library
from rag.records import Paper

LATEST = "hf:latest"
NETWORK_SECONDS = 10.0  # what a start may wait for Hugging Face, all together


def start(context: typer.Context) -> None:
    """Read the starter set and today's Daily Papers, then chat: what `make run` does."""
    app, terminal = app_of(context), Terminal()
    latest = LatestPapers(app)  # fetched while the model loads
    with app.library("paperboy start") as library:
        _read(StarterSource(), library, terminal)
        if problem := latest.wait():
            terminal.note(f"Today's papers were not fetched: {problem}")
        else:
            _read(latest, library, terminal)
        converse(app, library, terminal)


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
        self._records: list[Paper | SetAside] = []
        self._problem = f"no answer within {NETWORK_SECONDS:.0f} seconds."
        self._thread = threading.Thread(target=self._fetch, args=(app,), daemon=True)
        self._thread.start()

    def _fetch(self, app: App) -> None:
        try:
            with open_source(
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

    def records(self) -> Iterator[Paper | SetAside]:
        """Yield the papers; call it after `wait`."""
        yield from self._records
