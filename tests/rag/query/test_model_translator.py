"""The model's translation of a question: its prompt, what is remembered, and what is accepted."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from langchain_core.messages import BaseMessage

from rag.encoders.word_vectors import WordVectors
from rag.query.model_translator import (
    EXAMPLES,
    ModelTranslator,
    Translation,
    checked,
    kept_parts,
    messages,
)
from rag.query.request_reader import RequestReader
from rag.query.translate import describe_reading
from rag.text.language import question_language, unread_language

QUESTIONS = Path(__file__).parents[2] / "questions"
KOREAN = "HeronNet을 학습하는 데 얼마나 걸리나요?"


@pytest.fixture(scope="module")
def reader() -> RequestReader:
    return RequestReader(WordVectors())


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


class Filler:
    """Fills in the same translation each time and counts how often."""

    def __init__(self, english: str | None) -> None:
        self.english = english
        self.prompts: list[Sequence[BaseMessage]] = []

    def __call__(
        self, messages: Sequence[BaseMessage], fields: type[Translation]
    ) -> Translation | None:
        self.prompts.append(messages)
        return None if self.english is None else fields(english=self.english)


def test_the_prompts_of_two_questions_differ_only_at_the_end() -> None:
    first, second = messages("привет"), messages(KOREAN)
    assert first[:-1] == second[:-1]
    assert (first[-1].text, second[-1].text) == ("привет", KOREAN)


@pytest.mark.parametrize(("foreign", "english"), EXAMPLES)
def test_the_examples_are_such_questions_and_keep_their_names(foreign: str, english: str) -> None:
    assert unread_language(foreign, question_language(foreign))
    assert checked("something else?", english) == ""
    assert all(part in english for part in kept_parts(foreign))


def test_a_question_is_translated_once_and_an_answered_one_not_at_all() -> None:
    fill = Filler("how long does HeronNet train?")
    translator = ModelTranslator(fill)
    assert translator.translate(KOREAN, again=True) == ""
    assert translator.translate(KOREAN) == fill.english
    assert translator.translate(KOREAN, again=True) == fill.english
    assert translator.translate(KOREAN) == fill.english
    assert len(fill.prompts) == 1


def test_a_failure_is_not_remembered_and_a_long_question_not_translated() -> None:
    fill = Filler(None)
    translator = ModelTranslator(fill)
    assert translator.translate(KOREAN) == ""
    fill.english = "how long does HeronNet train?"
    assert translator.translate(KOREAN) == fill.english
    assert translator.translate(KOREAN * 20) == ""
    assert len(fill.prompts) == 2


@pytest.mark.parametrize(
    "english",
    [
        "", " ?!", KOREAN, "how long does 학습 take?", "¿cuánto tarda en entrenarse?",
        "quanto tempo ci vuole per addestrare il modello?", EXAMPLES[0][1], "english",
        "which papers on WidgetNet came out in 2023?", "how long " * 40,
    ],
)  # fmt: skip
def test_what_is_no_translation_is_refused(english: str) -> None:
    assert checked(KOREAN, english) == ""


@pytest.mark.parametrize(
    ("question", "english", "accepted"),
    [
        (KOREAN, " how long does\n heronnet train? ", "how long does heronnet train?"),
        (KOREAN, "how long does it train?", "how long does it train HeronNet"),
        (KOREAN, "HeronNetwork training time", "HeronNetwork training time HeronNet"),
        ("मॉडल ९४ प्रतिशत", "a model of many percent", "a model of many percent 94"),
        ("12월 논문 3편", "three papers of December", "three papers of December"),
        ("1200개의 요리법", "1,200 recipes", "1,200 recipes"),
        ("2024年の論文", "papers of the year", "papers of the year 2024"),
        ("KVキャッシュ\u3000圧縮", "cache compression", "cache compression KV"),
    ],
)
def test_names_and_numbers_are_kept(question: str, english: str, accepted: str) -> None:
    assert checked(question, english) == accepted


@pytest.mark.parametrize(
    ("question", "parts"),
    [
        ("Quanta memória do cache o Tidal Attention economiza?", ["Tidal Attention"]),
        ("Quali articoli del 2024 parlano di GRPO e Vision-R1?", ["GRPO", "Vision-R1", "2024"]),
        ("Tidal Attention은 캐시를", ["Tidal Attention"]),
        ("Qual modelo conta aves?", []),
    ],
)
def test_the_parts_that_a_translation_must_have(question: str, parts: list[str]) -> None:
    assert kept_parts(question) == parts


def test_a_receipt_says_who_translated() -> None:
    assert describe_reading("ko", "hello") == "translated from Korean by the model: “hello”"
    assert describe_reading("ja", "") == "in Japanese, which nobody translated"
    assert "another language" in describe_reading("xx", "")


@pytest.mark.slow
def test_no_question_of_the_projects_sets_is_translated(reader: RequestReader) -> None:
    files = [file for file in QUESTIONS.rglob("*.jsonl") if not file.name.startswith("languages")]
    rows = [row for file in files for row in lines(file)]
    questions = {row.get("question") or row.get("text") or "" for row in rows}
    assert len(questions) > 7_000
    assert [q for q in questions if unread_language(q, reader.language(q))] == []


@pytest.mark.slow
def test_no_recorded_question_or_title_is_translated(
    reader: RequestReader, shared_data: Path
) -> None:
    rows = [row for file in (shared_data / "eval").glob("*.jsonl") for row in lines(file)]
    texts = [row["question"] for row in rows if "question" in row]
    texts += [row["title"] for row in lines(shared_data / "hf_daily.jsonl")]
    assert len(texts) > 10_000
    assert [text for text in texts if unread_language(text, reader.language(text))] == []
