"""Links to papers that people paste: arXiv's and Hugging Face's."""

import re

from rag.links import ARXIV_ID

# A link in <…> is one whose preview is not wanted, so it gets no card either.
_LINK = re.compile(
    r"(?P<hidden><?)\bhttps?://(?:(?:www\.|export\.)?arxiv\.org/(?:abs|pdf|html)"
    rf"|(?:www\.)?(?:huggingface\.co|hf\.co)/papers)/{ARXIV_ID.pattern}",
    re.IGNORECASE,
)


def pasted_ids(text: str) -> list[str]:
    """Return the arXiv ids of the papers that a text links, in order."""
    ids = [match[2] for match in _LINK.finditer(text) if not match["hidden"]]
    return list(dict.fromkeys(ids))
