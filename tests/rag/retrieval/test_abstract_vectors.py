"""Abstracts' vectors, read without the index."""

import numpy as np

from rag.library import Library
from rag.retrieval.abstract_vectors import load_abstract_vectors, main_embedder
from tests.papers import HERON, PAPERS

IDS = [paper.paper_id for paper in PAPERS]


def test_they_are_those_of_the_index(filled: Library) -> None:
    found = load_abstract_vectors(filled.catalog.database, [*IDS, "arxiv:0000.00000"])
    entries = filled.index.entries(IDS)
    assert set(found) == set(IDS)
    assert all((found[i] == entries[i].vectors[0]).all() for i in IDS)


def test_stored_as_float16_they_keep_their_length(filled: Library) -> None:
    vectors = np.stack(list(load_abstract_vectors(filled.catalog.database, IDS).values()))
    assert np.abs(np.linalg.norm(vectors, axis=1) - 1).max() < 1e-3


def test_another_embedder_has_none(filled: Library) -> None:
    assert load_abstract_vectors(filled.catalog.database, IDS, embedder="another") == {}


def test_the_vector_of_an_old_text_is_left_out(filled: Library) -> None:
    with filled.catalog.database.transaction() as db:
        db.execute("UPDATE papers SET text_hash = 'new' WHERE paper_id = ?", (HERON.paper_id,))
    assert set(load_abstract_vectors(filled.catalog.database, IDS)) == set(IDS[1:])


def test_the_main_embedder_has_the_most_vectors(filled: Library) -> None:
    database = filled.catalog.database
    assert main_embedder(database) == filled.embedder.name
    with database.transaction() as db:
        db.execute("UPDATE chunk_vectors SET embedder = 'new' WHERE paper > 1")
    assert main_embedder(database) == "new"
    assert set(load_abstract_vectors(database, IDS)) == set(IDS[1:])


def test_an_empty_catalogue_has_no_main_embedder(library: Library) -> None:
    assert main_embedder(library.catalog.database) == ""
    assert load_abstract_vectors(library.catalog.database, IDS) == {}
