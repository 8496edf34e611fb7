"""The language that an answer shall be in is told from languages that are the topic."""

import pytest

from rag.query.answer_language import answer_language


@pytest.mark.parametrize(
    ("typed", "rest", "code"),
    [
        ("answer in Japanese", "", "ja"),
        ("in Spanish please", "", "es"),
        ("Could you please reply in thai?", "", "th"),
        ("translate this to Italian please", "", "it"),
        ("what is HeronNet? answer in Japanese", "what is HeronNet?", "ja"),
        ("papers on herons, in Spanish please", "papers on herons", "es"),
        ("reply in German: how fast is it?", "how fast is it?", "de"),
        ("In Turkish: what is LoRA?", "what is LoRA?", "tr"),
        ("explain HeronNet in Korean", "explain HeronNet", "ko"),
        ("tell me more in Dutch", "tell me more", "nl"),
        ("summarize it in Portuguese", "summarize it", "pt"),
        ("what is LoRA? In Italian.", "what is LoRA", "it"),
    ],
)
def test_an_instruction_is_taken_out(typed: str, rest: str, code: str) -> None:
    assert answer_language(typed) == (rest, code)


@pytest.mark.parametrize(
    "question",
    [
        "datasets in Spanish",
        "speech recognition in Korean",
        "machine translation from English to German",
        "which models answer in Hindi?",
        "models that speak Chinese and reply in Chinese",
        "explain question answering in Arabic",
        "how well do models translate to Swahili?",
        "translate this to German: the dog sleeps",
    ],
)
def test_a_language_that_is_the_topic_stays(question: str) -> None:
    assert answer_language(question) == (question, "")
