from datetime import date

import pytest

from rag.links import arxiv_url, paper_url
from rag.records import Coverage, chunk_id_of, paper_id_of, title_key


def test_ids() -> None:
    assert paper_id_of("2510.01234", "Any") == "arxiv:2510.01234"
    assert paper_id_of(None, "Align$^2$LLaVA: A  Title?") == "title:align-2-llava-a-title"
    assert chunk_id_of("arxiv:2510.01234", 3) == "arxiv:2510.01234#3"
    assert len(paper_id_of(None, "long " * 200)) < 200
    assert paper_id_of(None, "long " * 200) != paper_id_of(None, "long " * 201)


@pytest.mark.parametrize("title", ["???", "😀"])
def test_titles_without_words_have_keys_too(title: str) -> None:
    assert title_key(title)


def test_spellings_of_a_title_have_one_key() -> None:
    assert title_key("LaVi:  Efficient\nModels") == title_key("lavi – efficient models")
    assert title_key("模型") == "模型"


def test_links() -> None:
    assert paper_url("2510.01234", "T") == "https://huggingface.co/papers/2510.01234"
    assert paper_url(None, "A & B?") == "https://huggingface.co/papers?q=A%20%26%20B%3F"
    assert arxiv_url("2510.01234") == "https://arxiv.org/abs/2510.01234"


def test_coverage_says_what_was_read() -> None:
    day = date(2025, 1, 2)
    assert str(Coverage(0, None, None, 0)) == "no papers yet"
    assert str(Coverage(1, day, day, 0)) == "1 paper, 2025-01-02 to 2025-01-02"
    text = str(Coverage(11_888, day, date(2026, 8, 21), 2_011))
    assert text == "11,888 papers, 2025-01-02 to 2026-08-21, 2,011 of them undated"
    assert str(Coverage(3, None, None, 3)) == "3 papers"
