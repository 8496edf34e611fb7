"""The written requests are sound: kinds, slots and offsets."""

import json
from pathlib import Path
from typing import Any

import pytest

FOLDER = Path(__file__).parents[2] / "questions" / "requests"
FILES = ("utterances", "utterances_extra", "utterances_heldout")
SLOTS = {
    "topic", "paper", "org", "person", "window", "number", "ordinal", "order", "code", "fact",
}  # fmt: skip


def rows(name: str) -> list[dict[str, Any]]:
    lines = (FOLDER / f"{name}.jsonl").read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines]


@pytest.mark.parametrize("name", FILES)
def test_spans_stand_in_their_text_and_do_not_overlap(name: str) -> None:
    for row in rows(name):
        end = 0
        for span in sorted(row["spans"], key=lambda span: int(span["start"])):
            assert span["slot"] in SLOTS
            assert span["start"] >= end, row["text"]
            end = span["start"] + len(span["text"])
            assert row["text"][span["start"] : end] == span["text"]


def test_no_utterance_stands_twice_and_every_kind_is_held_out_too() -> None:
    texts = [row["text"].casefold() for name in FILES for row in rows(name)]
    assert len(texts) == len(set(texts))
    kinds = {row["kind"] for row in rows("utterances")}
    assert {row["kind"] for row in rows("utterances_heldout")} == kinds
