"""A digest as Discord embeds within the limits, and as an escaped, complete e-mail."""

import re
from dataclasses import replace
from html.parser import HTMLParser

import pytest

from bot.render.digest import WITH_TLDR, brief_text, digest_embeds, digest_mail
from bot.render.picture import Picture, attachment
from rag.digest.records import MORE, Digest, Entry, Group
from rag.records import Paper
from tests.bot.render.embed_checks import COVERAGE, NASTY, complaints
from tests.discord_fake import Judge
from tests.papers import HERON, TODAY, many

CODE = "https://github.com/heron/net"
UNSUBSCRIBE = "Send /unsubscribe <7> & none of these will come."


def digest_of(*papers: Paper, note: str = "", because: str = "") -> Digest:
    """Return a digest of two topics."""
    entries = [
        Entry(paper, paper.tldr or paper.abstract[:200], because, rank)
        for rank, paper in enumerate(papers, start=1)
    ]
    groups = (Group("Birds", tuple(entries[::2])), Group(MORE, tuple(entries[1::2])))
    shown = tuple(group for group in groups if group.entries)
    return Digest("day", TODAY, TODAY, shown, note, total=len(papers))


def text_of(digest: Digest) -> str:
    return "\n".join(embed.description or "" for embed in digest_embeds(digest, COVERAGE))


def test_a_digest_lists_papers_by_rank_below_its_topics() -> None:
    papers = [
        replace(HERON, comment_count=1, organization="Crumb *Lab*", code_url=CODE),
        *many(3),
    ]
    digest = digest_of(*papers, note="A note.", because="because you saved papers on birds")
    (embed,) = digest_embeds(digest, COVERAGE)
    text = embed.description or ""
    assert embed.title == "Daily Papers of Monday, 2025-12-08: 4"
    assert text.startswith("A note.\n**Birds**: 1, 3\n**More papers**: 2, 4\n")
    assert f"1. **▲ 12** [{HERON.title}](<{HERON.url}>)\n   Counting birds" in text
    facts = (
        rf"   Crumb \*Lab\* · 1 comment · [code](<{CODE}>) · "
        "picked because you saved papers on birds"
    )
    assert facts in text
    assert complaints([embed], Judge(allowed_urls=[CODE])) == []
    assert "Hugging Face's summary" in (embed.footer.text or "")


def test_a_brief_stands_above_the_list() -> None:
    digest = replace(digest_of(HERON, *many(3), note="A note."), brief="Two *birds* [1]. <b>")
    assert brief_text(digest) == "Two \\*birds\\* \\[1\\]. \\<b>"
    assert text_of(digest).startswith(f"A note.\n{brief_text(digest)}\n\n**Birds**: 1, 3")
    plain, html = (p.get_content() for p in digest_mail(digest, unsubscribe="").iter_parts())
    for text in (plain, Page(html).words):
        assert text.index("A note.") < text.index("Two *birds* [1]. <b>") < text.index(HERON.title)


@pytest.mark.parametrize("code_url", ["https://evil.example/x", "https://github.com.evil.example/"])
def test_only_known_code_hosts_are_linked_as_code(code_url: str) -> None:
    assert "[code]" not in text_of(digest_of(replace(HERON, code_url=code_url)))


def test_untrusted_text_neither_pings_nor_links() -> None:
    nasty = replace(
        HERON, title=NASTY, abstract=NASTY, tldr=NASTY, organization=NASTY, code_url="https://x y"
    )
    digest = digest_of(nasty, nasty, note=NASTY, because=NASTY)
    named = replace(digest, groups=tuple(replace(g, name=NASTY) for g in digest.groups))
    assert complaints(list(digest_embeds(named, COVERAGE))) == []


def test_a_day_of_many_papers_is_listed_completely() -> None:
    papers = many(80)
    embeds = digest_embeds(digest_of(*papers), COVERAGE)
    text = "\n".join(embed.description or "" for embed in embeds)
    places = [text.index(f"(<{paper.url}>)") for paper in papers]
    assert places == sorted(places)
    assert complaints(list(embeds)) == []
    entries = re.split(r"\n(?=\d+\. )", text)[1:]
    with_more = [entry for entry in entries if "\n   " in entry]
    assert 10 <= len(with_more) <= WITH_TLDR
    assert with_more == entries[: len(with_more)]


def test_the_papers_beyond_three_messages_are_counted() -> None:
    embeds = digest_embeds(digest_of(*many(200)), COVERAGE)
    text = "\n".join(embed.description or "" for embed in embeds)
    assert len(embeds) == 3
    assert text.endswith(f"… and {200 - text.count('](<')} more.")


def test_long_titles_without_an_id_fit() -> None:
    long = [replace(HERON, title=f"{n} *{'wading birds ' * 60}*", arxiv_id=None) for n in range(30)]
    assert complaints(list(digest_embeds(digest_of(*long), COVERAGE))) == []


def test_a_digest_without_papers_says_what_was_read() -> None:
    (embed,) = digest_embeds(digest_of(note="None of them fits."), COVERAGE)
    assert embed.description == "None of them fits.\nI have read 4 papers."
    assert complaints([embed]) == []


class Page(HTMLParser):
    """Collects the links, tags and text of a page."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.links: list[str] = []
        self.tags: list[str] = []
        self.words = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.links += [value or "" for name, value in attrs if name in ("href", "src")]

    def handle_data(self, data: str) -> None:
        self.words += data


def test_an_e_mail_has_the_same_content_as_text_and_as_html() -> None:
    papers = [replace(HERON, code_url=CODE), *many(3)]
    mail = digest_mail(digest_of(*papers, note="A note."), unsubscribe=UNSUBSCRIBE)
    assert mail["Subject"] == "Daily Papers of Monday, 2025-12-08: 4"
    plain, html = (part.get_content() for part in mail.iter_parts())
    page = Page(html)
    for words in ("A note.", "Birds: 1, 3", HERON.title, "▲ 12", UNSUBSCRIBE):
        assert words in plain
        assert words in page.words
    assert page.links[:3] == [HERON.url, "https://arxiv.org/abs/2501.00001", CODE]
    assert all(link in plain for link in page.links)
    assert 'name="color-scheme" content="light dark"' in html


def test_an_e_mail_escapes_untrusted_text() -> None:
    evil = '<script>alert("x")</script><img src=x onerror=y>\nBcc: all@evil.example'
    paper = replace(HERON, title=evil, abstract=evil, organization=evil, code_url="javascript:x")
    mail = digest_mail(digest_of(paper, note=evil, because=evil), unsubscribe=evil)
    _, html = mail.iter_parts()
    page = Page(html.get_content())
    assert set(page.tags) <= {
        "html", "head", "meta", "title", "body", "h1", "p", "ol", "li", "b", "a", "br", "span",
        "ul",
    }  # fmt: skip
    assert {link.split("/")[2] for link in page.links} == {"huggingface.co", "arxiv.org"}
    assert mail["Bcc"] is None


def test_a_picture_is_embedded_in_the_e_mail_and_attached_in_discord() -> None:
    picture = Picture(b"\x89PNG", "A map & more" + "." * 2_000)
    mail = digest_mail(digest_of(HERON), unsubscribe=UNSUBSCRIBE, picture=picture)
    (image,) = [part for part in mail.walk() if part.get_content_type() == "image/png"]
    html = next(part for part in mail.walk() if part.get_content_type() == "text/html")
    assert f"cid:{image['Content-ID'][1:-1]}" in html.get_content()
    assert "A map &amp; more" in html.get_content()
    file = attachment(picture, "topics.png")
    assert file.filename == "topics.png"
    assert len(file.description or "") <= 1_024
