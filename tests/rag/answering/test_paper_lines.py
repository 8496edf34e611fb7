"""The lines of one paper in a list."""

from dataclasses import replace

from rag.answering.paper_lines import paper_entry
from tests.papers import HERON, LOOM, PASTRY


def test_a_paper_has_its_title_a_sentence_and_its_facts() -> None:
    paper = replace(HERON, code_url="https://github.com/marsh/heron")
    assert paper_entry(3, paper, "It counts herons.", quoted=False) == [
        "HeronNet: Counting Wading Birds from Drone Video [3]",
        "  It counts herons.",
        "  2025-01-06 · 12 upvotes · code",
    ]


def test_a_sentence_of_the_abstract_stands_in_quotation_marks() -> None:
    assert paper_entry(1, HERON, "Counting birds by hand is slow.", quoted=True)[1] == (
        "  “Counting birds by hand is slow.”"
    )


def test_a_sentence_that_paperboy_wrote_is_marked_and_a_tldr_of_the_same_paper_is_not() -> None:
    paper = replace(LOOM, abstract_source="summary", tldr="Loom aligns clocks.")
    own = "Robots carry many sensors whose clocks disagree."
    assert paper_entry(1, paper, own, quoted=True)[1] == f"  Paperboy's summary: “{own}”"
    assert paper_entry(1, paper, "Loom aligns clocks.", quoted=False)[1] == "  Loom aligns clocks."


def test_unknown_facts_are_left_out() -> None:
    assert paper_entry(1, replace(LOOM, published_on=None), "", quoted=True) == [
        f"{LOOM.title} [1]"
    ]
    assert paper_entry(1, replace(PASTRY, upvotes=1), "", quoted=True)[1:] == [
        "  2025-02-20 · 1 upvote"
    ]
