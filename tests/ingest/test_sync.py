from collections.abc import Callable
from dataclasses import replace

from ingest.sources.source import SetAside
from ingest.sync import ingest, ingest_now
from rag.library import Library
from tests.both_steps import ingest_both
from tests.papers import HERON, LOOM, PAPERS, PASTRY, TIDAL, ListSource


def test_papers_are_stored_once_and_counted(library: Library) -> None:
    first = ingest_both(ListSource(), library)
    assert (first.upserted.new, first.embedded) == (4, 4)
    assert "4 papers read: 4 new" in str(first)
    second = ingest_both(ListSource(), library)
    assert (second.upserted.unchanged, second.embedded) == (4, 0)
    assert library.index.vectors.counts() == (4, 4 + 4 + 3 + 3)


def test_progress_is_reported(library: Library) -> None:
    told: list[tuple[str, int, int | None]] = []
    ingest(ListSource(), library, progress=lambda *args: told.append(args))
    assert told == [("reading", 4, None), ("indexing", 4, 4)]


def test_a_paper_needed_now_is_indexed_before_pending_ones(library: Library) -> None:
    library.catalog.upsert([PASTRY, TIDAL])
    odd = SetAside("line 2", "title: Field required")
    assert ingest_now(ListSource([odd]), library) == []
    assert ingest_now(ListSource([HERON, odd]), library) == [HERON]
    assert library.index.pending_count() == 2
    assert library.index.vectors.counts()[0] == 1
    ingest(ListSource([]), library)
    assert library.index.vectors.counts()[0] == 3


def test_invalid_records_are_reported_and_stored(library: Library) -> None:
    odd = SetAside("line 2", "title: Field required")
    report = ingest(ListSource([HERON, odd]), library)
    assert report.reasons() == ["set aside: line 2: title: Field required"]
    rows = library.catalog.database.connection.execute("SELECT record, reason FROM set_aside")
    assert [tuple(row) for row in rows] == [("line 2", "title: Field required")]


def test_a_changed_abstract_leaves_no_chunk_of_the_old_one(library: Library) -> None:
    ingest_both(ListSource(), library)
    shorter = replace(HERON, abstract="HeronNet now also counts cranes.")
    ingest_both(ListSource([shorter]), library)
    found = library.index.vectors.sentences.get()["ids"]
    assert [i for i in found if i.startswith(HERON.paper_id)] == [f"{HERON.paper_id}#1"]
    assert library.retriever.search("counts cranes")[0].chunk.sentence == shorter.abstract


def test_a_paper_that_gets_its_id_has_one_set_of_chunks(library: Library) -> None:
    ingest(ListSource(), library)
    identified = replace(LOOM, arxiv_id="2411.00004")
    ingest(ListSource([identified]), library)
    assert library.catalog.coverage().papers == len(PAPERS)
    ids = library.index.vectors.abstracts.get()["ids"]
    assert f"{LOOM.paper_id}#0" not in ids
    assert "arxiv:2411.00004#0" in ids


def test_an_interrupted_run_is_finished_by_the_next(
    make_library: Callable[..., Library],
) -> None:
    interrupted = make_library()
    interrupted.catalog.upsert(PAPERS)  # the kill comes before anything is embedded
    interrupted.close()
    resumed = make_library()
    assert ingest(ListSource([HERON]), resumed).embedded == 4
