"""`paperboy subscriptions`: manage who gets digests, for whoever runs the bot."""

from typing import Annotated

import typer

from bot.commands.options import Json, app_of
from bot.subscriptions.limits import MAX_PAPERS, WHEN_EXAMPLE

commands = typer.Typer(
    help="Manage who gets a digest, where and when. The running bot delivers them.",
    no_args_is_help=True,
    rich_markup_mode="rich",
)

MAX_ID = 2**63 - 1  # what SQLite stores
Number = Annotated[
    int, typer.Argument(metavar="ID", min=1, max=MAX_ID, help="Its number, as `list` shows it.")
]


@commands.command("list")
def list_command(context: typer.Context, as_json: Json = False) -> None:
    """Show all subscriptions, each with the outcome of its last digest.

    \b
    paperboy subscriptions list
    """
    from bot.actions import subscriptions as action

    action.list_subscriptions(app_of(context), as_json=as_json)


@commands.command()
def add(
    context: typer.Context,
    when: Annotated[str, typer.Argument(help=f"Such as {WHEN_EXAMPLE}.")],
    mail: Annotated[str, typer.Option(help="To this e-mail address (needs \\[bot.mail]).")] = "",
    channel: Annotated[str, typer.Option(help="To the Discord channel with this id.")] = "",
    person: Annotated[str, typer.Option(help="To the Discord user with this id.")] = "",
    topics: Annotated[str | None, typer.Option(help="Plain words, separated by commas.")] = None,
    authors: Annotated[str | None, typer.Option(help="Names, separated by commas.")] = None,
    organisations: Annotated[str | None, typer.Option(help="Names, separated by commas.")] = None,
    min_upvotes: Annotated[int, typer.Option(min=0, help="The fewest upvotes of a paper.")] = 0,
    count: Annotated[
        int, typer.Option(min=1, max=MAX_PAPERS, help="The most papers in a digest.")
    ] = 10,
    publish: Annotated[
        bool, typer.Option("--publish", help="Publish it to who follows an announcement channel.")
    ] = False,
) -> None:
    """Add a subscription by e-mail, to a channel or to a user.

    \b
    paperboy subscriptions add "daily 9:00 Europe/Berlin" --mail you@example.org --topics robots
    """
    from bot.actions import subscriptions as action

    action.add(
        app_of(context),
        when,
        action.read_target(mail=mail, channel=channel, person=person),
        action.wish_of(topics, authors, organisations, min_upvotes=min_upvotes, count=count),
        publish=publish,
    )


@commands.command()
def pause(context: typer.Context, number: Number) -> None:
    """Pause a subscription until it is resumed.

    \b
    paperboy subscriptions pause 3
    """
    from bot.actions import subscriptions as action

    action.pause(app_of(context), number)


@commands.command()
def resume(context: typer.Context, number: Number) -> None:
    """Resume a subscription; the next digest comes at its next due time.

    \b
    paperboy subscriptions resume 3
    """
    from bot.actions import subscriptions as action

    action.resume(app_of(context), number)


@commands.command()
def remove(context: typer.Context, number: Number) -> None:
    """Delete a subscription and the records of its digests.

    \b
    paperboy subscriptions remove 3
    """
    from bot.actions import subscriptions as action

    action.remove(app_of(context), number)


@commands.command()
def preview(context: typer.Context, number: Number, as_json: Json = False) -> None:
    """Show the digest as it would be now; nothing is sent.

    \b
    paperboy subscriptions preview 3
    """
    from bot.actions import subscriptions as action

    action.preview(app_of(context), number, as_json=as_json)


@commands.command("send")
def send_now(context: typer.Context, number: Number) -> None:
    """Have the running bot deliver a digest now, in addition to the next regular one.

    \b
    paperboy subscriptions send 3
    """
    from bot.actions import subscriptions as action

    action.send_now(app_of(context), number)
