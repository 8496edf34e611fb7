"""Answers from the table, asked the way people do."""

from dataclasses import replace
from datetime import date

import pytest

from ingest.sync import ingest
from rag.answering.refusal import REFUSAL
from rag.config import RagConfig
from rag.library import Library
from rag.pipeline import PaperQA
from tests.papers import HERON, LOOM, PASTRY, TIDAL, TODAY, ListSource

UNDATED = replace(LOOM, title="Shuttle: Threads without a Day", published_on=None)


@pytest.fixture
def qa(library: Library) -> PaperQA:
    ingest(ListSource([HERON, TIDAL, PASTRY, LOOM, UNDATED]), library)
    return PaperQA(library, RagConfig(), today=lambda: TODAY)


def cited(qa: PaperQA, question: str) -> list[str]:
    return [citation.paper.title.split(":")[0] for citation in qa.ask(question).citations]


@pytest.mark.parametrize(
    ("question", "titles"),
    [
        ("papers with three authors", ["HeronNet"]),
        ("2025 papers with at most 3 authors", ["HeronNet", "PastryBench"]),
        ("what did Crumb Lab publish?", ["PastryBench"]),
        ("papers by A. One", ["HeronNet"]),
        ("newest paper", ["PastryBench"]),
        ("the oldest one", ["Loom"]),
        ("most upvoted paper", ["Tidal Attention"]),
        ("most upvoted papers", ["Tidal Attention", "HeronNet"]),
        ("language model papers, 2025 only", ["PastryBench", "Tidal Attention"]),
        ("newest paper about birds in video", ["HeronNet"]),
        ("everything from early February 2025", ["Tidal Attention"]),
        ("papers between December 2024 and January 2025", ["HeronNet"]),
    ],
)
def test_papers_are_filtered_and_ordered(qa: PaperQA, question: str, titles: list[str]) -> None:
    assert cited(qa, question) == titles


def test_who_is_unknown_or_not_clear_is_said(qa: PaperQA) -> None:
    heads = [replace(HERON, title=f"Nest {n}", arxiv_id=f"2503.0000{n}", authors=(name, "Bo Reed"))
             for n, name in enumerate("Abe Ada Amy Ann Art Axl".split())]  # fmt: skip
    people = [replace(paper, authors=(f"{paper.authors[0]} Tern", "Bo Reed")) for paper in heads]
    ingest(ListSource(people), qa.library)
    assert cited(qa, "papers by Ada Tern and Bo Reed") == ["Nest 1"]
    for question, reason in (
        ("papers by Ada Tern and Axl Tern", "No paper that I have read is by both Ada Tern"),
        ("papers by A. Tern", "6 authors may be meant by “A. Tern” (Abe Tern, Ada Tern,"),
        ("papers by Adda Tern", "called “Adda Tern”. Similar names: Ada Tern"),
    ):  # fmt: skip
        answer = qa.ask(question)
        assert answer.refused
        assert reason in answer.text


def test_an_ambiguous_day_is_said(qa: PaperQA) -> None:
    answer = qa.ask("papers of 5/2/2025")
    assert answer.note == "I read 5/2/2025 as 2 May 2025 (month first)."
    assert qa.ask("papers of 13/2/2025").note == ""


def test_a_lab_among_the_authors_is_an_organisation(qa: PaperQA) -> None:
    oven = replace(HERON, title="Oven", arxiv_id="2503.00009", authors=("Crumb Lab",))
    ingest(ListSource([oven]), qa.library)
    assert sorted(cited(qa, "papers from Crumb Lab")) == ["Oven", "PastryBench"]


def test_an_organisation_has_the_papers_of_its_labs(qa: PaperQA) -> None:
    labs = ["DAMO Academy", "TongyiLab", "Meta Research"]
    papers = [
        replace(HERON, title=f"Nest {n}: Reeds", arxiv_id=f"2503.0000{n}", organization=lab)
        for n, lab in enumerate(labs)
    ]
    ingest(ListSource(papers), qa.library)
    assert sorted(cited(qa, "papers from alibaba")) == ["Nest 0", "Nest 1"]
    answer = qa.ask("papers from waymo")
    assert answer.refused
    assert "of waymo" in answer.text


def test_a_count_is_answered_with_a_list(qa: PaperQA) -> None:
    answer = qa.ask("how many papers came out in 2025?")
    assert answer.text.startswith("3 papers published 2025-01-01 to 2025-12-31:")
    assert not answer.refused
    assert not answer.evidence  # nothing for a language model to rewrite


@pytest.mark.parametrize(
    ("question", "said"),
    [
        ("when was HeronNet published?", "published 2025-01-02, featured 2025-01-06"),
        ("who wrote HeronNet?", "Authors of HeronNet: A. One, B. Two, C. Three [1]"),
        ("how many authors does PastryBench have?", "Number of authors of PastryBench: 2 [1]"),
        ("which lab is PastryBench from?", "Organization of PastryBench: Crumb Lab [1]"),
        ("how many upvotes does Tidal Attention have?", "Upvotes of Tidal Attention: 40 [1]"),
        ("when was the bird detector for drones published?", "published 2025-01-02"),
    ],
)
def test_facts_of_a_paper_come_from_the_catalogue(qa: PaperQA, question: str, said: str) -> None:
    answer = qa.ask(question)
    assert said in answer.text
    assert len(answer.citations) == 1
    assert answer.citations[0].quote == answer.citations[0].paper.title


def test_an_unknown_fact_is_refused(qa: PaperQA) -> None:
    answer = qa.ask("how many upvotes does Loom have?")
    assert answer.refused
    assert answer.text.startswith(REFUSAL)
    assert "The record of Loom names no upvotes" in answer.text
    assert qa.ask("when was the paper on harbour cranes published?").refused


def test_an_empty_list_is_a_refusal_with_the_filters(qa: PaperQA) -> None:
    answer = qa.ask("papers with 40 authors")
    assert answer.refused
    assert "I looked among the papers with 40 authors." in answer.text
    answer = qa.ask("which papers about quantum gravity came out in 2025?")
    assert answer.refused


def test_the_most_prolific_authors_are_counted(qa: PaperQA, library: Library) -> None:
    again = replace(TIDAL, authors=("A. One",), title="Ebb", arxiv_id="2503.00009",
                    published_on=date(2025, 3, 1))  # fmt: skip
    ingest(ListSource([again]), library)
    answer = qa.ask("who wrote the most papers?")
    assert answer.text.splitlines()[1] == "A. One: 2 papers, the newest is [1]"
    assert answer.citations[0].paper.title == "Ebb"
