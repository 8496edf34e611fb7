"""Definitions of a concept, and the signs by which they are told."""

from dataclasses import replace
from datetime import date

import pytest

from ingest.sync import ingest
from rag.answering.concepts import Concepts, concept_of, names_of, pattern_of, signs_of
from rag.answering.draft import Draft
from rag.library import Library
from rag.query.request import Request
from rag.records import Paper
from tests.papers import HERON, LOOM, PASTRY, TIDAL, ListSource

DEFINITION = "Marsh counting (MC) is a technique that estimates flocks by sampling small tiles."
EARLIER = replace(
    HERON,
    title="Small Tiles for Large Flocks",
    abstract=f"{DEFINITION} We study its cost on three lakes.",
    arxiv_id="2401.00007",
    published_on=date(2024, 1, 7),
    featured_on=None,
)
USER = replace(
    HERON,
    title="Boats without Crews",
    abstract="We propose BoatNet. Experiments show that BoatNet outperforms marsh counting.",
    arxiv_id="2406.00008",
)
LATER = replace(EARLIER, title="Tiles Again", arxiv_id="2502.00009", published_on=date(2025, 2, 9))


def ask(library: Library, *papers: Paper, topic: str = "marsh counting") -> Draft | None:
    ingest(ListSource([TIDAL, PASTRY, LOOM, *papers]), library)
    return Concepts(library.retriever).draft(Request(topic=topic, kind="concept"))


def test_the_defining_sentence_is_quoted_and_not_one_that_uses_the_word(library: Library) -> None:
    draft = ask(library, USER, EARLIER)
    assert draft is not None
    assert draft.text == f"“{DEFINITION}” [1]"
    assert [c.paper for c in draft.citations] == [EARLIER]
    assert draft.evidence[0].sentence == DEFINITION


def test_the_earliest_of_equal_definitions_comes_first(library: Library) -> None:
    draft = ask(library, LATER, EARLIER)
    assert draft is not None
    assert [c.paper.title for c in draft.citations] == [EARLIER.title, LATER.title]


@pytest.mark.parametrize("topic", ["MC", "what does MC stand for?", "marsh-counting in lakes"])
def test_abbreviation_long_form_and_scope_name_the_same_concept(
    library: Library, topic: str
) -> None:
    draft = ask(library, USER, EARLIER, topic=topic)
    assert draft is not None
    assert draft.text.startswith(f"“{DEFINITION}”")


def test_each_of_several_concepts_gets_its_definition(library: Library) -> None:
    reed = replace(
        TIDAL,
        title="Reed Folding at Scale",
        abstract="Reed folding refers to methods that compress text by merging similar words.",
        arxiv_id="2403.00001",
    )
    ingest(ListSource([EARLIER, reed, LOOM]), library)
    request = Request(topic="marsh counting reed folding", parts=("marsh counting", "reed folding"))
    draft = Concepts(library.retriever).draft(request)
    assert draft is not None
    assert [c.paper.title for c in draft.citations] == [EARLIER.title, reed.title]


def test_what_no_paper_defines_gets_no_answer(library: Library) -> None:
    assert ask(library, USER) is None
    assert Concepts(library.retriever).draft(Request(topic="photosynthesis")) is None
    assert Concepts(library.retriever).draft(Request(topic="what is it?")) is None
    assert Concepts(library.retriever).draft(Request(topic="what is -?")) is None


@pytest.mark.parametrize(
    ("topic", "concept"),
    [
        ("what is speculative decoding?", "speculative decoding"),
        ("define GRPO", "GRPO"),
        ("what does MoE stand for", "MoE"),
        ("whats an ablation study", "ablation study"),
        (
            "explain rotary position embeddings to me like im a student",
            "rotary position embeddings",
        ),
        ("word embeddings", "word embeddings"),
        ("what is it?", ""),
    ],
)
def test_the_question_around_a_concept_is_left_out(topic: str, concept: str) -> None:
    assert concept_of(topic) == concept


def test_texts_give_the_other_name_of_a_concept() -> None:
    texts = [
        "Mixture-of-Experts (MoE) scales.",
        "A Mixture of Experts (MoE) model.",
        "An idea (AI)",
    ]
    assert names_of("MoE", texts) == ["MoE", "mixture of experts"]
    assert names_of("mixture of experts", texts) == ["mixture of experts", "MoE"]
    assert names_of("diffusion", texts) == ["diffusion"]


def test_a_name_is_found_in_other_spellings_but_not_inside_longer_names() -> None:
    pattern = pattern_of(["attention sink", "AS"])
    assert pattern.search("Attention-sinks appear")
    assert pattern.search("of AS in models")
    assert not pattern.search("as in models")
    assert not pattern.search("an ASR model, Multi-AS")
    assert pattern_of(["vision language action model"]).search(
        "Vision-Language-Action (VLA) models"
    )


def probability(sentence: str) -> float:
    signs = signs_of(sentence, pattern_of(["tile sampling", "TS"]), 1, 0.6)
    assert signs is not None
    return signs.probability


def test_signs_tell_definitions_from_mentions() -> None:
    definition = probability("Tile sampling (TS) is a method that counts birds by drawing tiles.")
    apposed = probability("We use tile sampling, which counts birds by drawing tiles.")
    praise = probability("Tile sampling has emerged as a promising direction.")
    doubt = probability("However, existing tile sampling remains limited and costly.")
    own = probability("We propose BoatNet and show that it outperforms tile sampling.")
    assert definition > apposed > praise > doubt > own
    assert signs_of("Boats float.", pattern_of(["tile sampling"]), 1, 0.6) is None
