"""Links to papers."""

import pytest

from rag.links import arxiv_url, paper_url


def test_a_paper_without_an_id_links_to_a_search_for_its_title() -> None:
    assert paper_url("2510.01234", "T") == "https://huggingface.co/papers/2510.01234"
    assert paper_url(None, "A & B?") == "https://huggingface.co/papers?q=A%20%26%20B%3F"
    assert arxiv_url("2510.01234") == "https://arxiv.org/abs/2510.01234"


@pytest.mark.parametrize("arxiv_id", ["cs/0112017", "hep-th/9711200", "math/0309136"])
def test_a_paper_with_an_old_id_has_its_page_on_arxiv(arxiv_id: str) -> None:
    assert paper_url(arxiv_id, "T") == f"https://arxiv.org/abs/{arxiv_id}" == arxiv_url(arxiv_id)
