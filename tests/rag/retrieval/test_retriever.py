"""Hybrid search: by meaning, by words, and within windows."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date

import pytest

from ingest.sync import ingest
from rag.config import RagConfig
from rag.library import Library
from rag.records import Window
from rag.retrieval.paper_retriever import PaperRetriever
from tests.papers import HERON, LOOM, PAPERS, PASTRY, TIDAL, ListSource, many


@pytest.mark.parametrize(
    ("question", "paper"),
    [
        ("counting herons from the air", HERON),
        ("forgetting tokens to save memory", TIDAL),
        ("PastryBench", PASTRY),
        ("cooking instructions with mistakes", PASTRY),
    ],
)
def test_papers_are_found_by_meaning_and_by_name(
    filled: Library, question: str, paper: object
) -> None:
    hits = filled.retriever.search(question)
    assert hits[0].paper == paper
    assert hits[0].score == max(hit.score for hit in hits)
    assert len({hit.paper.paper_id for hit in hits}) == len(hits)


def test_the_best_chunk_is_the_sentence_that_fits(filled: Library) -> None:
    hit = filled.retriever.search("how much of the cache memory is saved?")[0]
    assert hit.chunk.sentence.startswith("It halves the memory")
    assert hit.chunk.index == 3


def test_a_window_restricts_the_papers(filled: Library) -> None:
    window = Window(date(2025, 2, 1), date(2025, 2, 10))
    assert [h.paper for h in filled.retriever.search("birds", window=window)] == [TIDAL]
    assert filled.retriever.search("birds", window=Window(since=date(2030, 1, 1))) == []


@pytest.mark.slow
@pytest.mark.parametrize("most_more", [0, 1_000])
def test_large_windows_and_small_ones_agree(
    make_library: Callable[..., Library], monkeypatch: pytest.MonkeyPatch, most_more: int
) -> None:
    """The nearest abstracts (0) or more of Chroma's chunks lead to the same paper."""
    monkeypatch.setattr("rag.retrieval.retriever.MAX_MORE", most_more)
    library = make_library(config=RagConfig.model_validate({"retrieval": {"n_candidates": 10}}))
    ingest(ListSource(many(60)), library)
    window = Window(since=date(2025, 1, 1))
    wanted = many(60)[13]
    small = library.retriever.search(wanted.title, window=window)
    monkeypatch.setattr("rag.retrieval.retriever.MAX_SCORED_WINDOW", 0)
    large = library.retriever.search(wanted.title, window=window)
    assert small[0].paper == large[0].paper == wanted
    assert all(hit.paper.day and hit.paper.day >= date(2025, 1, 1) for hit in large)


def test_neighbours_are_the_most_similar_other_papers(library: Library) -> None:
    twin = replace(HERON, title="Counting Cranes from Drones", arxiv_id="2501.00009")
    ingest(ListSource([*PAPERS, twin]), library)
    hits = library.retriever.neighbours([HERON.paper_id], top_k=2)
    assert hits[0].paper == twin
    assert hits[0].score == hits[0].cosine > hits[1].cosine
    assert hits[0].chunk.sentence in twin.abstract
    both = library.retriever.neighbours([HERON.paper_id, twin.paper_id], top_k=9)
    assert {hit.paper for hit in both} == {TIDAL, PASTRY, LOOM}
    assert library.retriever.neighbours(["arxiv:unknown"], top_k=2) == []


def test_an_empty_library_finds_nothing(library: Library) -> None:
    assert library.retriever.search("anything") == []


def test_it_works_as_a_langchain_retriever(filled: Library) -> None:
    documents = PaperRetriever(hybrid=filled.retriever, top_k=2).invoke("recipes with errors")
    assert len(documents) == 2
    assert documents[0].id == PASTRY.paper_id
    assert documents[0].metadata["url"] == PASTRY.url
    assert documents[0].metadata["quote"] in PASTRY.abstract
