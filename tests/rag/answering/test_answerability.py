"""Whether a question is answered at all: the signs, one by one and together."""

from dataclasses import replace

import pytest

from rag.answering.answerability import Signs, Support, lacks_detail
from rag.config import RagConfig
from rag.encoders.word_vectors import WordVectors
from rag.library import Library
from rag.pipeline import PaperQA
from rag.query.parser import parse
from tests.papers import HERON, PASTRY, TODAY

WORDS = WordVectors()
SUPPORT = Support(WORDS)
GOOD = Signs(cosine=0.6, coverage=0.9, lacks_detail=0.0, lacks_names=0.0, has_number=1.0, named=0.0)


def signs(question: str, cosine: float = 0.5) -> Signs:
    asked = parse(question, TODAY, organizations=[], is_author=lambda _: False)
    return SUPPORT.signs(asked, HERON, cosine)


@pytest.mark.parametrize(
    ("sign", "worse"),
    [("cosine", 0.1), ("coverage", 0.2), ("lacks_detail", 1.0), ("lacks_names", 1.0),
     ("has_number", 0.0)],
)  # fmt: skip
def test_each_sign_speaks_against_an_answer(sign: str, worse: float) -> None:
    assert SUPPORT.probability(GOOD._replace(**{sign: worse})) < SUPPORT.probability(GOOD)


def test_words_that_the_paper_has_are_covered_and_others_are_not() -> None:
    covered = signs("who counts herons and egrets in drone video?").coverage
    partly = signs("who counts herons with a telescope?").coverage
    hardly = signs("who pays the mortgage of a bakery?").coverage
    assert covered > 0.9 > partly > hardly


def test_a_word_that_is_used_alike_counts_in_part() -> None:
    alike, unlike = signs("which birds are tallied?"), signs("which loans are tallied?")
    assert alike.coverage > unlike.coverage


def test_a_detail_of_which_the_paper_does_not_speak() -> None:
    assert signs("what learning rate does it use?").lacks_detail == 1.0
    assert signs("how many hours of training?").lacks_detail == 0.0
    assert lacks_detail("Which licence is it under?", "We release all code.")
    assert not lacks_detail("Which licence is it under?", "All code is under an MIT license.")
    assert not lacks_detail("which optimisation is used?", "a new method")  # no "optimiser"


def test_names_that_the_paper_does_not_have() -> None:
    assert signs("how good is HeronNet on MarshCount?").lacks_names == 0
    assert signs("how good is HeronNet on CountBirds2?").lacks_names == 1
    assert signs("how good is GullNet on CountBirds2?").lacks_names == 2


def test_nouns_of_german_are_no_names() -> None:
    asked = parse("Zahl der Reiher", TODAY, organizations=[], is_author=lambda _: False)
    german = replace(asked, language="de")
    assert SUPPORT.signs(asked, HERON, 0.5).lacks_names == 1
    assert SUPPORT.signs(german, HERON, 0.5).lacks_names == 0


def test_how_many_of_something_wants_a_number_of_them() -> None:
    assert signs("how many hours does training take?").has_number == 1.0
    assert signs("how many cameras does training take?").has_number == 0.0
    assert signs("what does training take?").has_number == 1.0


def test_rare_words_say_more_than_common_ones() -> None:
    assert WORDS.rarity("the") < WORDS.rarity("training") < WORDS.rarity("heron")
    assert WORDS.rarity("egretlike") == 1.0


def test_similarity_has_a_row_a_word() -> None:
    found = WORDS.similarity(["bird", "loan"], ["birds", "mortgage", ""])
    assert found.shape == (2, 3)
    assert found[0, 0] > found[0, 1]
    assert found[1, 1] > found[1, 0]
    assert found[:, 2].tolist() == [0.0, 0.0]
    assert WORDS.similarity([], ["bird"]).shape == (0, 1)


@pytest.mark.parametrize(
    "question",
    [
        "what is the capital of France?",
        "which learning rate does HeronNet use?",
        "how many GPUs does PastryBench need?",
        "does it rain tomorrow?",
    ],
)
def test_what_no_abstract_says_is_refused(filled: Library, question: str) -> None:
    answer = PaperQA(filled, RagConfig(), today=lambda: TODAY).ask(question)
    assert answer.refused
    assert answer.support is not None
    assert answer.support < RagConfig().evidence.refuse_below


@pytest.mark.parametrize(
    ("question", "fact"),
    [
        ("how accurate is HeronNet?", "94.2%"),
        ("how long does it take to train the bird detector?", "3 hours"),
        ("what share of planted errors do bakers find?", "97%"),
    ],
)
def test_what_an_abstract_says_is_answered(filled: Library, question: str, fact: str) -> None:
    answer = PaperQA(filled, RagConfig(), today=lambda: TODAY).ask(question)
    assert not answer.refused
    assert fact in answer.text


def test_the_refusal_names_the_paper_that_does_not_say_it(filled: Library) -> None:
    answer = PaperQA(filled, RagConfig(), today=lambda: TODAY).ask(
        "which learning rate does PastryBench use?"
    )
    assert answer.refused
    assert [citation.paper for citation in answer.citations] == [PASTRY]
    assert "does not say it" in answer.text
