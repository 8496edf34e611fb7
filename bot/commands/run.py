"""`paperboy run`: the Discord bot."""

import typer

from bot.commands.options import app_of
from bot.terminal import Terminal


def run(context: typer.Context) -> None:
    """Run the Discord bot; its token comes from the environment variable DISCORD_TOKEN.

    \b
    DISCORD_TOKEN=... paperboy run
    """
    from bot.serving import run_bot  # discord.py, which no other command needs

    run_bot(app_of(context), Terminal())
