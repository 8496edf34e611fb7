"""Back a data folder up while others use it, and restore it elsewhere.

The database is the truth, so it is all that is copied: Chroma's index is filled again from its
vectors when the folder is opened. Settings are not part of it, and neither are models.
"""

import os
import shutil
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import quote

from filelock import FileLock

from rag.errors import BackupError, DataFolderError
from rag.library import DATABASE_NAME, open_folder, own_index
from rag.store.archive import (
    Manifest,
    damaged_backup,
    read_manifest,
    sha256_of,
    unpack,
    write_archive,
)
from rag.store.backups import copy_database
from rag.store.database import Migrations, preparing
from rag.store.faults import DatabaseFaultError, damaged, explain_fault
from rag.store.private_files import PRIVATE_FILE

PART = "paperboy.restore.part"
# What may lie in a folder that counts as empty: locks, what a killed restore left, models.
HARMLESS = frozenset({
    "index.lock", "index.owner", "paperboy.migration.lock", PART, "models", "lost+found",
})  # fmt: skip
SPARE_BYTES = 50_000_000  # that a restore leaves on the disk


def back_up(folder: Path, file: Path) -> Manifest:
    """Write a backup of a data folder, also while other processes use it.

    The file gets its name once it is complete; only an earlier backup is replaced. Raises
    BackupError, and DataFolderError for a database that is damaged.
    """
    database = folder / DATABASE_NAME
    if not database.is_file():
        raise BackupError(f"there is nothing to back up in {folder}: check --data-dir.")
    _check_target(file, folder)
    try:
        with TemporaryDirectory(prefix=f".{file.name}.", dir=file.parent) as temporary:
            copy, archive = Path(temporary, DATABASE_NAME), Path(temporary, "archive")
            copy_database(database, copy)
            manifest = _describe(copy, database.name)
            write_archive(archive, copy, manifest)
            archive.replace(file)
        _sync_folder(file.parent)
    except DatabaseFaultError as error:
        if error.code != sqlite3.SQLITE_FULL:
            raise
        raise _unwritten(file, "No space left on device") from error
    except OSError as error:
        raise _unwritten(file, error.strerror or str(error)) from error
    return manifest


def _check_target(file: Path, folder: Path) -> None:
    """Raise BackupError if a backup cannot or should not get this name."""
    if file.is_dir():
        raise BackupError(
            f"{file} is a folder: name a file in it, like {file / 'paperboy.tar.gz'}."
        )
    if not file.parent.is_dir():
        raise BackupError(f"there is no folder {file.parent}: create it, or name another file.")
    if folder.resolve() in file.resolve().parents:
        raise BackupError(
            f"{file} is in the data folder and would be lost with it: name a file elsewhere, best "
            "on another disk."
        )
    if file.exists():
        try:
            read_manifest(file)
        except BackupError as error:
            raise BackupError(
                f"{file} exists and is no backup that could be replaced: name another file."
            ) from error


def _unwritten(file: Path, problem: str) -> BackupError:
    return BackupError(
        f"{file} cannot be written ({problem}): free some space, check the folder's permissions, "
        "or name another file."
    )


def restore(file: Path, folder: Path, migrations: Sequence[Migrations]) -> Manifest:
    """Put the database of a backup into an empty data folder, all of it or nothing.

    Raises BackupError for a file that is no backup, damaged or newer than `migrations`, and for a
    folder that is not empty; IndexInUseError for one that is in use.
    """
    _require_known(file, read_manifest(file), migrations)
    if not (folder / "index.lock").exists():  # a folder of something else stays as it is
        _require_empty(folder)
    open_folder(folder)
    lock = FileLock(folder / "index.lock", mode=PRIVATE_FILE)
    own_index(lock, folder, purpose="paperboy restore")
    try:
        with preparing(folder / DATABASE_NAME):  # nobody else creates it meanwhile
            return _restore(file, folder, migrations)
    finally:
        lock.release()


def _restore(file: Path, folder: Path, migrations: Sequence[Migrations]) -> Manifest:
    part = folder / PART
    try:
        _require_empty(folder)
        part.unlink(missing_ok=True)
        needed = read_manifest(file).bytes + SPARE_BYTES
        if (free := shutil.disk_usage(folder).free) < needed:
            raise BackupError(
                f"{folder} has room for {free / 1e6:,.0f} MB, and {needed / 1e6:,.0f} MB are "
                "needed: free some space, or give another folder with --data-dir."
            )
        try:
            manifest = unpack(file, part)
            _check(file, part, migrations)
            part.replace(folder / DATABASE_NAME)
        finally:
            part.unlink(missing_ok=True)
        _sync_folder(folder)
    except OSError as error:
        raise DataFolderError(
            f"the backup cannot be written to {folder} ({error.strerror}): free some space, check "
            "the folder's permissions, or give another one with --data-dir."
        ) from error
    return manifest


def _require_empty(folder: Path) -> None:
    """Raise BackupError for a folder in which something lies that a restore could mix up with."""
    try:
        found = {path.name for path in folder.iterdir()} if folder.is_dir() else set()
    except OSError as error:
        raise DataFolderError(
            f"{folder} cannot be read ({error.strerror}): check its permissions, or give another "
            "folder with --data-dir."
        ) from error
    if others := sorted(found - HARMLESS):
        raise BackupError(
            f"{folder} is not empty ({others[0]}): give an empty or a new folder with --data-dir; "
            "nothing was changed."
        )


def _check(file: Path, database: Path, migrations: Sequence[Migrations]) -> None:
    """Raise BackupError unless the database is sound and of a version that is known."""
    try:
        manifest = _describe(database, DATABASE_NAME)
    except DatabaseFaultError as error:
        raise damaged_backup(file, str(error.__cause__ or "its database")) from error
    _require_known(file, manifest, migrations)


def _require_known(file: Path, manifest: Manifest, migrations: Sequence[Migrations]) -> None:
    """Raise BackupError for tables that this version does not know."""
    newest = {room.room: max(number for number, _ in room.steps()) for room in migrations}
    for room, number in sorted(manifest.versions.items()):
        if number > newest.get(room, 0):
            raise BackupError(
                f"{file} was made by a newer Paperboy (version {number} of {room}): update "
                "Paperboy."
            )


def _describe(database: Path, name: str) -> Manifest:
    """Check a database that nobody uses, and return what a backup says of it.

    Raises DatabaseFaultError, with `name` as the file's.
    """
    try:
        # Without the files that reading a database in WAL mode usually makes beside it.
        address = f"file:{quote(str(database.absolute()))}?immutable=1"
        with closing(sqlite3.connect(address, uri=True)) as db:
            found = db.execute("PRAGMA quick_check(1)").fetchone()[0]
            if found != "ok":
                raise damaged(name, found)
            versions = dict(db.execute("SELECT room, number FROM schema_version"))
            papers = db.execute("SELECT COUNT(*) FROM papers").fetchone()[0]
        if not versions or not all(isinstance(number, int) for number in versions.values()):
            raise damaged(name, "its tables have no version")
    except sqlite3.Error as error:
        raise explain_fault(error, name) from error
    return Manifest(
        made_at=datetime.now(UTC),
        paperboy=version("paperboy"),
        versions=versions,
        papers=papers,
        bytes=database.stat().st_size,
        sha256=sha256_of(database),
    )


def _sync_folder(folder: Path) -> None:
    """Have the disk store the names of a folder's files, where the system can."""
    if os.name == "nt":
        return
    number = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(number)
    finally:
        os.close(number)
