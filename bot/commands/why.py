"""`paperboy why`: what an answer was made from."""

from typing import Annotated

import typer

from bot.commands.options import Json, Today, app_of
from bot.console.terminal import Terminal
from bot.json_rows import why_row
from rag.query.request import clean_question


def why(
    context: typer.Context,
    question: Annotated[str, typer.Argument(help="The question, in quotation marks.")],
    today: Today = None,
    as_json: Json = False,
) -> None:
    """Answer a question and show what the answer was made from, with scores and seconds.

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
        terminal.answer(answer)
        terminal.receipt(answer)
