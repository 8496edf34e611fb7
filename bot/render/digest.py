"""A digest as embeds and as an e-mail: one list by rank, with the topics above it."""

from collections.abc import Iterator
from email.message import EmailMessage
from email.utils import make_msgid
from html import escape
from urllib.parse import urlsplit

from discord import Colour, Embed

from bot.digest.records import Digest, Entry
from bot.render.papers import is_address
from bot.render.picture import Picture
from bot.render.text import EMBED_DESCRIPTION, EMBED_TITLE, link, plain, shorten, split
from rag.links import arxiv_url
from rag.records import Coverage

COLOUR = Colour.blurple()
WITH_TLDR = 25  # entries that are shown with their sentence; the others by their title
TITLE = 280  # characters, as the next three
TLDR = 300
REASON = 200
TOPIC = 80
CODE_HOSTS = ("github.com", "gitlab.com", "codeberg.org", "bitbucket.org", "huggingface.co")
ORIGIN = "One sentence each: Hugging Face's summary, else the abstract's own words."
SUBJECT = 150  # characters
# Colours that stand out from white and from black alike; text keeps the reader's own colour.
LINK = "#4a7dff"
QUIET = "#808080"


def digest_embeds(digest: Digest, coverage: Coverage) -> list[Embed]:
    """Return the digest by rank, one embed a message."""
    head = "\n".join(filter(None, (plain(digest.note), _topics(digest))))
    if not digest.groups:
        head = f"{head}\nI have read {coverage}.".strip()
    blocks = [head] if head else []
    blocks += ["\n".join(_lines(entry)) for entry in digest.ranked]
    embeds = [Embed(description=part, colour=COLOUR) for part in _packed(blocks)]
    embeds[0].title = shorten(digest.headline, EMBED_TITLE)
    if digest.groups:
        embeds[-1].set_footer(text=ORIGIN)
    return embeds


def _topics(digest: Digest) -> str:
    """Return a line a topic with the ranks of its papers, where there are several topics."""
    if len(digest.groups) < 2:
        return ""
    lines = [
        f"**{plain(shorten(group.name, TOPIC))}**: "
        + ", ".join(str(entry.rank) for entry in group.entries)
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
        facts.append(comments(paper.comment_count))
    if is_code(paper.code_url):
        facts.append(link("code", str(paper.code_url)))
    if entry.because:
        facts.append(f"picked {plain(shorten(entry.because, REASON))}")
    if facts:
        yield f"   {' · '.join(facts)}"


def comments(count: int) -> str:
    """Return "1 comment"."""
    return f"{count:,} comment{'' if count == 1 else 's'}"


def is_code(url: str | None) -> bool:
    """Return whether a record's code link leads to a place where code is kept."""
    return bool(url and is_address(url) and urlsplit(url).hostname in CODE_HOSTS)


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


def digest_mail(
    digest: Digest, *, unsubscribe: str, picture: Picture | None = None
) -> EmailMessage:
    """Return the digest as plain text and HTML; whoever sends it adds From and To.

    `unsubscribe` is a sentence that says how to get no more of these.
    """
    mail = EmailMessage()
    mail["Subject"] = shorten(digest.headline, SUBJECT)
    mail.set_content("\n".join(_text(digest, unsubscribe)))
    place = make_msgid(domain="paperboy.invalid") if picture else ""
    image = ""
    if picture:
        image = (
            f'<img src="cid:{place[1:-1]}" alt="{escape(picture.alt)}" width="640" '
            'style="max-width:100%;height:auto;border-radius:8px">'
        )
    mail.add_alternative(_html(digest, unsubscribe, image), subtype="html")
    if picture:
        html = mail.get_payload()[1]  # type: ignore[index]
        html.add_related(  # type: ignore[union-attr]
            picture.png, "image", "png", cid=place, filename="topics.png", disposition="inline"
        )
    return mail


def _text(digest: Digest, unsubscribe: str) -> Iterator[str]:
    yield digest.headline
    if digest.note:
        yield digest.note
    if len(digest.groups) > 1:
        yield ""
        for group in digest.groups:
            yield f"{_line(group.name)}: {', '.join(str(e.rank) for e in group.entries)}"
    for entry in digest.ranked:
        paper = entry.paper
        yield ""
        yield f"{entry.rank}. {shorten(paper.title, TITLE)}"
        if entry.tldr:
            yield f"   {shorten(entry.tldr, TLDR)}"
        if facts := _mail_facts(entry):
            yield f"   {' · '.join(facts)}"
        yield f"   {paper.url}"
        if paper.arxiv_id:
            yield f"   {arxiv_url(paper.arxiv_id)}"
        if is_code(paper.code_url):
            yield f"   {paper.code_url}"
    yield ""
    yield ORIGIN
    yield "-- "
    yield unsubscribe
    yield ""


def _mail_facts(entry: Entry) -> list[str]:
    paper = entry.paper
    facts = [] if paper.upvotes is None else [f"▲ {paper.upvotes}"]
    if paper.organization:
        facts.append(shorten(paper.organization, 80))
    if paper.comment_count:
        facts.append(comments(paper.comment_count))
    if entry.because:
        facts.append(f"picked {shorten(entry.because, REASON)}")
    return facts


def _line(text: str) -> str:
    return " ".join(text.split())


def _html(digest: Digest, unsubscribe: str, image: str) -> str:
    """Return a whole page; everything that is not ours is escaped."""
    topics = "".join(
        f"<li>{escape(group.name)}: {', '.join(str(e.rank) for e in group.entries)}</li>"
        for group in digest.groups
    )
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="color-scheme" content="light dark">'
        '<meta name="supported-color-schemes" content="light dark">'
        f"<title>{escape(digest.headline)}</title></head>"
        '<body style="font-family:sans-serif;line-height:1.45;margin:0 auto;max-width:640px;'
        'padding:16px">'
        f'<h1 style="font-size:20px">{escape(digest.headline)}</h1>'
        + (f"<p>{escape(digest.note)}</p>" if digest.note else "")
        + (f'<ul style="padding-left:20px">{topics}</ul>' if len(digest.groups) > 1 else "")
        + (f"<p>{image}</p>" if image else "")
        + '<ol style="padding-left:24px">'
        + "".join(map(_item, digest.ranked))
        + f'</ol><p style="color:{QUIET};font-size:13px">{escape(ORIGIN)}</p>'
        + f'<p style="color:{QUIET};font-size:13px">{escape(unsubscribe)}</p></body></html>\n'
    )


def _item(entry: Entry) -> str:
    paper = entry.paper
    links = [_link("arXiv", arxiv_url(paper.arxiv_id))] if paper.arxiv_id else []
    if is_code(paper.code_url):
        links.append(_link("code", str(paper.code_url)))
    facts = " · ".join([*map(escape, _mail_facts(entry)), *links])
    return (
        f'<li style="margin-bottom:14px">'
        f"<b>{_link(shorten(paper.title, TITLE), paper.url)}</b><br>"
        f"{escape(shorten(entry.tldr, TLDR))}"
        f'<br><span style="color:{QUIET};font-size:13px">{facts}</span></li>'
    )


def _link(words: str, url: str) -> str:
    return f'<a href="{escape(url)}" style="color:{LINK}">{escape(words)}</a>'
