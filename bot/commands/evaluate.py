"""`paperboy eval`: measure retrieval on a corpus, or answers on a question set."""

from pathlib import Path
from typing import Annotated

import typer

from bot.commands.options import Json, Today, app_of
from rag.errors import UsageError


def evaluate(
    context: typer.Context,
    beir: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="A corpus in BEIR format; it is indexed anew."),
    ] = None,
    split: Annotated[str, typer.Option(help="Which of its questions: qrels/SPLIT.tsv.")] = "test",
    questions: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="JSON lines with questions and expected answers."),
    ] = None,
    written: Annotated[
        bool,
        typer.Option("--written", help="Answer each question twice: by quotes and by the model."),
    ] = False,
    pairs: Annotated[
        Path | None,
        typer.Option(metavar="OUT.html", help="Write a page with both answers side by side."),
    ] = None,
    today: Today = None,
    as_json: Json = False,
) -> None:
    """Measure retrieval on a BEIR corpus, answers on a question set, or what a model adds to them.

    \b
    paperboy eval --beir scifact --split test
    paperboy --no-model eval --questions questions.jsonl --today 2025-12-08
    paperboy eval --questions questions.jsonl --written --pairs pairs.html
    """
    if (beir is None) == (questions is None):
        raise UsageError("give --beir DIR or --questions FILE.")
    if written and questions is None:
        raise UsageError("--written needs --questions FILE.")
    if pairs and not written:
        raise UsageError("--pairs needs --written.")
    from bot.actions import evaluate as action

    app = app_of(context)
    if beir is not None:
        action.evaluate_retrieval(app, beir, split, as_json=as_json)
        return
    assert questions is not None
    if written:
        action.compare_written(app, questions, page=pairs, today=today, as_json=as_json)
    else:
        action.evaluate_answers(app, questions, today=today, as_json=as_json)
