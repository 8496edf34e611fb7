"""SQLite connections and the runner of numbered migrations."""

import re
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.resources.abc import Traversable
from pathlib import Path

from rag.errors import DataFolderError

BUSY_SECONDS = 10.0  # how long a writer waits for another one


class Database:
    """One SQLite file in WAL mode; each thread gets a connection of its own.

    Readers never wait, so the papers can be listed beside a running bot.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._local = threading.local()
        self._open: list[sqlite3.Connection] = []
        self._guard = threading.Lock()

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
                self.path, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False
            )
            connection.row_factory = sqlite3.Row
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA synchronous = NORMAL")
            connection.execute("PRAGMA foreign_keys = ON")
            connection.execute("PRAGMA secure_delete = ON")  # what is forgotten leaves the file
        except sqlite3.DatabaseError as error:
            raise DataFolderError(
                f"{self.path} cannot be used ({error}): give another folder with --data-dir, "
                "or move that file away to start afresh."
            ) from error
        with self._guard:
            self._open.append(connection)
        return connection

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """Everything inside is written together or not at all."""
        connection = self.connection
        connection.execute("BEGIN IMMEDIATE")
        try:
            yield connection
        except BaseException:
            connection.execute("ROLLBACK")
            raise
        connection.execute("COMMIT")

    def migrate(self, room: str, folder: Traversable) -> None:
        """Apply the room's `0001_*.sql`, `0002_*.sql` … that this file has not seen.

        Raises DataFolderError where the file was written by a newer version.
        """
        steps = sorted(
            (int(match[1]), entry)
            for entry in folder.iterdir()
            if (match := re.fullmatch(r"(\d{4})_\w+\.sql", entry.name))
        )
        self.connection.execute(
            "CREATE TABLE IF NOT EXISTS schema_version (room TEXT PRIMARY KEY, number INTEGER)"
        )
        version = self._version(room)
        if steps and version > steps[-1][0]:
            raise DataFolderError(
                f"{self.path} was written by a newer Paperboy (version {version} of {room}): "
                "update Paperboy, or give another folder with --data-dir."
            )
        for number, entry in steps:
            if number > version:
                self._apply(room, number, entry.read_text(encoding="utf-8"))

    def _version(self, room: str) -> int:
        row = self.connection.execute(
            "SELECT number FROM schema_version WHERE room = ?", (room,)
        ).fetchone()
        return row["number"] if row else 0

    def _apply(self, room: str, number: int, script: str) -> None:
        """Run one script and note its number in the same transaction."""
        note = f"INSERT OR REPLACE INTO schema_version VALUES ('{room}', {number});"
        try:
            self.connection.executescript(f"BEGIN IMMEDIATE;\n{script}\n{note}\nCOMMIT;")
        except sqlite3.Error:
            if self.connection.in_transaction:
                self.connection.execute("ROLLBACK")
            if self._version(room) < number:  # else another process was quicker
                raise

    def close(self) -> None:
        """Close every thread's connection."""
        with self._guard:
            for connection in self._open:
                connection.close()
            self._open.clear()
        self._local = threading.local()
