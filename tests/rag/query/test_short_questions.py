"""Questions of two or three words: which languages they are in, and what stays English."""

import json
from pathlib import Path

import pytest

from rag.library import Library
from rag.query.request_reader import RequestReader
from rag.query.short_questions import ShortQuestions
from rag.text.language import ENGLISH, UNDETERMINED

UTTERANCES = Path(__file__).parents[2] / "questions" / "requests" / "utterances_heldout.jsonl"


@pytest.fixture
def reader(filled: Library) -> RequestReader:
    return RequestReader(filled.word_vectors)


@pytest.fixture
def short(filled: Library, reader: RequestReader) -> ShortQuestions:
    return ShortQuestions(filled.retriever.keywords, filled.word_vectors, reader.request_words)


@pytest.mark.parametrize(
    ("question", "language"),
    [
        ("grazie mille", "it"),
        ("robot makaleleri", "tr"),
        ("yeni makaleler", "tr"),
        ("articoli sui robot", "it"),
        ("artigos novos", "pt"),
        ("dank je wel", "nl"),
        ("ultime novità", "it"),
        ("yapay zeka", "tr"),
    ],
)
def test_two_unknown_words_tell_a_language(
    short: ShortQuestions, question: str, language: str
) -> None:
    assert short.unread_language(question, ENGLISH) == language


def test_portuguese_that_begins_like_spanish_is_told(short: ShortQuestions) -> None:
    assert short.unread_language("artigos sobre robôs", "es") == "pt"


@pytest.mark.parametrize("question", ["HeronNet nedir?", "HeronNet là gì?", "cos'è HeronNet?"])
def test_a_single_word_beside_a_name_is_enough(short: ShortQuestions, question: str) -> None:
    assert short.unread_language(question, ENGLISH)


def test_a_language_among_several_likely_ones_has_no_name(short: ShortQuestions) -> None:
    assert short.unread_language("nye artikler", ENGLISH) == UNDETERMINED


@pytest.mark.parametrize(
    "question",
    [
        "herons", "wading birds", "HeronNet results", "marshcount egrets", "heronnet", "zamba",
        "robots", "cog vlm2", "scorpio horoscope", "papers by giovanni rossi", "Matteo Bianchi",
        "“yeni makaleler”", "what is grazie mille", "kimi k2",
    ],
)  # fmt: skip
def test_names_and_rare_words_are_not_another_language(
    short: ShortQuestions, question: str
) -> None:
    assert short.unread_language(question, ENGLISH) == ""


def test_requests_in_the_five_languages_are_read(
    short: ShortQuestions, reader: RequestReader
) -> None:
    texts = [json.loads(line)["text"] for line in UTTERANCES.read_text("utf-8").splitlines()]
    assert [t for t in texts if short.unread_language(t, reader.language(t))] == []
