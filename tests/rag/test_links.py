"""Links to papers, and arXiv ids in texts."""

import pytest

from rag.links import ARXIV_ID, arxiv_url, paper_url


def test_a_paper_without_an_id_links_to_a_search_for_its_title() -> None:
    assert paper_url("2510.01234", "T") == "https://huggingface.co/papers/2510.01234"
    assert paper_url(None, "A & B?") == "https://huggingface.co/papers?q=A%20%26%20B%3F"
    assert arxiv_url("2510.01234") == "https://arxiv.org/abs/2510.01234"


@pytest.mark.parametrize(
    ("text", "ids"),
    [
        ("arxiv 2510.01234v3, and 0704.0001.", ["2510.01234", "0704.0001"]),
        ("https://arxiv.org/pdf/2510.01234v2.pdf", ["2510.01234"]),
        ("https://huggingface.co/papers/2510.01234#community", ["2510.01234"]),
        ("version 12510.01234 or 2510.012345 or 2510.01234.5", []),
    ],
)
def test_arxiv_ids_are_recognised_in_texts_and_links(text: str, ids: list[str]) -> None:
    assert ARXIV_ID.findall(text) == ids
