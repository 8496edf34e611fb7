"""`paperboy start`, `run` and `chat`: the Discord bot, and a conversation in the terminal."""

import os
import sys
import threading
import time
from collections.abc import Iterator

from bot.app import App
from bot.console.live import progress, show_answer
from bot.console.model_setup import offer_model
from bot.console.reader import Reader
from bot.console.terminal import Terminal
from bot.index_builder import building_index
from ingest.config import IngestConfig
from ingest.resolve_source import resolve_source
from ingest.sources.source import PageEnd, ReadRecord
from ingest.sources.starter import StarterSource
from ingest.sync import ingest
from rag.errors import PaperboyError, QuestionError
from rag.library import Library
from rag.pipeline import PaperQA
from rag.records import Question, Turn

LATEST = "hf:latest"
NETWORK_SECONDS = 10.0  # that a start waits for Hugging Face in total
MAX_HISTORY = 6  # earlier questions that a follow-up can refer to
SAMPLES = (
    "which paper uses an overuse penalty, and what for?",
    "which benchmark tests whether a model can tell truth from lies in a conversation?",
    "what does LaV-CoT gain over models of the same size?",
)
FAREWELLS = frozenset({"exit", "quit", "bye", ":q"})


def start(app: App) -> None:
    """Fetch the starter set and today's Daily Papers, then answer (`make run` calls this).

    With DISCORD_TOKEN set, run the Discord bot; without it, chat in the terminal.
    """
    terminal = Terminal()
    if os.environ.get("DISCORD_TOKEN"):
        from bot.serving import run_bot  # imports discord.py, which the terminal does not need

        run_bot(app, terminal, read_first=lambda library: _add_first(app, library, terminal))
        return
    offer_model(app, terminal)
    with app.assistant("paperboy start") as qa:
        _add_first(app, qa.library, terminal)
        with building_index(qa.library, terminal.note):
            converse(qa, terminal, app.settings.ingest)


def run(app: App, *, always_sync: bool) -> None:
    """Run the Discord bot; its token comes from the environment variable DISCORD_TOKEN."""
    from bot.serving import run_bot  # imports discord.py, which other commands do not need

    run_bot(app, Terminal(), always_sync=always_sync)


def chat(app: App) -> None:
    """Ask questions in the terminal, one per line; an empty line or Ctrl-D ends the chat."""
    terminal = Terminal()
    offer_model(app, terminal)
    with app.assistant("paperboy chat") as qa, building_index(qa.library, terminal.note):
        converse(qa, terminal, app.settings.ingest)


def _add_first(app: App, library: Library, terminal: Terminal) -> None:
    """Add the starter set and the latest Daily Papers."""
    latest = LatestPapers(app)  # fetches while the embedding model loads
    _add(StarterSource(), library, terminal)
    if problem := latest.wait():
        terminal.note(f"Today's papers were not fetched: {problem}")
    else:
        _add(latest, library, terminal)


def _add(source: "StarterSource | LatestPapers", library: Library, terminal: Terminal) -> None:
    with progress(terminal) as report_progress:
        terminal.note(str(ingest(source, library, progress=report_progress)))


class LatestPapers:
    """The latest Daily Papers, fetched in a thread that is abandoned when it takes too long.

    A thread, because without a network a host name lookup can hang for half a minute, and
    nothing can interrupt it.
    """

    name = LATEST

    def __init__(self, app: App) -> None:
        self._deadline = time.monotonic() + NETWORK_SECONDS
        self._records: list[ReadRecord | PageEnd] = []
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
        """Return what went wrong; an empty string once the papers are fetched."""
        self._thread.join(max(0.0, self._deadline - time.monotonic()))
        return self._problem

    def records(self) -> Iterator[ReadRecord | PageEnd]:
        """Yield the papers; call `wait` first."""
        yield from self._records


def converse(qa: PaperQA, terminal: Terminal, config: IngestConfig) -> None:
    """Answer questions, one per line, until the input ends."""
    reader = Reader(qa, config, terminal)
    terminal.print(f"I have read {qa.library.catalog.coverage()}.")
    history: list[Turn] = []
    if terminal.is_interactive:
        terminal.print(f'Ask about them, for example: "{SAMPLES[0]}" (an empty line ends the chat)')
    else:
        for question in SAMPLES:
            _answer(qa, terminal, reader, question, [])
    for question in _read_questions(terminal):
        if turn := _answer(qa, terminal, reader, question, history):
            history = [*history, turn][-MAX_HISTORY:]


def _read_questions(terminal: Terminal) -> Iterator[str]:
    """Yield questions from the prompt or, in a pipe, from stdin."""
    if not terminal.is_interactive:
        yield from (line for line in sys.stdin if line.strip())
        return
    while True:
        try:
            line = terminal.out.input("\n> ").strip()
        except (EOFError, KeyboardInterrupt):
            return
        if not line or line.casefold() in FAREWELLS:
            return
        yield line


def _answer(
    qa: PaperQA, terminal: Terminal, reader: Reader, question: str, history: list[Turn]
) -> Turn | None:
    """Print the question (in a pipe) and its answer; return None for an invalid question."""
    if not terminal.is_interactive:
        terminal.print(f"\n> {question.strip()}")
    try:
        quoted = reader.ask(Question(text=question, history=tuple(history)))
        answer = show_answer(terminal, qa, quoted)
        reader.offer(quoted)
    except QuestionError as error:
        terminal.print(f"I cannot answer that: {error}")
        return None
    return Turn.of(answer)
