"""Papers as embeds: search results, cards of single papers, and a topic's trend."""

from collections.abc import Iterable, Iterator, Sequence

from discord import Colour, Embed

from bot.render.answer import paper_line
from bot.render.safe_text import (
    EMBED_DESCRIPTION,
    EMBED_FIELD,
    EMBED_TITLE,
    is_safe_url,
    link,
    plain,
    shorten,
    split,
)
from rag.links import arxiv_url, paper_url
from rag.records import Coverage, Hit, Paper
from rag.text.sentences import gist
from rag.trends import METHOD, Trend

COLOUR = Colour.blurple()
GIST = 280  # characters
SEARCH_PAGE = 5  # papers per page of search results
MAX_AUTHORS = 8  # on a card


def search_embed(
    text: str, hits: Sequence[Hit], coverage: Coverage, *, page: int = 0, pages: int = 1
) -> Embed:
    """Return one page of search results, each with the sentence that matches best.

    `page` counts from 0; every page but the last has SEARCH_PAGE papers.
    """
    first = page * SEARCH_PAGE + 1
    bodies = (
        "\n".join(_hit_lines(hits, first=first, max_quote=length))
        for length in (GIST, GIST // 2, GIST // 4, 0)
    )
    body = next((b for b in bodies if len(b) <= EMBED_DESCRIPTION), "")
    embed = Embed(description=body or f"No paper matches. I have read {coverage}.", colour=COLOUR)
    embed.title = plain(shorten(f"Papers about “{text}”", EMBED_TITLE // 2))[:EMBED_TITLE]
    if pages > 1:
        embed.set_footer(text=f"Page {page + 1} of {pages}, nearest first.")
    return embed


def similar_embed(hits: Sequence[Hit]) -> Embed:
    """Return the papers that are most similar to those that an answer cites."""
    body = "\n".join(_hit_lines(hits, first=1, max_quote=GIST)) or "I have read no other paper."
    description = split(body, EMBED_DESCRIPTION)[0]
    return Embed(title="The nearest papers to those cited", description=description, colour=COLOUR)


def _hit_lines(hits: Sequence[Hit], *, first: int, max_quote: int) -> Iterator[str]:
    for n, hit in enumerate(hits, start=first):
        yield f"{n}. {paper_line(hit.paper)}"
        if hit.chunk.sentence and max_quote:
            yield f"   “{plain(shorten(hit.chunk.sentence, max_quote))}”"


def paper_card(paper: Paper, neighbours: Sequence[Paper] = ()) -> Embed:
    """Return a card with a paper's summary, facts, links and nearest papers."""
    prefix = "Paperboy's summary: " if paper.abstract_source == "summary" else ""
    text = prefix + shorten(paper.tldr or gist(paper.abstract) or paper.abstract, 1_000)
    embed = Embed(
        title=plain(shorten(paper.title, EMBED_TITLE // 2))[:EMBED_TITLE],
        url=paper.url,
        description=plain(text)[:EMBED_DESCRIPTION],
        colour=COLOUR,
    )
    for name, value in _facts(paper):
        embed.add_field(name=name, value=value, inline=name != "Authors")
    if nearest := _lines_within(map(paper_line, neighbours), EMBED_FIELD):
        embed.add_field(name="Nearest papers", value=nearest, inline=False)
    return embed


def _lines_within(lines: Iterable[str], limit: int) -> str:
    """Return the lines that fit into `limit` characters; lines that are too long are skipped."""
    text = ""
    for line in lines:
        if len(text) + len(line) < limit:
            text += f"{line}\n"
    return text.rstrip()


def link_card(paper: Paper, neighbours: Sequence[Paper], discussed: Sequence[str]) -> Embed:
    """Return a short card for a linked paper; `discussed` are URLs of answers about it."""
    prefix = "Paperboy's summary: " if paper.abstract_source == "summary" else ""
    embed = Embed(
        title=plain(shorten(paper.title, EMBED_TITLE // 2))[:EMBED_TITLE],
        url=paper.url,
        description=plain(prefix + shorten(paper.tldr or gist(paper.abstract), GIST)),
        colour=COLOUR,
    )
    nearest = _lines_within(map(paper_line, neighbours), EMBED_FIELD)
    links = _lines_within((f"• {url}" for url in discussed), EMBED_FIELD)
    for name, value in (("Nearest papers", nearest), ("Discussed here before", links)):
        if value:
            embed.add_field(name=name, value=value, inline=False)
    day = f"Featured {paper.featured_on}" if paper.featured_on else "Not featured, as far as I know"
    votes = "" if paper.upvotes is None else f" · ▲ {paper.upvotes}"
    return embed.set_footer(text=f"{day}{votes} · reply to this to ask about it")


def unread_card(arxiv_id: str, *, problem: str = "", is_fetching: bool = False) -> Embed:
    """Return the card of a paper that is not in the catalogue.

    `problem` says why fetching it failed; `is_fetching` that a fetch is running.
    """
    paper = link(arxiv_id, paper_url(arxiv_id, ""))
    text = f"I am fetching {paper} …" if is_fetching else f"I have not read {paper} yet."
    return Embed(description=f"{text} {plain(problem)}".strip(), colour=Colour.light_grey())


def _facts(paper: Paper) -> Iterator[tuple[str, str]]:
    """Yield the name and value of each field of a card."""
    if paper.authors:
        more = len(paper.authors) - MAX_AUTHORS
        names = ", ".join(shorten(name, 80) for name in paper.authors[:MAX_AUTHORS])
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
        if url and is_safe_url(url):
            links.append(link(words, url))
    yield "Links", " · ".join(links)


def trend_embed(trend: Trend) -> Embed:
    """Return the figures of a topic, and how they were counted."""
    title = plain(shorten(f"Papers per week about “{trend.topic}”", EMBED_TITLE // 2))
    embed = Embed(title=title[:EMBED_TITLE], description=str(trend), colour=COLOUR)
    return embed.set_footer(text=METHOD)
