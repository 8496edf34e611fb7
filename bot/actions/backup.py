"""`paperboy backup` and `restore`: the whole data folder in one file."""

from pathlib import Path

from bot.app import MIGRATIONS, App
from bot.console.terminal import Terminal
from rag.backup import back_up
from rag.backup import restore as restore_folder
from rag.store.archive import Manifest


def backup(app: App, file: Path) -> None:
    """Write everything that is stored to one file, also while the bot runs."""
    manifest = back_up(app.data_dir, file)
    size = file.stat().st_size / 1e6
    Terminal().print(f"{file}: {_papers(manifest)}, {size:,.1f} MB.")


def restore(app: App, file: Path) -> None:
    """Restore a backup into an empty data folder."""
    terminal = Terminal()
    manifest = restore_folder(file, app.data_dir, MIGRATIONS)
    at = manifest.made_at.strftime("%Y-%m-%d %H:%M %Z")
    terminal.print(f"Restored to {app.data_dir}: {_papers(manifest)}, as of {at}.")
    terminal.note(
        "The next start builds the index again. Digests that were due since then may be sent "
        "again (docs/operations.md, Backup)."
    )


def _papers(manifest: Manifest) -> str:
    return f"{manifest.papers:,} paper{'' if manifest.papers == 1 else 's'}"
