"""`paperboy papers`, `daily`, `trends` and `compare`: browse the stored papers."""

from typing import TYPE_CHECKING, Annotated

import typer

from bot.commands.options import Json, Since, Until, app_of
from rag.errors import UsageError

if TYPE_CHECKING:
    from rag.digest.records import Period


def papers(
    context: typer.Context, since: Since = None, until: Until = None, as_json: Json = False
) -> None:
    """List the stored papers, newest first.

    \b
    paperboy papers --since 2025-09-01
    paperboy papers --json > papers.jsonl
    """
    from bot.actions import catalog as action

    action.papers(app_of(context), since=since, until=until, as_json=as_json)


def daily(
    context: typer.Context,
    day: Annotated[
        str, typer.Argument(metavar="[DATE|latest]", help="A day, or latest.")
    ] = "latest",
    week: Annotated[bool, typer.Option("--week", help="The top papers of its week.")] = False,
    month: Annotated[bool, typer.Option("--month", help="The top papers of its month.")] = False,
    as_json: Json = False,
) -> None:
    """Show the Daily Papers of a day, most upvoted first, and their topics.

    \b
    paperboy daily
    paperboy daily 2025-12-04
    paperboy daily 2025-12-04 --week
    """
    if week and month:
        raise UsageError("give one of --week and --month, not both.")
    from bot.actions import catalog as action

    period: Period = "week" if week else "month" if month else "day"
    action.daily(app_of(context), day, period, as_json=as_json)


def trends(
    context: typer.Context,
    topic: Annotated[str, typer.Argument(help="Plain words, such as “video generation”.")],
    as_json: Json = False,
) -> None:
    """Show how many papers per week are about a topic.

    \b
    paperboy trends "video generation"
    """
    from bot.actions import catalog as action

    action.trends(app_of(context), topic, as_json=as_json)


def compare_papers(
    context: typer.Context,
    papers: Annotated[
        list[str],
        typer.Argument(help="Two to four: part of the title, a system's name, an id or a link."),
    ],
    as_json: Json = False,
) -> None:
    """Compare papers: a quoted sentence for each aspect, blank if the abstract has none.

    \b
    paperboy compare LexVLA Loom
    """
    from bot.actions import catalog as action

    action.compare_papers(app_of(context), papers, as_json=as_json)
