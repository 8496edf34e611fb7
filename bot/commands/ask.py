"""`paperboy ask` and `paperboy search`: questions."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import typer

from bot.commands.options import Json, Since, Today, Until, UsageError, app_of
from bot.console.terminal import Terminal
from bot.json_rows import Row, answer_row, search_row
from rag.errors import QuestionError
from rag.pipeline import PaperQA
from rag.query.request import clean_question
from rag.records import Question, Turn, Window

BATCH_LINE = '{"id": …, "question": …} or {"id": …, "turns": […]}'


def ask(
    context: typer.Context,
    question: Annotated[
        str | None, typer.Argument(help="The question, in quotation marks.")
    ] = None,
    batch: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Answer each line of a JSON Lines file instead."),
    ] = None,
    today: Today = None,
    as_json: Json = False,
) -> None:
    """Answer a question from the papers, with quotes and links.

    \b
    paperboy ask "which paper uses an overuse penalty, and what for?"
    paperboy ask --json "who works on video and language?"
    paperboy ask --batch questions.jsonl > answers.jsonl
    """
    if (question is None) == (batch is None):
        raise UsageError("give one question in quotation marks, or --batch FILE.")
    questions = _read_batch(batch) if batch else []
    if question is not None:
        clean_question(question)  # before anything heavy is loaded
    app, terminal = app_of(context), Terminal()
    with app.assistant("paperboy ask", today=lambda: today or app.today()) as qa:
        if question is None:
            terminal.rows(answer_batch(qa, questions))
            terminal.warn(qa)
            return
        if as_json:
            answer = qa.answer(question)
            terminal.rows([answer_row(answer)])
            if answer.note:
                terminal.note(answer.note)
            terminal.warn(qa)
        else:
            terminal.converse(qa, qa.ask(question))


def _read_batch(path: Path) -> list[dict[str, Any]]:
    """Return the lines of the file; raise UsageError for the first that does not fit."""
    try:
        lines = path.read_text(encoding="utf-8").split("\n")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{path} cannot be read ({error}): give a file of JSON lines.") from error
    found = []
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            item = json.loads(line)
        except ValueError as error:
            raise UsageError(
                f"line {number} of {path} is not valid JSON ({error}): write {BATCH_LINE}."
            ) from error
        if not isinstance(item, dict) or "id" not in item or not (turns := _turns(item)):
            raise UsageError(f"line {number} of {path} is no question: write {BATCH_LINE}.")
        found.append({"id": item["id"], "turns": turns})
    return found


def _turns(item: dict[str, Any]) -> list[str]:
    """Return the questions of a conversation in order; the last is to be answered."""
    turns = item.get("turns") or []
    if isinstance(item.get("question"), str) and (not turns or turns[-1] != item["question"]):
        turns = [*turns, item["question"]]
    return [str(turn) for turn in turns]


def answer_batch(qa: PaperQA, questions: list[dict[str, Any]]) -> Iterator[Row]:
    """Answer each item's `question`, or the last of its `turns`."""
    for item in questions:
        *earlier, question = _turns(item)
        try:
            row = answer_row(qa.answer(Question(text=question, history=tuple(map(Turn, earlier)))))
        except QuestionError as error:  # one odd line must not cost the others their answers
            row = {
                "answer": str(error), "refused": True, "mode": "extractive",
                "sources": [], "retrieved": [], "seconds": 0.0,
            }  # fmt: skip
        yield {"id": item.get("id")} | row


def search(
    context: typer.Context,
    text: Annotated[str, typer.Argument(help="What to look for.")],
    top_k: Annotated[int, typer.Option("-k", min=1, max=500, help="How many papers.")] = 10,
    since: Since = None,
    until: Until = None,
    as_json: Json = False,
) -> None:
    """Find papers by what they are about, best first, each with its nearest sentence.

    \b
    paperboy search "long video understanding" -k 5
    paperboy search "chest X-rays" --since 2024-01-01 --until 2024-06-30
    """
    text = clean_question(text)
    app, terminal = app_of(context), Terminal()
    with app.library("paperboy search") as library:
        library.require_indexed()
        hits = library.retriever.search(text, top_k=top_k, window=Window(since, until))
        if as_json:
            terminal.rows(search_row(n, hit) for n, hit in enumerate(hits, start=1))
        elif hits:
            terminal.hits(hits)
        else:
            terminal.print(f"No paper fits. I have read {library.catalog.coverage()}.")
