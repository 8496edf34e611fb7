"""A digest as embeds and as an e-mail: its topics, then its papers by rank."""

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from email.message import EmailMessage
from email.utils import make_msgid
from html import escape

from discord import Colour, Embed

from bot.render.direction import as_html, isolated, with_isolates
from bot.render.parts import MAX_MESSAGES, split
from bot.render.picture import Picture
from bot.render.safe_text import (
    EMBED_DESCRIPTION,
    EMBED_TITLE,
    MESSAGE,
    is_code_url,
    link,
    names_host,
    plain,
    plain_within,
    unlinked,
)
from rag.digest.records import Digest, Entry, Group
from rag.links import arxiv_url
from rag.records import Coverage
from rag.text.shorten import shorten
from rag.text.withdrawal import WITHDRAWN, withdrawal_of

COLOUR = Colour.blurple()
WITH_TLDR = 25  # entries with a sentence if there is room; later ones have a title only
MAX_TITLE, MAX_TLDR, MAX_REASON, MAX_TOPIC = 280, 300, 200, 80  # characters
MAX_NOTE = 1_000  # characters of a note or a brief
# How many entries have a sentence, and the characters of a title and of a sentence; the first for
# which MAX_MESSAGES are enough is used.
LENGTHS = (
    (WITH_TLDR, MAX_TITLE, MAX_TLDR), (WITH_TLDR, MAX_TITLE, 200), (WITH_TLDR, MAX_TITLE, 140),
    (WITH_TLDR, 160, 90), (10, 160, 140), (0, 160, 0), (0, 60, 0),
)  # fmt: skip
MAX_SUBJECT = 150  # characters
ORIGIN = "One sentence each, from Hugging Face's summary or else from the abstract."
# Readable on white and on black; other text keeps the mail program's colour.
LINK_COLOUR = "#4a7dff"
MUTED = "#808080"


def digest_embeds(digest: Digest, coverage: Coverage) -> list[Embed]:
    """Return the digest as embeds, one per message."""
    embeds = [Embed(description=part, colour=COLOUR) for part in _parts(digest, coverage)]
    embeds[0].title = shorten(digest.headline, EMBED_TITLE)
    if digest.groups:
        embeds[-1].set_footer(text=ORIGIN)
    return embeds


def brief_text(digest: Digest) -> str:
    """Return the digest's brief as the text of a message, which stands above its embeds."""
    return plain_within(shorten(digest.brief, MESSAGE), MESSAGE)


def _parts(digest: Digest, coverage: Coverage) -> list[str]:
    """Return the descriptions of at most MAX_MESSAGES embeds."""
    brief = f"{plain_within(digest.brief, MAX_NOTE)}\n" if digest.brief else ""
    note = plain_within(digest.note, MAX_NOTE)
    intro = "\n".join(filter(None, (note, brief, _topics(digest))))
    if not digest.groups:
        intro = f"{intro}\nI have read {coverage}.".strip()
    entries = digest.ranked
    for lengths in LENGTHS:
        parts = _pack(_blocks(intro, entries, lengths))
        if len(parts) <= MAX_MESSAGES:
            return parts

    def is_too_much(count: int) -> bool:
        return len(_pack(_blocks(intro, entries[:count], lengths, _left_out(count)))) > MAX_MESSAGES

    def _left_out(count: int) -> str:
        return f"… and {len(entries) - count:,} more."

    count = bisect_left(range(len(entries)), True, key=is_too_much) - 1
    return _pack(_blocks(intro, entries[:count], lengths, _left_out(count)))


def _blocks(
    intro: str, entries: Sequence[Entry], lengths: tuple[int, int, int], end: str = ""
) -> list[str]:
    """Return the texts that are cut only if they are longer than a message."""
    blocks = ["\n".join(_lines(entry, *lengths)) for entry in entries]
    return [*filter(None, (intro, *blocks, end))]


def _topics(digest: Digest) -> str:
    """Return a line per topic with the ranks of its papers; empty for a single topic."""
    if len(digest.groups) < 2:
        return ""
    lines = [
        f"**{plain(shorten(group.name, MAX_TOPIC))}**: "
        + ", ".join(str(entry.rank) for entry in group.entries)
        for group in digest.groups
    ]
    return "\n".join(lines) + "\n"


def _lines(entry: Entry, with_tldr: int, max_title: int, max_tldr: int) -> Iterator[str]:
    paper = entry.paper
    votes = "" if paper.upvotes is None else f"**▲ {paper.upvotes}** "
    yield f"{entry.rank}. {votes}{link(shorten(paper.title, max_title), paper.url)}"
    if entry.rank > with_tldr:
        return
    if entry.tldr:
        yield f"   {plain(shorten(entry.tldr, max_tldr))}"
    facts = [f"**{WITHDRAWN}**"] if withdrawal_of(paper) else []
    if paper.organization:
        facts.append(plain(shorten(paper.organization, 80)))
    if paper.comment_count:
        facts.append(_comments(paper.comment_count))
    if is_code_url(paper.code_url):
        facts.append(link("code", str(paper.code_url)))
    if entry.because:
        facts.append(f"picked {plain(shorten(entry.because, MAX_REASON))}")
    if facts:
        yield f"   {' · '.join(facts)}"


def _comments(count: int) -> str:
    """Return "1 comment" or "2 comments"."""
    return f"{count:,} comment{'' if count == 1 else 's'}"


def _pack(blocks: list[str]) -> list[str]:
    """Return the blocks joined into as few descriptions as possible."""
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
    """Return the digest as plain text and HTML, without From and To.

    `unsubscribe` is a sentence that says how to unsubscribe.
    """
    mail = EmailMessage()
    mail["Subject"] = shorten(digest.headline, MAX_SUBJECT)
    mail.set_content("\n".join(_text_lines(digest, unsubscribe)))
    image_id = make_msgid(domain="paperboy.invalid") if picture else ""
    image = ""
    if picture:
        image = (
            f'<img src="cid:{image_id[1:-1]}" alt="{escape(picture.alt)}" width="640" '
            'style="max-width:100%;height:auto;border-radius:8px">'
        )
    mail.add_alternative(_html(digest, unsubscribe, image), subtype="html")
    if picture:
        html = mail.get_payload()[1]  # type: ignore[index]
        html.add_related(  # type: ignore[union-attr]
            picture.png, "image", "png", cid=image_id, filename="topics.png", disposition="inline"
        )
    return mail


def _text_lines(digest: Digest, unsubscribe: str) -> Iterator[str]:
    yield digest.headline
    if digest.note:
        yield with_isolates(digest.note)
    if digest.brief:
        yield ""
        yield with_isolates(unlinked(digest.brief))
    if len(digest.groups) > 1:
        yield ""
        for group in digest.groups:
            yield _topic(group)
    for entry in digest.ranked:
        paper = entry.paper
        yield ""
        yield f"{entry.rank}. {_words(paper.title, MAX_TITLE)}"
        if entry.tldr:
            yield f"   {_words(entry.tldr, MAX_TLDR)}"
        if facts := _mail_facts(entry):
            yield f"   {' · '.join(facts)}"
        yield from (f"   {url}" for url in paper.urls)
        if is_code_url(paper.code_url):
            yield f"   {paper.code_url}"
    yield ""
    yield ORIGIN
    yield "-- "
    yield unsubscribe
    yield ""


def _mail_facts(entry: Entry) -> list[str]:
    paper = entry.paper
    facts = [WITHDRAWN] if withdrawal_of(paper) else []
    if paper.upvotes is not None:
        facts.append(f"▲ {paper.upvotes}")
    if paper.organization:
        facts.append(_words(paper.organization, 80))
    if paper.comment_count:
        facts.append(_comments(paper.comment_count))
    if entry.because:
        facts.append(f"picked {_words(entry.because, MAX_REASON)}")
    return facts


def _topic(group: Group) -> str:
    return f"{_words(group.name, MAX_TOPIC)}: {', '.join(str(e.rank) for e in group.entries)}"


def _words(text: str, limit: int) -> str:
    """Return untrusted text on one line, in which a mail program finds nothing to link."""
    return isolated(unlinked(shorten(text, limit)))


def _html(digest: Digest, unsubscribe: str, image: str) -> str:
    """Return a complete HTML page; all text from papers is escaped."""
    topics = "".join(f"<li>{as_html(_topic(group))}</li>" for group in digest.groups)
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="color-scheme" content="light dark">'
        '<meta name="supported-color-schemes" content="light dark">'
        f"<title>{escape(digest.headline)}</title></head>"
        '<body style="font-family:sans-serif;line-height:1.45;margin:0 auto;max-width:640px;'
        'padding:16px">'
        f'<h1 style="font-size:20px">{escape(digest.headline)}</h1>'
        + (f"<p>{as_html(with_isolates(digest.note))}</p>" if digest.note else "")
        + (f"<p>{as_html(with_isolates(unlinked(digest.brief)))}</p>" if digest.brief else "")
        + (f'<ul style="padding-left:20px">{topics}</ul>' if len(digest.groups) > 1 else "")
        + (f"<p>{image}</p>" if image else "")
        + '<ol style="padding-left:24px">'
        + "".join(map(_item, digest.ranked))
        + f'</ol><p style="color:{MUTED};font-size:13px">{escape(ORIGIN)}</p>'
        + f'<p style="color:{MUTED};font-size:13px">{escape(unsubscribe)}</p></body></html>\n'
    )


def _item(entry: Entry) -> str:
    paper = entry.paper
    title = _words(paper.title, MAX_TITLE)
    shown = _link(title, paper.url)
    if names_host(title):
        shown = f"{as_html(title)} ({_link('page', paper.url)})"
    links = [_link("arXiv", arxiv_url(paper.arxiv_id))] if paper.arxiv_id else []
    if is_code_url(paper.code_url):
        links.append(_link("code", str(paper.code_url)))
    facts = " · ".join([*map(as_html, _mail_facts(entry)), *links])
    return (
        f'<li style="margin-bottom:14px">'
        f"<b>{shown}</b><br>"
        f"{as_html(_words(entry.tldr, MAX_TLDR))}"
        f'<br><span style="color:{MUTED};font-size:13px">{facts}</span></li>'
    )


def _link(words: str, url: str) -> str:
    return f'<a href="{escape(url)}" style="color:{LINK_COLOUR}">{as_html(words)}</a>'
