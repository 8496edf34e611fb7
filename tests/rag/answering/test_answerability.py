"""Whether a question is answered at all: the signs, one by one and together."""

from dataclasses import replace

import pytest

from rag.answering.answerability import Answerability, Signs
from rag.answering.evidence import NAMED
from rag.config import RagConfig
from rag.encoders.word_vectors import WordVectors
from rag.library import Library
from rag.pipeline import PaperQA
from rag.query.parser import parse
from rag.records import Evidence
from tests.papers import HERON, PASTRY, TODAY

WORDS = WordVectors()
SUPPORT = Answerability(WORDS)
GOOD = Signs(gap=0.2, words=5.0, evidence=2.0, lacks_names=0.0, has_number=1.0)
BEST = Evidence(HERON, "HeronNet counts herons.", 1, 1.5)


def signs(question: str) -> Signs:
    asked = parse(question, TODAY)
    return SUPPORT.signs(asked, BEST)


@pytest.mark.parametrize(
    ("sign", "worse"),
    [("gap", 0.9), ("words", 2.0), ("evidence", 0.5), ("lacks_names", 1.0), ("has_number", 0.0)],
)
def test_each_sign_speaks_against_an_answer(sign: str, worse: float) -> None:
    assert SUPPORT.probability(GOOD._replace(**{sign: worse})) < SUPPORT.probability(GOOD)


def test_a_word_that_the_paper_lacks_leaves_a_gap() -> None:
    covered = signs("who counts herons and egrets in drone video?").gap
    missing = signs("who counts herons in drone video with a telescope?").gap
    assert covered < 0.2 < 0.4 < missing
    assert signs("what does it do?").gap == 0.0


def test_a_word_that_is_used_alike_leaves_a_smaller_gap() -> None:
    assert signs("which birds?").gap < signs("which loans?").gap


@pytest.mark.parametrize(
    "detail",
    ["learning rate", "licence", "postal address", "carbon footprint", "annotator salaries"],
)
def test_a_detail_of_which_the_paper_does_not_speak_leaves_a_gap(detail: str) -> None:
    covered = signs("which accuracy does HeronNet reach?").gap
    assert signs(f"which {detail} does HeronNet have?").gap > covered + 0.1


def test_the_words_that_say_something_are_counted_from_four_up() -> None:
    assert signs("how does it count the herons and egrets in a foggy video?").words == 5
    assert signs("what is a text-to-music model with speech-to-text?").words == 4
    assert signs("what is it?").words == 4


def test_names_that_the_paper_does_not_have() -> None:
    assert signs("how good is HeronNet on MarshCount?").lacks_names == 0
    assert signs("how good is HeronNet on CountBirds2?").lacks_names == 1
    assert signs("how good is GullNet on CountBirds2?").lacks_names == 2


def test_a_paper_that_is_pointed_at_counts_as_one_that_is_named() -> None:
    asked = parse("what does it cost?", TODAY)
    pointed = SUPPORT.signs(replace(asked, pointed=(HERON,)), BEST)
    assert pointed.evidence == BEST.score + NAMED
    assert SUPPORT.signs(replace(asked, named=(HERON,)), BEST).evidence == BEST.score


def test_nouns_of_german_are_no_names() -> None:
    asked = parse("Zahl der Reiher", TODAY)
    german = replace(asked, language="de")
    assert SUPPORT.signs(asked, BEST).lacks_names == 1
    assert SUPPORT.signs(german, BEST).lacks_names == 0


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
        "which loss functions suit text retrieval?",
        "which optimizer does HeronNet use?",
        "how many GPUs does PastryBench need?",
        "how do quantum codes scale?",
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
        "which dropout does PastryBench use?"
    )
    assert answer.refused
    assert [citation.paper for citation in answer.citations] == [PASTRY]
    assert "does not say it" in answer.text
