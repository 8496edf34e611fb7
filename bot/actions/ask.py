"""`paperboy ask`, `why` and `search`: answer questions and find papers."""

import json
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Any

from bot.app import App
from bot.console.live import show_answer, warn_without_model
from bot.console.reader import Reader
from bot.console.render import answer_lines, hit_lines, receipt_lines
from bot.console.terminal import Terminal, readable
from bot.index_builder import complete_index
from bot.json_rows import Row, answer_row, search_row, why_row
from ingest.untrusted import decode
from rag.errors import QuestionError, UsageError
from rag.pipeline import PaperQA
from rag.query.request import clean_question
from rag.records import Answer, Question, Turn, Window

BATCH_LINE = '{"id": …, "question": …} or {"id": …, "turns": […]}'


def ask(app: App, question: str, *, read: bool, today: date | None, as_json: bool) -> None:
    """Answer a question; with `read`, from the whole paper if its abstract does not say it."""
    clean_question(question)  # before anything heavy is loaded
    terminal = Terminal()
    with app.assistant("paperboy ask", today=lambda: today or app.today()) as qa:
        reader = Reader(qa, app.settings.ingest, terminal, is_asked=read)
        quoted = reader.ask(Question(text=question))
        if as_json:
            answer = qa.written(quoted)
            terminal.rows([answer_row(answer)])
            if answer.note:
                terminal.note(answer.note)
            warn_without_model(terminal, qa)
        else:
            show_answer(terminal, qa, quoted)
            reader.offer(quoted)


def ask_batch(app: App, batch: Path, *, read: bool, today: date | None) -> None:
    """Print a line of JSON for each question in a JSON Lines file."""
    questions = _read_batch(batch)
    terminal = Terminal()
    with app.assistant("paperboy ask", today=lambda: today or app.today()) as qa:
        reader = Reader(qa, app.settings.ingest, terminal, is_asked=read)
        terminal.rows(answer_batch(qa, questions, ask=reader.ask))
        warn_without_model(terminal, qa)


def _read_batch(path: Path) -> list[dict[str, Any]]:
    """Return the conversations in the file; raise UsageError for the first invalid line."""
    try:
        lines = decode(path.read_bytes()).split("\n")
    except OSError as error:
        raise UsageError(
            f"{path} cannot be read ({error.strerror}): give a file of JSON lines."
        ) from error
    items = []
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            item = json.loads(line)
        except (ValueError, RecursionError) as error:
            raise UsageError(
                f"line {number} of {path} is not valid JSON ({error}): write {BATCH_LINE}."
            ) from error
        if not isinstance(item, dict) or "id" not in item or not (turns := _turns(item)):
            raise UsageError(f"line {number} of {path} is not a question: write {BATCH_LINE}.")
        items.append({"id": item["id"], "turns": turns})
    return items


def _turns(item: dict[str, Any]) -> list[str]:
    """Return the questions of a conversation in order; the last one is answered."""
    turns = item.get("turns") or []
    if isinstance(item.get("question"), str) and (not turns or turns[-1] != item["question"]):
        turns = [*turns, item["question"]]
    return [readable(str(turn)) for turn in turns]


def question_of(item: dict[str, Any]) -> Question:
    """Return the item's `question`, or the last of its `turns` with those before it."""
    *earlier, question = _turns(item)
    return Question(text=question, history=tuple(map(Turn, earlier)))


def answer_batch(
    qa: PaperQA,
    questions: list[dict[str, Any]],
    *,
    ask: Callable[[Question], Answer] | None = None,
) -> Iterator[Row]:
    """Yield a row for each item: the answer to its `question`, or to the last of its `turns`.

    `ask` returns the quoted answers, by default those of `qa`.
    """
    for item in questions:
        try:
            row = answer_row(qa.written((ask or qa.ask)(question_of(item))))
        except QuestionError as error:  # a bad line must not stop the others
            row = {
                "answer": str(error), "refused": True, "mode": "extractive",
                "sources": [], "retrieved": [], "seconds": 0.0,
            }  # fmt: skip
        yield {"id": item.get("id")} | row


def why(app: App, question: str, *, today: date | None, as_json: bool) -> None:
    """Answer a question and show how: sentences and papers with scores, and seconds."""
    clean_question(question)  # before anything heavy is loaded
    terminal = Terminal()
    with app.assistant("paperboy why", today=lambda: today or app.today()) as qa:
        answer = qa.answer(question)
        if as_json:
            terminal.rows([why_row(answer)])
            return
        terminal.lines(answer_lines(answer))
        terminal.lines(receipt_lines(answer))


def search(
    app: App, text: str, *, top_k: int, since: date | None, until: date | None, as_json: bool
) -> None:
    """Find papers by subject, best first, each with the sentence that matches best."""
    text = clean_question(text)
    terminal = Terminal()
    with app.library("paperboy search") as library:
        complete_index(library)
        hits = library.retriever.search(text, top_k=top_k, window=Window(since, until))
        if as_json:
            terminal.rows(search_row(n, hit) for n, hit in enumerate(hits, start=1))
        elif hits:
            terminal.lines(hit_lines(hits))
        else:
            terminal.print(f"No paper matches. I have read {library.catalog.coverage()}.")
