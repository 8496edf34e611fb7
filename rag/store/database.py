"""SQLite connections, and numbered migrations."""

import re
import sqlite3
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.resources.abc import Traversable
from pathlib import Path

from filelock import FileLock, Timeout

from rag.errors import DataFolderError

BUSY_SECONDS = 10.0  # how long a writer waits for another one
MIGRATION_SECONDS = 120.0  # how long to wait while another process migrates the same file
IN_MEMORY = Path(":memory:")


@dataclass(frozen=True, slots=True)
class Migrations:
    """The scripts of one room (bot, ingest or rag): `0001_*.sql`, `0002_*.sql` … in a folder."""

    room: str
    folder: Traversable

    def steps(self) -> list[tuple[int, Traversable]]:
        """Return the numbered scripts in order."""
        return sorted(
            (int(match[1]), entry)
            for entry in self.folder.iterdir()
            if (match := re.fullmatch(r"(\d{4})_\w+\.sql", entry.name))
        )


def open_database(path: Path, migrations: Sequence[Migrations]) -> "Database":
    """Return the database with every migration applied.

    One process migrates at a time; the others wait for it. Raises DataFolderError if the file is
    not a database, was written by a newer version, or stays busy.
    """
    database = Database(path)
    try:
        if not database.is_current(migrations):
            with _migrating(path):
                database.migrate(migrations)
    except BaseException:
        database.close()
        raise
    return database


@contextmanager
def _migrating(path: Path) -> Iterator[None]:
    """Hold the lock for migrating this file."""
    if path == IN_MEMORY:
        yield
        return
    try:
        with FileLock(path.with_suffix(".migration.lock"), timeout=MIGRATION_SECONDS):
            yield
    except Timeout as error:
        raise DataFolderError(
            f"another process has been preparing {path} for {MIGRATION_SECONDS:.0f} seconds: "
            "wait until it is done, or stop it."
        ) from error


class Database:
    """One SQLite file in WAL mode, with a connection per thread.

    Readers never wait, so commands can read while the bot runs.
    """

    def __init__(self, path: Path) -> None:
        """Prepare the connections; `open_database` opens a file with its tables."""
        self.path = path
        self._local = threading.local()
        self._connections: list[sqlite3.Connection] = []
        self._lock = threading.Lock()

    @property
    def connection(self) -> sqlite3.Connection:
        """The calling thread's connection."""
        connection: sqlite3.Connection | None = getattr(self._local, "connection", None)
        if connection is None:
            connection = self._connect()
            self._local.connection = connection
        return connection

    def _connect(self) -> sqlite3.Connection:
        with self._explain_errors():
            connection = sqlite3.connect(
                self.path, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False
            )
            connection.row_factory = sqlite3.Row
            connection.execute("PRAGMA synchronous = NORMAL")
            connection.execute("PRAGMA foreign_keys = ON")
            connection.execute("PRAGMA secure_delete = ON")  # deleted data leaves the file
        with self._lock:
            self._connections.append(connection)
        return connection

    @contextmanager
    def _explain_errors(self) -> Iterator[None]:
        """Raise SQLite's errors while opening as DataFolderError, which says what to do."""
        try:
            yield
        except sqlite3.OperationalError as error:
            if "locked" not in str(error):
                raise self._unusable(error) from error
            raise DataFolderError(
                f"{self.path} is busy: another program writes to it; try again soon."
            ) from error
        except sqlite3.DatabaseError as error:
            raise self._unusable(error) from error

    def _unusable(self, error: sqlite3.Error) -> DataFolderError:
        return DataFolderError(
            f"{self.path} cannot be used ({error}): give another folder with --data-dir, "
            "or move that file away to start over."
        )

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """Commit everything written inside together, or roll all of it back on an exception."""
        connection = self.connection
        connection.execute("BEGIN IMMEDIATE")
        try:
            yield connection
        except BaseException:
            connection.execute("ROLLBACK")
            raise
        connection.execute("COMMIT")

    def is_current(self, migrations: Sequence[Migrations]) -> bool:
        """Return whether every migration is applied. Raises DataFolderError for a newer file."""
        with self._explain_errors():
            mode = self.connection.execute("PRAGMA journal_mode").fetchone()[0]
            known = self.connection.execute(
                "SELECT 1 FROM sqlite_master WHERE name = 'schema_version'"
            ).fetchone()
            if mode != "wal" or not known:
                return False
            return all(self._version(room.room) >= self._newest(room) for room in migrations)

    def migrate(self, migrations: Sequence[Migrations]) -> None:
        """Apply the migrations that this file lacks. Raises DataFolderError for a newer file."""
        with self._explain_errors():
            self.connection.execute("PRAGMA journal_mode = WAL")
            self.connection.execute(
                "CREATE TABLE IF NOT EXISTS schema_version (room TEXT PRIMARY KEY, number INTEGER)"
            )
        for room in migrations:
            self._newest(room)
            version = self._version(room.room)
            for number, script in room.steps():
                if number > version:
                    self._apply(room.room, number, script.read_text(encoding="utf-8"))

    def _newest(self, migrations: Migrations) -> int:
        """Return a room's last number. Raises DataFolderError if the file has a higher one."""
        newest = max((number for number, _ in migrations.steps()), default=0)
        version = self._version(migrations.room)
        if version > newest:
            raise DataFolderError(
                f"{self.path} was written by a newer Paperboy (version {version} of "
                f"{migrations.room}): update Paperboy, or give another folder with --data-dir."
            )
        return newest

    def _version(self, room: str) -> int:
        row = self.connection.execute(
            "SELECT number FROM schema_version WHERE room = ?", (room,)
        ).fetchone()
        return row["number"] if row else 0

    def _apply(self, room: str, number: int, script: str) -> None:
        """Run one script and store its number in the same transaction."""
        store_number = f"INSERT OR REPLACE INTO schema_version VALUES ('{room}', {number});"
        try:
            self.connection.executescript(f"BEGIN IMMEDIATE;\n{script}\n{store_number}\nCOMMIT;")
        except sqlite3.Error:
            if self.connection.in_transaction:
                self.connection.execute("ROLLBACK")
            raise

    def close(self) -> None:
        """Close every thread's connection."""
        with self._lock:
            for connection in self._connections:
                connection.close()
            self._connections.clear()
        self._local = threading.local()
