"""Names beside other scripts and with the endings of other languages."""

import pytest

from rag.query.stuck_names import apart_from_scripts, without_endings

KNOWN = {"HeronNet", "Vision-R1", "TidalX"}


@pytest.mark.parametrize(
    ("typed", "apart"),
    [
        ("HeronNetとは何ですか？", "HeronNet とは何ですか？"),
        ("HeronNet는 무엇인가요?", "HeronNet 는 무엇인가요?"),
        ("HeronNetคืออะไร", "HeronNet คืออะไร"),
        ("什么是HeronNet？", "什么是 HeronNet？"),
        ("ما هوHeronNet؟", "ما هو HeronNet؟"),
        ("Qwen25-VLの結果", "Qwen25-VL の結果"),
        ("π0.7とは", "π0.7 とは"),
        ("что такоеHeronNet", "что такое HeronNet"),
    ],
)
def test_other_scripts_are_set_apart(typed: str, apart: str) -> None:
    assert apart_from_scripts(typed) == apart


@pytest.mark.parametrize(
    "text", ["2025年12月", "what is β-VAE?", "naïve Bayes", "τι είναι το HeronNet;"]
)
def test_numbers_accents_and_greek_letters_stay(text: str) -> None:
    assert apart_from_scripts(text) == text


@pytest.mark.parametrize(
    ("typed", "separated"),
    [
        ("HeronNet'in sonuçları", "HeronNet in sonuçları"),
        ("HeronNet:n tulokset", "HeronNet n tulokset"),
        ("HeronNetin tulokset", "HeronNet in tulokset"),
        ("TidalXról", "TidalX ról"),
        ("Vision-R1-ben", "Vision-R1 ben"),
    ],
)
def test_endings_are_separated_from_known_names(typed: str, separated: str) -> None:
    assert without_endings(typed, KNOWN.__contains__) == separated


@pytest.mark.parametrize("text", ["HeronNet ok", "HeronNeXt", "HeronNetworking2", "egrets"])
def test_other_names_are_not_cut(text: str) -> None:
    assert without_endings(text, KNOWN.__contains__) == text
