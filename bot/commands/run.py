"""`paperboy run`: the Discord bot."""

from typing import Annotated

import typer

from bot.commands.options import app_of
from bot.console.terminal import Terminal


def run(
    context: typer.Context,
    sync: Annotated[
        bool, typer.Option("--sync", help="Tell Discord of the commands even if none changed.")
    ] = False,
) -> None:
    """Run the Discord bot; its token comes from the environment variable DISCORD_TOKEN.

    \b
    DISCORD_TOKEN=... paperboy run
    """
    from bot.serving import run_bot  # discord.py, which no other command needs

    run_bot(app_of(context), Terminal(), always_sync=sync)
