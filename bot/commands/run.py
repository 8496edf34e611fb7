"""`paperboy start`, `run` and `chat`: the Discord bot, and a conversation in the terminal."""

from typing import Annotated

import typer

from bot.commands.options import app_of


def start(context: typer.Context) -> None:
    """Fetch the starter set and today's Daily Papers, then answer (`make run` calls this).

    With DISCORD_TOKEN set, run the Discord bot; without it, chat in the terminal.
    """
    from bot.actions import run as action

    action.start(app_of(context))


def run(
    context: typer.Context,
    sync: Annotated[
        bool, typer.Option("--sync", help="Register the commands with Discord even if unchanged.")
    ] = False,
) -> None:
    """Run the Discord bot; its token comes from the environment variable DISCORD_TOKEN.

    \b
    DISCORD_TOKEN=... paperboy run
    """
    from bot.actions import run as action

    action.run(app_of(context), always_sync=sync)


def chat(context: typer.Context) -> None:
    """Ask questions in the terminal, one per line; an empty line or Ctrl-D ends the chat.

    \b
    paperboy chat
    echo "which paper uses an overuse penalty?" | paperboy chat
    """
    from bot.actions import run as action

    action.chat(app_of(context))
