"""Quoted answers, with the sample papers."""

from dataclasses import replace

import pytest

from rag.answering.draft import Draft
from rag.answering.extractive import ExtractiveQA, quote
from rag.answering.refusal import REFUSAL
from rag.config import RagConfig
from rag.grounding.alignment import Reader
from rag.library import Library
from rag.query.request import Request
from rag.records import Evidence, Window
from tests.papers import HERON, LOOM, PASTRY, TIDAL, TODAY


@pytest.fixture
def extractive(filled: Library) -> ExtractiveQA:
    return ExtractiveQA(
        filled.catalog,
        filled.retriever,
        filled.embedder,
        filled.word_vectors,
        Reader(filled.bundled_embedder.embeddings),
        RagConfig(),
    )


def cited(draft: Draft) -> list[str]:
    return [citation.paper.title for citation in draft.citations]


def test_the_answering_sentence_is_quoted_with_its_ranking(extractive: ExtractiveQA) -> None:
    draft = extractive.draft(Request(topic="how much drift remains between sensors on a robot?"))
    assert draft.text.startswith("“On a quadruped it cuts the drift to 2 ms.” [1]")
    assert draft.evidence[0].sentence == draft.citations[0].quote
    assert draft.support is not None
    assert draft.support > RagConfig().evidence.refuse_below


def test_an_off_topic_question_is_refused_with_its_support(extractive: ExtractiveQA) -> None:
    draft = extractive.draft(Request(topic="what is the capital of Peru?"))
    assert draft.refused
    assert draft.text.startswith(REFUSAL)
    assert draft.support is not None
    assert draft.support < RagConfig().evidence.refuse_below


def test_a_question_about_one_silent_paper_names_only_that_one(extractive: ExtractiveQA) -> None:
    draft = extractive.draft(Request(topic="which licence and funding?", pointed=(LOOM,)))
    assert draft.refused
    assert cited(draft) == [LOOM.title]
    assert "does not say it" in draft.text


def test_a_name_alone_is_introduced_with_its_gist_and_finding(extractive: ExtractiveQA) -> None:
    draft = extractive.draft(Request(topic="what is HeronNet about?", named=(HERON,)))
    assert "“We present HeronNet, a detector that counts herons" in draft.text
    assert len(draft.evidence) == 2
    assert draft.support is None  # nothing was searched


@pytest.mark.parametrize(
    ("asked", "quoted"),
    [
        ("what does {} propose?", "a detector that counts herons"),
        ("how does {} work?", "a detector that counts herons"),
        ("what method is introduced in {}?", "a detector that counts herons"),
        ("which benchmark does {} use?", "the MarshCount benchmark"),
        ("how long is the training in {}?", "3 hours on one laptop"),
        ("which accuracy does {} reach?", "94.2% of the accuracy"),
    ],
)
@pytest.mark.parametrize(
    "typed",
    ["2501.00001", "2501.00001v2", "arXiv:2501.00001", "https://arxiv.org/abs/2501.00001"],
)
def test_a_paper_named_by_its_id_is_the_one_that_answers(
    extractive: ExtractiveQA, asked: str, quoted: str, typed: str
) -> None:
    draft = extractive.draft(Request(topic=asked.format(typed), named=(HERON,)))
    assert quoted in draft.text
    assert cited(draft) == [HERON.title]


@pytest.mark.parametrize(
    "asked",
    [
        "how many tokens does 2501.00001 keep?",
        "which recipes does https://arxiv.org/pdf/2501.00001 test?",
        "which sensors of quadrupeds drift in 2501.00001?",
    ],
)
def test_a_paper_named_by_its_id_is_the_silent_one(extractive: ExtractiveQA, asked: str) -> None:
    draft = extractive.draft(Request(topic=asked, named=(HERON,)))
    assert draft.refused
    assert cited(draft) == [HERON.title]


def test_several_named_papers_are_each_quoted(extractive: ExtractiveQA) -> None:
    request = Request(topic="how accurate are HeronNet and PastryBench?", named=(PASTRY, HERON))
    assert set(cited(extractive.draft(request))) == {HERON.title, PASTRY.title}


def test_a_question_about_several_papers_names_them_all(extractive: ExtractiveQA) -> None:
    topic = "counting birds and aligning robot sensors: which models are there?"
    draft = extractive.draft(Request(topic=topic, several=True))
    assert {HERON.title, LOOM.title} <= set(cited(draft))
    assert len(draft.text.split()) <= 150


def test_the_asked_number_limits_the_papers(extractive: ExtractiveQA) -> None:
    request = Request(topic="two models that need no retraining", several=True, limit=2)
    assert len(cited(extractive.draft(request))) == 2


def test_an_answer_within_some_days_says_so(extractive: ExtractiveQA) -> None:
    window = Window(TODAY.replace(year=2024), TODAY)
    draft = extractive.draft(Request(topic="how do robots align sensor streams?", window=window))
    assert draft.refused  # Loom is older
    window = Window(None, TODAY)
    draft = extractive.draft(Request(topic="how do robots align sensor streams?", window=window))
    assert draft.text.startswith(f"Among the papers {window}:\n“")


def test_quotes_are_grouped_by_paper_and_further_ones_are_subordinate() -> None:
    text, citations = quote(
        [
            Evidence(TIDAL, "T.", 1, 0.9),
            Evidence(HERON, "H.", 1, 0.8),
            Evidence(TIDAL, "U.", 2, 0.7),
        ]
    )
    assert text == "Tidal Attention: “T.” [1]\n  “U.” [1]\nHeronNet: “H.” [2]"
    assert [(c.n, c.paper, c.quote) for c in citations] == [(1, TIDAL, "T."), (2, HERON, "H.")]


def test_a_quote_shows_the_systems_name_and_that_paperboy_wrote_the_summary() -> None:
    unnamed = replace(HERON, title="Counting Birds", abstract="We introduce HeronNet. It counts.")
    assert quote([Evidence(unnamed, "It counts.", 2, 1.0)])[0] == "HeronNet: “It counts.” [1]"
    summary = replace(LOOM, abstract_source="summary")
    assert quote([Evidence(summary, "S.", 1, 1.0)])[0] == "Paperboy's summary: “S.” [1]"
