"""A digest as embeds and as an e-mail: one list by rank, with the topics above it."""

from collections.abc import Iterator
from email.message import EmailMessage
from html import escape

from discord import Colour, Embed

from bot.digest.records import Digest, Entry
from bot.render.papers import is_address
from bot.render.text import EMBED_DESCRIPTION, EMBED_TITLE, link, plain, shorten, split
from rag.links import arxiv_url
from rag.records import Coverage

COLOUR = Colour.blurple()
WITH_TLDR = 25  # entries that are shown with their sentence; the others by their title
TITLE = 280  # characters, as the next two
TLDR = 300
REASON = 200
ORIGIN = "One sentence each: Hugging Face's summary, else the abstract's own words."


def headline(digest: Digest) -> str:
    """Return "Daily Papers of Friday, 2025-12-05: 10 of 24"."""
    shown = len(digest.ranked)
    number = f"{shown:,} of {digest.total:,}" if shown < digest.total else f"{shown:,}"
    if any(entry.paper.featured_on for entry in digest.ranked):
        return f"Daily Papers of {digest.days}: {number}"
    return f"The newest papers: {number}" if shown else f"Daily Papers of {digest.days}: none"


def digest_embeds(digest: Digest, coverage: Coverage) -> list[Embed]:
    """Return the digest by rank, one embed a message."""
    head = "\n".join(filter(None, (plain(digest.note), _topics(digest))))
    if not digest.groups:
        head = f"{head}\nI have read {coverage}.".strip()
    blocks = [head] if head else []
    blocks += ["\n".join(_lines(entry)) for entry in digest.ranked]
    embeds = [Embed(description=part, colour=COLOUR) for part in _packed(blocks)]
    embeds[0].title = shorten(headline(digest), EMBED_TITLE)
    if digest.groups:
        embeds[-1].set_footer(text=ORIGIN)
    return embeds


def _topics(digest: Digest) -> str:
    """Return a line a topic with the ranks of its papers, where there are several topics."""
    if len(digest.groups) < 2:
        return ""
    lines = [
        f"**{plain(group.name)}**: {', '.join(str(entry.rank) for entry in group.entries)}"
        for group in digest.groups
    ]
    return "\n".join(lines) + "\n"


def _lines(entry: Entry) -> Iterator[str]:
    paper = entry.paper
    votes = "" if paper.upvotes is None else f"**▲ {paper.upvotes}** "
    yield f"{entry.rank}. {votes}{link(shorten(paper.title, TITLE), paper.url)}"
    if entry.rank > WITH_TLDR:
        return
    if entry.tldr:
        yield f"   {plain(shorten(entry.tldr, TLDR))}"
    facts = []
    if paper.organization:
        facts.append(plain(shorten(paper.organization, 80)))
    if paper.comment_count:
        facts.append(_comments(paper.comment_count))
    if paper.code_url and is_address(paper.code_url):
        facts.append(link("code", paper.code_url))
    if entry.because:
        facts.append(f"picked {plain(shorten(entry.because, REASON))}")
    if facts:
        yield f"   {' · '.join(facts)}"


def _comments(count: int) -> str:
    return f"{count:,} comment{'' if count == 1 else 's'}"


def _packed(blocks: list[str]) -> list[str]:
    """Return the blocks put together as far as they fit into a description."""
    parts: list[str] = []
    for block in blocks:
        for piece in split(block, EMBED_DESCRIPTION):
            if parts and len(parts[-1]) + 1 + len(piece) <= EMBED_DESCRIPTION:
                parts[-1] += f"\n{piece}"
            else:
                parts.append(piece)
    return parts or [""]


def digest_mail(digest: Digest, *, unsubscribe: str) -> EmailMessage:
    """Return the digest as plain text and HTML; whoever sends it adds From and To.

    `unsubscribe` is a sentence that says how to get no more of these.
    """
    mail = EmailMessage()
    mail["Subject"] = shorten(headline(digest), 200)
    mail.set_content(_text(digest, unsubscribe))
    mail.add_alternative(f"<p>{escape(headline(digest))}</p>", subtype="html")
    return mail


def _text(digest: Digest, unsubscribe: str) -> str:
    lines = [headline(digest), digest.note, ""]
    for entry in digest.ranked:
        paper = entry.paper
        votes = "" if paper.upvotes is None else f" (▲ {paper.upvotes})"
        lines += [f"{entry.rank}. {paper.title}{votes}", f"   {paper.url}"]
        if paper.arxiv_id:
            lines.append(f"   {arxiv_url(paper.arxiv_id)}")
        lines += [f"   {entry.tldr}", ""]
    return "\n".join([*lines, "-- ", unsubscribe, ""])
