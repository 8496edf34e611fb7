"""A backup made while others write is the same elsewhere; what is no backup is refused."""

import gzip
import io
import json
import os
import shutil
import sqlite3
import tarfile
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from bot.app import MIGRATIONS, open_library
from bot.conversation.store import ConversationStore
from bot.subscriptions.outbox import Outbox
from bot.subscriptions.records import Rhythm, Subscription
from bot.subscriptions.store import SubscriptionStore
from ingest.sync import ingest
from rag import backup as backup_module
from rag.backup import PART, back_up, restore
from rag.config import RagConfig
from rag.errors import BackupError, DataFolderError, IndexInUseError
from rag.library import Library
from rag.pipeline import PaperQA
from rag.records import Turn
from rag.store.archive import UNREADABLE, read_manifest
from tests.papers import PAPERS, QUESTION, TODAY, ListSource, many

ROOT = Path(__file__).parents[2]
NOW = datetime(2025, 12, 8, 9, tzinfo=UTC)


@pytest.fixture(scope="module")
def made(sample_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A backup of the sample papers; not to be changed."""
    file = tmp_path_factory.mktemp("backup") / "paperboy.tar.gz"
    back_up(sample_folder, file)
    return file


def tables_of(folder: Path) -> dict[str, list[Any]]:
    """Return every row of every table."""
    with closing(sqlite3.connect(folder / "paperboy.sqlite")) as db:
        names = [row[0] for row in db.execute("SELECT name FROM sqlite_master WHERE rootpage > 0 "
                                              "AND type = 'table'")]  # fmt: skip
        return {name: sorted(map(repr, db.execute(f"SELECT * FROM {name}"))) for name in names}


def answers_of(library: Library, questions: list[str]) -> list[tuple[Any, ...]]:
    qa = PaperQA(library, RagConfig(), today=lambda: TODAY)
    answers = [qa.ask(question) for question in questions]
    return [(a.text, a.citations, [hit.paper.paper_id for hit in a.hits]) for a in answers]


def converse(library: Library, numbers: Iterator[int]) -> None:
    """Store a turn and a subscription with its outbox, as the bot does."""
    database, number = library.catalog.database, next(numbers)
    ConversationStore(database).remember(
        number, channel_id=2, user_id=number, turn=Turn(question=f"question {number}", cited=()),
        earlier=None, guild_id=4,
    )  # fmt: skip
    store = SubscriptionStore(database)
    subscription = Subscription(kind="channel", target=str(number), rhythm=Rhythm())
    added = store.add(subscription, NOW)
    Outbox(database, store).add_extra(added.id, NOW)


# -- a backup is what was there ----------------------------------------------------------------


def test_a_restored_folder_has_the_same_rows_and_gives_the_same_answers(
    filled: Library, tmp_path: Path, make_library: Callable[..., Library]
) -> None:
    converse(filled, iter([1]))
    questions = [QUESTION, "what keeps one token in eight?", "how many papers?", "tea in Lisbon?"]
    before = answers_of(filled, questions)
    back_up(filled.folder, tmp_path / "b.tar.gz")
    restore(tmp_path / "b.tar.gz", tmp_path / "new", MIGRATIONS)
    assert tables_of(tmp_path / "new") == tables_of(filled.folder)
    restored = make_library(tmp_path / "new")
    assert answers_of(restored, questions) == before
    assert restored.index.vectors.counts() == filled.index.vectors.counts()
    outbox = Outbox(restored.catalog.database, SubscriptionStore(restored.catalog.database))
    assert outbox.waiting() == {"pending": 1, "sending": 0}


def test_a_backup_under_load_is_of_one_instant_and_nothing_acknowledged_is_missing(
    filled: Library, tmp_path: Path, make_library: Callable[..., Library]
) -> None:
    stopped, numbers, read = threading.Event(), iter(range(1, 10**6)), [0]

    def until_stopped(work: Callable[[], object]) -> None:
        while not stopped.is_set():
            work()

    def write() -> None:
        if read[0] < 120:
            ingest(ListSource(many(read[0] + 10)[read[0] :]), filled)
            read[0] += 10

    qa = PaperQA(filled, RagConfig(), today=lambda: TODAY)
    with ThreadPoolExecutor(3) as pool:
        work = [
            pool.submit(until_stopped, one)
            for one in (write, lambda: qa.ask(QUESTION), lambda: converse(filled, numbers))
        ]
        try:
            for n in range(4):
                stopped.wait(0.1)
                acknowledged = len(PAPERS) + read[0]
                manifest = back_up(filled.folder, tmp_path / f"{n}.tar.gz")
                assert manifest.papers >= acknowledged
        finally:
            stopped.set()
        for one in work:
            one.result()
    for n in range(4):
        restore(tmp_path / f"{n}.tar.gz", tmp_path / str(n), MIGRATIONS)
        rows = {name: len(found) for name, found in tables_of(tmp_path / str(n)).items()}
        # What one transaction writes is there as a whole.
        assert rows["papers"] == rows["keyword_index_docsize"]
        assert rows["conversations"] - rows["subscriptions"] in (0, 1)
        assert rows["subscriptions"] - rows["outbox"] in (0, 1)
        with closing(sqlite3.connect(tmp_path / str(n) / "paperboy.sqlite")) as db:
            assert db.execute("PRAGMA foreign_key_check").fetchall() == []
    assert read[0] > 0
    restored = make_library(tmp_path / "3")
    assert answers_of(restored, [QUESTION])[0][1][0].paper == PAPERS[0]


def test_an_older_folder_is_backed_up_as_it_is_and_migrated_when_it_is_opened(
    tmp_path: Path, make_library: Callable[..., Library]
) -> None:
    with tarfile.open(ROOT / "tests/fixtures/old_data_folder.tar.xz") as archive:
        archive.extractall(tmp_path, filter="data")
    before = tables_of(tmp_path / "data")
    back_up(tmp_path / "data", tmp_path / "b.tar.gz")
    assert tables_of(tmp_path / "data") == before
    restore(tmp_path / "b.tar.gz", tmp_path / "new", MIGRATIONS)
    assert tables_of(tmp_path / "new") == before
    assert make_library(tmp_path / "new").catalog.coverage().papers == len(before["papers"])


def test_the_file_holds_the_database_alone_for_its_owner_alone(made: Path) -> None:
    assert made.stat().st_mode & 0o777 == 0o600
    assert [path.name for path in made.parent.iterdir()] == [made.name]
    with tarfile.open(made) as archive:  # others can read it as well
        assert archive.getnames() == ["manifest.json", "paperboy.sqlite"]
        assert {member.mode for member in archive} == {0o600}


def test_an_earlier_backup_is_replaced_by_a_complete_one_only(
    filled: Library, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "b.tar.gz"
    back_up(filled.folder, file)
    first = file.read_bytes()

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(backup_module, "write_archive", full)
        with pytest.raises(BackupError, match=r"b.tar.gz cannot be written \(No space left"):
            back_up(filled.folder, file)
    assert file.read_bytes() == first
    ingest(ListSource(many(2)), filled)
    assert back_up(filled.folder, file).papers == len(PAPERS) + 2
    assert read_manifest(file).papers == len(PAPERS) + 2
    assert sorted(path.name for path in tmp_path.iterdir()) == ["b.tar.gz", "data"]


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("", r"is a folder: name a file in it, like .*/paperboy\.tar\.gz\."),
        ("none/b.tar.gz", "there is no folder .*none: create it"),
        ("data/b.tar.gz", "is in the data folder and would be lost with it"),
        ("data/chroma/../b", "is in the data folder"),
        ("notes.txt", "exists and is no backup that could be replaced: name another"),
    ],
)
def test_a_file_that_cannot_or_should_not_be_written_is_refused(
    sample_folder: Path, tmp_path: Path, name: str, message: str
) -> None:
    shutil.copytree(sample_folder, tmp_path / "data")
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(BackupError, match=message):
        back_up(tmp_path / "data", tmp_path / name)
    assert (tmp_path / "notes.txt").read_text() == "mine"


def test_without_a_database_there_is_nothing_to_back_up(tmp_path: Path) -> None:
    with pytest.raises(BackupError, match=r"nothing to back up in .*none: check --data-dir"):
        back_up(tmp_path / "none", tmp_path / "b.tar.gz")
    assert list(tmp_path.iterdir()) == []


def test_a_damaged_database_replaces_no_good_backup(sample_folder: Path, tmp_path: Path) -> None:
    folder, file = tmp_path / "data", tmp_path / "b.tar.gz"
    shutil.copytree(sample_folder, folder)
    back_up(folder, file)
    with closing(sqlite3.connect(folder / "paperboy.sqlite")) as database:
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    data = bytearray((folder / "paperboy.sqlite").read_bytes())
    data[20_000:200_000] = os.urandom(180_000)
    (folder / "paperboy.sqlite").write_bytes(data)
    before = file.read_bytes()
    with pytest.raises(DataFolderError, match=r"paperboy\.sqlite is damaged"):
        back_up(folder, file)
    assert file.read_bytes() == before


# -- what is no backup is not restored ---------------------------------------------------------


def archive_of(*files: tuple[str, bytes], kind: bytes = tarfile.REGTYPE, end: bytes = b"") -> bytes:
    """Return a compressed tar archive of these files."""
    plain = io.BytesIO()
    with tarfile.open(fileobj=plain, mode="w") as archive:
        for name, content in files:
            info = tarfile.TarInfo(name)
            info.size, info.type = len(content), kind
            archive.addfile(info, io.BytesIO(content))
    return gzip.compress(plain.getvalue() + end)


def parts_of(made: Path) -> tuple[dict[str, Any], bytes]:
    with tarfile.open(made) as archive:
        manifest, database = (archive.extractfile(name) for name in archive.getnames())
        assert manifest
        assert database
        return json.loads(manifest.read()), database.read()


def rebuilt(made: Path, *, end: bytes = b"", **changes: Any) -> bytes:
    """Return the backup with another manifest."""
    manifest, database = parts_of(made)
    text = json.dumps(manifest | changes).encode()
    return archive_of(("manifest.json", text), ("paperboy.sqlite", database), end=end)


FOREIGN = "is no backup of Paperboy, or damaged: name a file"


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda made: b"", FOREIGN),
        (lambda made: b"\x1f\x8b" + os.urandom(500), FOREIGN),
        (lambda made: archive_of(("holiday.jpg", b"beach")), FOREIGN),
        (lambda made: archive_of(("manifest.json", b"[" * 50_000)), FOREIGN),
        (lambda made: archive_of(("manifest.json", b" " * 200_000)), FOREIGN),
        (lambda made: archive_of(("manifest.json", b""), kind=tarfile.SYMTYPE), FOREIGN),
        (lambda made: gzip.compress(bytes(10**6)), FOREIGN),
        (lambda made: rebuilt(made, kind="another program's"), FOREIGN),
        (lambda made: rebuilt(made, sha256="../../x"), FOREIGN),
        (lambda made: rebuilt(made, versions={"rag": "x"}), FOREIGN),
        (lambda made: parts_of(made)[1], "is a database without a manifest: copy it into an empty"),
        (lambda made: rebuilt(made, format=2), r"by a newer Paperboy \(backups of format 2\)"),
        (lambda made: rebuilt(made, versions={"rag": 99}), r"newer Paperboy \(version 99 of rag\)"),
        (lambda made: rebuilt(made, versions={"web": 1}), r"newer Paperboy \(version 1 of web\)"),
        (lambda made: rebuilt(made, sha256="0" * 64), r"is damaged \(its sha256 is another one\)"),
        (lambda made: rebuilt(made, bytes=4096), r"damaged \(its database has another size\)"),
        (lambda made: rebuilt(made, end=b"x"), r"is damaged \(something follows its last file\)"),
        (lambda made: made.read_bytes()[:-20_000], r"is damaged \(.*\): restore another backup"),
        (lambda made: made.read_bytes()[:-6], r"is damaged \(.*\): restore another backup"),
        (lambda made: made.read_bytes()[:-8] + b"xxxxxxxx", r"is damaged \(CRC check failed"),
    ],
)
def test_a_foreign_a_damaged_and_a_newer_file_are_refused(
    made: Path, tmp_path: Path, make: Callable[[Path], bytes], message: str
) -> None:
    file, folder = tmp_path / "b.tar.gz", tmp_path / "new"
    file.write_bytes(make(made))
    with pytest.raises(BackupError, match=message) as caught:
        restore(file, folder, MIGRATIONS)
    assert str(caught.value).endswith(".")
    assert ": " in str(caught.value)
    left = {path.name for path in folder.iterdir()} if folder.exists() else set()
    assert left <= {"index.lock", "index.owner", "paperboy.migration.lock"}
    restore(made, folder, MIGRATIONS)  # the same folder still takes a good one


@pytest.mark.parametrize("seed", range(30))
def test_no_change_of_what_is_read_goes_unnoticed(made: Path, tmp_path: Path, seed: int) -> None:
    data = bytearray(made.read_bytes())
    place = 10 + seed * (len(data) - 11) // 29  # after gzip's header, which says nothing of it
    data[place] ^= 1 << seed % 8
    (tmp_path / "b").write_bytes(data)
    try:  # a few bits of a compressed file mean nothing
        is_same = gzip.decompress(data) == gzip.decompress(made.read_bytes())
    except UNREADABLE:
        is_same = False
    if is_same:
        restore(tmp_path / "b", tmp_path / "new", MIGRATIONS)
        return
    with pytest.raises(BackupError, match="damaged"):
        restore(tmp_path / "b", tmp_path / "new", MIGRATIONS)
    assert not (tmp_path / "new" / "paperboy.sqlite").exists()


def test_a_database_of_a_newer_version_than_its_manifest_says_is_refused(
    sample_folder: Path, tmp_path: Path, made: Path
) -> None:
    folder, file = tmp_path / "data", tmp_path / "b"
    shutil.copytree(sample_folder, folder)
    with closing(sqlite3.connect(folder / "paperboy.sqlite")) as database, database:
        database.execute("UPDATE schema_version SET number = 99 WHERE room = 'bot'")
    back_up(folder, file)
    file.write_bytes(rebuilt(file, versions=read_manifest(made).versions))
    with pytest.raises(BackupError, match=r"newer Paperboy \(version 99 of bot\)"):
        restore(file, tmp_path / "new", MIGRATIONS)


@pytest.mark.parametrize("name", ["none.tar.gz", ""])
def test_a_file_that_is_not_there_is_told(tmp_path: Path, name: str) -> None:
    with pytest.raises(BackupError, match=r"(does not exist|is no file): name a file that"):
        restore(tmp_path / name, tmp_path / "new", MIGRATIONS)


# -- where a backup is not restored to ---------------------------------------------------------


def test_a_folder_in_use_is_not_restored_into(filled: Library, made: Path) -> None:
    filled.lock_index()
    before = tables_of(filled.folder)
    with pytest.raises(IndexInUseError, match=r"in use by `paperboy` \(process \d+\): stop it"):
        restore(made, filled.folder, MIGRATIONS)
    assert tables_of(filled.folder) == before


@pytest.mark.parametrize("name", ["paperboy.sqlite", "chroma", "letters"])
def test_a_folder_that_is_not_empty_stays_as_it_is(made: Path, tmp_path: Path, name: str) -> None:
    folder = tmp_path / "home"
    folder.mkdir(mode=0o755)
    (folder / name).write_text("mine")
    with pytest.raises(BackupError, match=rf"is not empty \({name}\): give an empty or a new"):
        restore(made, folder, MIGRATIONS)
    assert [path.name for path in folder.iterdir()] == [name]
    assert (folder / name).read_text() == "mine"
    assert folder.stat().st_mode & 0o777 == 0o755


def test_what_a_killed_restore_left_is_no_obstacle(made: Path, tmp_path: Path) -> None:
    folder = tmp_path / "new"
    (folder / "models").mkdir(parents=True)
    (folder / PART).write_text("half")
    (folder / "index.lock").touch()
    restore(made, folder, MIGRATIONS)
    assert not (folder / PART).exists()
    open_library(folder, RagConfig()).close()


def test_a_disk_without_room_is_told_before_anything_is_written(
    made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = shutil.disk_usage(tmp_path)._replace(free=1_000_000)
    monkeypatch.setattr("shutil.disk_usage", lambda path: usage)
    with pytest.raises(BackupError, match=r"has room for 1 MB, and \d+ MB are needed: free some"):
        restore(made, tmp_path / "new", MIGRATIONS)
    assert not (tmp_path / "new" / "paperboy.sqlite").exists()
