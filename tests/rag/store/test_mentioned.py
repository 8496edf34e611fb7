from dataclasses import replace

import pytest

from ingest.sync import ingest
from rag.config import RagConfig
from rag.library import Library
from rag.pipeline import PaperQA
from rag.store.keywords import KeywordIndex
from rag.store.lookup import papers_named_in
from tests.papers import HERON, LOOM, PASTRY, TIDAL, TODAY, ListSource, many


@pytest.mark.parametrize(
    ("question", "papers"),
    [
        ("HeronNet or PastryBench?", [HERON, PASTRY]),
        ("what does heronnet do?", [HERON]),
        ("arxiv 2502.00002v3", [TIDAL]),
        ("see https://huggingface.co/papers/2502.00002.", [TIDAL]),
        ("is Loom slow?", [LOOM]),
        ("which model counts birds?", []),
        ("9999.99999 and CLIP", []),
    ],
)
def test_papers_are_recognised(filled: Library, question: str, papers: list[object]) -> None:
    keywords = KeywordIndex(filled.catalog.database)
    assert papers_named_in(question, filled.catalog, keywords) == papers


def test_a_name_that_many_papers_have_is_none(library: Library) -> None:
    same = [replace(p, title=f"HeronNet: {p.title}") for p in many(8)]
    ingest(ListSource(same), library)
    keywords = KeywordIndex(library.catalog.database)
    assert papers_named_in("how good is HeronNet?", library.catalog, keywords) == []


@pytest.fixture
def qa(filled: Library) -> PaperQA:
    return PaperQA(filled, RagConfig(), today=lambda: TODAY)


def test_a_comparison_quotes_each_paper(qa: PaperQA) -> None:
    answer = qa.ask("do HeronNet and PastryBench beat humans in accuracy?")
    assert {citation.paper for citation in answer.citations} == {HERON, PASTRY}
    assert "94.2%" in answer.text
    assert "97%" in answer.text


@pytest.mark.parametrize("question", ["arxiv 2501.00001", "compare HeronNet with PastryBench"])
def test_papers_that_are_only_named_are_introduced(qa: PaperQA, question: str) -> None:
    answer = qa.ask(question)
    assert answer.text.startswith("“We present HeronNet, a detector")
    assert not answer.refused
