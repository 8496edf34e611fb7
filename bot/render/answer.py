"""An answer as embeds: text with linked markers, sources, and how it came in the footer."""

import re
from collections.abc import Sequence

from discord import Colour, Embed

from bot.render.text import (
    EMBED_DESCRIPTION,
    EMBED_FOOTER,
    EMBED_TITLE,
    link,
    plain,
    shorten,
    split,
)
from rag.links import arxiv_url
from rag.records import Answer, Citation, Paper

UNFINISHED = Colour.orange()
FINISHED = Colour.green()
REFUSED = Colour.light_grey()
FAILED = Colour.red()

_MARKER = re.compile(r"\[(\d+)\]")
LEFT = "I was restarted before I could answer this: please ask again."
ENDED = "I was restarted while I wrote this."
OTHERWISE = "Other words may help; /search shows what comes near."
SOURCE_TITLE = 200  # characters of a title in the list of sources


def answer_embeds(
    answer: Answer, *, question: str = "", written_by: str = "", doing: str = ""
) -> list[Embed]:
    """Return the answer, one embed a message; the first holds as much as one can.

    `question` is shown above it where people cannot see it otherwise; `doing` is what happens
    next ("Writing …") and makes the answer an unfinished one.
    """
    text = f"{_linked(answer.text, answer.citations)}\n\n{sources(answer.citations)}".strip()
    embeds = [
        Embed(description=part, colour=_colour(answer, doing))
        for part in split(text, EMBED_DESCRIPTION)
    ]
    if question:
        embeds[0].title = plain(shorten(question, EMBED_TITLE // 2))[:EMBED_TITLE]
    if footer := _footer(answer, written_by, doing):
        embeds[-1].set_footer(text=shorten(footer, EMBED_FOOTER))
    return embeds


def sources(citations: Sequence[Citation]) -> str:
    """Return the list `1. title · day · arXiv`, with links that open no preview."""
    return "\n".join(f"{c.n}. {paper_line(c.paper)}" for c in citations)


def paper_line(paper: Paper) -> str:
    """Return `title · featured 2025-12-04 · arXiv`, linked."""
    parts = [link(shorten(paper.title, SOURCE_TITLE), paper.url)]
    if paper.featured_on:
        parts.append(f"featured {paper.featured_on}")
    elif paper.published_on:
        parts.append(f"published {paper.published_on}")
    if paper.arxiv_id:
        parts.append(link("arXiv", arxiv_url(paper.arxiv_id)))
    return " · ".join(parts)


def _linked(text: str, citations: Sequence[Citation]) -> str:
    """Return the text made safe, each `[n]` that has a source linked to it."""
    urls = {citation.n: citation.paper.url for citation in citations}
    parts = []
    for i, part in enumerate(_MARKER.split(text)):  # every second part is a number
        if i % 2 == 0:
            parts.append(plain(part))
        elif int(part) in urls:
            parts.append(f"[[{part}]](<{urls[int(part)]}>)")
        else:
            parts.append(plain(f"[{part}]"))
    return "".join(parts)


def _colour(answer: Answer, doing: str) -> Colour:
    if doing or not answer.finished:
        return UNFINISHED
    return REFUSED if answer.refused else FINISHED


def _footer(answer: Answer, written_by: str, doing: str) -> str:
    if not answer.finished:
        return doing
    if answer.mode == "generated":
        written = f"Written by {written_by} from these abstracts in {answer.seconds:.1f} s"
        return f"{written}. {answer.note}" if answer.note else written
    how = "Quoted word for word." if answer.evidence else "From the catalogue."
    return " ".join(filter(None, [OTHERWISE if answer.refused else how, answer.note, doing]))


def ended(embed: Embed) -> Embed:
    """Return an answer's embed as it stands, but for one that claims that more will come."""
    if embed.colour == UNFINISHED:
        embed.colour = REFUSED
        embed.set_footer(text=ENDED)
    return embed


def left_embed(question: str) -> Embed:
    """Return what stands in place of an answer that was never given."""
    embed = error_embed(LEFT)
    embed.title = plain(shorten(question, EMBED_TITLE // 2))[:EMBED_TITLE] or None
    return embed


def told_embed(text: str) -> Embed:
    """Return a sentence that is neither an answer nor an error."""
    return Embed(description=plain(text)[:EMBED_DESCRIPTION], colour=Colour.blurple())


def error_embed(text: str) -> Embed:
    """Return one sentence on what went wrong."""
    return Embed(description=plain(text)[:EMBED_DESCRIPTION], colour=FAILED)
