"""The vectors in Chroma."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from rag.encoders.embedder import to_unit_length
from rag.retrieval.chroma import ChunkVectors

RANDOM = np.random.default_rng(0)
VECTORS: NDArray[np.float32] = to_unit_length(RANDOM.standard_normal((6, 16)).astype(np.float32))
IDS = ["a#0", "a#1", "a#2", "b#0", "b#1", "c#0"]


@pytest.fixture
def stored(tmp_path: Path) -> Iterator[ChunkVectors]:
    vectors = ChunkVectors(tmp_path / "chroma", embedder="one")
    vectors.add(IDS, VECTORS)
    yield vectors
    vectors.close()


def test_abstracts_and_sentences_are_searched_apart(stored: ChunkVectors) -> None:
    assert stored.counts() == (3, 3)
    assert stored.nearest(VECTORS[1], 1)[1] == "a#1"
    assert stored.nearest(VECTORS[3], 1)[0] == "b#0"
    found = stored.nearest(VECTORS[0], 3)
    assert set(found[:3]) == {"a#0", "b#0", "c#0"}
    assert set(found[3:]) == {"a#1", "a#2", "b#1"}


def test_a_stored_chunk_stays_until_it_is_deleted(stored: ChunkVectors) -> None:
    stored.add(["a#1"], VECTORS[4:5])
    assert stored.nearest(VECTORS[1], 1)[1] == "a#1"
    stored.delete(["a#1", "unknown#7"])
    stored.add(["a#1"], -VECTORS[1:2])
    assert stored.nearest(-VECTORS[1], 1)[1] == "a#1"
    assert stored.counts() == (3, 3)


def test_two_embedders_share_a_folder_and_no_vectors(stored: ChunkVectors) -> None:
    other = ChunkVectors(stored.folder, embedder="another")
    assert other.counts() == (0, 0)
    other.add(["a#0"], np.ones((1, 4), dtype=np.float32))  # and may have other dimensions
    assert stored.counts() == (3, 3)
    other.close()


def test_a_missing_vector_is_noticed(stored: ChunkVectors) -> None:
    known = list(zip(IDS, VECTORS, strict=True))
    assert stored.is_sound(known)
    assert stored.is_sound([])
    stored.delete(["c#0"])
    assert not stored.is_sound(known)


def test_the_same_text_in_another_paper_may_take_a_vectors_place(stored: ChunkVectors) -> None:
    stored.add(["d#0"], VECTORS[5:6])
    stored.delete(["c#0"])
    assert stored.is_sound([("c#0", VECTORS[5])])


def test_a_cleared_index_is_empty_and_usable(stored: ChunkVectors) -> None:
    stored.clear()
    assert stored.counts() == (0, 0)
    stored.add(IDS, VECTORS)
    assert stored.counts() == (3, 3)


def test_a_damaged_folder_is_replaced(tmp_path: Path) -> None:
    folder = tmp_path / "chroma"
    folder.mkdir()
    (folder / "chroma.sqlite3").write_bytes(b"not a database " * 1000)
    vectors = ChunkVectors(folder, embedder="one")
    assert vectors.counts() == (0, 0)
    vectors.close()
