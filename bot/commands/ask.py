"""`paperboy ask`, `read`, `explain`, `why` and `search`: questions and papers."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Annotated, Any

import typer

from bot.commands.options import Json, Since, Today, Until, UsageError, app_of
from bot.console.live import show_answer, warn_without_model
from bot.console.reader import Reader
from bot.console.render import answer_lines, explanation_lines, hit_lines, receipt_lines
from bot.console.terminal import Terminal, readable
from bot.index_builder import complete_index
from bot.json_rows import Row, answer_row, explanation_row, search_row, why_row
from ingest.read_paper import explain_paper, named_paper, read_paper
from ingest.untrusted import decode
from rag.errors import QuestionError
from rag.pipeline import PaperQA
from rag.query.request import clean_question
from rag.records import Answer, Question, Turn, Window

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
    read: Annotated[
        bool,
        typer.Option("--read", help="Read the paper itself if its abstract does not say it."),
    ] = False,
    today: Today = None,
    as_json: Json = False,
) -> None:
    """Answer a question from the papers, with quotes and links.

    \b
    paperboy ask "which paper uses an overuse penalty, and what for?"
    paperboy ask "summarize today's papers"
    paperboy ask --json "who works on video and language?"
    paperboy ask --batch questions.jsonl > answers.jsonl
    paperboy ask --read "what learning rate does LexVLA use?"
    """
    if (question is None) == (batch is None):
        raise UsageError("give one question in quotation marks, or --batch FILE.")
    questions = _read_batch(batch) if batch else []
    if question is not None:
        clean_question(question)  # before anything heavy is loaded
    app, terminal = app_of(context), Terminal()
    with app.assistant("paperboy ask", today=lambda: today or app.today()) as qa:
        reader = Reader(qa, app.settings.ingest, terminal, is_asked=read)
        if question is None:
            terminal.rows(answer_batch(qa, questions, ask=reader.ask))
            warn_without_model(terminal, qa)
            return
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


def read(
    context: typer.Context,
    paper: Annotated[str, typer.Argument(help="An arXiv id, a link, a name or a title.")],
) -> None:
    """Read a whole paper, so that questions about it are answered beyond its abstract.

    \b
    paperboy read 2407.17827
    paperboy read LexVLA
    """
    app, terminal = app_of(context), Terminal()
    config = app.settings.ingest
    with app.library("paperboy read") as library:
        found = named_paper(library, paper, config, today=app.today())
        terminal.print(str(read_paper(library, found, config)))


def explain(
    context: typer.Context,
    paper: Annotated[str, typer.Argument(help="An arXiv id, a link, a name or a title.")],
    as_json: Json = False,
) -> None:
    """Explain a paper in five parts, each quoted: what, why, how, results, limits.

    It is read whole for that, unless whole papers are never read or arXiv has no HTML of it.

    \b
    paperboy explain 2407.17827
    paperboy explain LexVLA
    """
    app, terminal = app_of(context), Terminal()
    config = app.settings.ingest
    with app.library("paperboy explain") as library:
        found = named_paper(library, paper, config, today=app.today())
        explanation = explain_paper(library, found, config)
    if as_json:
        terminal.rows([explanation_row(explanation)])
    else:
        terminal.lines(explanation_lines(explanation))


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


def why(
    context: typer.Context,
    question: Annotated[str, typer.Argument(help="The question, in quotation marks.")],
    today: Today = None,
    as_json: Json = False,
) -> None:
    """Answer a question and show how: sentences and papers with scores, and seconds.

    \b
    paperboy why "which paper uses an overuse penalty, and what for?"
    """
    clean_question(question)  # before anything heavy is loaded
    app, terminal = app_of(context), Terminal()
    with app.assistant("paperboy why", today=lambda: today or app.today()) as qa:
        answer = qa.answer(question)
        if as_json:
            terminal.rows([why_row(answer)])
            return
        terminal.lines(answer_lines(answer))
        terminal.lines(receipt_lines(answer))


def search(
    context: typer.Context,
    text: Annotated[str, typer.Argument(help="What to search for.")],
    top_k: Annotated[int, typer.Option("-k", min=1, max=500, help="How many papers.")] = 10,
    since: Since = None,
    until: Until = None,
    as_json: Json = False,
) -> None:
    """Find papers by subject, best first, each with the sentence that matches best.

    \b
    paperboy search "long video understanding" -k 5
    paperboy search "chest X-rays" --since 2024-01-01 --until 2024-06-30
    """
    text = clean_question(text)
    app, terminal = app_of(context), Terminal()
    with app.library("paperboy search") as library:
        complete_index(library)
        hits = library.retriever.search(text, top_k=top_k, window=Window(since, until))
        if as_json:
            terminal.rows(search_row(n, hit) for n, hit in enumerate(hits, start=1))
        elif hits:
            terminal.lines(hit_lines(hits))
        else:
            terminal.print(f"No paper matches. I have read {library.catalog.coverage()}.")
