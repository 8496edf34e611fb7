"""`paperboy backup` and `restore`: the whole data folder in one file."""

from pathlib import Path
from typing import Annotated

import typer

from bot.app import MIGRATIONS
from bot.commands.options import app_of
from bot.console.terminal import Terminal
from rag.backup import back_up
from rag.backup import restore as restore_folder
from rag.store.archive import Manifest

Backup = Annotated[Path, typer.Argument(metavar="FILE", help="Like paperboy-2025-12-08.tar.gz.")]


def backup(context: typer.Context, file: Backup) -> None:
    """Write everything that is stored to one file, also while the bot runs.

    \b
    Papers, conversations, subscriptions and the outbox; not config.toml, secrets and models.
    An earlier backup of this name is replaced once the new one is complete.
    """
    manifest = back_up(app_of(context).data_dir, file)
    size = file.stat().st_size / 1e6
    Terminal().print(f"{file}: {_papers(manifest)}, {size:,.1f} MB.")


def restore(context: typer.Context, file: Backup) -> None:
    """Restore a backup into an empty data folder.

    \b
    paperboy --data-dir ~/restored restore paperboy-2025-12-08.tar.gz
    """
    folder, terminal = app_of(context).data_dir, Terminal()
    manifest = restore_folder(file, folder, MIGRATIONS)
    at = manifest.made_at.strftime("%Y-%m-%d %H:%M %Z")
    terminal.print(f"Restored to {folder}: {_papers(manifest)}, as of {at}.")
    terminal.note(
        "The next start builds the index again. Digests that were due since then may be sent "
        "again (docs/operations.md, Backup)."
    )


def _papers(manifest: Manifest) -> str:
    return f"{manifest.papers:,} paper{'' if manifest.papers == 1 else 's'}"
