"""Papers as embeds: search results, one paper's card."""

from collections.abc import Iterable, Iterator, Sequence

from discord import Colour, Embed

from bot.render.answer import paper_line
from bot.render.text import EMBED_DESCRIPTION, EMBED_FIELD, EMBED_TITLE, link, plain, shorten, split
from rag.links import arxiv_url, paper_url
from rag.records import Coverage, Hit, Paper
from rag.text.sentences import gist
from rag.trends import METHOD, Trend


def trend_embed(trend: Trend) -> Embed:
    """Return the figures, and how they were counted."""
    title = plain(shorten(f"Papers a week about “{trend.topic}”", EMBED_TITLE // 2))
    embed = Embed(title=title[:EMBED_TITLE], description=str(trend), colour=Colour.blurple())
    return embed.set_footer(text=METHOD)


COLOUR = Colour.blurple()
GIST = 280  # characters
SEARCH_PAGE = 5  # papers of a search on one page
AUTHORS = 8  # named on a card


def search_embed(
    text: str, hits: Sequence[Hit], coverage: Coverage, *, page: int = 0, pages: int = 1
) -> Embed:
    """Return a page of the papers that were found, each with its nearest sentence.

    `page` counts from 0; all pages but the last hold as many papers as this one.
    """
    first = page * SEARCH_PAGE + 1
    bodies = (
        "\n".join(_found(hits, first=first, quote=quote))
        for quote in (GIST, GIST // 2, GIST // 4, 0)
    )
    body = next((b for b in bodies if len(b) <= EMBED_DESCRIPTION), "")
    embed = Embed(description=body or f"No paper fits. I have read {coverage}.", colour=COLOUR)
    embed.title = plain(shorten(f"Papers about “{text}”", EMBED_TITLE // 2))[:EMBED_TITLE]
    if pages > 1:
        embed.set_footer(text=f"Page {page + 1} of {pages}, nearest first.")
    return embed


def similar_embed(hits: Sequence[Hit]) -> Embed:
    """Return the few papers that are nearest to those of an answer."""
    body = "\n".join(_found(hits, first=1, quote=GIST)) or "I have read no other paper."
    description = split(body, EMBED_DESCRIPTION)[0]
    return Embed(title="The nearest papers to those cited", description=description, colour=COLOUR)


def _found(hits: Sequence[Hit], *, first: int, quote: int) -> Iterator[str]:
    for n, hit in enumerate(hits, start=first):
        yield f"{n}. {paper_line(hit.paper)}"
        if hit.chunk.sentence and quote:
            yield f"   “{plain(shorten(hit.chunk.sentence, quote))}”"


def card(paper: Paper, neighbours: Sequence[Paper] = ()) -> Embed:
    """Return one paper with what is known of it, its own links and the papers nearest to it."""
    whose = "Paperboy's summary: " if paper.abstract_source == "summary" else ""
    text = whose + shorten(paper.tldr or gist(paper.abstract) or paper.abstract, 1_000)
    embed = Embed(
        title=plain(shorten(paper.title, EMBED_TITLE // 2))[:EMBED_TITLE],
        url=paper.url,
        description=plain(text)[:EMBED_DESCRIPTION],
        colour=COLOUR,
    )
    for name, value in _facts(paper):
        embed.add_field(name=name, value=value, inline=name != "Authors")
    if near := _within(map(paper_line, neighbours), EMBED_FIELD):
        embed.add_field(name="Nearest papers", value=near, inline=False)
    return embed


def _within(lines: Iterable[str], limit: int) -> str:
    """Return the lines, without those that are too long for what room is left."""
    text = ""
    for line in lines:
        if len(text) + len(line) < limit:
            text += f"{line}\n"
    return text.rstrip()


def link_card(paper: Paper, neighbours: Sequence[Paper], discussed: Sequence[str]) -> Embed:
    """Return a short card for a paper that somebody linked; `discussed` links answers about it."""
    whose = "Paperboy's summary: " if paper.abstract_source == "summary" else ""
    embed = Embed(
        title=plain(shorten(paper.title, EMBED_TITLE // 2))[:EMBED_TITLE],
        url=paper.url,
        description=plain(whose + shorten(paper.tldr or gist(paper.abstract), GIST)),
        colour=COLOUR,
    )
    near = _within(map(paper_line, neighbours), EMBED_FIELD)
    links = _within((f"• {url}" for url in discussed), EMBED_FIELD)
    for name, value in (("Nearest papers", near), ("Discussed here before", links)):
        if value:
            embed.add_field(name=name, value=value, inline=False)
    day = f"Featured {paper.featured_on}" if paper.featured_on else "Not featured that I know of"
    votes = "" if paper.upvotes is None else f" · ▲ {paper.upvotes}"
    return embed.set_footer(text=f"{day}{votes} · reply to this to ask about it")


def unread_card(arxiv_id: str, *, problem: str = "", is_fetched: bool = False) -> Embed:
    """Return what is said of a paper that somebody linked and that was never read.

    `problem` is why it could not be fetched; `is_fetched`: it is being fetched now.
    """
    where = link(arxiv_id, paper_url(arxiv_id, ""))
    text = f"I am fetching {where} …" if is_fetched else f"I have not read {where} yet."
    return Embed(description=f"{text} {plain(problem)}".strip(), colour=Colour.light_grey())


def _facts(paper: Paper) -> Iterator[tuple[str, str]]:
    """Yield the fields of a card: name and value."""
    if paper.authors:
        more = len(paper.authors) - AUTHORS
        names = ", ".join(shorten(name, 80) for name in paper.authors[:AUTHORS])
        yield "Authors", plain(names + (f" and {more} more" if more > 0 else ""))[:1_024]
    elif paper.author_count:
        yield "Authors", str(paper.author_count)
    if paper.organization:
        yield "Organisation", plain(shorten(paper.organization, 200))
    if paper.featured_on:
        yield "Featured", str(paper.featured_on)
    if paper.published_on:
        yield "Published", str(paper.published_on)
    if paper.upvotes is not None:
        yield "Upvotes", str(paper.upvotes)
    links = [link("Hugging Face", paper.url)]
    if paper.arxiv_id:
        links.append(link("arXiv", arxiv_url(paper.arxiv_id)))
    for words, url in (("Code", paper.code_url), ("Project", paper.project_url)):
        if url and is_address(url):
            links.append(link(words, url))
    yield "Links", " · ".join(links)


def is_address(url: str) -> bool:
    """Return whether a record's own link can be shown as one."""
    return url.startswith(("https://", "http://")) and not set(url) & set(" <>()`\n")
