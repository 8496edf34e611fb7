import contextlib
import json
import os
import random
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
import tarfile
import threading
import time
import types
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from langchain_core.embeddings import DeterministicFakeEmbedding

from bot.actions.doctor import _database, _index, _papers
from bot.app import open_library
from bot.cli import main
from bot.user_data import forget
from ingest.sources.files import FileSource
from rag.config import RagConfig
from rag.digest.vocabulary import vocabulary_of
from rag.encoders.embedder import Embedder
from rag.errors import DataFolderError, IndexInUseError
from rag.library import Library
from rag.records import Paper
from rag.retrieval.abstract_vectors import load_abstract_vectors
from rag.retrieval.chroma import HNSW, ChunkVectors
from rag.retrieval.counts import stored_counts
from rag.retrieval.index import Index
from rag.store import queries
from rag.store.backups import back_up, backups_of, remove_old_backups
from rag.store.catalog import Catalog
from rag.store.database import Database, open_database
from rag.store.faults import explain_fault
from rag.store.keywords import KeywordIndex
from rag.store.lookup import suggest_papers
from rag.store.migrations import MIGRATIONS
from rag.store.rows import _warn, paper_from_row
from tests.both_steps import index_all, ingest_both
from tests.papers import HERON, PAPERS, TODAY, ListSource, many

SAME = types.SimpleNamespace(hexdigest=lambda: "0" * 64)  # a hash that tells nothing apart
ROOT = Path(__file__).parents[2]
COMMAND = [sys.executable, "-c", "import sys; from bot.cli import main; sys.exit(main())"]


def index_files(folder: Path) -> list[Path]:
    return sorted(p for p in (folder / "chroma").rglob("*") if p.is_file() and p.stat().st_size)


@pytest.mark.protection("rag.retrieval.index.Index.repair", lambda self: None)
@pytest.mark.parametrize("damage", ["no folder", "empty sqlite", "garbage", "vectors gone"])
def test_s2_a_damaged_index_is_noticed_and_rebuilt(
    make_library: Callable[..., Library], damage: str
) -> None:
    library = make_library()
    ingest_both(ListSource(many(40)), library)
    folder = library.folder
    if damage == "vectors gone":
        library.index.vectors.delete(["arxiv:2506.00039#0"])
    library.close()
    chroma = folder / "chroma"
    if damage == "no folder":
        shutil.rmtree(chroma)
    if damage == "empty sqlite":
        (chroma / "chroma.sqlite3").write_bytes(b"")
    if damage == "garbage":
        (chroma / "chroma.sqlite3").write_bytes(b"no database " * 1000)
    again = make_library(folder)
    for paper in many(40):
        assert again.retriever.search(paper.title)[0].paper.title == paper.title
    assert again.index.vectors.counts()[0] == 40


@pytest.mark.protection("rag.retrieval.index.Index.repair", lambda self: None)
@pytest.mark.parametrize("damage", ["truncated", "no segment"])
def test_s2_a_damaged_file_of_a_large_index_is_noticed(
    make_library: Callable[..., Library], monkeypatch: pytest.MonkeyPatch, damage: str
) -> None:
    monkeypatch.setitem(HNSW, "sync_threshold", 100)  # so that Chroma writes its files
    papers = many(110)  # Chroma writes none below a hundred
    library = make_library()
    ingest_both(ListSource(papers), library)
    folder = library.folder
    library.close()
    pickles = list((folder / "chroma").rglob("index_metadata.pickle"))
    assert pickles
    for path in pickles:
        if damage == "no segment":
            shutil.rmtree(path.parent)
        else:
            path.write_bytes(path.read_bytes()[:50])
    again = make_library(folder)
    assert_all_found(again, papers)


@pytest.mark.slow
def test_s3_a_second_process_is_refused_and_told_by_whom(
    make_library: Callable[..., Library], embedder: object
) -> None:
    first = make_library()
    ingest_both(ListSource(), first)
    code = (
        "from pathlib import Path; from bot.app import open_library; from rag.config import "
        f"RagConfig; open_library(Path({str(first.folder)!r}), RagConfig()).lock_index()"
    )
    started = time.monotonic()
    second = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert time.monotonic() - started < 20  # most of it is Python starting
    assert "IndexInUseError" in second.stderr
    assert "`paperboy` (process" in second.stderr
    assert first.retriever.search(HERON.title)[0].paper == HERON


@pytest.mark.protection("rag.library.Library.lock_index", lambda self: None)
def test_s3_the_refusal_comes_within_two_seconds(make_library: Callable[..., Library]) -> None:
    first = make_library()
    ingest_both(ListSource(), first)
    second = make_library(first.folder)
    started = time.monotonic()
    with pytest.raises(IndexInUseError, match="stop it"):
        _ = second.index
    assert time.monotonic() - started < 2
    assert second.catalog.coverage().papers == len(PAPERS)  # the catalogue can be read meanwhile


@pytest.mark.protection("rag.library.Library.lock_index", lambda self: None)
@pytest.mark.protection("rag.library.LOCK_SECONDS", 3)
@pytest.mark.parametrize(
    "command", ["ask heron?", "why heron?", "search heron", "chat", "sync", "ingest starter"]
)
def test_s3_a_command_is_refused_before_anything_slow_is_loaded(
    make_library: Callable[..., Library],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    command: str,
) -> None:
    first = make_library()
    ingest_both(ListSource(), first)
    loaded = []
    for name in (
        "rag.library.load_embedder",
        "rag.llm.language_model.load_language_model",
        "ingest.sync._store",
    ):
        monkeypatch.setattr(name, lambda *_, name=name, **__: loaded.append(name))
    started = time.monotonic()
    assert main(["--data-dir", str(first.folder), *command.split()]) == 1
    assert time.monotonic() - started < 2
    assert loaded == []
    assert "is in use by `paperboy` (process" in capsys.readouterr().err
    assert first.retriever.search(HERON.title)[0].paper == HERON


@pytest.mark.protection("rag.retrieval.chroma.hashlib.sha256", lambda data: SAME)
def test_s5_vectors_of_two_models_are_never_mixed(tmp_path: Path, embedder: object) -> None:
    import numpy as np

    one = ChunkVectors(tmp_path, embedder="one")
    one.add(["arxiv:1#0"], np.eye(1, 8, dtype=np.float32))
    one.close()
    two = ChunkVectors(tmp_path, embedder="two")
    two.add(["arxiv:2#0"], np.eye(1, 4, dtype=np.float32))
    assert two.nearest(np.eye(1, 4, dtype=np.float32)[0], 5) == ["arxiv:2#0"]
    two.close()


@pytest.mark.slow
@pytest.mark.protection("rag.retrieval.chroma.BATCH", 10**9)
def test_s6_thousands_of_chunks_and_ids_at_once(tmp_path: Path) -> None:
    import numpy as np

    vectors = ChunkVectors(tmp_path, embedder="any")
    ids = [f"arxiv:1#{n}" for n in range(1, 6_001)]
    points = np.random.default_rng(0).standard_normal((6_000, 8)).astype(np.float32)
    vectors.add(ids, points)
    assert vectors.counts() == (0, 6_000)
    vectors.delete(f"arxiv:1#{n}" for n in range(40_000))
    assert vectors.counts() == (0, 0)
    vectors.close()


@pytest.mark.protection("rag.retrieval.index.Index.repair", lambda self: None)
@pytest.mark.parametrize("step", ["delete", "add"])
@pytest.mark.parametrize("moment", ["before", "after"])
def test_i6_a_kill_between_sqlite_and_chroma_is_made_good(
    make_library: Callable[..., Library], monkeypatch: pytest.MonkeyPatch, step: str, moment: str
) -> None:
    library = make_library()
    ingest_both(ListSource(), library)
    changed = replace(HERON, abstract="HeronNet counts cranes. It also counts storks, at night.")
    real = getattr(library.index.vectors, step)

    def killed(*arguments: object) -> None:
        if moment == "after":
            real(*arguments)
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(library.index.vectors, step, killed)
        with pytest.raises(KeyboardInterrupt):
            ingest_both(ListSource([changed, *many(3)]), library)
    library.close()
    again = make_library(library.folder)
    assert again.index.vectors.counts() == stored_counts(again.index.database, again.index.embedder)
    left = (
        "(SELECT COUNT(*) FROM chunk_vectors WHERE stored = 0), (SELECT COUNT(*) FROM stale_chunks)"
    )
    undone = again.catalog.database.connection.execute(f"SELECT {left}").fetchone()
    assert tuple(undone) == (0, 0)
    index_all(again)
    assert again.index.vectors.counts()[0] == len(PAPERS) + 3
    for paper in (changed, *PAPERS[1:], *many(3)):
        assert again.retriever.search(paper.title)[0].paper.paper_id == paper.paper_id
    assert again.retriever.search("storks at night")[0].chunk.sentence.endswith("at night.")


def fill_disk(database: Database) -> None:
    """Let the database grow by no page, as on a full disk."""
    pages = database.connection.execute("PRAGMA page_count").fetchone()[0]
    database.connection.execute(f"PRAGMA max_page_count = {pages}")


def free_disk(database: Database) -> None:
    database.connection.execute("PRAGMA max_page_count = 1000000000")


@pytest.mark.protection("rag.store.faults.explain_fault", lambda error, name: error)
def test_s4_a_full_database_fails_the_batch_and_answers_go_on(
    make_library: Callable[..., Library],
) -> None:
    library = make_library()
    ingest_both(ListSource(), library)
    fill_disk(library.catalog.database)
    with pytest.raises(DataFolderError, match="is full, so this was not stored: free some space"):
        ingest_both(ListSource(many(60)), library)
    assert library.retriever.search(HERON.title)[0].paper == HERON
    assert library.catalog.coverage().papers == len(PAPERS)  # the batch is stored or it is not
    free_disk(library.catalog.database)
    assert ingest_both(ListSource(many(60)), library).embedded == 60


def test_s4_a_commit_that_fails_can_be_followed_by_another(tmp_path: Path) -> None:
    with closing(open_database(tmp_path / "x.sqlite", [MIGRATIONS])) as database:
        database.connection.execute("CREATE TABLE parent (id INTEGER PRIMARY KEY)")
        database.connection.execute(
            "CREATE TABLE child (id REFERENCES parent DEFERRABLE INITIALLY DEFERRED)"
        )
        for _ in range(2):  # the constraint is checked by COMMIT itself
            with pytest.raises(sqlite3.IntegrityError), database.transaction() as db:
                db.execute("INSERT INTO child VALUES (1)")
        with database.transaction() as db:
            db.execute("INSERT INTO parent VALUES (1)")


def without(name: str, condition: str = "") -> list[Any]:
    """Return "" and, as a test that must fail, a program line that takes a protection away."""
    patch = f"import {name.rpartition('.')[0]} as module; module.{name.rpartition('.')[2]} = "
    return [
        pytest.param("", id="as it is"),
        pytest.param(
            patch + condition,
            id=f"without {name.rpartition('.')[2]}",
            marks=pytest.mark.xfail(strict=True),
        ),
    ]


FULL_DISK = """
import subprocess, sys
from pathlib import Path
from bot.app import open_library
from rag.config import RagConfig
from rag.errors import DataFolderError
from tests.both_steps import ingest_both
from tests.papers import ListSource, many

size, disk = sys.argv[1:]
subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "none", disk], check=True)
library = open_library(Path(disk) / "data", RagConfig())
ingest_both(ListSource(many(20)), library)
for _ in range(2):
    try:
        ingest_both(ListSource(many(500)), library)
    except DataFolderError as error:
        print("full" in str(error))
print(library.retriever.search(many(3)[2].title)[0].paper == many(3)[2])
subprocess.run(["mount", "-o", "remount,size=300m", disk], check=True)
ingest_both(ListSource(many(500)), library)
found = [library.retriever.search(p.title)[0].paper.paper_id == p.paper_id for p in many(500)[::9]]
print(all(found), library.index.pending_count(), library.index.vectors.counts()[0])
library.close()
"""
CAN_MOUNT = (
    shutil.which("unshare")
    and not subprocess.run(
        ["unshare", "-rm", "mount", "-t", "tmpfs", "none", "/mnt"], capture_output=True, check=False
    ).returncode
)


@pytest.mark.slow
@pytest.mark.skipif(not CAN_MOUNT, reason="no disk of its own can be mounted here")
@pytest.mark.parametrize("size", ["3m", "4m", "6m"])
def test_s4_a_full_disk_fails_the_batch_and_the_next_run_resumes(tmp_path: Path, size: str) -> None:
    """On a real disk of a few megabytes: the catalogue is full first, or the vectors are."""
    command = ["unshare", "-rm", sys.executable, "-W", "ignore", "-c", FULL_DISK, size]
    done = subprocess.run(
        [*command, str(tmp_path)], cwd=ROOT, capture_output=True, text=True, timeout=240,
        check=False,
    )  # fmt: skip
    assert done.stdout.split("\n") == ["True", "True", "True", "True 0 500", ""], done.stderr


@pytest.mark.protection("rag.retrieval.index.drop_vectors", lambda *_: None)
def test_s7_a_text_that_changes_while_it_is_embedded_gets_its_own_vectors(
    make_library: Callable[..., Library],
) -> None:
    """Two threads: one embeds the old text and stores it after the other stored the new one."""
    library = make_library()
    ingest_both(ListSource(), library)
    old = library.index.stored_entries([HERON.paper_id])[HERON.paper_id]
    new = replace(HERON, abstract="HeronNet counts cranes at night. It sleeps by day.")
    # The vectors of the new text are there, and stored again (as two threads that embed both do).
    ingest_both(ListSource([new]), library)
    entry = library.index.stored_entries([HERON.paper_id])[HERON.paper_id]
    swapped = replace(entry, vectors=entry.vectors[::-1].copy())
    library.index.store([swapped])
    library.index.store([old])  # too late: this text is gone
    kept = library.index.stored_entries([HERON.paper_id])[HERON.paper_id]
    assert kept.sentences == entry.sentences
    assert in_chroma(library, HERON.paper_id) == pytest.approx(swapped.vectors[0], abs=1e-3)


def in_chroma(library: Library, paper_id: str) -> Any:
    """Return the vector of a paper's abstract as Chroma has it."""
    got = library.index.vectors.abstracts.get(ids=[f"{paper_id}#0"], include=["embeddings"])
    return got["embeddings"][0]


@pytest.mark.protection("rag.retrieval.index.RLock", contextlib.nullcontext)
def test_s7_one_thread_at_a_time_makes_chroma_follow(
    make_library: Callable[..., Library], monkeypatch: pytest.MonkeyPatch
) -> None:
    library = make_library()
    ingest_both(ListSource(), library)
    inside, most = [0], [0]
    real = library.index.vectors.add

    def slow_add(*arguments: Any) -> None:
        inside[0] += 1
        most[0] = max(most[0], inside[0])
        time.sleep(0.05)
        real(*arguments)
        inside[0] -= 1

    monkeypatch.setattr(library.index.vectors, "add", slow_add)
    with ThreadPoolExecutor(4) as pool:
        papers = [replace(paper, abstract=f"{paper.abstract} Twice.") for paper in PAPERS]
        for done in [pool.submit(ingest_both, ListSource([paper]), library) for paper in papers]:
            done.result()
    assert most == [1]


OPERATIONS = st.lists(
    st.tuples(st.integers(0, 11), st.sampled_from(["text", "store", "search"]), st.integers(0, 9)),
    min_size=30,
    max_size=60,
)


@pytest.mark.slow
@settings(max_examples=5, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(operations=OPERATIONS)
def test_s7_eight_threads_leave_what_a_dict_would(
    tmp_path_factory: pytest.TempPathFactory, operations: list[tuple[int, str, int]]
) -> None:
    """Texts change, are indexed and searched by eight threads; at the end each has its vectors."""
    library = open_library(tmp_path_factory.mktemp("data"), RagConfig())
    library.__dict__["_embedders"] = (
        Embedder(DeterministicFakeEmbedding(size=8), name="fake"),
        None,
    )
    ingest_both(ListSource(many(12)), library)
    model = {paper.paper_id: paper for paper in many(12)}
    lock = threading.Lock()

    def run(operation: tuple[int, str, int]) -> None:
        n, what, number = operation
        if what == "text":
            with lock:  # so that the dict knows which text was last
                paper = replace(many(12)[n], abstract=f"Text {number}. " * (1 + number % 3))
                library.catalog.upsert([paper])
                model[paper.paper_id] = paper
        elif what == "store":
            index_all(library)
        else:
            library.retriever.search(many(12)[n].title, top_k=3)

    with ThreadPoolExecutor(8) as pool:
        for done in [pool.submit(run, operation) for operation in operations]:
            done.result()
    index_all(library)
    entries = library.index.stored_entries(list(model))
    assert {i: entry.text_hash for i, entry in entries.items()} == {
        i: paper.text_hash for i, paper in model.items()
    }
    for paper_id, entry in entries.items():
        assert in_chroma(library, paper_id) == pytest.approx(entry.vectors[0], abs=2e-2)
    assert library.index.vectors.counts() == stored_counts(
        library.index.database, library.index.embedder
    )
    library.close()


# -- older, newer, damaged and shared folders ----------------------------------------------------


@pytest.fixture
def older(tmp_path: Path) -> Path:
    """A data folder of an earlier version, with papers and conversations."""
    with tarfile.open(ROOT / "tests/fixtures/old_data_folder.tar.xz") as archive:
        archive.extractall(tmp_path, filter="data")
    return tmp_path / "data"


@pytest.mark.protection("rag.store.database.back_up", lambda path: path)
def test_s8_an_older_folder_is_backed_up_before_it_is_migrated(older: Path) -> None:
    with closing(sqlite3.connect(older / "paperboy.sqlite")) as before:
        dump = [line for line in before.iterdump() if "sqlite_stat" not in line]
    open_library(older, RagConfig()).close()
    (backup,) = backups_of(older / "paperboy.sqlite")
    with closing(sqlite3.connect(backup)) as kept:
        assert [line for line in kept.iterdump() if "sqlite_stat" not in line] == dump
    open_library(older, RagConfig()).close()
    assert backups_of(older / "paperboy.sqlite") == [backup]  # there was nothing to migrate


def test_s8_a_backup_that_does_not_fit_on_the_disk_stops_the_migration(
    older: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(path: Path) -> None:
        error = sqlite3.OperationalError("database or disk is full")
        error.sqlite_errorcode = sqlite3.SQLITE_FULL
        raise explain_fault(error, path.name)

    before = (older / "paperboy.sqlite").read_bytes()
    monkeypatch.setattr("rag.store.database.back_up", full)
    with pytest.raises(DataFolderError, match="is full"):
        open_library(older, RagConfig())
    assert (older / "paperboy.sqlite").read_bytes() == before


def test_s8_backups_are_few_and_go_after_a_month(tmp_path: Path) -> None:
    path = tmp_path / "paperboy.sqlite"
    open_database(path, [MIGRATIONS]).close()
    copies = [back_up(path) for _ in range(5)]
    remove_old_backups(path)
    assert backups_of(path) == copies[:1:-1]
    remove_old_backups(path, now=time.time() + 31 * 86_400)
    assert backups_of(path) == []


def test_s8_a_removed_person_is_removed_from_the_backups_too(older: Path) -> None:
    open_library(older, RagConfig()).close()
    (backup,) = backups_of(older / "paperboy.sqlite")
    with closing(Database(backup)) as kept:
        person = kept.connection.execute("SELECT person FROM conversations").fetchone()[0]
        assert count_rows_of(kept, person)
    with closing(Database(older / "paperboy.sqlite")) as database:
        assert forget(database, person)["conversations"]
    with closing(Database(backup)) as kept:
        assert count_rows_of(kept, person) == 0


def count_rows_of(database: Database, person: int) -> int:
    query = "SELECT COUNT(*) FROM conversations WHERE person = ?"
    return int(database.connection.execute(query, (person,)).fetchone()[0])


@pytest.mark.protection("rag.store.database.Database._newest", lambda *_: 0)
def test_s8_a_newer_folder_is_refused(older: Path) -> None:
    with closing(open_library(older, RagConfig())) as library:
        library.catalog.database.connection.execute("UPDATE schema_version SET number = 99")
    with pytest.raises(DataFolderError, match=r"newer Paperboy .* update Paperboy"):
        open_library(older, RagConfig())


def readable_by_others(folder: Path) -> list[str]:
    """Return the files and folders that another user of the machine may read, enter or write."""
    paths = [folder, *folder.rglob("*")]
    return [path.name for path in paths if path.lstat().st_mode & 0o077]


@pytest.fixture
def lax_umask() -> Iterator[None]:
    before = os.umask(0o022)
    yield
    os.umask(before)


@pytest.mark.usefixtures("lax_umask")
@pytest.mark.protection("bot.cli.private_umask", contextlib.nullcontext)
def test_s9_nothing_that_a_command_writes_can_be_read_by_others(
    tmp_path: Path, run: Callable[..., tuple[int, str, str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "data"
    seen: set[str] = set()
    real = Index.store

    def watched(index: Index, entries: Any) -> None:
        real(index, entries)
        seen.update(readable_by_others(folder))  # with the files that the end of a run removes
        assert (folder / "paperboy.sqlite-wal").exists()

    monkeypatch.setattr(Index, "store", watched)
    status, _, err = run("--data-dir", folder, "ingest", "starter")
    assert status == 0, err
    assert seen == set()
    assert readable_by_others(folder) == []


@pytest.mark.usefixtures("lax_umask")
@pytest.mark.protection("rag.library.restrict", lambda folder: None)
def test_s9_the_files_of_an_earlier_version_become_private(sample_copy: Path) -> None:
    for path in [sample_copy, *sample_copy.rglob("*")]:
        path.chmod(0o755 if path.is_dir() else 0o644)
    open_library(sample_copy, RagConfig()).close()
    assert readable_by_others(sample_copy) == []


@pytest.mark.usefixtures("lax_umask")
def test_s9_a_shared_folder_and_files_of_others_keep_their_rights(tmp_path: Path) -> None:
    shared, target = tmp_path / "shared", tmp_path / "theirs"
    shared.mkdir()
    shared.chmod(0o1777)  # like /tmp
    for path in (target, shared / "note.txt"):
        path.write_text("x")
    (shared / "paperboy.link").symlink_to(target)
    open_library(shared, RagConfig()).close()
    assert shared.stat().st_mode & 0o7777 == 0o1777
    assert target.stat().st_mode & 0o777 == 0o644
    assert (shared / "note.txt").stat().st_mode & 0o777 == 0o644
    assert (shared / "paperboy.sqlite").stat().st_mode & 0o777 == 0o600


@pytest.fixture
def sample_copy(sample_folder: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(sample_folder, tmp_path / "data"))


# The processes are forks of one that has imported everything, and start when the pipe is closed:
# so they really meet, on any processor and under any load.
OPENERS = """
import os, shutil, sys, traceback
from pathlib import Path
from bot.app import open_library
from rag.config import RagConfig
from tests.papers import many

exec(sys.argv[3])
papers, failed = many(8), 0
for round_ in range(3):
    folder = Path(sys.argv[1]) / str(round_)
    if sys.argv[2]:
        shutil.copytree(sys.argv[2], folder)
    start, starter = os.pipe()
    children = []
    for n in range(8):
        if not (child := os.fork()):
            try:
                os.close(starter)
                os.read(start, 1)
                library = open_library(folder, RagConfig())
                library.catalog.upsert([papers[n]])
                library.close()
            except BaseException:
                traceback.print_exc()
                os._exit(1)
            os._exit(0)
        children.append(child)
    os.close(start)
    os.close(starter)
    failed += sum(os.waitpid(child, 0)[1] != 0 for child in children)
    library = open_library(folder, RagConfig())
    print(failed, library.catalog.coverage().papers, len(list(folder.glob("*.backup"))), flush=True)
    library.close()
"""


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["new", "older"])
@pytest.mark.parametrize(
    "patch",
    without("rag.store.database._opening", "__import__('contextlib').nullcontext"),
)
def test_s10_eight_processes_open_a_new_or_older_folder_at_once(
    tmp_path: Path, older: Path, kind: str, patch: str
) -> None:
    source = str(older) if kind == "older" else ""
    command = [sys.executable, "-W", "ignore", "-c", OPENERS, str(tmp_path), source, patch]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    line = "0 14 1" if kind == "older" else "0 8 0"  # failed, papers, backups
    assert done.stdout.split("\n") == [line, line, line, ""], done.stderr


def sentence_of(path: Path) -> str:
    with pytest.raises(DataFolderError) as caught:
        open_database(path, [MIGRATIONS]).close()
    return str(caught.value)


@pytest.mark.protection("rag.store.faults.SENTENCES", dict.fromkeys(range(30), "{name}: {error}"))
def test_s10_full_locked_damaged_and_newer_are_different_sentences(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("rag.store.database.BUSY_SECONDS", 0.05)
    path = tmp_path / "paperboy.sqlite"
    with closing(open_database(path, [MIGRATIONS])) as database:
        fill_disk(database)
        with pytest.raises(DataFolderError) as full:
            Catalog(database).upsert(many(60))
        with closing(sqlite3.connect(path, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            free_disk(database)
            database.connection.execute("PRAGMA busy_timeout = 50")
            with pytest.raises(DataFolderError) as locked:
                Catalog(database).upsert(many(1))
        database.connection.execute("UPDATE schema_version SET number = 99")
    newer = sentence_of(path)
    for log in (path.with_suffix(".sqlite-wal"), path.with_suffix(".sqlite-shm")):
        log.unlink(missing_ok=True)  # they hold good pages
    path.write_bytes(b"SQLite format 3\0" + b"\xff" * 8000)
    damaged = sentence_of(path)
    path.unlink()
    path.mkdir()
    unreachable = sentence_of(path)
    sentences = [str(full.value), str(locked.value), newer, damaged, unreachable]
    for sentence, sign in zip(
        sentences,
        ["is full", "is busy", "written by a newer", "is damaged", "cannot be"],
        strict=True,
    ):
        assert [sign in other for other in sentences].count(True) == 1, sentence
        assert ": " in sentence  # what is wrong, and what to do
        assert not re.search(r"delete|remove|move|start over|afresh", sentence), sentence


def damage_within(path: Path) -> None:
    """Overwrite all pages but the first few, so that the file opens and reading fails."""
    data = bytearray(path.read_bytes())
    page = int.from_bytes(data[16:18], "big")
    for start in range(4 * page, len(data), page):
        data[start : start + page] = os.urandom(page)
    path.write_bytes(bytes(data))


@pytest.mark.protection("rag.store.faults.explain_fault", lambda error, name: error)
def test_s10_doctor_reports_a_file_that_is_damaged_within(
    sample_copy: Path, run: Callable[..., tuple[int, str, str]]
) -> None:
    with closing(sqlite3.connect(sample_copy / "paperboy.sqlite")) as database:
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    backup = back_up(sample_copy / "paperboy.sqlite")
    damage_within(sample_copy / "paperboy.sqlite")
    status, out, err = run("--no-model", "--data-dir", sample_copy, "doctor")
    assert status == 1
    assert "unexpected" not in err
    assert "is damaged" in out
    assert backup.name in out  # what there is to put in its place
    assert (sample_copy / "paperboy.sqlite").stat().st_size


KILLED_AT_THE_WORST_MOMENT = """
import os, signal
from rag.retrieval.chroma import ChunkVectors

def kill(self, chunk_ids, vectors):
    real(self, chunk_ids[: len(chunk_ids) // 2], vectors[: len(vectors) // 2])
    os.kill(os.getpid(), signal.SIGKILL)

real, ChunkVectors.add = ChunkVectors.add, kill
"""


def write_papers(file: Path, papers: Sequence[Paper]) -> Path:
    """Write a file that `paperboy ingest` reads."""
    rows = ({"arxiv_id": p.arxiv_id, "title": p.title, "abstract": p.abstract} for p in papers)
    file.write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    return file


@pytest.mark.slow
@pytest.mark.protection("rag.retrieval.index.Index.repair", lambda self: None)
def test_s1_killed_in_the_midst_of_writing_vectors_nothing_is_lost_or_doubled(
    tmp_path: Path, make_library: Callable[..., Library]
) -> None:
    papers = many(10)
    file = write_papers(tmp_path / "papers.jsonl", papers)
    code = KILLED_AT_THE_WORST_MOMENT + COMMAND[-1]
    data = tmp_path / "data"
    command = [*COMMAND[:-1], code, "--data-dir", str(data), "ingest", str(file)]
    killed = subprocess.run(command, cwd=ROOT, capture_output=True, check=False)
    assert killed.returncode == -signal.SIGKILL
    library = make_library(data)
    indexed = library.index.stored_entries([paper.paper_id for paper in papers])
    assert len(indexed) == len(papers)  # SQLite had them all
    assert_all_found(library, papers)


KILLS = 70
# So that there are many moments at which something has just been written.
SMALL_STEPS = (
    "import ingest.sync; ingest.sync.PAPERS_WITH_SENTENCES = 64; "
    "from rag.retrieval.chroma import HNSW; HNSW['sync_threshold'] = 100; "
)


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_s1_killed_at_seventy_random_moments_nothing_is_lost_or_doubled(
    tmp_path: Path,
    make_library: Callable[..., Library],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """kill -9 at a random moment of an ingest of 300 papers; a new process finds all it stored."""
    monkeypatch.setitem(HNSW, "sync_threshold", 100)  # so that Chroma writes its files often
    papers = many(300)
    file = write_papers(tmp_path / "papers.jsonl", papers)
    moments = random.Random(7)
    killed_with: list[tuple[int, int]] = []
    for trial in range(KILLS):
        data = tmp_path / f"data{trial}"
        killed_with.append(kill_within_ingest(data, file, moments))
        library = make_library(data)
        stored = [paper for paper in papers if paper.paper_id in known_to(library)]
        indexed = library.index.stored_entries([paper.paper_id for paper in papers])
        assert len(indexed) >= killed_with[-1][0]
        assert_all_found(library, [paper for paper in stored if paper.paper_id in indexed])
        ingest_both(FileSource(file, today=TODAY), library)
        assert library.catalog.coverage().papers == len(papers)
        assert_all_found(library, papers)
        library.close()
        shutil.rmtree(data)
    assert len(set(killed_with)) > 2, "the kills came at the same stage"
    print("papers indexed and encoded when killed:", killed_with)  # noqa: T201  # shown with -s


def kill_within_ingest(data: Path, file: Path, moments: random.Random) -> tuple[int, int]:
    """Kill an ingest at a random moment; return how many papers it had indexed, and encoded."""
    code = SMALL_STEPS + COMMAND[-1]
    command = [*COMMAND[:-1], code, "--data-dir", str(data), "ingest", str(file)]
    stages = [None, (0, 0), (128, 0), (256, 0), (300, 64), (300, 192)]  # None: without a table
    stage = moments.choice(stages)
    wait = moments.uniform(0, 3)
    process = subprocess.Popen(
        command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    while stage is not None and _progress(data) < stage and process.poll() is None:
        time.sleep(0.01)
    time.sleep(wait if stage in (None, (0, 0)) else wait / 10)
    process.send_signal(signal.SIGKILL)
    process.wait()
    return max(_progress(data), (0, 0))


def known_to(library: Library) -> set[str]:
    return {paper.paper_id for paper in library.catalog.papers()}


def assert_all_found(library: Library, papers: list[Paper]) -> None:
    """Each paper is found by its id and by its vector, in Chroma itself if that is no estimate.

    Nothing else is there.
    """
    ids = [paper.paper_id for paper in papers]
    assert set(library.catalog.get(ids)) == set(ids)
    entries = library.index.stored_entries(ids)
    assert set(entries) == set(ids)
    encoded = [entry for entry in entries.values() if not entry.is_estimate]
    for entry in encoded:
        assert entry.chunk_ids[0] in library.index.vectors.nearest(entry.vectors[0], 10)
    for entry in entries.values():
        assert entry.paper_id in library.retriever._nearest_papers(entry.vectors[0], 10)
    vectors = library.index.vectors
    kept = vectors.abstracts.get()["ids"] + vectors.sentences.get()["ids"]
    assert sorted(kept) == sorted(c for entry in encoded for c in entry.chunk_ids)


def _progress(data: Path) -> tuple[int, int]:
    """Return how many papers SQLite has any vectors of, and all; (-1, 0) without a table."""
    if not (data / "paperboy.sqlite").exists():
        return -1, 0
    connection = sqlite3.connect(data / "paperboy.sqlite")
    try:
        query = "SELECT COUNT(*), COALESCE(SUM(sentences_due = 0), 0) FROM chunk_vectors"
        indexed, encoded = connection.execute(query).fetchone()
    except sqlite3.OperationalError:
        return -1, 0
    finally:
        connection.close()
    return indexed, encoded


# -- damaged cells -------------------------------------------------------------------------------


def damage(folder: Path, *statements: str) -> None:
    with closing(sqlite3.connect(folder / "paperboy.sqlite")) as connection, connection:
        for statement in statements:
            connection.execute(statement)


def read_everywhere(library: Library) -> list[set[str]]:
    """Return the ids of the papers that each way of reading gives."""
    catalog = library.catalog
    assert catalog.coverage().papers
    queries.author_names(catalog.database)
    queries.most_prolific_authors(catalog, 5)
    vocabulary_of(catalog)
    load_abstract_vectors(catalog.database, [paper.paper_id for paper in PAPERS])
    return [
        {paper.paper_id for paper in papers}
        for papers in (
            catalog.papers(),
            catalog.get([paper.paper_id for paper in PAPERS]).values(),
            catalog.latest_papers(50),
            queries.featured_between(catalog, date(2020, 1, 1), date(2030, 1, 1)),
            [hit.paper for hit in library.retriever.search("HeronNet drone video", top_k=50)],
            suggest_papers(catalog, "e", limit=50),
        )
    ]


CELLS = {
    "authors": "'[\"A. One'",
    "keywords": "'{}'",
    "published_on": "'garbage'",
    "featured_on": "'2025-13-45'",
    "upvotes": "'many'",
    "title": "x'00ff'",
    "abstract": "x'ff'",
    "code_url": "x'ff'",
}


@pytest.mark.protection("rag.store.rows.read_paper", paper_from_row)
@pytest.mark.parametrize("column", CELLS)
def test_s2_a_damaged_cell_leaves_out_its_paper_alone(
    make_library: Callable[..., Library], caplog: pytest.LogCaptureFixture, column: str
) -> None:
    library = make_library()
    ingest_both(ListSource(), library)
    _warn.cache_clear()
    before = read_everywhere(library)
    assert HERON.paper_id in before[0]
    damage(
        library.folder,
        f"UPDATE papers SET {column} = {CELLS[column]} WHERE paper_id = '{HERON.paper_id}'",
    )
    assert read_everywhere(library) == [ids - {HERON.paper_id} for ids in before]
    warnings = [r.getMessage() for r in caplog.records if HERON.paper_id in r.getMessage()]
    assert len(warnings) == 1
    assert library.catalog.damaged() == [HERON.paper_id]
    check = _papers(library)
    assert not check.ok
    assert "1 stored papers are damaged" in check.detail
    assert "fetch those papers again" in check.cure
    ingest_both(ListSource([HERON]), library)  # the next sighting replaces it
    assert library.catalog.get([HERON.paper_id])[HERON.paper_id] == HERON
    assert read_everywhere(library) == before
    assert _papers(library).ok


@pytest.mark.protection("rag.store.database._decode", bytes.decode)
@pytest.mark.parametrize("column", ["title", "abstract", "organization", "authors"])
def test_s2_a_damaged_byte_of_a_text_stops_nothing(
    make_library: Callable[..., Library], column: str
) -> None:
    library = make_library()
    known = replace(HERON, organization="Marsh Lab")
    ingest_both(ListSource([known, *PAPERS[1:]]), library)
    before = read_everywhere(library)
    text = f"substr(CAST({column} AS BLOB), 4)"
    damage(
        library.folder,
        f"UPDATE papers SET {column} = CAST(x'5b22ff' || {text} AS TEXT) "
        f"WHERE paper_id = '{HERON.paper_id}'",
        "UPDATE chunk_vectors SET text_hash = 'old'",  # so that every text is to be embedded
    )
    for ids, known_before in zip(read_everywhere(library), before, strict=True):
        assert known_before - {HERON.paper_id} <= ids <= known_before
    index_all(library)
    if column in ("title", "abstract"):  # what is not text that was hashed may be wrong by a letter
        assert library.catalog.damaged() == [HERON.paper_id]
    ingest_both(ListSource([known]), library)
    assert library.catalog.get([HERON.paper_id])[HERON.paper_id] == known
    assert library.catalog.damaged() == []
    assert library.index.pending_count() == 0


VECTORS = [
    "vectors = x'00'",
    "vectors = x''",
    "vectors = 'text'",
    "vectors = substr(vectors, 1, 20)",
    "sentences = '[]'",
    "sentences = 'garbage'",
    "sentences = '[1]'",
    "sentences = x'ff'",
]


@pytest.mark.protection("rag.retrieval.index.Index._drop", lambda *_: None)
@pytest.mark.parametrize("cell", [*VECTORS, "nan"])
@pytest.mark.parametrize("which", ["one", "all"])
def test_s2_damaged_vectors_are_computed_again(
    make_library: Callable[..., Library], cell: str, which: str
) -> None:
    library = make_library()
    ingest_both(ListSource(many(12)), library)
    library.close()
    where = "" if which == "all" else " WHERE paper = 3"
    size = "SELECT max(length(vectors)) FROM chunk_vectors"
    with closing(sqlite3.connect(library.folder / "paperboy.sqlite")) as connection:
        largest = connection.execute(size).fetchone()[0]
    if cell == "nan":
        cell = f"vectors = substr(x'{'ff' * largest}', 1, length(vectors))"
    damage(library.folder, f"UPDATE chunk_vectors SET stored = 0, {cell}{where}")
    again = make_library(library.folder)
    assert again.catalog.coverage().papers == 12
    vocabulary_of(again.catalog)
    load_abstract_vectors(again.catalog.database, [paper.paper_id for paper in many(12)])
    check = _index(again)
    assert not check.ok
    assert f"{1 if which == 'one' else 12} papers are not indexed" in check.detail
    index_all(again)
    assert _index(again).ok
    assert_all_found(again, many(12))


KEYWORD_DAMAGE = [
    "DELETE FROM keyword_index_data",
    "UPDATE keyword_index_data SET block = x'00' WHERE id > 10",
    "DELETE FROM keyword_index_docsize",
    "DROP TABLE keyword_index",
]


@pytest.mark.protection("rag.store.keywords.rebuild", lambda database: False)
@pytest.mark.protection("rag.store.catalog.rebuild", lambda database: False)
@pytest.mark.parametrize("statement", KEYWORD_DAMAGE)
def test_s2_a_damaged_keyword_index_is_rebuilt_by_a_query_and_by_a_write(
    make_library: Callable[..., Library], statement: str
) -> None:
    library = make_library()
    ingest_both(ListSource(), library)
    keywords = KeywordIndex(library.catalog.database)
    before = keywords.search("herons recipes", 10)
    assert before
    damage(library.folder, statement)
    assert keywords.search("herons recipes", 10) == before
    damage(library.folder, "DELETE FROM keyword_index_data")
    new = many(1)[0]
    library.catalog.upsert([new])
    assert keywords.search(new.title, 1)[0][0] == new.paper_id
    assert keywords.search("herons", 10)


@pytest.mark.protection("rag.store.keywords.rebuild", lambda database: False)
@pytest.mark.parametrize("statement", KEYWORD_DAMAGE)
def test_s2_a_damaged_keyword_index_is_rebuilt_at_opening(
    make_library: Callable[..., Library], statement: str
) -> None:
    library = make_library()
    ingest_both(ListSource(), library)
    library.close()
    damage(library.folder, statement)
    again = make_library(library.folder)
    assert {h.paper.paper_id for h in again.retriever.search("herons")} >= {HERON.paper_id}
    assert not KeywordIndex(again.catalog.database).check() or "WHERE" in statement


@pytest.mark.protection("rag.store.keywords.rebuild", lambda database: False)
def test_s2_doctor_rebuilds_a_keyword_index_that_lost_papers(
    make_library: Callable[..., Library],
) -> None:
    library = make_library()
    ingest_both(ListSource(), library)
    damage(library.folder, "DELETE FROM keyword_index_content WHERE id = 2")
    check = _database(library)
    assert check.ok
    assert "rebuilt" in check.detail
    assert _database(library).detail.endswith("is sound")


# -- other things in the place of the folder's files ---------------------------------------------


@pytest.mark.protection("rag.library._read_owner", lambda path: json.loads(path.read_text())["pid"])
@pytest.mark.parametrize(
    "text", ["[]", "3", '"x"', "{}", "[" * 100_000, '{"pid": [], "purpose": 3}']
)
def test_s10_an_owner_that_cannot_be_read_is_another_process(
    make_library: Callable[..., Library], text: str
) -> None:
    first = make_library()
    _ = first.index
    (first.folder / "index.owner").write_text(text)
    with pytest.raises(IndexInUseError, match="is in use by another process: stop it"):
        _ = make_library(first.folder).index


@pytest.mark.protection("rag.library.write_anew", Path.write_text)
@pytest.mark.parametrize("kind", ["link", "hard link", "dangling", "folder"])
def test_s10_the_owner_is_written_over_no_other_file(
    make_library: Callable[..., Library], tmp_path: Path, kind: str
) -> None:
    library = make_library()
    victim, owner = tmp_path / "victim.txt", library.folder / "index.owner"
    if kind != "dangling":
        victim.write_text("mine")
    if kind == "folder":
        owner.mkdir()
    elif kind == "hard link":
        owner.hardlink_to(victim)
    else:
        owner.symlink_to(victim)
    ingest_both(ListSource(), library)
    assert victim.exists() == (kind != "dangling")
    if victim.exists():
        assert victim.read_text() == "mine"
    if kind != "folder":
        assert json.loads(owner.read_text())["pid"] == os.getpid()
        assert owner.stat().st_mode & 0o777 == 0o600


@pytest.mark.protection(
    "rag.retrieval.chroma._remove", lambda folder: shutil.rmtree(folder, ignore_errors=True)
)
@pytest.mark.parametrize("kind", ["file", "loop", "dangling", "link to a file"])
def test_s2_another_thing_in_the_place_of_the_index_is_moved_aside(
    make_library: Callable[..., Library], kind: str
) -> None:
    library = make_library()
    ingest_both(ListSource(), library)
    library.close()
    chroma, other = library.folder / "chroma", library.folder / "other"
    shutil.rmtree(chroma)
    if kind == "file":
        chroma.write_text("mine")
    if kind == "loop":
        chroma.symlink_to("chroma")
    if kind == "dangling":
        chroma.symlink_to(library.folder / "gone" / "folder")
    if kind == "link to a file":
        other.write_text("mine")
        chroma.symlink_to(other)
    again = make_library(library.folder)
    assert_all_found(again, list(PAPERS))
    aside = [path for path in library.folder.iterdir() if path.name.endswith(".aside")]
    if kind == "file":
        assert [path.read_text() for path in aside] == ["mine"]
    if kind == "link to a file":
        assert other.read_text() == "mine"


def test_s2_an_index_that_cannot_be_rebuilt_is_a_sentence(
    make_library: Callable[..., Library], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(folder: Path) -> None:
        raise OSError(30, "Read-only file system")

    library = make_library()
    (library.folder / "chroma").write_text("no folder")
    monkeypatch.setattr("rag.retrieval.chroma._remove", fail)
    with pytest.raises(DataFolderError, match="check the disk's free space"):
        _ = library.index


@pytest.mark.protection("rag.store.database.damaged", lambda name, problem: ValueError(problem))
@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM schema_version",
        "DROP TABLE schema_version",
        "DELETE FROM schema_version WHERE room = 'rag'",
        "UPDATE schema_version SET number = 'x'",
        "UPDATE schema_version SET number = NULL",
        "UPDATE schema_version SET number = 1",
    ],
)
def test_s8_a_database_without_its_version_is_damaged(
    make_library: Callable[..., Library], statement: str
) -> None:
    library = make_library()
    ingest_both(ListSource(), library)
    library.close()
    damage(library.folder, statement)
    for _ in range(2):
        with pytest.raises(DataFolderError, match=r"is damaged .* put a backup in its place"):
            make_library(library.folder)
    with closing(sqlite3.connect(library.folder / "paperboy.sqlite")) as kept:
        assert kept.execute("SELECT COUNT(*) FROM papers").fetchone() == (len(PAPERS),)


@pytest.mark.protection("rag.store.faults.damaged", lambda name, problem: ValueError(problem))
@pytest.mark.parametrize("table", ["papers", "featured_days", "chunk_vectors", "catalog_version"])
def test_s8_a_database_without_a_table_is_damaged(
    make_library: Callable[..., Library], table: str
) -> None:
    library = make_library()
    ingest_both(ListSource(), library)
    library.close()
    damage(library.folder, "PRAGMA foreign_keys = OFF", f"DROP TABLE {table}")
    with pytest.raises(DataFolderError, match="is damaged"):
        ingest_both(ListSource(many(1)), make_library(library.folder))


@pytest.mark.protection("rag.store.upsert._known", lambda row, paper: paper_from_row(row))
@pytest.mark.parametrize(
    "cell",
    [
        "arxiv_id = '25?1.00001', upvotes = 'x'",
        "arxiv_id = NULL, upvotes = 'x'",
        "title_key = 'x', keywords = 'x'",
        "paper_id = 'arxiv:x', upvotes = 'x'",
        "text_hash = 'x', authors = ''",
    ],
)
def test_s2_the_next_sighting_replaces_a_damaged_row(
    make_library: Callable[..., Library], cell: str
) -> None:
    library = make_library()
    untitled = replace(HERON, arxiv_id=None, title="Herons without a Number")
    ingest_both(ListSource([*PAPERS, untitled]), library)
    damage(library.folder, f"UPDATE papers SET {cell} WHERE arxiv_id = '{HERON.arxiv_id}'")
    if "id" not in cell:
        damage(library.folder, f"UPDATE papers SET {cell} WHERE title = '{untitled.title}'")
    assert library.catalog.damaged()
    ingest_both(ListSource([HERON, untitled]), library)
    assert library.catalog.damaged() == []
    ids = [HERON.paper_id, untitled.paper_id]
    assert list(library.catalog.get(ids).values()) == [HERON, untitled]
    assert library.catalog.coverage().papers == len(PAPERS) + 1
