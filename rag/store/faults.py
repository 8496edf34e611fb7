"""SQLite's faults as sentences: a full disk, a busy, a damaged and an unreachable file differ.

No sentence advises to delete or move a file: it may be all that is left of somebody's data.
"""

import sqlite3
from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar, cast

from rag.errors import DataFolderError

F = TypeVar("F", bound=Callable[..., Any])

# By SQLite's primary result code: https://sqlite.org/rescode.html
_FULL = "the disk that holds {name} is full, so this was not stored: free some space and try again."
_BUSY = "{name} is busy: another program writes to it; try again soon."
_DAMAGED = (
    "{name} is damaged ({error}); it was left as it is: put a backup in its place "
    "(`paperboy doctor` lists those that there are), or give another folder with --data-dir."
)
_UNREACHABLE = (
    "{name} cannot be read or written ({error}): check the data folder's permissions and disk."
)
SENTENCES = {
    sqlite3.SQLITE_FULL: _FULL,
    sqlite3.SQLITE_BUSY: _BUSY,
    sqlite3.SQLITE_LOCKED: _BUSY,
    sqlite3.SQLITE_CORRUPT: _DAMAGED,
    sqlite3.SQLITE_NOTADB: _DAMAGED,
    sqlite3.SQLITE_CANTOPEN: _UNREACHABLE,
    sqlite3.SQLITE_IOERR: _UNREACHABLE,
    sqlite3.SQLITE_PERM: _UNREACHABLE,
    sqlite3.SQLITE_READONLY: _UNREACHABLE,
}


class DatabaseFaultError(DataFolderError, sqlite3.OperationalError):
    """A fault of the file or its disk; also an error of SQLite's, for code that expects one."""

    def __init__(self, sentence: str, code: int) -> None:
        super().__init__(sentence)
        self.code = code

    @property
    def is_busy(self) -> bool:
        """Whether another connection is in the way, so that it is worth trying again."""
        return self.code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)


def damaged(name: str, problem: str) -> DatabaseFaultError:
    """Return the fault of a file whose tables are not those that Paperboy made."""
    return DatabaseFaultError(_DAMAGED.format(name=name, error=problem), sqlite3.SQLITE_CORRUPT)


def explain_fault(error: sqlite3.Error, name: str) -> sqlite3.Error:
    """Return the fault of the file `name` behind an error; other errors unchanged."""
    code = getattr(error, "sqlite_errorcode", None) or 0
    sentence = SENTENCES.get(code & 0xFF)  # the other bits say more than is needed
    if isinstance(error, DatabaseFaultError):
        return error
    if str(error).startswith("no such table: ") and "keyword_" not in str(error):
        return damaged(name, str(error))
    if sentence is None:
        return error
    return DatabaseFaultError(sentence.format(name=name, error=error), code & 0xFF)


def _explained(method: F) -> F:
    @wraps(method)
    def explained(self: sqlite3.Cursor, *arguments: Any) -> Any:
        try:
            return method(self, *arguments)
        except sqlite3.Error as error:
            fault = explain_fault(error, getattr(self.connection, "name", "the database"))
            if fault is error:
                raise
            raise fault from error

    return cast("F", explained)


class ExplainingCursor(sqlite3.Cursor):
    """Raises DatabaseFaultError for every fault, also one that shows while rows are read."""

    execute = _explained(sqlite3.Cursor.execute)
    executemany = _explained(sqlite3.Cursor.executemany)
    executescript = _explained(sqlite3.Cursor.executescript)
    fetchone = _explained(sqlite3.Cursor.fetchone)
    fetchmany = _explained(sqlite3.Cursor.fetchmany)
    fetchall = _explained(sqlite3.Cursor.fetchall)
    __next__ = _explained(sqlite3.Cursor.__next__)


class ExplainingConnection(sqlite3.Connection):
    """A connection whose faults are sentences; `name` is the file's name in them."""

    name = "the database"

    def execute(self, *arguments: Any) -> sqlite3.Cursor:
        """Execute one statement."""
        return self.cursor(ExplainingCursor).execute(*arguments)

    def executemany(self, *arguments: Any) -> sqlite3.Cursor:
        """Execute a statement once for each tuple of values."""
        return self.cursor(ExplainingCursor).executemany(*arguments)

    def executescript(self, *arguments: Any) -> sqlite3.Cursor:
        """Execute several statements."""
        return self.cursor(ExplainingCursor).executescript(*arguments)
