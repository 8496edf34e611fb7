"""Code that a record or an abstract names counts wherever code is asked for."""

from dataclasses import replace

import pytest

from ingest.sync import ingest
from rag.config import RagConfig
from rag.library import Library
from rag.pipeline import PaperQA
from rag.records import Question, Turn
from rag.text.code_link import code_of
from tests.papers import HERON, LOOM, PASTRY, TIDAL, TODAY, ListSource

OWN = "https://huggingface.co/spaces/marsh/heron"


@pytest.mark.parametrize(
    ("sentence", "code"),
    [
        ("Code is public (https://github.com/marsh/heron).", "https://github.com/marsh/heron"),
        ("See https://www.gitlab.com/marsh/heron-net.", "https://gitlab.com/marsh/heron-net"),
        ("Code: codeberg.org/marsh/heron_2, data on request", "https://codeberg.org/marsh/heron_2"),
        ("Released at \\url{http://github.com/a/b.c}.", "https://github.com/a/b.c"),
        ("Code will be released.", ""),
        ("The page is https://marsh.github.io/heron.", ""),
        ("We mined github.com and https://github.com/marsh for notes.", ""),
        ("Not https://notgithub.com/marsh/heron.", ""),
    ],
)
def test_the_first_repository_of_an_abstract_is_the_code(sentence: str, code: str) -> None:
    paper = replace(HERON, abstract=f"{HERON.abstract} {sentence}")
    assert code_of(paper) == code
    assert code_of(replace(paper, code_url=OWN)) == OWN


@pytest.fixture
def qa(library: Library) -> PaperQA:
    said = f"{TIDAL.abstract} Code is at https://github.com/tidal/wave."
    papers = [HERON, replace(TIDAL, abstract=said), PASTRY, replace(LOOM, code_url=OWN)]
    ingest(ListSource(papers), library)
    return PaperQA(library, RagConfig(), today=lambda: TODAY)


@pytest.mark.parametrize(
    "question",
    [
        "which of them has code?", "only those with code", "which ones have code?",
        "just the ones with code please", "welche davon haben Code?",
    ],
)  # fmt: skip
def test_a_list_is_narrowed_to_papers_with_code_of_either_kind(qa: PaperQA, question: str) -> None:
    listed = Turn("", tuple(paper.paper_id for paper in (HERON, TIDAL, PASTRY, LOOM)))
    answer = qa.ask(Question(text=question, history=(listed,)))
    cited = {citation.paper.paper_id for citation in answer.citations}
    assert cited == {TIDAL.paper_id, LOOM.paper_id}


def test_counts_and_lists_know_the_code_of_an_abstract(qa: PaperQA) -> None:
    assert qa.ask("how many papers have code?").text.startswith("2 ")
    without = qa.ask("how many papers have no code?")
    assert without.text.startswith("2 ")
    listed = qa.ask("papers with code since 2025")
    assert [citation.paper.paper_id for citation in listed.citations] == [TIDAL.paper_id]
    assert "code" in listed.text
    assert "https://github.com/tidal/wave" in qa.ask("is there code for Tidal Attention?").text
