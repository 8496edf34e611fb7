"""Hashed n-grams, and classifiers over them."""

import numpy as np
import pytest

from rag.text.ngrams import BUCKETS, MAX_TEXT, LinearClassifier, buckets, hash_ngrams, tokens


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("What's new in GPT-4?", ["what's", "new", "in", "gpt-4", "?"]),
        ("what’s new", ["what's", "new"]),
        ("Résumé über", ["resume", "uber"]),
        ("总结论文!", ["总", "结", "论", "文", "!"]),
        ("snake_case 🎉", ["snake", "case", "🎉"]),
        ("", []),
    ],
)
def test_words_and_marks(text: str, expected: list[str]) -> None:
    assert tokens(text) == expected


def test_only_the_beginning_of_a_long_text_is_read() -> None:
    assert tokens("bird " * MAX_TEXT) == ["bird"] * (MAX_TEXT // 5)


@pytest.mark.parametrize("text", ["papers about birds", "论文", "?"])
def test_n_grams_of_words_and_of_characters_have_the_same_weight(text: str) -> None:
    indices, weights = hash_ngrams(text)
    assert indices.shape == weights.shape
    assert (weights**2).sum() == pytest.approx(2)
    assert ((indices >= 0) & (indices < BUCKETS)).all()


def test_case_and_accents_do_not_matter_but_order_and_endings_do() -> None:
    def same(one: str, other: str) -> bool:
        return sorted(hash_ngrams(one)[0]) == sorted(hash_ngrams(other)[0])

    assert same("Résumé OF Papers", "resume of papers")
    assert not same("bird counts", "counts bird")
    assert not same("paper", "papers")


def test_similar_words_share_n_grams() -> None:
    def shared(one: str, other: str) -> int:
        return len({*hash_ngrams(one)[0]} & {*hash_ngrams(other)[0]})

    assert shared("summarise", "summarize") > shared("summarise", "upvotes")


@pytest.fixture
def classifier() -> LinearClassifier:
    """One that takes "bird" for good and whose only dense feature speaks for bad."""
    sparse = np.zeros((BUCKETS, 2), dtype=np.float16)
    sparse[buckets(["wbird"]), 0] = 5
    stored: dict[str, np.typing.NDArray[np.generic]] = {
        "taste_classes": np.array(["good", "bad"]),
        "taste_sparse": sparse,
        "taste_dense": np.array([[0, 3]], dtype=np.float32),
        "taste_bias": np.zeros(2, dtype=np.float32),
        "taste_temperature": np.array(0.5),
    }
    return LinearClassifier.load(stored, "taste")


def test_a_classifier_weighs_n_grams_and_dense_features(classifier: LinearClassifier) -> None:
    bird, loan = hash_ngrams("bird"), hash_ngrams("loan")
    assert classifier.probabilities(loan) == {"good": 0.5, "bad": 0.5}
    assert classifier.probabilities(bird)["good"] > 0.9
    dense = np.ones(1, dtype=np.float32)
    assert classifier.probabilities(loan, dense)["bad"] > 0.9
    assert sum(classifier.probabilities(bird, dense).values()) == pytest.approx(1)


def test_a_low_temperature_makes_it_surer(classifier: LinearClassifier) -> None:
    warmer = LinearClassifier(
        classifier.classes, classifier.sparse, classifier.dense, classifier.bias, temperature=5
    )
    bird = hash_ngrams("bird")
    assert warmer.probabilities(bird)["good"] < classifier.probabilities(bird)["good"]
