"""Keyword search over the catalogue's terms, and the number that says that they changed."""

import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from langchain_core.embeddings import DeterministicFakeEmbedding

from rag.encoders.embedder import Embedder
from rag.encoders.word_vectors import WordVectors
from rag.library import Library
from rag.query.spelling import SpellingCorrector
from rag.records import Paper
from rag.retrieval.entry import Entry
from rag.store.keywords import KeywordIndex, keyword_text
from rag.store.upsert import _delete
from tests.papers import HERON, PAPERS, PASTRY, TIDAL


@pytest.fixture
def keywords(library: Library) -> KeywordIndex:
    library.catalog.upsert(PAPERS)
    return KeywordIndex(library.catalog.database)


def test_a_word_of_the_title_counts_twice() -> None:
    assert keyword_text("Herons", "They fly.") == "heron heron fly"


def test_the_paper_with_most_of_the_words_comes_first(keywords: KeywordIndex) -> None:
    found = keywords.search("which models count birds?", 10)
    assert found[0][0] == HERON.paper_id
    assert all(score > 0 for _, score in found)
    assert [score for _, score in found] == sorted((s for _, s in found), reverse=True)
    assert keywords.search("what is it about?", 10) == []  # stop words only


def test_terms_are_counted_by_paper(keywords: KeywordIndex) -> None:
    assert keywords.document_counts(["model", "heron", "absent"]) == {
        "model": 2,
        "heron": 1,
        "absent": 0,
    }
    rarity = keywords.idf(["model", "heron", "absent"])
    assert 0 < rarity["model"] < rarity["heron"] < rarity["absent"]


def version_rises(keywords: KeywordIndex, change: Callable[[], object]) -> bool:
    before = keywords.version()
    change()
    return keywords.version() > before


def test_every_change_of_a_text_raises_the_version(
    library: Library, keywords: KeywordIndex
) -> None:
    catalog = library.catalog
    changed = [
        replace(HERON, abstract="HeronNet now counts cranes."),  # the same id, a new text
        replace(HERON, keywords=("counting",)),
        Paper(title="New", abstract="New."),
    ]
    for paper in changed:
        assert version_rises(keywords, partial(catalog.upsert, [paper])), paper

    def delete() -> None:
        with catalog.database.transaction() as db:
            row = db.execute("SELECT * FROM papers WHERE arxiv_id = ?", (TIDAL.arxiv_id,))
            _delete(db, row.fetchone())

    assert version_rises(keywords, delete)
    assert keywords.document_counts(["tidal"]) == {"tidal": 0}


def test_new_vectors_raise_the_version(library: Library, keywords: KeywordIndex) -> None:
    vectors = np.eye(1, 8, dtype=np.float32)
    library.__dict__["_embedders"] = (
        Embedder(DeterministicFakeEmbedding(size=8), name="fake"),
        None,
    )
    entry = Entry(PASTRY.paper_id, PASTRY.text_hash, (), vectors)
    assert version_rises(keywords, lambda: library.index.store([entry]))
    assert version_rises(keywords, library.index.clear)


def test_upvotes_do_not_raise_the_version(library: Library, keywords: KeywordIndex) -> None:
    more = replace(HERON, upvotes=99, comment_count=3, featured_on=date(2025, 3, 1))
    assert not version_rises(keywords, lambda: library.catalog.upsert([more]))
    assert library.catalog.get([HERON.paper_id])[HERON.paper_id].upvotes == 99
    assert not version_rises(keywords, lambda: library.catalog.upsert(PAPERS[1:]))  # known ones


WRITER = """
import sys
from pathlib import Path
from rag.records import Paper
from rag.store.catalog import Catalog
from rag.store.database import Database
Catalog(Database(Path(sys.argv[1]))).upsert([Paper(title="Egrets", abstract="Egrets.")])
"""


def test_a_change_by_another_process_raises_the_version(
    library: Library, keywords: KeywordIndex
) -> None:
    root = Path(__file__).parents[3]
    command = [sys.executable, "-c", WRITER, str(library.catalog.database.path)]
    assert version_rises(keywords, lambda: subprocess.run(command, cwd=root, check=True))
    assert keywords.document_counts(["egret"]) == {"egret": 2}  # HERON has the word too


def test_the_speller_learns_the_words_of_an_updated_paper(
    library: Library, keywords: KeywordIndex
) -> None:
    speller = SpellingCorrector(keywords, WordVectors())
    assert speller.correct("zymurgyst papers") == "zymurgyst papers"
    library.catalog.upsert([replace(HERON, abstract="The zymurgist brews. A zymurgist counts.")])
    assert speller.correct("zymurgyst papers") == "zymurgist papers"


def test_papers_with_a_phrase_are_counted_up_to_a_limit(filled: Library) -> None:
    keywords = KeywordIndex(filled.catalog.database)
    assert keywords.count_phrase("wading birds", 5) == 1
    assert keywords.count_phrase("birds wading", 5) == 0
    assert keywords.count_phrase("long contexts", 5) == 1
    assert keywords.count_phrase("the of", 5) == 5  # stop words are everywhere
