import pytest

from rag.text.language import written_in


@pytest.mark.parametrize(
    ("sentence", "asked_in", "language"),
    [
        ("HeronNet counts herons in drone video.", "en", "en"),
        ("HeronNet outperforms counters.", "en", "en"),
        ("HeronNet erreicht 94,2 % der Genauigkeit menschlicher Zähler.", "de", "de"),
        ("HeronNet zählt 17 Vögel.", "de", ""),
        ("HeronNet is better in the fog.", "de", "en"),
        ("HeronNet 达到 94.2% 的准确率。", "zh", "zh"),
    ],
)
def test_the_language_of_a_sentence(sentence: str, asked_in: str, language: str) -> None:
    assert written_in(sentence, asked_in) == language
