"""The comparison table: which sentence states which aspect, and empty cells."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from rag.answering.comparison import WHAT, compare, require_distinct
from rag.errors import QuestionError
from tests.papers import HERON, LOOM, PASTRY, TIDAL

PAPER = replace(
    HERON,
    abstract=(
        "Existing detectors struggle with fog and are slow. We present HeronNet, a detector of "
        "wading birds. It combines a small encoder with a tracker that works without labelling. "
        "We train it on 4,000 videos of marshes, collected over two years. Experiments show that "
        "it outperforms human counters by 3.5%. Code is available at https://example.org/heron."
    ),
)


def column(number: int = 0) -> dict[str, str]:
    return {aspect: quotes[number] for aspect, quotes in compare([PAPER, PASTRY]).rows}


def test_each_aspect_is_stated_by_its_own_sentence() -> None:
    table = column()
    assert list(table) == [
        "What it is", "What was missing", "How it works", "Data", "Results", "Code",
    ]  # fmt: skip
    begins = {aspect: quote.split()[:2] for aspect, quote in table.items()}
    assert begins == {
        "What it is": ["We", "present"],
        "What was missing": ["Existing", "detectors"],
        "How it works": ["It", "combines"],
        "Data": ["We", "train"],
        "Results": ["Experiments", "show"],
        "Code": ["Code", "is"],
    }


def test_a_cell_stays_empty_if_the_abstract_does_not_state_the_aspect() -> None:
    table = column(1)
    assert "1,200 recipes" in table[WHAT]
    assert table["Data"] == table[WHAT]  # no other sentence states it
    assert table["Code"] == table["How it works"] == table["What was missing"] == ""


@pytest.mark.parametrize(
    "sentence",
    [
        "Training takes 3 hours on one laptop.",
        "The detector is trained for 40 epochs and needs 6 hours.",
        "It is fine-tuned within 20 minutes on 8 GPUs.",
        "The tracker processes 90 frames per second and was pretrained on a single A100.",
        "The whole pre-training finishes in under 2 days.",
        "It eliminates the need for human preference data in training.",
        "Existing datasets cover 12 languages at most.",
    ],
)
def test_what_training_costs_and_what_others_lack_is_no_data(sentence: str) -> None:
    paper = replace(HERON, abstract=f"We present HeronNet, a detector of birds. {sentence}")
    assert dict(compare([paper, PASTRY]).rows)["Data"][0] == ""


@pytest.mark.parametrize(
    "sentence",
    [
        "It is pretrained on 300 hours of marsh recordings.",
        "We collect 5,000 clips of egrets over two years.",
        "We train on 2 million images within 3 days.",
        "The corpus contains 12 billion tokens in 40 languages.",
    ],
)
def test_what_a_model_learns_from_is_data(sentence: str) -> None:
    paper = replace(HERON, abstract=f"We present HeronNet, a detector of birds. {sentence}")
    assert dict(compare([paper, PASTRY]).rows)["Data"][0] == sentence


def test_an_empty_abstract_gives_an_empty_column() -> None:
    rows = compare([replace(HERON, abstract=""), PASTRY]).rows
    assert all(quotes[0] == "" for _, quotes in rows)


def test_a_paper_is_not_compared_with_itself() -> None:
    assert require_distinct([HERON, LOOM]) == [HERON, LOOM]
    with pytest.raises(QuestionError, match="named twice: compare it with another"):
        require_distinct([HERON, TIDAL, HERON])


@pytest.mark.slow
def test_quotes_are_word_for_word_in_recorded_abstracts(shared_data: Path) -> None:
    lines = (shared_data / "hf_daily.jsonl").read_text(encoding="utf-8").splitlines()[:200]
    records = [json.loads(line) for line in lines]
    papers = [replace(LOOM, title=r["title"], abstract=r["abstract"]) for r in records]
    table = compare(papers)
    for _, quotes in table.rows:
        assert all(q in p.abstract for q, p in zip(quotes, papers, strict=True))
    filled = {aspect: sum(map(bool, quotes)) for aspect, quotes in table.rows}
    assert filled[WHAT] == 200
    assert all(0 < n < 200 for aspect, n in filled.items() if aspect != WHAT)
