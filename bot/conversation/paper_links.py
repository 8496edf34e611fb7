"""Finds the papers that a message links, in its text and embeds."""

import re
from collections.abc import Iterator
from urllib.parse import unquote

import discord

from rag.links import ARXIV_ID, HUGGING_FACE
from rag.records import Paper, paper_id_of
from rag.store.catalog import Catalog

# <…> around a link suppresses Discord's preview, so it gets no card either.
_PASTED_LINK = re.compile(
    r"(?P<suppressed><?)\bhttps?://(?:(?:www\.|export\.)?arxiv\.org/(?:abs|pdf|html)"
    rf"|(?:www\.)?(?:huggingface\.co|hf\.co)/papers)/{ARXIV_ID.pattern}",
    re.IGNORECASE,
)


def pasted_ids(text: str) -> list[str]:
    """Return the arXiv ids of the papers linked in a text, in order."""
    ids = [match[2] for match in _PASTED_LINK.finditer(text) if not match["suppressed"]]
    return list(dict.fromkeys(ids))


# A link to a paper without an arXiv id is a search for its title; see rag/links.py.
_LINK = re.compile(rf"{re.escape(HUGGING_FACE)}\?q=(?P<title>[^\s)>]+)|{ARXIV_ID.pattern}")


def text_of(message: discord.Message) -> str:
    """Return all text of a message and its embeds, with the URLs of its links."""
    return "\n".join(_parts(message)).strip()


def _parts(message: discord.Message) -> Iterator[str]:
    yield message.content
    for embed in message.embeds:
        yield from filter(None, (embed.title, embed.url, embed.description))
        for field in embed.fields:
            yield f"{field.name}: {field.value}"


def named_ids(text: str) -> list[str]:
    """Return the ids of the papers named in a text by arXiv id or link, in order."""
    ids = [
        paper_id_of(None, unquote(match["title"])) if match["title"] else f"arxiv:{match[2]}"
        for match in _LINK.finditer(text)
    ]
    return list(dict.fromkeys(ids))


def named_papers(text: str, catalog: Catalog) -> list[Paper]:
    """Return those of the named papers that are in the catalogue, in order."""
    ids = named_ids(text)
    known = catalog.get(ids)
    return [known[paper_id] for paper_id in ids if paper_id in known]
