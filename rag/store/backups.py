"""Copies of the database from before a migration, kept beside it for a month."""

import sqlite3
import time
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

from rag.store.faults import explain_fault
from rag.store.private_files import PRIVATE_FILE

KEPT_DAYS = 30
KEPT = 3  # the newest ones


def back_up(path: Path) -> Path:
    """Copy a database as it is now, with what its write-ahead log has; return the copy's path.

    The copy gets its name only once it is complete. Raises DatabaseFaultError if the disk is full.
    """
    at = datetime.now(UTC).strftime("%Y%m%dT%H%M%S%fZ")
    copy = path.with_suffix(f".{at}.backup")
    part = copy.with_suffix(".backup.part")
    try:
        copy_database(path, part)
        part.replace(copy)
    finally:
        part.unlink(missing_ok=True)
    return copy


def copy_database(path: Path, copy: Path) -> None:
    """Write a copy of a database as it is at one instant, for its owner alone.

    Others may read and write it meanwhile: with a write-ahead log nobody waits. Raises
    DatabaseFaultError.
    """
    copy.touch(mode=PRIVATE_FILE)
    try:
        with closing(sqlite3.connect(path)) as source, closing(sqlite3.connect(copy)) as target:
            source.backup(target)
    except sqlite3.Error as error:
        raise explain_fault(error, path.name) from error


def backups_of(path: Path) -> list[Path]:
    """Return the backups of a database, newest first."""
    return sorted(path.parent.glob(f"{path.stem}.*.backup"), reverse=True)


def remove_old_backups(path: Path, *, now: float | None = None) -> None:
    """Delete the backups beyond the newest KEPT, and those older than KEPT_DAYS."""
    oldest = (now or time.time()) - KEPT_DAYS * 86_400
    for number, backup in enumerate(backups_of(path)):
        if number >= KEPT or backup.stat().st_mtime < oldest:
            backup.unlink(missing_ok=True)
