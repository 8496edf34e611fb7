"""Papers as embeds: search results, cards of single papers, and a topic's trend."""

from collections.abc import Iterator, Sequence

from discord import Colour, Embed

from bot.render.answer import paper_line
from bot.render.parts import first_within, lines_within
from bot.render.safe_text import (
    EMBED_DESCRIPTION,
    EMBED_FIELD,
    EMBED_TITLE,
    is_safe_url,
    link,
    names_host,
    plain,
    plain_within,
)
from rag.links import arxiv_url, paper_url
from rag.records import Coverage, Hit, Paper
from rag.text.discord_markup import as_spoiler, has_spoiler, without_spoilers
from rag.text.sentences import gist
from rag.text.shorten import shorten
from rag.text.withdrawal import WITHDRAWN, withdrawal_of
from rag.trends import METHOD, Trend

COLOUR = Colour.blurple()
GIST = 280  # characters
SEARCH_PAGE = 5  # papers per page of search results
# Characters of a title and of its quote; the first pair for which there is room is used.
HIT_LENGTHS = ((200, GIST), (200, GIST // 2), (200, GIST // 4), (200, 0), (80, 0))
MAX_AUTHORS = 8  # on a card
MAX_CARD = 1_500  # characters of the text on a card
WIDE = ("Authors", "Comment", WITHDRAWN.capitalize())  # fields of a card with a row of their own
MAX_PROBLEM = 1_000  # characters


def search_embed(
    text: str, hits: Sequence[Hit], coverage: Coverage, *, page: int = 0, pages: int = 1
) -> Embed:
    """Return one page of search results, each with the sentence that matches best.

    `page` counts from 0; every page but the last has SEARCH_PAGE papers. What is found by a text
    with a spoiler is one.
    """
    first = page * SEARCH_PAGE + 1
    body = _hit_list(hits, first=first) or f"No paper matches. I have read {coverage}."
    embed = Embed(description=as_spoiler(body) if has_spoiler(text) else body, colour=COLOUR)
    title = f"Papers about “{without_spoilers(text)}”"
    embed.title = plain_within(shorten(title, EMBED_TITLE), EMBED_TITLE)
    if pages > 1:
        embed.set_footer(text=f"Page {page + 1} of {pages}, nearest first.")
    return embed


def similar_embed(hits: Sequence[Hit]) -> Embed:
    """Return the papers that are most similar to those that an answer cites."""
    description = _hit_list(hits, first=1) or "I have read no other paper."
    return Embed(title="The nearest papers to those cited", description=description, colour=COLOUR)


def _hit_list(hits: Sequence[Hit], *, first: int) -> str:
    """Return the papers with the longest quotes for which there is room."""
    lists = (
        "\n".join(_hit_lines(hits, first=first, max_title=title, max_quote=quote))
        for title, quote in HIT_LENGTHS
    )
    return first_within(lists, EMBED_DESCRIPTION - len(as_spoiler("")))


def _hit_lines(hits: Sequence[Hit], *, first: int, max_title: int, max_quote: int) -> Iterator[str]:
    for n, hit in enumerate(hits, start=first):
        yield f"{n}. {paper_line(hit.paper, max_title=max_title)}"
        if hit.chunk.sentence and max_quote:
            yield f"   “{plain(shorten(hit.chunk.sentence, max_quote))}”"


def paper_card(paper: Paper, neighbours: Sequence[Paper] = ()) -> Embed:
    """Return a card with a paper's summary, facts, links and nearest papers."""
    prefix = "Paperboy's summary: " if paper.abstract_source == "summary" else ""
    text = prefix + shorten(paper.tldr or gist(paper.abstract) or paper.abstract, 1_000)
    embed = Embed(
        title=plain_within(shorten(paper.title, EMBED_TITLE), EMBED_TITLE),
        url=_title_url(paper),
        description=plain_within(text, MAX_CARD),
        colour=COLOUR,
    )
    for name, value in _facts(paper):
        if value.strip():  # Discord refuses an empty one
            embed.add_field(name=name, value=value, inline=name not in WIDE)
    if nearest := lines_within(map(paper_line, neighbours), EMBED_FIELD):
        embed.add_field(name="Nearest papers", value=nearest, inline=False)
    return embed


def link_card(
    paper: Paper,
    neighbours: Sequence[Paper],
    discussed: Sequence[str],
    *,
    hears_replies: bool = True,
) -> Embed:
    """Return a short card for a linked paper; `discussed` are URLs of answers about it."""
    prefix = "Paperboy's summary: " if paper.abstract_source == "summary" else ""
    embed = Embed(
        title=plain_within(shorten(paper.title, EMBED_TITLE), EMBED_TITLE),
        url=_title_url(paper),
        description=plain(prefix + shorten(paper.tldr or gist(paper.abstract), GIST)),
        colour=COLOUR,
    )
    nearest = lines_within(map(paper_line, neighbours), EMBED_FIELD)
    links = lines_within((f"• {url}" for url in discussed), EMBED_FIELD)
    withdrawal = plain_within(withdrawal_of(paper), EMBED_FIELD)
    for name, value in (
        (WITHDRAWN.capitalize(), withdrawal),
        ("Nearest papers", nearest),
        ("Discussed here before", links),
    ):
        if value:
            embed.add_field(name=name, value=value, inline=False)
    day = f"Featured {paper.featured_on}" if paper.featured_on else "Not featured, as far as I know"
    votes = "" if paper.upvotes is None else f" · ▲ {paper.upvotes}"
    how = "reply to this to ask about it" if hears_replies else "/ask answers questions about it"
    return embed.set_footer(text=f"{day}{votes} · {how}")


def _title_url(paper: Paper) -> str | None:
    """Return where a card's title leads; None if it would seem to lead to another host."""
    return None if names_host(paper.title) else paper.url


def unread_card(arxiv_id: str, *, problem: str = "", is_fetching: bool = False) -> Embed:
    """Return the card of a paper that is not in the catalogue.

    `problem` says why fetching it failed; `is_fetching` that a fetch is running.
    """
    paper = link(arxiv_id, paper_url(arxiv_id, ""))
    text = f"I am fetching {paper} …" if is_fetching else f"I have not read {paper} yet."
    return Embed(
        description=f"{text} {plain_within(problem, MAX_PROBLEM)}".strip(),
        colour=Colour.light_grey(),
    )


def _facts(paper: Paper) -> Iterator[tuple[str, str]]:
    """Yield the name and value of each field of a card."""
    if paper.authors:
        more = len(paper.authors) - MAX_AUTHORS
        names = (plain(shorten(name, 80)) for name in paper.authors[:MAX_AUTHORS])
        rest = f" and {more} more" if more > 0 else ""
        yield "Authors", lines_within(names, EMBED_FIELD - len(rest), between=", ") + rest
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
    if withdrawal := withdrawal_of(paper):
        yield WITHDRAWN.capitalize(), plain_within(withdrawal, EMBED_FIELD)
    elif paper.comment:
        yield "Comment", plain_within(paper.comment, EMBED_FIELD)
    arxiv = arxiv_url(paper.arxiv_id) if paper.arxiv_id else ""
    links = [link("arXiv" if url == arxiv else "Hugging Face", url) for url in paper.urls]
    for words, url in (("Code", paper.code_url), ("Project", paper.project_url)):
        if url and is_safe_url(url):
            links.append(link(words, url))
    yield "Links", lines_within(links, EMBED_FIELD, between=" · ")


def trend_embed(trend: Trend) -> Embed:
    """Return the figures of a topic, and how they were counted."""
    title = plain_within(
        shorten(f"Papers per week about “{trend.topic}”", EMBED_TITLE), EMBED_TITLE
    )
    embed = Embed(title=title, description=str(trend), colour=COLOUR)
    return embed.set_footer(text=METHOD)
