"""Names and order of the JSON that other programs rely on."""

from dataclasses import replace
from datetime import date

from bot.json_rows import (
    answer_row,
    comparison_row,
    daily_row,
    paper_row,
    search_row,
    week_row,
    why_row,
)
from rag.answering.comparison import Comparison
from rag.digest.records import Entry
from rag.records import Chunk, Hit
from rag.trends import Week
from tests.bot.render.embed_checks import answer
from tests.papers import HERON, LOOM

HIT = Hit(HERON, Chunk("x", 1, "text", ""), 0.123456, 0.5, 3.0)


def test_a_paper_has_every_field_and_null_for_unknown_days() -> None:
    row = paper_row(HERON)
    assert list(row) == [
        "paper_id", "arxiv_id", "title", "abstract", "author_count", "authors", "organization",
        "published_on", "featured_on", "upvotes", "comment_count", "url", "abstract_source",
        "comment", "seen_at",
    ]  # fmt: skip
    assert row["featured_on"] == "2025-01-06"
    assert paper_row(LOOM)["featured_on"] is None
    daily = daily_row(Entry(HERON, "Birds."), "Animals")
    assert list(daily) == [*row, "tldr", "topic"]
    assert (daily["tldr"], daily["topic"]) == ("Birds.", "Animals")


def test_a_search_result_without_a_sentence_quotes_the_title() -> None:
    row = search_row(2, HIT)
    assert row == {
        "n": 2, "paper_id": HERON.paper_id, "title": HERON.title, "url": HERON.url,
        "score": 0.1235, "quote": HERON.title,
    }  # fmt: skip
    quoted = replace(HIT, chunk=Chunk("x", 1, "text", "A sentence."))
    assert search_row(1, quoted)["quote"] == "A sentence."


def test_why_adds_to_the_row_of_an_answer() -> None:
    given = answer("Birds [1].", HERON, hits=(HIT,))
    row, why = answer_row(given), why_row(given)
    assert list(row) == ["answer", "refused", "mode", "sources", "retrieved", "seconds"]
    assert list(row["sources"][0]) == ["n", "paper_id", "title", "url", "quote"]
    assert {key: why[key] for key in row} == row
    assert list(why)[len(row) :] == [
        "understood", "coverage", "support", "model", "evidence", "ranking", "read_as",
    ]  # fmt: skip
    assert why["ranking"] == [
        {"paper_id": HERON.paper_id, "title": HERON.title, "score": 0.1235, "cosine": 0.5,
         "bm25": 3.0},
    ]  # fmt: skip


def test_a_blank_cell_of_a_comparison_is_null() -> None:
    row = comparison_row(Comparison((HERON, LOOM), (("Results", ("It counts.", "")),)))
    assert row["rows"] == [{"aspect": "Results", "quotes": ["It counts.", None]}]
    assert [paper["n"] for paper in row["papers"]] == [1, 2]


def test_a_week_starts_on_its_monday() -> None:
    assert week_row(Week(date(2025, 12, 1), 1, 2)) == {
        "week": "2025-12-01", "papers": 1, "read": 2,
    }  # fmt: skip
