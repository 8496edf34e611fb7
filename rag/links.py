"""Links to papers. All of them are built here."""

import re
from urllib.parse import quote

HUGGING_FACE = "https://huggingface.co/papers"
ARXIV = "https://arxiv.org/abs"
ARXIV_ID = re.compile(r"(?<![\d.])(\d{4}\.\d{4,5})(?:v\d+)?(?!\d|\.\d)")  # also inside a link


def paper_url(arxiv_id: str | None, title: str) -> str:
    """Return the paper's page on Hugging Face; without an id, a search for its title."""
    if arxiv_id:
        return f"{HUGGING_FACE}/{arxiv_id}"
    return f"{HUGGING_FACE}?q={quote(title, safe='')}"


def arxiv_url(arxiv_id: str) -> str:
    """Return the paper's page on arXiv."""
    return f"{ARXIV}/{arxiv_id}"
