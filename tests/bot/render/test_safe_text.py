"""Escaping, links, shortening and splitting."""

import re

import pytest
import regex
from hypothesis import given
from hypothesis import strategies as st

from bot.render.parts import split
from bot.render.safe_text import link, plain, plain_within
from rag.text.shorten import MAX_LOSS


def unescaped(text: str) -> str:
    """Return what a person reads."""
    return re.sub(r"\\([^a-zA-Z0-9\s])", r"\1", text)


@pytest.mark.parametrize(
    "text",
    [
        "50\\% of $x_1 * y_2$ ~ |a| with `code` and <b>",
        "# no title\n- no item\n> no quote\n1. no list",
        "e.g. [29] (i) a_b_c **bold**",
    ],
)
def test_escaped_text_reads_like_the_original(text: str) -> None:
    assert unescaped(plain(text)) == text
    assert plain("plain words, 3.5 of them") == "plain words, 3.5 of them"


def test_a_url_becomes_code_without_the_full_stop() -> None:
    assert plain("See https://x.example/a_b.") == "See `https://x.example/a_b`."
    assert plain("(www.x.example)") == "(`www.x.example`)"


def test_link_text_cannot_break_out_of_the_link() -> None:
    url = "https://huggingface.co/papers/1"
    assert link("a](b [c", url) == f"[a)(b (c](<{url}>)"
    assert link("a](https://evil.example)", url) == (
        f"a\\](`https://evil.example`) ([page](<{url}>))"
    )


@given(st.text(max_size=300), st.integers(min_value=10, max_value=80))
def test_parts_fit_and_contain_every_word(text: str, limit: int) -> None:
    parts = split(text, limit)
    assert all(len(part) <= limit for part in parts)
    shown, whole = ("".join(t.replace("\\", "").split()) for t in ("".join(parts), text))
    assert shown == whole  # but for backslashes before what would begin a list


def test_parts_end_at_the_best_places() -> None:
    text = "First line.\nSecond sentence is here. Third one follows it."
    assert split(text, 40) == ["First line.\nSecond sentence is here.", "Third one follows it."]
    assert split("word " * 30, 21) == ["word word word word"] * 7 + ["word word"]
    assert split("", 10) == [""]


@pytest.mark.parametrize(
    "text", ["👩‍👩‍👧🇩🇪" * 60, "สำหรับการนับ" * 40, "क्षत्रिय" * 60, "e\u0301" * 200, " \u0301x" * 90]
)
def test_parts_split_no_character(text: str) -> None:
    parts = split(text, 64)
    assert all(len(part) <= 64 for part in parts)
    assert [c for part in parts for c in regex.findall(r"\X", part)] == regex.findall(r"\X", text)


@pytest.mark.parametrize("mark", ["*", "`", "word ", "方", "https://a.example/b ", "“a” "])
def test_escaped_text_is_cut_near_the_limit(mark: str) -> None:
    for before in ("", "x" * 90, "HeronNet: "):
        shown = plain_within(before + mark * 300, 120)
        assert 120 - MAX_LOSS - len(mark) - 2 <= len(shown) <= 120
        assert shown.replace("\\`", "").count("`") % 2 == 0
