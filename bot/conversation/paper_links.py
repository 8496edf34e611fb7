"""Finds the papers that a text links or names."""

import re
from urllib.parse import unquote

from rag.arxiv_id import find_mentions
from rag.links import HUGGING_FACE
from rag.records import Paper, paper_id_of
from rag.store.catalog import Catalog

# <…> around a link suppresses Discord's preview, so it gets no card either.
_PASTED_LINK = re.compile(r"(?P<suppressed><?)\b(?P<link>https?://[^\s<>]+)", re.IGNORECASE)


def pasted_ids(text: str) -> list[str]:
    """Return the arXiv ids of the papers linked in a text, in order."""
    shown = [match["link"] for match in _PASTED_LINK.finditer(text) if not match["suppressed"]]
    mentions = [mention for link in shown for mention in find_mentions(link) if mention.in_link]
    return list(dict.fromkeys(mention.arxiv_id for mention in mentions if mention.arxiv_id))


# A link to a paper without an arXiv id is a search for its title; see rag/links.py.
_TITLE_LINK = re.compile(rf"{re.escape(HUGGING_FACE)}\?q=(?P<title>[^\s)>]+)")


def named_ids(text: str) -> list[str]:
    """Return the ids of the papers named in a text by arXiv id or link, in order."""
    places = {
        match.start(): paper_id_of(None, unquote(match["title"]))
        for match in _TITLE_LINK.finditer(text)
    }
    places |= {
        mention.start: f"arxiv:{mention.arxiv_id}"
        for mention in find_mentions(text)
        if mention.arxiv_id
    }
    return list(dict.fromkeys(places[start] for start in sorted(places)))


def named_papers(text: str, catalog: Catalog) -> list[Paper]:
    """Return those of the named papers that are in the catalogue, in order."""
    ids = named_ids(text)
    known = catalog.get(ids)
    return [known[paper_id] for paper_id in ids if paper_id in known]
