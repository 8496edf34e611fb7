"""`paperboy chat` and `paperboy start`: a conversation in the terminal."""

import sys
from collections.abc import Iterator

import typer

from bot.app import App
from bot.commands.options import app_of
from bot.terminal import Terminal
from ingest.open_source import open_source
from ingest.sync import index_pending, ingest
from rag.errors import QuestionError, SourceError
from rag.library import Library
from rag.pipeline import PaperQA

NETWORK_SECONDS = 10.0  # what the start may wait for Hugging Face, all together
HISTORY = 6  # earlier questions that a follow-up can lean on
SAMPLES = (
    "which paper uses an overuse penalty, and what for?",
    "how many layers of visual tokens can an LLM do without, and what does that save?",
    "what does LaV-CoT gain over models of the same size?",
)
FAREWELLS = frozenset({"exit", "quit", "bye", ":q"})


def chat(context: typer.Context) -> None:
    """Ask questions in the terminal, one a line; an empty line or Ctrl-D ends it.

    \b
    paperboy chat
    echo "which paper uses an overuse penalty?" | paperboy chat
    """
    app = app_of(context)
    with app.library("paperboy chat") as library:
        library.require_indexed()
        converse(app, library, Terminal())


def start(context: typer.Context) -> None:
    """Read the starter set and today's Daily Papers, then chat: what `make run` does."""
    app, terminal = app_of(context), Terminal()
    with app.library("paperboy start") as library:
        read_first_papers(app, library, terminal)
        converse(app, library, terminal)


def read_first_papers(app: App, library: Library, terminal: Terminal) -> None:
    """Ingest the starter set, and the latest Daily Papers where the network answers in time."""
    for name in ("starter", "hf:latest"):
        try:
            with (
                open_source(
                    name, app.settings.ingest.fetch, today=app.today(), deadline=NETWORK_SECONDS
                ) as source,
                terminal.progress() as progress,
            ):
                report = ingest(source, library, progress=progress)
            terminal.note(str(report))
        except SourceError as error:
            terminal.note(f"Today's papers were not fetched: {error}")
    with terminal.progress() as progress:
        index_pending(library, progress=progress)


def converse(app: App, library: Library, terminal: Terminal) -> None:
    """Answer line by line until the input ends."""
    qa = PaperQA(library, app.settings.rag)
    terminal.print(f"I have read {library.catalog.coverage()}.")
    history: list[str] = []
    if terminal.is_interactive:
        terminal.print(f'Ask about them, for example: "{SAMPLES[0]}" (an empty line ends it)')
    else:
        for question in SAMPLES:
            _answer(qa, terminal, question, [])
    for question in _lines(terminal):
        if _answer(qa, terminal, question, history):
            history = [*history, question][-HISTORY:]


def _lines(terminal: Terminal) -> Iterator[str]:
    """Yield the person's questions."""
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


def _answer(qa: PaperQA, terminal: Terminal, question: str, history: list[str]) -> bool:
    """Print the question (in a pipe) and its answer; False if it could not be asked."""
    if not terminal.is_interactive:
        terminal.print(f"\n> {question.strip()}")
    try:
        terminal.answer(qa.ask(question, history=history))
    except QuestionError as error:
        terminal.print(f"I cannot answer that: {error}")
        return False
    return True
