"""Clauses against the sentences of a source, with the real encoder."""

import pytest

from rag.encoders.embedder import Embedder, SentenceTransformerEmbeddings
from rag.grounding.alignment import read
from rag.grounding.contradiction import contradictions, numbered


@pytest.fixture
def words(embedder: Embedder) -> SentenceTransformerEmbeddings:
    assert isinstance(embedder.embeddings, SentenceTransformerEmbeddings)
    return embedder.embeddings


SOURCE = "Wader finds 61% of the nests in fog, while rangers find 97%."


@pytest.mark.parametrize(
    ("claim", "source", "found"),
    [
        ("Wader finds 61% of the nests in fog.", SOURCE, ""),
        ("In fog, 61% of the nests are found.", SOURCE, ""),
        ("Rangers find 61%.", SOURCE, "number_of_other"),
        ("Wader finds more nests than rangers.", SOURCE, "numbers_otherwise"),
        ("Gull-2 outperforms Wader.", "It outperforms rivals such as Gull-2.", "rival_wins"),
        ("It raises more alarms in fog.", "It raises fewer alarms in fog.", "opposite"),
        ("The camera needs light.", "The camera needs no light.", "denied"),
    ],
)
def test_how_a_claim_contradicts_its_source(
    words: SentenceTransformerEmbeddings, claim: str, source: str, found: str
) -> None:
    ours, theirs = read(words, [claim, source])
    against = contradictions(ours, (0, len(claim)), [theirs], ["Wader"])._asdict()
    polarity = against.pop("polarity")
    assert [name for name, value in against.items() if value] == ([found] if found else [])
    assert (polarity > 0.5) is (found in ("opposite", "denied"))


def test_a_number_keeps_the_words_of_its_piece(words: SentenceTransformerEmbeddings) -> None:
    (text,) = read(words, [SOURCE])
    first, second = numbered(text, ["Wader"])
    assert (first.quantity.value, second.quantity.value) == (61, 97)
    assert first.words == {"find", "nest", "fog"}
    assert second.words == {"ranger", "find"}
    assert len(first.around.vectors) > len(second.around.vectors) > 0


def test_a_sentence_without_numbers_has_none(words: SentenceTransformerEmbeddings) -> None:
    (text,) = read(words, ["Herons fly."])
    assert numbered(text, []) == []
