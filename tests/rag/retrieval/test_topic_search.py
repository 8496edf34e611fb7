"""Papers on a topic: their order, and where the topic ends."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from ingest.sync import ingest
from rag.library import Library
from rag.records import Paper
from rag.retrieval.topic_search import MIN_ON_TOPIC, TopicSearch, form_of
from tests.papers import HERON, LOOM, PAPERS, PASTRY, TIDAL, ListSource


def paper(number: int, title: str, abstract: str) -> Paper:
    return replace(HERON, title=title, abstract=abstract, arxiv_id=f"2504.{number:05d}")


SPEAKING = paper(1, "Quiet Voices", "We study text to speech for small devices. It is fast.")
LISTENING = paper(2, "Loud Rooms", "We study speech to text in noisy rooms. It is robust.")
EXPERTS = [
    paper(3, "Sparse Layers", "A mixture-of-experts (MoE) routes tokens. Its experts are small."),
    paper(4, "Routing Twice", "We route tokens in a mixture-of-experts (MoE) twice. It is cheap."),
    paper(5, "Many Experts", "Our mixture-of-experts (MoE) has many experts. Few are active."),
]


@pytest.fixture
def search(library: Library) -> Callable[[str], list[str]]:
    """Return the titles of the papers on a topic, best first."""
    ingest(ListSource([*PAPERS, SPEAKING, LISTENING, *EXPERTS]), library)
    topics = TopicSearch(library.retriever)

    def titles(topic: str) -> list[str]:
        found = topics.hits(topics.search(topic))
        return [hit.paper.title for hit in found if hit.score >= MIN_ON_TOPIC]

    return titles


def test_papers_beside_the_topic_come_last_and_are_unlikely(filled: Library) -> None:
    hits = TopicSearch(filled.retriever).search("counting birds in drone video")
    assert len(hits) == len(PAPERS)
    assert hits[0].paper_id == HERON.paper_id
    chances = [hit.probability for hit in hits]
    assert chances == sorted(chances, reverse=True)
    assert chances[0] >= MIN_ON_TOPIC > chances[1]


def test_the_sentence_nearest_to_the_topic_is_found(filled: Library) -> None:
    best = TopicSearch(filled.retriever).search("memory of the cache")[0]
    assert best.paper_id == TIDAL.paper_id
    assert best.chunk.sentence.startswith("It halves the memory of the cache")


def test_a_topic_that_no_paper_has_has_no_papers(search: Callable[[str], list[str]]) -> None:
    assert search("quantum gravity") == []


def test_the_order_of_a_phrase_counts(search: Callable[[str], list[str]]) -> None:
    assert search("text to speech")[0] == SPEAKING.title
    assert search("speech to text")[0] == LISTENING.title


@pytest.mark.parametrize("topic", ["moe", "MoEs", "mixture of experts", "mixture-of-experts"])
def test_abbreviations_and_long_forms_find_the_same_papers(
    search: Callable[[str], list[str]], topic: str
) -> None:
    assert set(search(topic)) == {paper.title for paper in EXPERTS}


def test_the_search_is_restricted_to_allowed_papers(filled: Library) -> None:
    topics = TopicSearch(filled.retriever)
    allowed = {PASTRY.paper_id, LOOM.paper_id}
    hits = topics.search("counting birds in drone video", allowed=allowed)
    assert {hit.paper_id for hit in hits} == allowed
    assert max(hit.probability for hit in hits) < MIN_ON_TOPIC
    assert topics.search("birds", allowed=set()) == []


def test_hits_carry_their_papers_and_probabilities(filled: Library) -> None:
    topics = TopicSearch(filled.retriever)
    found = topics.search("sensors of robots")
    hits = topics.hits(found[:2])
    assert hits[0].paper == LOOM
    assert [hit.score for hit in hits] == [hit.probability for hit in found[:2]]


def test_a_form_weighs_rare_terms_and_their_pairs_more(filled: Library) -> None:
    form = form_of("language models on herons", filled.retriever.snapshots.current())
    assert form.terms["heron"] > form.terms["model"]
    assert form.pairs["languag", "model"] == form.terms["languag"] + form.terms["model"]
