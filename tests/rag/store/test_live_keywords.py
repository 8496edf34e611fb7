"""Counts from the snapshot equal those of FTS5, before and after changes."""

from dataclasses import replace

import pytest

from rag.library import Library
from rag.store.keywords import KeywordIndex
from rag.store.live_keywords import LiveKeywords
from rag.store.snapshots import Snapshots
from tests.papers import HERON, PAPERS, many

PHRASES = (
    "drone video", "video drone", "Herons and egrets", "heron egret", "MarshCount benchmark",
    "the", "nowhere said", "human counters", "volume",
)  # fmt: skip


@pytest.mark.parametrize("most_read", [0, 200])
def test_counts_equal_those_of_fts5(
    library: Library, monkeypatch: pytest.MonkeyPatch, most_read: int
) -> None:
    monkeypatch.setattr("rag.store.live_keywords.MAX_READ", most_read)
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
            assert live.idf(words) == pytest.approx(stored.idf(words))
