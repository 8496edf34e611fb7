"""The papers in memory: they filter and rank as SQLite does, and follow what it is told."""

import logging
import random
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import pytest

from rag.library import Library
from rag.records import Paper, Window
from rag.retrieval.entry import Entry
from rag.store.catalog import Catalog
from rag.store.database import Database, open_database
from rag.store.keywords import KeywordIndex
from rag.store.migrations import MIGRATIONS
from rag.store.snapshot import Snapshot, best
from rag.store.snapshots import FILE, LiveKeywords, Snapshots
from rag.store.upsert import _delete
from rag.text.words import terms
from tests.papers import HERON, PAPERS, TIDAL, many
from tests.rag.store.test_keywords import WRITER

QUESTIONS = ("counting herons", "which models count birds in drone video?", "volume 7", "a model")

PHRASES = (
    "drone video", "video drone", "Herons and egrets", "heron egret", "MarshCount benchmark",
    "the", "nowhere said", "human counters", "volume",
)  # fmt: skip


@pytest.fixture
def database(tmp_path: Path) -> Database:
    return open_database(tmp_path / "paperboy.sqlite", [MIGRATIONS])


@pytest.fixture
def catalog(database: Database) -> Catalog:
    return Catalog(database)


@pytest.fixture
def make(database: Database, tmp_path: Path) -> Callable[[], Snapshots]:
    return lambda: Snapshots(database, embedder="test", folder=tmp_path)


def ranking(papers: Snapshot, question: str, n: int = 100) -> list[tuple[str, float]]:
    scores = papers.bm25(terms(question))
    return [(papers.ids[place], float(scores[place])) for place in best(scores, n)]


def agrees(papers: Snapshot, catalog: Catalog) -> bool:
    """Whether the snapshot has the papers of the catalogue, and ranks them as FTS5 does."""
    keywords = KeywordIndex(catalog.database)
    stored = {paper.paper_id: paper for paper in catalog.papers()}
    assert {i for i, current in zip(papers.ids, papers.current, strict=True) if current} == {
        *stored
    }
    assert papers.paper_count == len(stored)
    for question in QUESTIONS:
        expected = dict(keywords.search(question, 1_000))
        assert dict(ranking(papers, question, 1_000)) == pytest.approx(expected)
        assert papers.idf(terms(question)) == pytest.approx(keywords.idf(terms(question)))
    for window in (Window(since=date(2025, 1, 6)), Window(until=date(2025, 2, 1), by="published")):
        inside = papers.in_window(window)
        assert inside is not None
        chosen = {papers.ids[place] for place in np.flatnonzero(inside)}
        assert chosen == catalog.ids_in_window(window)
    return True


def test_it_ranks_and_filters_as_sqlite_does(
    catalog: Catalog, make: Callable[[], Snapshots]
) -> None:
    catalog.upsert([*many(40), *PAPERS, Paper(title="No day", abstract="Counting.")])
    papers = make().current()
    assert agrees(papers, catalog)
    assert papers.in_window(Window()) is None
    assert ranking(papers, "counting herons", 3) == ranking(papers, "counting herons")[:3]
    among = papers.among([TIDAL.paper_id, "arxiv:unknown"])
    assert [papers.ids[place] for place in np.flatnonzero(among)] == [TIDAL.paper_id]
    (place,) = papers.places_of([HERON.paper_id])
    weights = {"heron": 2.0, "absent": 1.0, "egret": 1.0}
    assert papers.covered(np.array([place]), weights).tolist() == [0.75]


def test_it_follows_every_change(catalog: Catalog, make: Callable[[], Snapshots]) -> None:
    snapshots, draw = make(), random.Random(1)
    known = list(many(20))
    catalog.upsert(known)
    for _ in range(16):
        before = snapshots.current()
        action = draw.randrange(4)
        paper = draw.choice(known)
        if action == 0:
            words = " ".join(draw.choices("heron egret model count drone fog".split(), k=9))
            known.append(
                Paper(title=f"New {words}", abstract=words, arxiv_id=f"2601.{len(known):05}")
            )
            catalog.upsert(known[-3:])
        elif action == 1:
            known[known.index(paper)] = new = replace(paper, abstract=f"{paper.abstract} Herons.")
            catalog.upsert([new])
        elif action == 2:
            known[known.index(paper)] = new = replace(paper, featured_on=date(2025, 1, 5))
            catalog.upsert([new])
        else:
            known.remove(paper)
            with catalog.database.transaction() as db:
                row = db.execute("SELECT * FROM papers WHERE paper_id = ?", (paper.paper_id,))
                _delete(db, row.fetchone())
        assert agrees(snapshots.current(), catalog)
        assert len(snapshots.current().segments) < 8
        assert before.paper_count == int(before.current.sum())  # as it was
    assert agrees(make().current(), catalog)


def test_without_a_change_the_snapshot_stays(
    catalog: Catalog, make: Callable[[], Snapshots]
) -> None:
    catalog.upsert(PAPERS)
    snapshots = make()
    first = snapshots.current()
    catalog.upsert([replace(HERON, upvotes=99)])
    assert snapshots.current() is first


def test_another_process_is_followed(
    catalog: Catalog, make: Callable[[], Snapshots], database: Database
) -> None:
    snapshots = make()
    catalog.upsert(PAPERS)
    assert ranking(snapshots.current(), "egrets")
    command = [sys.executable, "-c", WRITER, str(database.path)]
    subprocess.run(command, cwd=Path(__file__).parents[3], check=True)
    assert agrees(snapshots.current(), catalog)


def test_the_file_saves_the_next_start_the_work(
    catalog: Catalog, make: Callable[[], Snapshots], monkeypatch: pytest.MonkeyPatch
) -> None:
    catalog.upsert(many(30))
    make().current()
    catalog.upsert(PAPERS)

    def fail(_: Snapshots) -> None:
        raise AssertionError("all papers were read again")

    monkeypatch.setattr(Snapshots, "_all_papers", fail)
    assert agrees(make().current(), catalog)


@pytest.mark.parametrize("harm", ["missing", "truncated", "damaged", "older", "folder"])
def test_an_unusable_file_is_made_anew(
    catalog: Catalog, make: Callable[[], Snapshots], tmp_path: Path, harm: str
) -> None:
    path = tmp_path / FILE
    catalog.upsert(PAPERS[:2])
    make().current()
    content = path.read_bytes()
    if harm == "older":
        catalog.database.connection.execute("UPDATE derived_files SET token = 'later'")
    elif harm == "damaged":
        path.write_bytes(content[:300] + b"\xff" * 200 + content[500:])
    elif harm == "truncated":
        path.write_bytes(content[: len(content) // 2])
    else:
        path.unlink()
    catalog.upsert(PAPERS)
    assert agrees(make().current(), catalog)
    again = path.read_bytes()
    assert agrees(make().current(), catalog)
    assert path.read_bytes() == again


@pytest.mark.parametrize(
    "moment", ["os.fsync", "pathlib.Path.replace", "rag.store.database.Database.transaction"]
)
def test_a_kill_while_the_file_is_written_costs_only_time(
    catalog: Catalog, make: Callable[[], Snapshots], monkeypatch: pytest.MonkeyPatch, moment: str
) -> None:
    catalog.upsert(PAPERS[:2])
    make().current()
    monkeypatch.setattr("rag.store.snapshots.MAX_CHANGED", 0)
    catalog.upsert(PAPERS)

    def kill(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(moment, kill)
        with pytest.raises(KeyboardInterrupt):
            make().current()
    assert agrees(make().current(), catalog)
    catalog.upsert([replace(HERON, abstract="Cranes.")])
    assert agrees(make().current(), catalog)


def test_a_restored_database_is_not_taken_for_the_one_of_the_file(
    catalog: Catalog, make: Callable[[], Snapshots], database: Database, tmp_path: Path
) -> None:
    catalog.upsert(PAPERS[:1])
    make().current()
    backup = tmp_path / "backup.sqlite"
    database.connection.execute("VACUUM INTO ?", (str(backup),))
    catalog.upsert(PAPERS)
    (tmp_path / FILE).unlink()
    make().current()
    restored = Database(backup)
    Catalog(restored).upsert(many(len(PAPERS) + 5))  # at least as many changes, but others
    papers = Snapshots(restored, embedder="test", folder=tmp_path).current()
    assert agrees(papers, Catalog(restored))


def test_a_file_that_cannot_be_written_is_only_a_warning(
    catalog: Catalog, database: Database, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    catalog.upsert(PAPERS)
    snapshots = Snapshots(database, embedder="test", folder=tmp_path / "missing")
    with caplog.at_level(logging.WARNING):
        assert agrees(snapshots.current(), catalog)
    assert "cannot be written" in caplog.text


def test_the_nearest_abstracts_are_exact_and_follow_new_vectors(filled: Library) -> None:
    snapshots = filled.retriever.snapshots
    papers = snapshots.current()
    entries = filled.index.entries(list(papers.ids))
    for paper_id, entry in entries.items():
        (place, *_) = papers.nearest_abstracts(entry.vectors[0], 2, papers.current)
        assert papers.ids[place] == paper_id
    heron, tidal = entries[HERON.paper_id], entries[TIDAL.paper_id]
    filled.index.store([Entry(heron.paper_id, heron.text_hash, heron.sentences, -heron.vectors)])
    papers = snapshots.current()
    (place,) = papers.nearest_abstracts(-heron.vectors[0], 1, papers.current)
    assert papers.ids[place] == HERON.paper_id
    only = papers.among([TIDAL.paper_id])
    assert papers.ids[papers.nearest_abstracts(heron.vectors[0], 5, only)[0]] == tidal.paper_id


@pytest.mark.parametrize("most_read", [0, 200])
def test_counts_equal_those_of_fts5(
    library: Library, monkeypatch: pytest.MonkeyPatch, most_read: int
) -> None:
    monkeypatch.setattr("rag.store.snapshots.MAX_READ", most_read)
    database = library.catalog.database
    live = LiveKeywords(Snapshots(database, embedder="test", folder=None))
    stored = KeywordIndex(database)
    changed = replace(HERON, abstract="Drone video, seen by human counters on a drone.")
    for papers in ([*PAPERS, *many(20)], [changed]):
        library.catalog.upsert(papers)
        assert live.paper_count() == stored.paper_count()
        for phrase in PHRASES:
            for limit in (1, 3, 100):
                counted = live.count_phrase(phrase, limit)
                assert counted == stored.count_phrase(phrase, limit), phrase
            words = phrase.casefold().split()
            assert live.document_counts(words) == stored.document_counts(words)
            assert live.papers_with_all(words) == stored.papers_with_all(words)
            assert sorted(live.papers_with_any(words)) == sorted(stored.papers_with_any(words))
            assert live.papers_with_any(words)[:1] == stored.papers_with_any(words)[:1]
            assert live.idf(words) == pytest.approx(stored.idf(words))


@pytest.mark.parametrize(
    ("scores", "n", "places"),
    [
        ([0.0, 2.0, 1.0, 2.0], 9, [1, 3, 2]),
        ([1.0, 2.0, 1.0, 1.0], 2, [1, 0]),  # of equal ones the first
        ([1.0, 1.0, 1.0], 3, [0, 1, 2]),
        ([0.0, -1.0], 2, []),
        ([], 2, []),
    ],
)
def test_the_best_come_first(scores: list[float], n: int, places: list[int]) -> None:
    assert best(np.array(scores), n).tolist() == places
