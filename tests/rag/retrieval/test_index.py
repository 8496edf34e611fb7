"""The entries in SQLite, and Chroma, which follows them."""

from dataclasses import replace

import numpy as np
import pytest

from rag.encoders.embedder import to_unit_length
from rag.library import Library
from rag.records import Paper
from rag.retrieval.chroma import ChunkVectors
from rag.retrieval.entry import Entry
from rag.retrieval.index import Index
from tests.papers import HERON, LOOM, PAPERS, PASTRY

SENTENCES = ("One.", "Two.")


def entry(paper: Paper, seed: int = 0) -> Entry:
    random = np.random.default_rng([seed, len(paper.title)])
    vectors = to_unit_length(random.standard_normal((3, 16)).astype(np.float32))
    return Entry(paper.paper_id, paper.text_hash, SENTENCES, vectors)


@pytest.fixture
def index(library: Library) -> Index:
    """An index of all sample papers, with vectors that mean nothing."""
    library.catalog.upsert(PAPERS)
    vectors = ChunkVectors(library.folder / "chroma", embedder="fake")
    index = Index(library.catalog.database, vectors, embedder="fake")
    index.store([entry(paper) for paper in PAPERS])
    return index


def test_entries_are_read_as_they_were_stored(index: Index) -> None:
    found = index.entries([HERON.paper_id, "arxiv:unknown"])
    assert set(found) == {HERON.paper_id}
    stored, given = found[HERON.paper_id], entry(HERON)
    assert stored.sentences == SENTENCES
    assert stored.chunk_ids == [f"{HERON.paper_id}#{n}" for n in range(3)]
    assert np.allclose(stored.vectors, given.vectors, atol=1e-3)  # stored as float16
    assert index.vectors.counts() == (4, 8)


def test_vectors_are_read_in_one_array(index: Index) -> None:
    rows = index.database.connection.execute("SELECT id, paper_id FROM papers").fetchall()
    ids = {row["id"]: row["paper_id"] for row in rows}
    read = index.vectors_of([*ids, 999], dimensions=16)
    assert {ids[number] for number in read.numbers.tolist()} == {p.paper_id for p in PAPERS}
    for number, start in zip(read.numbers.tolist(), read.starts, strict=True):
        stored = index.entries([ids[number]])[ids[number]].vectors
        assert np.array_equal(read.vectors[start : start + 3], stored)
    assert len(index.vectors_of([], dimensions=16).numbers) == 0


@pytest.mark.parametrize("damage", [b"", b"odd", bytes(3 * 16 * 2 - 2) + b"\xff\x7f"])
def test_damaged_vectors_are_left_out_and_computed_again(index: Index, damage: bytes) -> None:
    numbers = [row["id"] for row in index.database.connection.execute("SELECT id FROM papers")]
    index.database.connection.execute(
        "UPDATE chunk_vectors SET vectors = ? WHERE paper = ?", (damage, numbers[0])
    )
    read = index.vectors_of(numbers, dimensions=16)
    assert sorted(read.numbers.tolist()) == numbers[1:]
    assert index.pending_count() == 1


def test_a_changed_text_and_a_new_paper_are_pending(library: Library, index: Index) -> None:
    assert next(index.pending(9), []) == []
    changed = replace(HERON, abstract="HeronNet now counts cranes.")
    new = Paper(title="New", abstract="x")
    library.catalog.upsert([changed, new, replace(LOOM, upvotes=3)])
    assert {paper.title for paper in next(index.pending(9), [])} == {HERON.title, "New"}
    assert len(next(index.pending(1), [])) == 1
    assert index.pending_count() == 2


def test_another_embedder_has_everything_pending(library: Library, index: Index) -> None:
    other = Index(library.catalog.database, index.vectors, embedder="another")
    assert other.pending_count() == len(PAPERS)
    assert other.entries([HERON.paper_id]) == {}


def test_stale_chunks_leave_chroma_and_new_ones_take_their_ids(
    library: Library, index: Index
) -> None:
    changed = replace(HERON, abstract="Shorter.")
    library.catalog.upsert([changed])
    short = Entry(changed.paper_id, changed.text_hash, ("Shorter.",), entry(changed, 1).vectors[:2])
    index.store([short])
    ids = set(index.vectors.sentences.get()["ids"])
    assert {i for i in ids if i.startswith(HERON.paper_id)} == {f"{HERON.paper_id}#1"}
    assert index.vectors.nearest(short.vectors[1], 1)[1] == f"{HERON.paper_id}#1"


def test_vectors_of_a_text_that_changed_meanwhile_stay_pending(
    library: Library, index: Index
) -> None:
    before = entry(PASTRY, 1)
    library.catalog.upsert([replace(PASTRY, abstract="Changed while it was embedded.")])
    index.store([before])
    assert [paper.title for paper in next(index.pending(9), [])] == [PASTRY.title]


def test_what_only_sqlite_has_is_added_to_chroma(library: Library, index: Index) -> None:
    index.vectors.delete([f"{HERON.paper_id}#{n}" for n in range(3)])
    with library.catalog.database.transaction() as db:
        db.execute("UPDATE chunk_vectors SET stored = 0")
    index.catch_up()  # as after a kill between the two
    assert index.vectors.counts() == (4, 8)


def test_a_chroma_that_lost_vectors_is_rebuilt(index: Index) -> None:
    index.vectors.delete([f"{LOOM.paper_id}#1"])
    index.repair()
    assert index.vectors.counts() == (4, 8)
    assert index.vectors.nearest(entry(LOOM).vectors[1], 1)[1] == f"{LOOM.paper_id}#1"


def test_a_cleared_index_has_everything_pending(index: Index) -> None:
    index.clear()
    assert index.pending_count() == len(PAPERS)
    assert index.vectors.counts() == (0, 0)
