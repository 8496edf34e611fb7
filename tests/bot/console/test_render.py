"""Records as Rich text and tables."""

import io
from dataclasses import replace
from datetime import date, timedelta

from rich.console import Console

from bot.console.render import (
    MAX_SENTENCES,
    MAX_WEEKS,
    answer_lines,
    answer_text,
    comparison_lines,
    comparison_table,
    digest_lines,
    hit_lines,
    paper_text,
    receipt_lines,
    trend_lines,
)
from rag.answering.comparison import Comparison
from rag.digest.records import Digest, Entry, Group
from rag.records import Chunk, Evidence, Hit
from rag.trends import Trend, Week
from tests.bot.render.embed_checks import answer
from tests.papers import HERON, LOOM, PASTRY, TODAY


def test_a_paper_has_clickable_links_its_day_and_its_upvotes() -> None:
    text = paper_text("[1]", HERON)
    assert text.plain == (
        f"[1] {HERON.title}\n   {HERON.url}  https://arxiv.org/abs/2501.00001"
        "  featured 2025-01-06, 12 upvotes"
    )
    assert f"bold link {HERON.url}" in [str(span.style) for span in text.spans]
    assert paper_text("1.", replace(PASTRY, upvotes=1)).plain.endswith(
        "published 2025-02-20, 1 upvote"
    )
    assert "arxiv.org" not in paper_text("1.", LOOM).plain


def test_a_title_that_names_a_host_is_no_link_to_another_one() -> None:
    text = paper_text("1.", replace(HERON, title="See evil.com"))
    (title,) = (span for span in text.spans if "bold" in str(span.style))
    assert "link" not in str(title.style)


def test_an_answer_is_followed_by_its_sources_and_note() -> None:
    lines = [line.plain for line in answer_lines(answer("Birds [1].", HERON, note="No model."))]
    assert lines[0] == "Birds [1]."
    assert lines[2].startswith(f"[1] {HERON.title}")
    assert lines[-2:] == ["", "No model."]
    refused = list(answer_lines(answer("I do not know.", refused=True)))
    assert len(refused) == 1
    assert refused[0].style == "yellow"


def test_a_receipt_lists_the_best_sentences_and_all_papers() -> None:
    hit = Hit(HERON, Chunk("x", 1, "text", "A sentence."), 0.9, 0.5, 3.0)
    evidence = tuple(Evidence(HERON, f"Sentence {n}.", n, 1.0) for n in range(20))
    lines = [line.plain for line in receipt_lines(answer("x", evidence=evidence, hits=(hit,)))]
    assert sum("Sentence " in line for line in lines) == MAX_SENTENCES
    assert lines[-1] == f" 0.90   0.50    3.00  {HERON.title}"
    assert any("extractive, no model" in line for line in lines)
    assert not any("Read as" in line for line in lines)
    read = [line.plain for line in receipt_lines(answer("x", read_as="a count (by the model)"))]
    assert "Read as: a count (by the model)" in read
    assert [line.plain for line in hit_lines([hit])][1] == "   “A sentence.”"


def test_a_comparison_is_a_table_or_lines_without_blank_quotes() -> None:
    comparison = Comparison((HERON, PASTRY), (("Results", ("It counts.", "")),))
    assert [line.plain for line in comparison_lines(comparison)] == [
        "Results", "  [1] HeronNet: “It counts.”", "  [2] PastryBench:",
    ]  # fmt: skip
    console = Console(record=True, width=60, file=io.StringIO())
    console.print(comparison_table(comparison))
    shown = console.export_text()
    assert "[1] HeronNet" in shown
    assert "It counts." in shown


def test_a_digest_names_its_topics_only_if_there_are_several() -> None:
    entries = [Entry(HERON, "Birds.", rank=1), Entry(PASTRY, "", rank=2)]
    one = Digest("day", TODAY, TODAY, (Group("Birds", tuple(entries)),), "A note.", total=2)
    lines = [line.plain for line in digest_lines(one)]
    assert lines[0] == "A note."
    assert lines[1].startswith("1. HeronNet")
    assert lines[2] == "   Birds."
    groups = (Group("Birds", (entries[0],)), Group("Cakes", (entries[1],)))
    lines = [line.plain for line in digest_lines(replace(one, groups=groups))]
    assert lines[1:3] == ["  Birds: 1", "  Cakes: 2"]


def test_a_trend_shows_the_newest_weeks_as_bars() -> None:
    weeks = [Week(date(2024, 1, 1) + timedelta(weeks=n), n % 3, 3) for n in range(40)]
    weeks[-1] = replace(weeks[-1], about=0, read=0)
    lines = [line.plain for line in trend_lines(Trend("birds", tuple(weeks)))]
    assert len(lines) == MAX_WEEKS + 2
    assert lines[0] == f"{weeks[-MAX_WEEKS].first}  {'█' * 40} 2 of 3"
    assert lines[MAX_WEEKS - 1] == f"{weeks[-1].first}  nothing read"


def test_subordinate_lines_of_an_answer_are_dimmed_and_fences_left_out() -> None:
    text = answer_text("A quote\n  a second one\n```\n  @misc{x}\n```\nend")
    assert text.plain == "A quote\n  a second one\n  @misc{x}\nend"
    (dimmed,) = [span for span in text.spans if span.style == "dim"]
    assert text.plain[dimmed.start : dimmed.end] == "  a second one"
