"""Escaping, links, shortening and splitting."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.render.parts import split
from bot.render.safe_text import link, plain
from rag.text.shorten import shorten


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


def test_shortened_text_ends_with_a_whole_word() -> None:
    assert shorten("one two three", 8) == "one two…"
    assert shorten("one\n two", 80) == "one two"
    assert len(shorten("x" * 100, 10)) == 10
