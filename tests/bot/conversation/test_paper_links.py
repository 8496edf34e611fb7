"""Papers are recognised by their links."""

from typing import Any

import pytest

from bot.conversation.paper_links import named_ids, named_papers
from rag.library import Library
from tests.papers import HERON, LOOM, PASTRY, TIDAL


@pytest.mark.parametrize(
    ("text", "papers"),
    [
        (f"see {TIDAL.url} and https://arxiv.org/pdf/2501.00001v3", [TIDAL, HERON]),
        (f"[{LOOM.title}](<{LOOM.url}>) · published", [LOOM]),
        ("2502.00003, again 2502.00003.", [PASTRY]),
        ("https://arxiv.org/abs/2999.00001", []),
        ("see you at 10.30", []),
    ],
)
def test_papers_are_recognised_by_their_links(
    filled: Library, text: str, papers: list[Any]
) -> None:
    assert named_papers(text, filled.catalog) == papers
    assert named_ids("2999.00001 2502.00003") == ["arxiv:2999.00001", PASTRY.paper_id]
