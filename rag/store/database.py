"""SQLite connections, and numbered migrations."""

import re
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.resources.abc import Traversable
from pathlib import Path

from filelock import FileLock, Timeout

from rag.errors import DataFolderError
from rag.store.backups import back_up, remove_old_backups
from rag.store.faults import DatabaseFaultError, ExplainingConnection, damaged, explain_fault
from rag.store.private_files import PRIVATE_FILE
from rag.text.words import fold

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


def open_database(
    path: Path,
    migrations: Sequence[Migrations],
    *,
    prepare: Callable[["Database"], None] = lambda _: None,
) -> "Database":
    """Return the database with every migration applied; an older file is backed up before.

    `prepare` brings what is stored up to date. One process opens a file at a time; the others wait
    for it. Raises DataFolderError if the file cannot be used, was written by a newer version, or
    stays busy.
    """
    database = Database(path)
    try:
        with _opening(path):
            _retry_while_busy(lambda: _bring_up_to_date(database, migrations))
            prepare(database)
            remove_old_backups(path)
    except BaseException:
        database.close()
        raise
    return database


def _bring_up_to_date(database: "Database", migrations: Sequence[Migrations]) -> None:
    if database.has_lost_version():
        raise damaged(database.path.name, "its tables have no version")
    if not database.is_current(migrations):
        if database.path != IN_MEMORY and database.is_in_use():
            back_up(database.path)
        database.migrate(migrations)


def _retry_while_busy(action: Callable[[], None]) -> None:
    """Run the action again while another connection is in the way, up to BUSY_SECONDS.

    SQLite itself does not wait for some locks, such as that of a file that changes to WAL mode.
    """
    ends_at = time.monotonic() + BUSY_SECONDS
    while True:
        try:
            return action()
        except DatabaseFaultError as error:
            if not error.is_busy or time.monotonic() > ends_at:
                raise
        time.sleep(0.05)


@contextmanager
def _opening(path: Path) -> Iterator[None]:
    """Hold the lock for opening this file, which is created for its owner alone."""
    if path == IN_MEMORY:
        yield
        return
    with preparing(path):
        if not path.exists():
            path.touch(mode=PRIVATE_FILE)  # SQLite gives its other files the same mode
        yield


@contextmanager
def preparing(path: Path) -> Iterator[None]:
    """Hold the lock without which nobody creates or migrates this file. Raises DataFolderError."""
    try:
        with FileLock(
            path.with_suffix(".migration.lock"), timeout=MIGRATION_SECONDS, mode=PRIVATE_FILE
        ):
            yield
    except Timeout as error:
        raise DataFolderError(
            f"another process has been preparing {path} for {MIGRATION_SECONDS:.0f} seconds: "
            "wait until it is done, or stop it."
        ) from error
    except OSError as error:
        raise DataFolderError(
            f"{path} cannot be prepared ({error.strerror}): check its folder's permissions and "
            "disk, or give another folder with --data-dir."
        ) from error


def _decode(stored: bytes) -> str:
    """Return stored text; a damaged byte becomes U+FFFD, so that the row can still be read."""
    return stored.decode("utf-8", "replace")


def _fold(stored: object) -> str:
    """Return a stored text folded, for SQL, which passes it as a BLOB: it may be damaged."""
    return fold(_decode(stored)) if isinstance(stored, bytes) else ""


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
        try:
            connection = sqlite3.connect(
                self.path, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False,
                factory=ExplainingConnection,
            )  # fmt: skip
        except sqlite3.Error as error:
            raise explain_fault(error, self.path.name) from error
        connection.name = self.path.name
        connection.row_factory = sqlite3.Row
        connection.text_factory = _decode
        connection.create_function("fold", 1, _fold, deterministic=True)
        try:
            connection.execute("PRAGMA synchronous = NORMAL")
            connection.execute("PRAGMA foreign_keys = ON")
            connection.execute("PRAGMA secure_delete = ON")  # deleted data leaves the file
        except BaseException:
            connection.close()
            raise
        with self._lock:
            self._connections.append(connection)
        return connection

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """Commit everything written inside together, or roll all of it back on an exception."""
        connection = self.connection
        connection.execute("BEGIN IMMEDIATE")
        try:
            yield connection
            connection.execute("COMMIT")
        except BaseException:
            if connection.in_transaction:  # SQLite ends it itself after some faults
                connection.execute("ROLLBACK")
            raise

    def is_current(self, migrations: Sequence[Migrations]) -> bool:
        """Return whether every migration is applied. Raises DataFolderError for a newer file."""
        mode = self.connection.execute("PRAGMA journal_mode").fetchone()[0]
        if mode != "wal" or not self.is_in_use():
            return False
        return all(self._version(room.room) >= self._newest(room) for room in migrations)

    def is_in_use(self) -> bool:
        """Return whether the file has tables of Paperboy's."""
        return self.has_table("schema_version")

    def has_lost_version(self) -> bool:
        """Return whether there are tables, but no version of any: none of them was ever alone."""
        query = (
            "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name != 'schema_version' "
            "AND name NOT LIKE 'sqlite_%'"
        )
        if not self.connection.execute(query).fetchone():
            return False
        if not self.is_in_use():
            return True
        return not self.connection.execute("SELECT 1 FROM schema_version").fetchone()

    def has_table(self, name: str) -> bool:
        """Return whether there is a table of this name."""
        query = "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = ?"
        return bool(self.connection.execute(query, (name,)).fetchone())

    def migrate(self, migrations: Sequence[Migrations]) -> None:
        """Apply the migrations that this file lacks. Raises DataFolderError for a newer file."""
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

    def find_damage(self) -> str:
        """Read every page; return what is wrong with the first damaged one, or ""."""
        first = self.connection.execute("PRAGMA quick_check(1)").fetchone()[0]
        return "" if first == "ok" else str(first)

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
        if row and not isinstance(row["number"], int):
            raise damaged(self.path.name, f"no version of {room}")
        return row["number"] if row else 0

    def _apply(self, room: str, number: int, script: str) -> None:
        """Run one script and store its number in the same transaction."""
        store_number = f"INSERT OR REPLACE INTO schema_version VALUES ('{room}', {number});"
        try:
            self.connection.executescript(f"BEGIN IMMEDIATE;\n{script}\n{store_number}\nCOMMIT;")
        except sqlite3.Error as error:
            if self.connection.in_transaction:
                self.connection.execute("ROLLBACK")
            if isinstance(error, DatabaseFaultError):
                raise
            raise damaged(self.path.name, str(error)) from error  # not the tables it should have

    def close(self) -> None:
        """Close every thread's connection."""
        with self._lock:
            for connection in self._connections:
                connection.close()
            self._connections.clear()
        self._local = threading.local()
