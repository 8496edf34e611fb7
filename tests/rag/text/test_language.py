"""The language of sentences, and letters without accents."""

import json
from pathlib import Path

import pytest

from rag.text.language import (
    ENGLISH,
    _load_identifier,
    preload,
    question_language,
    sentence_language,
    spellings,
    strip_accents,
    unread_language,
)

QUESTIONS = Path(__file__).parents[2] / "questions"


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
        ("articles de PERSON0", "fr"),
        ("artículos de PERSON0", "es"),
        ("Papiere von PERSON0 und PERSON1", "de"),
        ("Papers von PERSON0", "de"),
        ("papers by PERSON0", "en"),
        ("what is new by Otto von PERSON0?", "en"),
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
        ("Het model telt reigers en zilverreigers in beelden van een drone.", "en", ""),
    ],
)
def test_the_language_of_a_sentence(sentence: str, expected: str, language: str) -> None:
    assert sentence_language(sentence, expected) == language


def lines(path: Path) -> list[dict[str, str]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


@pytest.mark.parametrize(
    "item",
    lines(QUESTIONS / "languages.jsonl") + lines(QUESTIONS / "languages_starter.jsonl"),
    ids=lambda item: item["question"],
)
def test_a_question_in_another_language_is_recognised(item: dict[str, str]) -> None:
    is_read = item["language"] in ("de", "fr", "es", "zh")
    read_as = question_language(item["question"])
    assert unread_language(item["question"], read_as) == ("" if is_read else item["language"])
    assert read_as == item["language"] or not is_read
    assert unread_language(item["english"], "en") == ""


@pytest.mark.parametrize(
    ("question", "language"),
    [
        ("LoRAとは？", "ja"),
        ("что такое LoRA?", "ru"),
        ("Наскільки точна HeronNet порівняно з людьми?", "uk"),
        ("Πόσο ακριβές είναι το HeronNet;", "el"),
        ("HeronNet แม่นยำแค่ไหน", "th"),
        ("Hur noggrann är HeronNet jämfört med människor?", "sv"),
        ("HeronNet chính xác đến mức nào so với con người?", "vi"),
        ("QUALI ARTICOLI PARLANO DI UCCELLI?", "it"),
        ("thanks!", ""),
        ("GRPO?", ""),
        ("LoRA vs DoRA", ""),
        ("μP vs Ψ-Samplers?", ""),
        ("what did Müller, Rodríguez and Łukasz Kaiser publish?", ""),
        ("papers by Guangyi Chen and Nguyễn Văn An", ""),
        ("what does ありがとう mean?", ""),
        ("who wrote “Quali articoli parlano di uccelli”?", ""),
        ("今天有什么论文", ""),
        ("", ""),
    ],
)
def test_other_languages_are_told_from_names(question: str, language: str) -> None:
    assert unread_language(question, question_language(question)) == language


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


@pytest.mark.slow
def test_a_question_waits_for_the_model_that_is_being_loaded() -> None:
    _load_identifier.cache_clear()
    preload()
    assert unread_language("quali articoli parlano di aironi e di paludi", ENGLISH) == "it"
    assert _load_identifier.cache_info().misses == 1
