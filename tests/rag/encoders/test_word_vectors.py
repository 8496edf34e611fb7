"""How similar words are and how rare one is."""

import numpy as np
import pytest

from rag.encoders.word_vectors import MIN_RARITY, WordVectors

WORDS = WordVectors()


def test_similar_words_have_a_higher_cosine() -> None:
    ((birds, mortgage),) = WORDS.similarity(["bird"], ["birds", "mortgage"])
    assert birds > 0.5 > mortgage


def test_a_word_has_cosine_1_with_itself() -> None:
    words = ["bird", "heron", "egretlike", "VLoRA"]  # also words outside the vocabulary
    assert np.allclose(np.diag(WORDS.similarity(words, words)), 1, atol=1e-3)


def test_an_empty_word_is_similar_to_nothing() -> None:
    assert WORDS.similarity(["bird"], [""]).tolist() == [[0.0]]
    assert WORDS.similarity(["bird"], []).shape == (1, 0)


@pytest.mark.parametrize(("common", "rare"), [("training", "heron"), ("model", "egretlike")])
def test_rare_words_count_more(common: str, rare: str) -> None:
    assert MIN_RARITY <= WORDS.rarity(common) < WORDS.rarity(rare) <= 1


def test_the_vocabulary_ignores_case() -> None:
    assert WORDS.knows("Heron")
    assert not WORDS.knows("egretlike")
    assert WORDS.rarity("HERON") == WORDS.rarity("heron")
