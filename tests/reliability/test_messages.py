"""Every message that the bot can make, of records at their bounds (RELIABILITY B2, B4, B13)."""

import asyncio
import gc
import re
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from itertools import chain
from typing import Any, NamedTuple

import discord
import pytest
from hypothesis import HealthCheck, Phase, example, given, settings
from hypothesis import strategies as st

from bot.access.guild_settings import Group, GuildSettings
from bot.alerts.detect import Alert
from bot.alerts.embed import alert_embed
from bot.answers.buttons import finished_view
from bot.cogs.setup import _embed as setup_embed
from bot.conversation.threads import _so_far
from bot.papers.search_pages import MAX_SEARCH, _view
from bot.render.answer import answer_embeds, error_embed, notice_embed, unanswered_embed
from bot.render.comparison import comparison_embed
from bot.render.digest import brief_text, digest_embeds, digest_mail
from bot.render.papers import (
    link_card,
    paper_card,
    search_embed,
    similar_embed,
    trend_embed,
    unread_card,
)
from bot.render.parts import split
from bot.render.receipt import receipt_embed
from bot.render.recent import catchup_embed, gaining_embed, trending_embed
from bot.render.safe_text import is_code_url, is_safe_url, link, plain, plain_within
from bot.subscriptions.buttons import CHOOSE, SubscriptionMenu, paper_menu
from bot.subscriptions.embeds import list_embed, menu_label, subscription_embed
from bot.subscriptions.form import change_form
from bot.subscriptions.records import Delivery, Subscription
from bot.taste.rating_view import choice_view, paper_view, rated_embed
from bot.taste.saved_list import LENGTHS, _line
from bot.taste.saved_list import _view as saved_view
from rag.answering.comparison import compare
from rag.digest.records import Digest, Entry, Wish
from rag.digest.records import Group as Topic
from rag.links import paper_url
from rag.records import Chunk, Hit, Paper
from rag.text.shorten import shorten
from rag.trends import Trend
from tests.bot.render.embed_checks import COVERAGE, answer
from tests.discord_fake import Judge
from tests.discord_fake.leaks import leaks

DAY = date(2025, 12, 4)
NOW = datetime(2025, 12, 8, 9, tzinfo=UTC)
HONEST = "https://github.com/heron/net"
# Bits that mean something to Discord, alone and where a cut leaves half of them.
BITS = (
    "](https://evil.example/a)", "[", "](", "<https://evil.example/b>", "https://evil.example/c",
    "\\", "`", "```", "**", "_", "~~", "||", "@everyone", "@here", "<@1234567890123456789>",
    "discord.gg/abc", "www.evil.example", "evil.com ",
    "https://evil.example\\@github.com/x ", "\n", "\n# ", "\n> ", " ", ". ", "· ", "1. ",
    "[1]", "(<https://evil.example/d>)", "ab", "word ", "日本語", "👩‍👩‍👧", "é", "ﷺ", "\u202e",
)  # fmt: skip
BAD_URLS = (
    "https://evil.example\\@github.com/x", "https://evil.example\\.github.com/x",
    "https://github.com@evil.example/x", "https://user:word@github.com/x",
    "https:///evil.example/x", "https:\\\\evil.example/x", "https://github.com\t.evil.example/x",
    "https://github.com\\evil", "https://ⓖithub.com/x", "https://github.com%2eevil.example/x",
    "https://[::1]/x", "https://127.0.0.1/x", "https://2130706433/x", "https://github/x",
    "https://github.com/a)[b](https://evil.example", "https://github.com/a>b", "http:github.com/x",
    "https://github.com/" + "x" * 1_100, "javascript:alert(1)", "HTTPS://github.com/a b",
    "https://github.com:443@evil.example/x", "https://github.com\u3002evil.example/x", "https://",
)  # fmt: skip


def text_of(bits: Sequence[str], length: int) -> str:
    """Return the bits, over and over, up to a length."""
    whole = "".join(bits) or "x"
    return (whole * (length // len(whole) + 1))[:length]


def texts(longest: int) -> st.SearchStrategy[str]:
    """Texts that are as long as they may be, or short."""
    bit = st.one_of(
        st.sampled_from(BITS), st.text(st.characters(exclude_categories=["Cs"]), max_size=5)
    )
    length = st.one_of(st.just(longest), st.integers(1, longest))
    return st.builds(text_of, st.lists(bit, min_size=1, max_size=12), length)


def lines(longest: int) -> st.SearchStrategy[str]:
    """The same on one line, as records have them."""
    return texts(longest).map(lambda text: " ".join(text.split()) or "x")


URLS = st.one_of(st.none(), st.just(HONEST), st.sampled_from(BAD_URLS))
PAPERS = st.builds(
    Paper,
    title=lines(1_000),
    abstract=lines(3_000),
    abstract_source=st.sampled_from(["abstract", "summary"]),
    arxiv_id=st.one_of(st.none(), st.just("2512.01234")),
    authors=st.lists(lines(300), max_size=12).map(tuple),
    organization=st.one_of(st.none(), lines(2_000)),
    published_on=st.just(DAY),
    featured_on=st.one_of(st.none(), st.just(DAY)),
    upvotes=st.one_of(st.none(), st.just(2**63 - 1)),
    comment_count=st.one_of(st.none(), st.just(2**63 - 1)),
    tldr=st.one_of(st.none(), lines(3_000)),
    code_url=URLS,
    project_url=URLS,
)


class World(NamedTuple):
    """What messages are made of."""

    papers: list[Paper]
    text: str  # what a model or a person wrote
    typed: str  # into an option of a command
    sentences: int  # of an answer

    def __repr__(self) -> str:
        return f"World(… {self.text[:60]!r} … {self.typed[:60]!r} … {self.sentences})"


WORLDS = st.builds(
    World,
    st.lists(PAPERS, min_size=2, max_size=3),
    texts(3_000),
    lines(1_000),
    st.sampled_from([1, 12, 600]),
)
EVIL = World(
    [Paper(title=text_of(["a]*_(`"], 1_000), abstract=text_of(["Herons wade [x]. "], 3_000),
           authors=(text_of(["\\_*"], 300),) * 12, organization="*" * 2_000, upvotes=2**63 - 1,
           code_url=HONEST, project_url=HONEST, featured_on=DAY, tldr="_" * 3_000)] * 3,
    text_of(["](https://evil.example/a) \\"], 3_000), "*" * 1_000, 600,
)  # fmt: skip

Messages = Iterator[tuple[str, dict[str, Any]]]


def message(*embeds: discord.Embed, view: discord.ui.View | None = None, content: str = "") -> Any:
    body: dict[str, Any] = {"content": content, "embeds": [embed.to_dict() for embed in embeds]}
    body["components"] = view.to_components() if view else []
    return body | {"allowed_mentions": {"parse": []}}


def answers(world: World) -> Messages:
    papers = world.papers
    sentence = shorten(world.text, 200)
    texts = {
        "written": "\n".join(f"{sentence} [{n % len(papers) + 1}]" for n in range(world.sentences)),
        "one word": f"{'x' * 50 * world.sentences} [1]",
        "list": "\n".join(
            f"{paper.title} [{n}]\n  2025-12-04 · code" for n, paper in enumerate(papers, start=1)
        ),
        "code": "\n".join(["```", *[world.text.replace("\n", " ")] * 9, "```", "[1]"]),
    }
    for name, text in texts.items():
        # Discord shows a footer as it is, without links.
        made = answer(text, *papers, mode="generated", note="A note. " * 300)
        embeds = answer_embeds(made, question=world.typed, written_by="a model " * 40)
        assert len(embeds) <= 3, name
        for embed in embeds:
            yield f"answer: {name}", message(embed, view=finished_view(1, made))
    for name, embed in (
        ("error", error_embed(world.text)),
        ("notice", notice_embed(world.text * 3)),
        ("unanswered", unanswered_embed(world.typed)),
        ("thread", _so_far([(1, world.typed)] * 6, can_read=False)),
    ):
        yield name, message(embed)
    receipt = receipt_for(world)
    yield "receipt", message(receipt_embed(receipt, {p.paper_id: p for p in papers[:1]}))


def receipt_for(world: World) -> dict[str, Any]:
    papers, text = world.papers, world.typed
    ranking = [
        {"paper_id": p.paper_id, "title": p.title, "score": 1.0, "cosine": 1.0, "bm25": 1.0}
        for p in papers
    ]
    evidence = [{"paper_id": p.paper_id, "sentence": world.text, "score": 1.0} for p in papers * 5]
    sources = [
        {"paper_id": p.paper_id, "title": p.title, "n": n} for n, p in enumerate(papers, start=1)
    ]
    return {
        "question": text, "understood": text, "read_as": text, "coverage": str(COVERAGE),
        "seconds": 1.0, "support": 0.5, "note": text, "model": text, "refused": False,
        "ranking": ranking, "evidence": evidence, "sources": sources,
    }  # fmt: skip


def lists(world: World) -> Messages:
    papers, typed = world.papers, world.typed
    five = (papers * 5)[:5]
    hits = [Hit(p, Chunk(p.paper_id, 1, "", shorten(world.text, 900)), 1, 1, 1) for p in five]
    typed_search = typed[:MAX_SEARCH]
    view = _view(typed_search, 1, 3)
    shown = search_embed(typed_search, hits, COVERAGE, page=1, pages=3)
    assert "No paper" not in (shown.description or "")
    yield "search", message(shown, view=view)
    yield "similar", message(similar_embed(hits))
    for paper in papers:
        yield "card", message(paper_card(paper, five), view=paper_view(paper))
        yield (
            "link card",
            message(
                link_card(paper, five, [f"https://discord.com/channels/1/2/{n}" for n in range(3)])
            ),
        )
        yield "rated", message(rated_embed(paper, ["like", "save"]), view=paper_view(paper))
        alert = Alert(paper, 2**63, 12, 40, 10, 60, 3.0)
        yield "alert", message(alert_embed(alert), view=paper_view(paper))
    yield "unread card", message(unread_card("2512.01234", problem=world.text * 3))
    ten = (papers * 10)[:10]
    yield (
        "catchup",
        message(catchup_embed(ten * 20, after=DAY, last=DAY, looked_at=NOW, chose_day=False)),
    )
    yield "trending", message(trending_embed(ten, first=DAY, last=DAY))
    yield "gaining", message(gaining_embed([(p, 2**63) for p in ten], since=NOW))
    yield "trend", message(trend_embed(Trend(typed[:80], ())))
    distinct = [replace(p, arxiv_id=None, title=f"{n} {p.title}") for n, p in enumerate(five[:4])]
    table = compare(distinct)
    quotes = tuple((name, (world.text,) * len(distinct)) for name, _ in table.rows)
    yield "comparison", message(comparison_embed(table))
    yield "full comparison", message(comparison_embed(replace(table, rows=quotes)))
    saved = [(p.paper_id, p) for p in five]
    body = "\n".join(_line(n, p, *LENGTHS[-1]) for n, (_, p) in enumerate(saved))
    assert len(body) < 2 * 4_096
    unique = list({p.paper_id: (p.paper_id, p) for p in five}.values())
    yield "saved", message(view=saved_view(unique, 1, 3))


def digests(world: World) -> Messages:
    papers, typed = world.papers, world.typed
    for count in (len(papers), 25, 200):
        many = [
            replace(p, arxiv_id=p.arxiv_id and f"2512.{n:05}")
            for n, p in enumerate((papers * 100)[:count])
        ]
        entries = [Entry(p, world.text, typed, rank=n) for n, p in enumerate(many, start=1)]
        half = len(entries) // 2
        groups = (Topic(typed, tuple(entries[:half])), Topic(typed, tuple(entries[half:])))
        digest = Digest("day", DAY, DAY, groups, note=world.text, total=count, brief=world.text)
        embeds = digest_embeds(digest, COVERAGE)
        assert len(embeds) <= 3, f"a digest of {count} papers"
        for embed in embeds:
            yield f"digest of {count}", message(embed, view=choice_view(many))
        yield "brief", message(content=brief_text(digest))
        yield "discuss", message(view=paper_menu(many))


def panels(world: World) -> Messages:
    typed = world.typed
    entries = tuple(f"{n}{typed[:76]}" for n in range(15))
    wish = Wish(topics=entries, authors=entries, organizations=entries)
    mine = Subscription(
        id=10**12, kind="person", target="1" * 19, wish=wish, reason=typed, paused=True
    )
    row = Delivery(
        id=1, subscription=1, day="now", due_at=NOW, state="failed", reason=world.text, attempts=1,
        next_try=NOW, nonce="a" * 20, part=0, claimed_at=None, digest=None, covers=DAY, done_at=NOW,
    )  # fmt: skip
    yield "subscription", message(subscription_embed(mine, row))
    yield (
        "subscriptions",
        message(
            list_embed([mine] * 50),
            view=discord.ui.View(timeout=None).add_item(
                SubscriptionMenu(CHOOSE, "Pause …", [(menu_label(mine), str(n)) for n in range(50)])
            ),
        ),
    )
    many = frozenset(range(10**18, 10**18 + 99))
    chosen = GuildSettings(ask_channels=many, channels=many, allowed=Group(people=many))
    yield "setup", message(setup_embed(chosen, None, reads_all=False))
    form = change_form(mine).to_dict()
    yield "form", {"type": 9, "data": form}


def complaints(world: World) -> list[str]:
    judge = Judge(allowed_urls=[HONEST])

    async def look() -> None:  # views need a running event loop
        for name, body in chain(answers(world), lists(world), digests(world), panels(world)):
            route = "/interactions/1/token/callback" if name == "form" else "/channels/1/messages"
            before = len(judge.complaints)
            judge.look("POST", route, body)
            judge.complaints[before:] = [f"{name}: {c}" for c in judge.complaints[before:]]

    asyncio.run(look())
    return judge.complaints


FEW = settings(
    max_examples=12, deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=True,
    database=None, phases=[Phase.explicit, Phase.generate], report_multiple_bugs=False,
)  # fmt: skip


def cut_when_escaped(text: str, limit: int) -> str:
    """Escape first and cut then, as it was."""
    return plain(text)[:limit]


@pytest.mark.slow
@pytest.mark.protection(
    "bot.render.papers.lines_within", lambda lines, limit, **_: "\n".join(lines)
)
@pytest.mark.protection("bot.render.answer.MAX_MESSAGES", 20)
@pytest.mark.protection("bot.render.digest.MAX_MESSAGES", 20)
@pytest.mark.protection("bot.subscriptions.embeds.plain_within", lambda text, _: plain(text))
@pytest.mark.protection("bot.render.safe_text._escape", str)
@FEW
@example(EVIL)
@given(WORLDS)
def test_b13_every_message_fits_and_links_nothing_foreign(world: World) -> None:
    assert complaints(world)[:3] == []


@pytest.mark.slow
@settings(FEW, max_examples=500)
@given(WORLDS)
def test_b13_of_many_records_at_their_bounds(world: World) -> None:
    assert complaints(world)[:3] == []


@pytest.mark.protection(
    "bot.render.safe_text._URL", re.compile(r"https?://(?:.*@)?(?P<host>[^/\\@\s]+)(?s:.*)")
)
def test_b13_an_address_that_a_browser_reads_otherwise_is_no_link() -> None:
    linked = [url for url in BAD_URLS if is_safe_url(url) or is_code_url(url)]
    papers = [
        Paper(title="T", abstract="A.", arxiv_id="2512.01234", code_url=url, project_url=url)
        for url in BAD_URLS
    ]
    shown = str([paper_card(paper).to_dict() for paper in papers])
    assert linked == []
    assert "[Code]" not in shown
    assert "[Project]" not in shown


INVITATIONS = (
    "https://discord.gg/abcdef", "http://www.discord.gg/abcdef", "https://Discord.com/invite/abc",
    "https://ptb.discord.com/invite/abc", "https://discordapp.com/invite/abc?event=1",
)  # fmt: skip


@pytest.mark.protection("bot.render.safe_text._DISCORD", re.compile("(?!)"))
@pytest.mark.parametrize("url", INVITATIONS)
def test_b2_an_invitation_is_nobodys_code_or_project(url: str) -> None:
    paper = Paper(title="T", abstract="A.", arxiv_id="2512.01234", code_url=url, project_url=url)
    assert not is_safe_url(url)
    assert not is_code_url(url)
    assert "abc" not in str(paper_card(paper).to_dict())


def test_b13_honest_addresses_stay_links() -> None:
    assert is_safe_url("https://notdiscord.com/x")
    for url in (HONEST, f"{HONEST}/tree/main?tab=readme#usage", "http://a-b.example.org"):
        assert is_safe_url(url)
    assert is_code_url(HONEST)
    assert is_code_url("https://GitHub.com/x")
    assert not is_code_url("https://github.com.evil.example/x")


@pytest.mark.protection("bot.subscriptions.embeds.plain_within", cut_when_escaped)
def test_b13_a_cut_leaves_no_half_of_an_escape_or_of_code() -> None:
    """What is cut off must not make a link of what stays."""
    for length in range(900, 1_040):
        typed = "x" * length + "`https://evil.example/a`[a](https://evil.example/b)"
        wish = Wish(topics=(typed,))
        made = subscription_embed(Subscription(kind="person", target="1", wish=wish))
        what = made.to_dict()["fields"][2]["value"]
        unescaped = re.sub(r"\\.", "", what)
        assert [*leaks(message(made))] == []
        assert unescaped.count("`") % 2 == 0
        assert "\\" not in unescaped


@pytest.mark.slow
@given(texts(3_000), st.integers(4, 600))
@settings(FEW, max_examples=200)
def test_b13_bounded_text_fits_and_is_the_beginning_of_the_whole(text: str, limit: int) -> None:
    shown = plain_within(text, limit)
    assert len(shown) <= limit
    assert [*leaks({"embeds": [{"description": shown}]})] == []
    if shown != plain(text):
        read_by_people = re.sub("[\\\\\u200b\u2068\u2069]", "", shown)
        assert re.search(r"…\W*\Z", read_by_people)  # and what was open is closed


# -- B4 --------------------------------------------------------------------------------------


NAMES_OF_HOSTS = (
    "evil.com", "See evil.com now", "https://evil.example", "[huggingface.co](https://evil.example)",
    "[https://evil.example](https://huggingface.co/papers)", "www.evil.com", "evil.co\u200bm",
    "evil\u2060.com", "evil\uff0ecom", "evil\u3002com", "a-.evil.xyz", "пример.рф",
    "discord.gg/abc",
)  # fmt: skip


@pytest.mark.protection("bot.render.safe_text.names_host", lambda _: False)
@pytest.mark.protection("bot.render.papers.names_host", lambda _: False)
def test_b13_the_words_of_a_link_name_no_other_host() -> None:
    found: list[str] = []
    for name in NAMES_OF_HOSTS:
        paper = Paper(title=name, abstract="A.", arxiv_id="2512.01234", tldr=name)
        cards = [paper_card(paper, [paper]), link_card(paper, [paper], [])]
        made = answer(f"{name} [1]\n{name}", paper)
        embeds = [*cards, similar_embed([Hit(paper, Chunk("p", 1, "", name), 1, 1, 1)])]
        for embed in [*embeds, *answer_embeds(made, question=name, written_by="")]:
            found += leaks({"embeds": [embed.to_dict()]})
            assert words_of_links(embed.description or "").count(name) == 0
    assert found == []


@pytest.mark.protection("bot.render.digest.names_host", lambda _: False)
@pytest.mark.protection("bot.render.digest.unlinked", str)
def test_b13_a_mail_links_nothing_foreign_nor_names_it_in_a_link() -> None:
    for name in NAMES_OF_HOSTS:
        paper = Paper(title=name, abstract="A.", arxiv_id="2512.01234", organization=name)
        entry = Entry(paper, tldr=name, because=name, rank=1)
        digest = Digest("day", DAY, DAY, (Topic(name, (entry,)),), note="", total=1, brief=name)
        mail = digest_mail(digest, unsubscribe="")
        for part in mail.walk():
            if part.get_content_maintype() == "text":
                text = part.get_content()
                assert "evil.com" not in text
                assert "://evil" not in text
                assert not any("evil" in words for words in re.findall(r"<a .*?>(.*?)</a>", text))


def words_of_links(text: str) -> str:
    """Return the words of the links in a text."""
    return " ".join(re.findall(r"\[(.*?)\]\(<", text))


def test_b13_a_title_that_names_a_host_stands_beside_its_link() -> None:
    assert link("See evil.com and Node.js", "https://huggingface.co/x") == (
        "See evil.com and Node.js ([page](<https://huggingface.co/x>))"
    )
    assert link("GPT-4.1 vs. e.g. it", "https://a.example") == (
        "[GPT-4.1 vs. e.g. it](<https://a.example>)"
    )


def read(text: str) -> str:
    """Return what people read of a text, without white space."""
    return "".join(re.sub(r"\\([^a-zA-Z0-9\s])", r"\1", text).replace("\u200b", "").split())


def is_balanced(part: str) -> bool:
    """Return whether each block of code is closed in the part that opens it."""
    return len(re.findall(r"^```$", part, re.MULTILINE)) % 2 == 0


@pytest.mark.protection("bot.render.parts._FENCE_LINE", re.compile(r"(?!)"))
@FEW
@given(
    st.lists(st.one_of(texts(3_000), st.just(None)), min_size=1, max_size=6),
    st.integers(600, 4_096),
)
@example([None, "code " * 500, None], 200)
def test_b4_the_parts_fit_code_balances_and_the_whole_is_there(
    blocks: list[str | None], limit: int
) -> None:
    shown, is_code = [], False
    for block in blocks:  # None begins or ends a block of code
        if block is None:
            is_code = not is_code
            shown.append("```")
        elif is_code:
            shown.append(block.replace("```", "`\u200b`\u200b`"))
        else:
            shown.append(plain(block))
    whole = "\n".join(shown + ["```"] * is_code)
    parts = split(whole, limit)
    assert all(len(part) <= limit for part in parts)
    if "```" in whole:
        assert all(map(is_balanced, parts))
    assert read("".join(parts)).replace("```", "") == read(whole).replace("```", "")
    body = {"embeds": [{"description": part} for part in parts if part.strip()]}
    assert [*leaks(body)] == []


@pytest.mark.protection("bot.render.parts._ATOM", re.compile(r"(?P<space>\s+)|.", re.DOTALL))
def test_b4_a_link_and_an_escape_are_never_cut() -> None:
    words = link("A title with \\ and ` and [x] in it", "https://huggingface.co/papers/2512.01234")
    for limit in range(120, 260):
        parts = split(f"{'a' * 30} {words} " * 9, limit)
        assert sum(part.count(words) for part in parts) == 9
    for limit in range(20, 40):
        for part in split(plain("[a](x) " * 40), limit):
            assert read(part) in "[a](x)" * 41


@pytest.mark.slow
def test_b4_time_grows_as_the_text_does() -> None:
    def seconds(text: str) -> float:
        gc.disable()  # a pass over what other tests left in memory takes most of a second
        try:
            started = time.thread_time()
            split(plain(text), 4_096)
            plain_within(text, 4_096)
            return time.thread_time() - started
        finally:
            gc.enable()

    for bit in (*BITS, "x", "a://", "aa:/", "\\`", "[a", "**a", "a1-+."):
        short = min(seconds(bit * (5_000 // len(bit))) for _ in range(2))
        assert seconds(bit * (40_000 // len(bit))) < 16 * short + 1.0, bit


@given(st.text(max_size=1_200))
def test_b13_a_search_for_a_title_is_a_short_link(title: str) -> None:
    try:
        title.encode()
    except UnicodeEncodeError:
        return
    url = paper_url(None, title)
    assert len(url) <= 440
    assert not set(url) & set(" <>()`\n\\")
