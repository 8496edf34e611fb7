"""Whole papers in SQLite and in a collection of their own."""

import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from ingest.sync import ingest
from rag.full_text.records import FullText, TextPassage, section_key, section_name
from rag.full_text.store import MAX_SCORED, count_texts
from rag.library import Library
from rag.retrieval.counts import stored_counts
from tests.papers import HERON, TIDAL, ListSource

ROOT = Path(__file__).resolve().parents[3]


def full_text(*sentences: str, paper_id: str = HERON.paper_id) -> FullText:
    passages = [
        TextPassage(f"{paper_id}/§1#{n}", ("1 Training",), sentence)
        for n, sentence in enumerate(sentences, start=1)
    ]
    return FullText(paper_id, tuple(passages), len(passages), '"e"')


TEXT = full_text("We train for nine epochs.", "The drone flies at forty metres.")


def test_headings_become_sections_and_keys() -> None:
    assert section_name("4.1 Training") == "§4.1 Training"
    keys = map(section_key, ["4.1 Training", "Appendix B Proofs", "A.2 Prompts", "Limitations!"])
    assert list(keys) == ["4.1", "B", "A.2", "limitations"]


def test_a_text_is_found_by_its_own_paper_alone(filled: Library) -> None:
    before = filled.retriever.search("how high does the drone fly?")
    filled.full_texts.store(TEXT)
    filled.full_texts.store(full_text("Tides at forty metres.", paper_id=TIDAL.paper_id))
    assert filled.full_texts.get(HERON.paper_id) == TEXT
    vector = filled.embedder.encode_question("how high does the drone fly?")
    found = filled.full_texts.nearest(TEXT, vector)
    assert [f.passage for f in found] == list(TEXT.passages)
    assert found[1].cosine > found[0].cosine
    assert filled.retriever.search("how high does the drone fly?") == before
    assert filled.index.vectors.counts() == stored_counts(
        filled.index.database, filled.index.embedder
    )


def test_a_new_text_replaces_the_one_before(filled: Library) -> None:
    filled.full_texts.store(TEXT)
    shorter = full_text("We train for ten epochs.")
    filled.full_texts.store(shorter)
    assert filled.full_texts.get(HERON.paper_id) == shorter
    assert count_texts(filled.catalog.database) == (1, 1)
    assert stored_ids(filled) == {"arxiv:2501.00001/§1#1"}


def stored_ids(library: Library) -> set[str]:
    return set(library.index.vectors._passages.get()["ids"])


@pytest.mark.slow
def test_of_a_long_paper_chroma_finds_the_nearest(filled: Library) -> None:
    rng = np.random.default_rng(7)
    words = ["reed", "marsh", "camera", "epoch", "wing", "fog", "boat", "lens"]
    many = full_text(*(" ".join(rng.choice(words, 6)) for _ in range(MAX_SCORED + 40)))
    filled.full_texts.store(many)
    vector = filled.embedder.encode_question("camera lens")
    found = filled.full_texts.nearest(many, vector)
    exact = filled.embedder.encode([p.embedded_text for p in many.passages]) @ vector
    best = {many.passages[i].passage_id for i in np.argsort(-exact)[:50]}
    assert len(found) == MAX_SCORED
    assert best <= {f.passage.passage_id for f in found}


def test_unused_texts_are_dropped(filled: Library) -> None:
    filled.full_texts.store(TEXT)
    now = datetime.now(UTC)
    assert filled.full_texts.drop_unused(now - timedelta(days=1)) == 0
    assert filled.full_texts.drop_unused(now + timedelta(days=1)) == 1
    assert filled.full_texts.get(HERON.paper_id) is None
    assert stored_ids(filled) == set()


def test_the_text_goes_with_its_paper(filled: Library) -> None:
    filled.full_texts.store(TEXT)
    with filled.catalog.database.transaction() as db:
        db.execute("DELETE FROM papers WHERE paper_id = ?", (HERON.paper_id,))
    filled.full_texts.catch_up()
    assert count_texts(filled.catalog.database) == (0, 0)
    assert stored_ids(filled) == set()


def test_a_changed_paper_keeps_its_text(filled: Library) -> None:
    filled.full_texts.store(TEXT)
    ingest(ListSource([replace(HERON, abstract="A new abstract of herons.")]), filled)
    assert filled.full_texts.get(HERON.paper_id) == TEXT


def test_damaged_passages_are_read_as_none(filled: Library) -> None:
    filled.full_texts.store(TEXT)
    with filled.catalog.database.transaction() as db:
        db.execute("UPDATE passages SET headings = '{'")
    assert filled.full_texts.get(HERON.paper_id) is None


def test_vectors_that_chroma_lost_are_stored_anew(
    filled: Library, make_library: Callable[..., Library]
) -> None:
    filled.full_texts.store(TEXT)
    filled.index.vectors.clear_passages()
    filled.close()
    reopened = make_library(filled.folder)
    _ = reopened.full_texts
    assert stored_ids(reopened) == {p.passage_id for p in TEXT.passages}


KILLED = """
import os, sys
from pathlib import Path
from bot.app import open_library
from rag.config import RagConfig
from tests.rag.full_text.test_store import TEXT
library = open_library(Path(sys.argv[1]), RagConfig())
texts = library.full_texts
kill = lambda *_: os.kill(os.getpid(), 9)
setattr(texts.vectors, sys.argv[2], kill)
texts.store(TEXT)
"""


@pytest.mark.slow
def test_a_kill_between_sqlite_and_chroma_loses_nothing(
    filled: Library, make_library: Callable[..., Library]
) -> None:
    filled.full_texts.store(full_text("Another text before.", "And more of it.", "And more."))
    filled.close()
    for method in ("delete_passages", "add_passages"):
        command = [sys.executable, "-c", KILLED, str(filled.folder), method]
        done = subprocess.run(command, cwd=ROOT, env=os.environ | {"PYTHONPATH": str(ROOT)})
        assert done.returncode == -9
    reopened = make_library(filled.folder)
    assert reopened.full_texts.get(HERON.paper_id) == TEXT
    assert stored_ids(reopened) == {p.passage_id for p in TEXT.passages}
