"""Papers are recognised by their links."""

from typing import Any

import pytest

from bot.conversation.paper_links import named_ids, named_papers, pasted_ids
from rag.library import Library
from tests.papers import HERON, LOOM, PASTRY, TIDAL


@pytest.mark.parametrize(
    ("text", "papers"),
    [
        (f"see {TIDAL.url} and https://arxiv.org/pdf/2501.00001v3", [TIDAL, HERON]),
        (f"[{LOOM.title}](<{LOOM.url}>) · published", [LOOM]),
        ("2502.00003, again 2502.00003.", [PASTRY]),
        (
            f"https://doi.org/10.48550/arXiv.{HERON.arxiv_id}, arxiv: {PASTRY.arxiv_id}",
            [HERON, PASTRY],
        ),
        (f"https://alphaxiv.org/abs/{TIDAL.arxiv_id} and {LOOM.url}", [TIDAL, LOOM]),
        ("https://arxiv.org/abs/2412.00001 hep-th/9711200", []),
        ("https://arxiv.org/abs/2999.00001", []),
        ("see you at 10.30", []),
    ],
)
def test_papers_are_recognised_by_their_links(
    filled: Library, text: str, papers: list[Any]
) -> None:
    assert named_papers(text, filled.catalog) == papers
    assert named_ids("2412.00001 2502.00003") == ["arxiv:2412.00001", PASTRY.paper_id]


@pytest.mark.parametrize(
    ("text", "ids"),
    [
        ("https://arxiv.org/abs/2510.01234v2", ["2510.01234"]),
        ("see [it](https://arxiv.org/abs/cs/0112017)!", ["cs/0112017"]),
        ("https://www.arxiv.org/pdf/math.GT/0309136v1.pdf", ["math/0309136"]),
        ("https://export.arxiv.org/abs/hep-th/9711200", ["hep-th/9711200"]),
        ("https://ar5iv.labs.arxiv.org/html/2510.01234", ["2510.01234"]),
        ("https://ar5iv.org/abs/2510.01234", ["2510.01234"]),
        ("HTTPS://HF.CO/papers/2510.01234", ["2510.01234"]),
        ("https://doi.org/10.48550/arXiv.2510.01234", ["2510.01234"]),
        ("https://alphaxiv.org/abs/2510.01234?chatId=1", ["2510.01234"]),
        ("<https://arxiv.org/abs/2510.01234>", []),
        ("2510.01234, arXiv:2510.01234, arxiv.org/abs/2510.01234", []),
        ("https://arxiv.org/abs/2413.10020 https://arxiv.org/list/cs.CL/recent", []),
        ("https://example.org/2510.01234", []),
    ],
)
def test_pasted_links_get_a_card(text: str, ids: list[str]) -> None:
    assert pasted_ids(text) == ids
