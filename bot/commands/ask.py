"""`paperboy ask`, `read`, `explain`, `why` and `search`: questions and papers."""

from pathlib import Path
from typing import Annotated

import typer

from bot.commands.options import Json, Since, Today, Until, app_of
from rag.errors import UsageError


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
    from bot.actions import ask as action

    if question is None:
        assert batch is not None
        action.ask_batch(app_of(context), batch, read=read, today=today)
    else:
        action.ask(app_of(context), question, read=read, today=today, as_json=as_json)


def read(
    context: typer.Context,
    paper: Annotated[str, typer.Argument(help="An arXiv id, a link, a name or a title.")],
) -> None:
    """Read a whole paper, so that questions about it are answered beyond its abstract.

    \b
    paperboy read 2407.17827
    paperboy read LexVLA
    """
    from bot.actions import read as action

    action.read(app_of(context), paper)


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
    from bot.actions import read as action

    action.explain(app_of(context), paper, as_json=as_json)


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
    from bot.actions import ask as action

    action.why(app_of(context), question, today=today, as_json=as_json)


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
    from bot.actions import ask as action

    action.search(app_of(context), text, top_k=top_k, since=since, until=until, as_json=as_json)
