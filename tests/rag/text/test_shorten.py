"""Text is cut near the limit, in any script, and what is open at the cut is closed."""

import pytest
import regex
from hypothesis import given
from hypothesis import strategies as st

from rag.text.shorten import ELLIPSIS, MAX_LOSS, cut, shorten, utf16_length

FAMILY, FLAG, ENGLAND = (
    "👨‍👩‍👧‍👦",
    "🇰🇷",
    "🏴\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f",
)
PIECES = [
    FAMILY, FLAG, ENGLAND, "👍🏽", "1️⃣", "e\u0301", "क्षत्रिय", "กำลัง", "학습", "한국", "データ",
    "方法", "word", " ", " ", ", ", "“", "”", "(", ")", "[", "]", "`", "**", "「", "」", "https://a.example/b",
    "שלום", "نص", "don’t", "\n", "long-compound", "Z̷̡̛͔͈a",
]  # fmt: skip


def clusters(text: str) -> list[str]:
    """Return what people see as single characters."""
    return list(regex.findall(r"\X", text))


@given(st.lists(st.sampled_from(PIECES), max_size=80), st.integers(min_value=0, max_value=120))
def test_no_character_is_split_and_the_limit_is_kept(pieces: list[str], limit: int) -> None:
    text = "".join(pieces)
    for length in (len, utf16_length):
        shown = cut(text, limit, length=length)
        assert length(shown) <= limit
        if shown != text and limit:
            head = shown.partition(ELLIPSIS)[0]
            assert text.startswith(head)
            assert clusters(text)[: len(clusters(head))] == clusters(head)


@pytest.mark.parametrize(
    "text",
    [
        "LoRA 低秩适配方法在大规模语言模型微调过程中的参数效率与泛化能力之间的权衡关系" * 4,
        "Zum Thema Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamte" + "n" * 60,
        "See https://example.org/" + "a-long-path/" * 3 + "x" * 90,
        "การเรียนรู้ของเครื่อง" + "สำหรับการประมวลผลภาษาธรรมชาติ" * 5,
        "What is ភាសាខ្មែរសម្រាប់ការសិក្សា" + "ភាសាខ្មែរ" * 12,
        "機械学習における注意機構の効率的な計算について" * 5,
        "One " + "é" * 150,
        FAMILY * 40,
        FLAG * 90,
    ],
)
@pytest.mark.parametrize("limit", [60, 100])
def test_the_cut_is_near_the_limit(text: str, limit: int) -> None:
    widest = max(map(len, clusters(text)))
    assert limit - min(MAX_LOSS, limit // 3) - widest <= len(shorten(text, limit)) <= limit


@pytest.mark.parametrize(
    ("text", "limit", "shown"),
    [
        ("one two three", 8, "one two…"),
        ("one\n two", 80, "one two"),
        ("Counting birds from drone video at dusk", 24, "Counting birds from…"),
        ("Papers about “the counting of birds at dusk”", 34, "Papers about “the counting of…”"),
        ("HeronNet (a detector of herons and egrets)", 26, "HeronNet (a detector of…)"),
        ("HeronNet (a detector)", 11, "HeronNet…"),
        ("„Zählen von Vögeln in der Dämmerung“ und mehr", 24, "„Zählen von Vögeln in…“"),
        ("«Compter les oiseaux depuis un drone» ici", 20, "«Compter les…»"),
        ("「鳥を数えるための検出器」について", 9, "「鳥を数えるた…」"),
        ("it [sees (herons “in fog”) and] more", 27, "it [sees (herons “in…”)]"),
        ("Why does `loss.backward()` not stop here?", 20, "Why does `loss.bac…`"),
        ("This is **very bold text that goes on** here", 24, "This is **very bold…**"),
        ("An interval [0, 1) is half open, and so on and on", 30, "An interval [0, 1) is half…"),
        ("We don’t say ‘we count the birds’ at all", 24, "We don’t say ‘we count…’"),
        ("abcdef", 1, "…"),
        ("abcdef", 0, ""),
        ("((((((((((((((((((((x))))))))))))))))))))", 9, "…"),
    ],
)
def test_what_is_open_at_the_cut_is_closed(text: str, limit: int, shown: str) -> None:
    assert shorten(text, limit) == shown


def test_a_prefilled_form_counts_as_discords_apps_do() -> None:
    text = "🐦" * 10
    assert len(cut(text, 12)) == 10
    assert cut(text, 12, length=utf16_length) == "🐦" * 5 + ELLIPSIS
    assert utf16_length("a🐦\ud800") == 4


def test_a_long_text_is_cut_quickly() -> None:
    assert len(cut("(“" * 20_000 + "”)" * 20_000, 100)) <= 100
