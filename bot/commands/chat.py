"""`paperboy chat`: a conversation in the terminal."""

import sys
from collections.abc import Iterator

import typer

from bot.commands.options import app_of
from bot.console.model_setup import offer_model
from bot.console.terminal import Terminal
from rag.errors import QuestionError
from rag.pipeline import PaperQA
from rag.records import Question, Turn

HISTORY = 6  # earlier questions that a follow-up can lean on
SAMPLES = (
    "which paper uses an overuse penalty, and what for?",
    "which benchmark tests whether a model can tell truth from lies in a conversation?",
    "what does LaV-CoT gain over models of the same size?",
)
FAREWELLS = frozenset({"exit", "quit", "bye", ":q"})


def chat(context: typer.Context) -> None:
    """Ask questions in the terminal, one a line; an empty line or Ctrl-D ends it.

    \b
    paperboy chat
    echo "which paper uses an overuse penalty?" | paperboy chat
    """
    app, terminal = app_of(context), Terminal()
    offer_model(app, terminal)
    with app.assistant("paperboy chat") as qa:
        converse(qa, terminal)


def converse(qa: PaperQA, terminal: Terminal) -> None:
    """Answer line by line until the input ends."""
    terminal.print(f"I have read {qa.library.catalog.coverage()}.")
    history: list[Turn] = []
    if terminal.is_interactive:
        terminal.print(f'Ask about them, for example: "{SAMPLES[0]}" (an empty line ends it)')
    else:
        for question in SAMPLES:
            _answer(qa, terminal, question, [])
    for question in _lines(terminal):
        if turn := _answer(qa, terminal, question, history):
            history = [*history, turn][-HISTORY:]


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


def _answer(qa: PaperQA, terminal: Terminal, question: str, history: list[Turn]) -> Turn | None:
    """Print the question (in a pipe) and its answer; None if it could not be asked."""
    if not terminal.is_interactive:
        terminal.print(f"\n> {question.strip()}")
    try:
        answer = terminal.converse(qa, qa.ask(Question(text=question, history=tuple(history))))
    except QuestionError as error:
        terminal.print(f"I cannot answer that: {error}")
        return None
    return Turn.of(answer)
