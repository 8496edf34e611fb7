"""Opening the database: migrations, damaged files, and several processes at once."""

import sqlite3
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress
from pathlib import Path

import pytest

from rag.errors import DataFolderError
from rag.store import database as database_module
from rag.store.catalog import Catalog
from rag.store.database import IN_MEMORY, Database, Migrations, open_database
from rag.store.migrations import MIGRATIONS
from tests.papers import HERON, PAPERS


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "paperboy.sqlite"


@pytest.fixture
def opened(path: Path) -> Iterator[Database]:
    database = open_database(path, [MIGRATIONS])
    yield database
    database.close()


def write_scripts(folder: Path, *scripts: str) -> Migrations:
    folder.mkdir(exist_ok=True)
    for number, script in enumerate(scripts, start=1):
        (folder / f"{number:04d}_step.sql").write_text(script)
    return Migrations("room", folder)


def tables(database: Database) -> set[str]:
    rows = database.connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
    return {row["name"] for row in rows}


# -- migrations ------------------------------------------------------------------------------


def test_a_migration_runs_once_and_new_ones_follow(path: Path, tmp_path: Path) -> None:
    room = write_scripts(tmp_path / "room", "CREATE TABLE a (x);")
    open_database(path, [room]).close()
    write_scripts(tmp_path / "room", "CREATE TABLE a (x);", "CREATE TABLE b (x);")
    with closing(open_database(path, [room])) as database:
        assert tables(database) >= {"a", "b"}
        assert database.is_current([room])


def test_rooms_are_migrated_apart(path: Path, tmp_path: Path) -> None:
    first = write_scripts(tmp_path / "first", "CREATE TABLE a (x);")
    open_database(path, [first]).close()
    write_scripts(tmp_path / "second", "CREATE TABLE b (x);")
    second = Migrations("another", tmp_path / "second")
    with closing(open_database(path, [first, second])) as database:
        assert tables(database) >= {"a", "b"}


def test_a_failed_migration_leaves_nothing_behind(path: Path, tmp_path: Path) -> None:
    room = write_scripts(tmp_path / "room", "CREATE TABLE a (x); CREATE TABLE a (x);")
    with closing(Database(path)) as database:
        with pytest.raises(sqlite3.OperationalError):
            database.migrate([room])
        assert "a" not in tables(database)


# -- files that cannot be used ---------------------------------------------------------------


def test_a_file_of_a_newer_version_is_refused(path: Path, opened: Database) -> None:
    opened.connection.execute("UPDATE schema_version SET number = 99")
    with pytest.raises(DataFolderError, match="newer Paperboy"):
        open_database(path, [MIGRATIONS])


def test_a_file_that_is_not_a_database_is_refused(path: Path) -> None:
    path.write_text("this is not a database, and long enough to be read as one" * 50)
    with pytest.raises(DataFolderError, match=r"not a database.*--data-dir"):
        open_database(path, [MIGRATIONS])


def test_a_damaged_first_page_is_refused(path: Path) -> None:
    open_database(path, [MIGRATIONS]).close()
    data = path.read_bytes()
    path.write_bytes(b"SQLite format 3\0" + b"\xff" * 4000 + data[4016:])
    with pytest.raises(DataFolderError, match="is damaged"):
        open_database(path, [MIGRATIONS])


def test_a_locked_new_file_is_reported_as_busy(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database_module, "BUSY_SECONDS", 0.05)
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        with pytest.raises(DataFolderError, match="busy: another program writes"):
            open_database(path, [MIGRATIONS])


def test_reading_works_while_another_connection_writes(path: Path, opened: Database) -> None:
    Catalog(opened).upsert(PAPERS)
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        other.execute("DELETE FROM papers")
        with closing(open_database(path, [MIGRATIONS])) as reader:
            assert Catalog(reader).coverage().papers == len(PAPERS)


def test_a_migration_that_takes_too_long_is_reported(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database_module, "MIGRATION_SECONDS", 0.05)
    with (
        database_module._opening(path),
        pytest.raises(DataFolderError, match="another process has been preparing"),
    ):
        open_database(path, [MIGRATIONS])


# -- transactions and threads ----------------------------------------------------------------


def test_a_failed_transaction_changes_nothing(opened: Database) -> None:
    insert = "INSERT INTO stale_chunks VALUES ('any', 'x#0')"
    with suppress(ZeroDivisionError), opened.transaction() as db:
        db.execute(insert)
        _ = 1 / 0
    assert opened.connection.execute("SELECT * FROM stale_chunks").fetchall() == []
    with opened.transaction() as db:  # and the connection is usable
        db.execute(insert)


def test_each_thread_has_a_connection_of_its_own(opened: Database) -> None:
    seen = [opened.connection]
    thread = threading.Thread(target=lambda: seen.append(opened.connection))
    thread.start()
    thread.join()
    assert seen[0] is opened.connection
    assert seen[1] is not seen[0]


def test_a_database_in_memory_needs_no_files(tmp_path: Path) -> None:
    with closing(open_database(IN_MEMORY, [MIGRATIONS])) as database:
        Catalog(database).upsert([HERON])
        assert Catalog(database).coverage().papers == 1


# -- several at once -------------------------------------------------------------------------


def test_several_threads_can_open_a_new_file_at_once(tmp_path: Path) -> None:
    for attempt in range(5):
        path = tmp_path / f"{attempt}.sqlite"
        with ThreadPoolExecutor(4) as pool:
            opening = [pool.submit(open_database, path, [MIGRATIONS]) for _ in range(4)]
            catalogs = [Catalog(opened.result()) for opened in opening]
        assert [catalog.coverage().papers for catalog in catalogs] == [0] * 4
        for catalog in catalogs:
            catalog.database.close()
