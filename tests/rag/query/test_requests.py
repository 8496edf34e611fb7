"""The written requests are sound: they parse, and their kinds, languages and spans are right."""

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from rag.query.request_reader import KINDS

FOLDER = Path(__file__).parents[2] / "questions" / "requests"
FILES = ("utterances", "utterances_heldout")
LANGUAGES = {"en", "de", "fr", "es", "zh"}
SLOTS = {
    "topic", "paper", "org", "person", "window", "number", "ordinal", "order", "code", "fact",
}  # fmt: skip
MIN_PER_KIND = 40


def rows(name: str) -> list[dict[str, Any]]:
    lines = (FOLDER / f"{name}.jsonl").read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines]


@pytest.mark.parametrize("name", FILES)
def test_each_has_a_text_a_kind_and_a_language(name: str) -> None:
    for row in rows(name):
        assert row.keys() == {"kind", "lang", "text", "spans"}
        assert row["text"].strip() == row["text"] != ""
        assert row["kind"] in KINDS
        assert row["lang"] in LANGUAGES


@pytest.mark.parametrize("name", FILES)
def test_spans_lie_inside_their_text_and_do_not_overlap(name: str) -> None:
    for row in rows(name):
        last = 0
        for slot, start, end in sorted(row["spans"], key=lambda span: int(span[1])):
            assert slot in SLOTS
            assert last <= start < end <= len(row["text"]), row["text"]
            marked = row["text"][start:end]
            assert marked == marked.strip()
            last = end


def test_no_text_stands_twice_so_what_is_held_out_is_not_trained_on() -> None:
    texts = [row["text"].casefold() for name in FILES for row in rows(name)]
    assert [text for text, count in Counter(texts).items() if count > 1] == []


def test_every_kind_has_enough_and_each_language_among_them() -> None:
    of_kind = Counter(row["kind"] for row in rows("utterances"))
    assert {kind: of_kind[kind] for kind in KINDS if of_kind[kind] < MIN_PER_KIND} == {}
    written = {(row["kind"], row["lang"]) for row in rows("utterances")}
    assert written == {(kind, language) for kind in KINDS for language in LANGUAGES}
    assert {row["kind"] for row in rows("utterances_heldout")} == {*KINDS}


def test_the_asks_say_what_their_answers_have_to_contain() -> None:
    asks = rows("asks")
    assert len({ask["id"] for ask in asks}) == len(asks)
    for ask in asks:
        assert all(ask.get("turns") or [ask["question"]])
        assert ask["expect"], ask["id"]
