"""Which papers a message shows: by the links in its words and embeds."""

import re
from collections.abc import Iterator
from urllib.parse import unquote

import discord

from rag.catalog import Catalog
from rag.links import ARXIV_ID, HUGGING_FACE
from rag.records import Paper, paper_id_of

# A link to a paper without an arXiv id is a search for its title; see rag/links.py.
_LINK = re.compile(rf"{re.escape(HUGGING_FACE)}\?q=(?P<title>[^\s)>]+)|{ARXIV_ID.pattern}")


def words_of(message: discord.Message) -> str:
    """Return everything that a person can read in a message, with the addresses of its links."""
    return "\n".join(_parts(message)).strip()


def _parts(message: discord.Message) -> Iterator[str]:
    yield message.content
    for embed in message.embeds:
        yield from filter(None, (embed.title, embed.url, embed.description))
        for field in embed.fields:
            yield f"{field.name}: {field.value}"


def named_ids(text: str) -> list[str]:
    """Return the ids of the papers that a text names by arXiv id or link, in order."""
    ids = [
        paper_id_of(None, unquote(match["title"])) if match["title"] else f"arxiv:{match[2]}"
        for match in _LINK.finditer(text)
    ]
    return list(dict.fromkeys(ids))


def named_papers(text: str, catalog: Catalog) -> list[Paper]:
    """Return those of them that were read, in order."""
    ids = named_ids(text)
    known = catalog.get(ids)
    return [known[paper_id] for paper_id in ids if paper_id in known]
