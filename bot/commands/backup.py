"""`paperboy backup` and `restore`: the whole data folder in one file."""

from pathlib import Path
from typing import Annotated

import typer

from bot.commands.options import app_of

Backup = Annotated[Path, typer.Argument(metavar="FILE", help="Like paperboy-2025-12-08.tar.gz.")]


def backup(context: typer.Context, file: Backup) -> None:
    """Write everything that is stored to one file, also while the bot runs.

    \b
    Papers, conversations, subscriptions and the outbox; not config.toml, secrets and models.
    An earlier backup of this name is replaced once the new one is complete.
    """
    from bot.actions import backup as action

    action.backup(app_of(context), file)


def restore(context: typer.Context, file: Backup) -> None:
    """Restore a backup into an empty data folder.

    \b
    paperboy --data-dir ~/restored restore paperboy-2025-12-08.tar.gz
    """
    from bot.actions import backup as action

    action.restore(app_of(context), file)
