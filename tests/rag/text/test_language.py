"""The language of sentences, and letters without accents."""

import pytest

from rag.text.language import question_language, sentence_language, spellings, strip_accents


@pytest.mark.parametrize(
    ("question", "language"),
    [
        ("which model counts birds?", "en"),
        ("welche Modelle zählen Vögel?", "de"),
        ("quels articles parlent de géométrie ?", "fr"),
        ("¿qué modelos cuentan aves?", "es"),
        ("今天有什么论文", "zh"),
        ("what does 模型 mean?", "en"),
        ("今日の論文は何ですか", "en"),  # Japanese is not supported
        ("who is von Neumann?", "en"),
        ("what does “der die das” mean?", "en"),  # a quoted phrase does not count
        ("HERONNET?", "en"),
        ("", "en"),
    ],
)
def test_the_language_of_a_question(question: str, language: str) -> None:
    assert question_language(question) == language


@pytest.mark.parametrize(
    ("sentence", "expected", "language"),
    [
        ("The model counts herons.", "de", "en"),
        ("Das Modell zählt Reiher.", "en", "de"),
        ("HeronNet counts herons.", "en", "en"),
        ("HeronNet zählt Reiher.", "de", ""),  # neither a function word nor plain letters
        ("HeronNet counts herons.", "fr", "fr"),
        ("Модель считает цапель.", "en", ""),
    ],
)
def test_the_language_of_a_sentence(sentence: str, expected: str, language: str) -> None:
    assert sentence_language(sentence, expected) == language


@pytest.mark.parametrize("text", ["Größe, Œuvre, İ and ﬁ", "Qu’est-ce que c´est ?", "模型 ÀÉÎ"])
def test_letters_keep_their_offsets_without_accents(text: str) -> None:
    plain = strip_accents(text)
    assert len(plain) == len(text)
    assert strip_accents(plain) == plain
    assert strip_accents("ÀÉÎ’") == "aei'"


def test_a_word_has_the_spellings_that_people_type() -> None:
    assert spellings("für") == {"fur", "fuer"}
    assert "strasse" in spellings("straße")
    assert "coeur" in spellings("cœur")
