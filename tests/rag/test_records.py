"""The shared records: ids, keys and how they read as text."""

from dataclasses import replace
from datetime import date

import pytest

from rag.records import (
    Coverage,
    Evidence,
    Passage,
    Window,
    chunk_id_of,
    paper_id_of,
    title_key,
)
from tests.papers import HERON


def test_ids_of_papers_and_chunks() -> None:
    assert paper_id_of("2510.01234", "Any") == "arxiv:2510.01234"
    assert paper_id_of(None, "Align$^2$LLaVA: A  Title?") == "title:align-2-llava-a-title"
    assert chunk_id_of("arxiv:2510.01234", 3) == "arxiv:2510.01234#3"
    assert len(paper_id_of(None, "long " * 200)) < 200
    assert paper_id_of(None, "long " * 200) != paper_id_of(None, "long " * 201)


@pytest.mark.parametrize("title", ["???", "😀"])
def test_titles_without_words_have_keys_too(title: str) -> None:
    assert title_key(title)


def test_all_spellings_of_a_title_have_one_key() -> None:
    assert title_key("LaVi:  Efficient\nModels") == title_key("lavi – efficient models")
    assert title_key("模型") == "模型"


def test_coverage_says_what_was_read() -> None:
    day = date(2025, 1, 2)
    assert str(Coverage(0, None, None, 0)) == "no papers yet"
    assert str(Coverage(1, day, day, 0)) == "1 paper, 2025-01-02 to 2025-01-02"
    text = str(Coverage(11_888, day, date(2026, 8, 21), 2_011))
    assert text == "11,888 papers, 2025-01-02 to 2026-08-21, 2,011 of them undated"
    assert str(Coverage(3, None, None, 3)) == "3 papers"


@pytest.mark.parametrize(
    ("window", "text"),
    [
        (Window(), "of any day"),
        (Window(date(2025, 1, 2), date(2025, 1, 2)), "featured or published 2025-01-02"),
        (Window(date(2025, 1, 2), date(2025, 2, 3), "published"),
         "published 2025-01-02 to 2025-02-03"),
        (Window(since=date(2025, 1, 2)), "featured or published since 2025-01-02"),
        (Window(until=date(2025, 1, 2)), "featured or published up to 2025-01-02"),
    ],
)  # fmt: skip
def test_a_window_reads_as_text(window: Window, text: str) -> None:
    assert str(window) == text


def test_a_passage_is_one_line_so_that_it_cannot_imitate_a_prompt() -> None:
    paper = replace(HERON, title="Title\n[2] Another")
    sentences = (
        Evidence(paper, "One.\n\nQuestion: two?", 1, 0.2),
        Evidence(paper, "Best.", 2, 0.9),
    )
    passage = Passage(3, paper, sentences)
    assert str(passage) == "[3] Title [2] Another (2025-01-06): One. Question: two? Best."
    assert passage.best.sentence == "Best."


def test_only_a_new_text_has_a_new_hash() -> None:
    assert replace(HERON, upvotes=99, arxiv_id=None).text_hash == HERON.text_hash
    assert replace(HERON, abstract="x").text_hash != HERON.text_hash
    assert replace(HERON, title="x").text_hash != HERON.text_hash
