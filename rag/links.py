"""Links to papers. All of them are built here."""

from urllib.parse import quote

HUGGING_FACE = "https://huggingface.co/papers"
ARXIV = "https://arxiv.org/abs"
ARXIV_HTML = "https://arxiv.org/html"
MAX_SEARCH = 400  # characters of a title in a link, quoted


def paper_url(arxiv_id: str | None, title: str) -> str:
    """Return the paper's page on Hugging Face; without an id, a search for its title.

    Hugging Face has no pages for the ids of before April 2007: theirs are arXiv's. A title is
    searched by as many characters as keep the link short enough for a message.
    """
    if arxiv_id:
        return arxiv_url(arxiv_id) if "/" in arxiv_id else f"{HUGGING_FACE}/{arxiv_id}"
    search = quote(title[:MAX_SEARCH], safe="")
    while len(search) > MAX_SEARCH:  # up to twelve characters for one of the title
        title = title[: len(title[:MAX_SEARCH]) * MAX_SEARCH // len(search)]
        search = quote(title, safe="")
    return f"{HUGGING_FACE}?q={search}"


def arxiv_url(arxiv_id: str) -> str:
    """Return the paper's page on arXiv."""
    return f"{ARXIV}/{arxiv_id}"


def full_text_url(arxiv_id: str) -> str:
    """Return the paper's text on arXiv."""
    return f"{ARXIV_HTML}/{arxiv_id}"
