"""Pasted links: which are seen, when a card comes, and what it may tell."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from bot.access.guild_settings import Group
from bot.conversation.paper_links import pasted_ids
from bot.conversation.policy import MessageFacts, wants_card
from ingest.config import FetchConfig, IngestConfig
from ingest.resolve_source import resolve_source
from ingest.sync import ingest
from rag.library import Library
from rag.records import Turn
from tests.discord_fake import payloads
from tests.discord_fake.permissions import VIEW, denying
from tests.discord_server import Connect, Server, buttons, choose, text_of
from tests.ingest.hub import Answer, Hub, hub
from tests.ingest.sources.test_arxiv import entry, feed
from tests.papers import HERON, TIDAL, TODAY

LINK = f"https://arxiv.org/abs/{HERON.arxiv_id}"
QUESTION = "how accurate is HeronNet compared with human counters?"
SILENT = 1 << 12  # Discord notifies nobody of such a message


@pytest.mark.parametrize(
    ("text", "ids"),
    [
        ("look: https://arxiv.org/abs/2501.00001", ["2501.00001"]),
        ("https://arxiv.org/pdf/2501.00001v3.pdf and http://www.arxiv.org/html/2501.00001v1",
         ["2501.00001"]),
        ("[paper](https://huggingface.co/papers/2501.00001?x=1), https://hf.co/papers/2502.00002.",
         ["2501.00001", "2502.00002"]),
        ("HTTPS://ArXiv.org/abs/2501.00001", ["2501.00001"]),
        ("<https://arxiv.org/abs/2501.00001>", []),
        ("2501.00001 or arxiv.org/abs/2501.00001", []),
        ("https://arxiv.org/list/cs.CL/2501.00001 https://huggingface.co/2501.00001", []),
        ("https://notarxiv.org/abs/2501.00001 https://arxiv.org.example/abs/2501.00001", []),
        ("https://huggingface.co/papers/date/2025-12-04", []),
    ],
)  # fmt: skip
def test_links_to_papers_are_recognised(text: str, ids: list[str]) -> None:
    assert pasted_ids(text) == ids


def test_a_card_is_shown_if_nobody_asks_and_the_bot_may_send() -> None:
    assert wants_card(MessageFacts())
    for changed in (
        MessageFacts(by_user=False),
        MessageFacts(to_everyone=True),
        MessageFacts(mentions_bot=True),
        MessageFacts(in_ask_channel=True),
        MessageFacts(is_allowed=False),
        MessageFacts(may_send=False),
        MessageFacts(may_embed=False),
    ):
        assert not wants_card(changed)


async def switched_on(filled: Library, connect: Connect) -> Server:
    server: Server = await connect(filled)
    await choose(server, link_cards=True)
    return server


async def heard(server: Server) -> None:
    """Wait until everything that was said so far is dealt with: a question comes behind it."""
    alone = await server.fake.open_dm("carol")
    await server.say("carol", QUESTION, channel=alone)


def cards(server: Server) -> list[dict[str, Any]]:
    direct = payloads.DIRECT_CHANNEL
    channels = server.fake.channels
    return [m for m in server.answers() if channels[m["channel_id"]]["type"] != direct]


async def test_a_linked_paper_gets_one_silent_card(filled: Library, connect: Connect) -> None:
    server = await switched_on(filled, connect)
    said = await server.fake.say("bob", f"nice: {LINK} and https://arxiv.org/abs/{TIDAL.arxiv_id}")
    card = await server.answer_to(said)
    embed = card["embeds"][0]
    assert (embed["title"], embed["url"]) == (HERON.title, HERON.url)
    assert "We present HeronNet" in embed["description"]
    assert embed["footer"]["text"] == "Featured 2025-01-06 · ▲ 12 · reply to this to ask about it"
    (near,) = embed["fields"]
    assert near["name"] == "Nearest papers"
    assert len(near["value"].splitlines()) == 3
    assert card["flags"] & SILENT
    assert card["mentions"] == []
    more = await server.say("alice", "how many hours does training take?", reply_to=card)
    assert "3 hours" in text_of(more)
    await server.fake.say("alice", f"again {LINK}")
    await heard(server)
    assert len(cards(server)) == 2


async def test_without_the_setting_no_card_is_shown(filled: Library, connect: Connect) -> None:
    server = await connect(filled)
    fake = server.fake
    await fake.say("bob", LINK)  # it is off
    await heard(server)
    await choose(server, link_cards=True)
    fake.add_user("a feed", bot=True)
    await fake.say("a feed", LINK)
    await fake.say("bob", f"<{LINK}> `{LINK}`\n> {LINK}")
    await heard(server)
    assert cards(server) == []
    answer = await server.say("alice", f"{fake.mention} {LINK}")  # that is a question
    await heard(server)
    assert cards(server) == [answer]
    assert "“" in text_of(answer)


@pytest.mark.slow
async def test_a_recorded_paper_is_shown_with_its_day(
    library: Library, connect: Connect, shared_data: Path
) -> None:
    path = str(shared_data / "hf_api" / "2025-12-05.json")
    with resolve_source(path, FetchConfig(), today=TODAY) as source:
        ingest(source, library)
    paper = library.catalog.featured(date(2025, 12, 5))[0]
    server = await switched_on(library, connect)
    card = await server.say("bob", f"https://huggingface.co/papers/{paper.arxiv_id}")
    assert paper.tldr
    assert f"Featured 2025-12-05 · ▲ {paper.upvotes}" in text_of(card)
    assert len(card["embeds"][0]["fields"][0]["value"].splitlines()) == 3


NEW_ID = "2512.00007"  # of the paper that the small arXiv knows
NEW_LINK = f"https://huggingface.co/papers/{NEW_ID}"


@contextmanager
def arxiv(*, knows: bool = True, go: threading.Event | None = None) -> Iterator[Hub]:
    """Serve an arXiv with one paper, which answers once it is let go."""

    def answer(path: str, params: dict[str, str]) -> Answer:
        if go:
            go.wait(20)
        return 200, {}, feed(entry(7)) if knows else feed()

    with hub(answer) as served:
        yield served


async def unread(filled: Library, connect: Connect, url: str) -> tuple[Server, dict[str, Any]]:
    """Paste the link of a paper that was never read; return the card."""
    fetch = FetchConfig(arxiv_url=url, arxiv_seconds=0)
    options = {"ingest": IngestConfig(fetch=fetch)}
    server: Server = await connect(filled, bot_options=options)
    await choose(server, link_cards=True)
    return server, await server.say("bob", NEW_LINK)


async def test_an_unknown_paper_is_fetched_and_added_once(
    filled: Library, connect: Connect
) -> None:
    go = threading.Event()
    with arxiv(go=go) as served:
        server, card = await unread(filled, connect, served.url)
        fake = server.fake
        assert text_of(card) == f"I have not read [{NEW_ID}](<{NEW_LINK}>) yet."
        assert buttons(card) == [f"fetch:{NEW_ID}"]
        for user in ("bob", "alice"):
            pressed = await fake.click(user, card, f"fetch:{NEW_ID}")
            assert (await pressed.wait_ack())["type"] == 7
        assert text_of(card) == f"I am fetching [{NEW_ID}](<{NEW_LINK}>) …"
        go.set()
        await fake.until(lambda: card["embeds"][0].get("title"), 20)
        assert card["embeds"][0]["title"] == "Paper 7 & more"
        assert "An abstract in two lines." in text_of(card)
        assert len(card["embeds"][0]["fields"][0]["value"].splitlines()) == 3
        assert buttons(card) == []
        await fake.until(lambda: not server.bot.services.paper_fetcher._running)
        assert len(served.asked) == 1
        answer = await server.ask("what is an abstract in?", paper=f"arxiv:{NEW_ID}")
        assert "“An abstract in two lines.”" in text_of(answer)


async def test_the_card_of_the_paper_command_offers_the_same(
    filled: Library, connect: Connect
) -> None:
    with arxiv() as served:
        server, _ = await unread(filled, connect, served.url)
        shown = await server.fake.slash("alice", "paper", title=NEW_LINK)
        await server.quoted(shown)
        card = shown.original
        assert card is not None
        assert buttons(card) == [f"fetch:{NEW_ID}"]
        await server.fake.click("bob", card, f"fetch:{NEW_ID}")
        await server.fake.until(lambda: card["embeds"][0].get("title"), 20)
        again = await server.fake.slash("alice", "paper", title=NEW_LINK)
        await server.quoted(again)
        assert again.original is not None
        assert again.original["embeds"][0]["title"] == "Paper 7 & more"


OLD_LINKS = {
    "https://arxiv.org/abs/hep-th/9711200v3": "hep-th/9711200",
    "https://www.arxiv.org/pdf/math.GT/0309136.pdf": "math/0309136",
    "https://doi.org/10.48550/arXiv.cs/0112017": "cs/0112017",
}


@pytest.mark.parametrize(("pasted", "arxiv_id"), OLD_LINKS.items())
async def test_an_unknown_paper_with_an_old_id_is_fetched_and_found(
    filled: Library, connect: Connect, pasted: str, arxiv_id: str
) -> None:
    answer = feed(entry(7, id=f"http://arxiv.org/abs/{arxiv_id}v3"))
    with hub(lambda *_: (200, {}, answer)) as served:
        server, _ = await unread(filled, connect, served.url)
        card = await server.say("bob", pasted)
        assert text_of(card) == (
            f"I have not read [{arxiv_id}](<https://arxiv.org/abs/{arxiv_id}>) yet."
        )
        assert buttons(card) == [f"fetch:{arxiv_id}"]
        await server.fake.click("bob", card, f"fetch:{arxiv_id}")
        await server.fake.until(lambda: card["embeds"][0].get("title"), 20)
        assert [params["id_list"] for _, params in served.asked] == [arxiv_id]
        shown = await server.fake.slash("alice", "paper", title=pasted)
        await server.quoted(shown)
        assert shown.original is not None
        assert shown.original["embeds"][0]["title"] == "Paper 7 & more"
        assert "Hugging Face" not in text_of(shown.original)


async def test_a_link_with_an_id_that_no_paper_can_have_is_told_and_not_fetched(
    filled: Library, connect: Connect
) -> None:
    with arxiv() as served:
        server, _ = await unread(filled, connect, served.url)
        shown = await server.fake.slash("alice", "paper", title="https://arxiv.org/abs/2413.10020")
        await server.quoted(shown)
        assert shown.original is not None
        assert "2413.10020 cannot be an arXiv id: there is no month 13" in text_of(shown.original)
        assert served.asked == []


@pytest.mark.parametrize("knows", [True, False])
async def test_a_failed_fetch_is_explained_in_a_sentence(
    filled: Library, connect: Connect, knows: bool
) -> None:
    with arxiv(knows=knows) as served:
        url = "http://127.0.0.1:9" if knows else served.url
        server, card = await unread(filled, connect, url)
        await server.fake.click("alice", card, f"fetch:{NEW_ID}")
        await server.fake.until(lambda: "try again later" in text_of(card), 20)
        why = "127.0.0.1:9 cannot be reached" if knows else f"ArXiv has no paper {NEW_ID}"
        assert text_of(card) == (
            f"I have not read [{NEW_ID}](<{NEW_LINK}>) yet. {why}: check the link, or try again "
            "later."
        )
        assert buttons(card) == [f"fetch:{NEW_ID}"]


async def test_only_users_who_may_ask_may_fetch_a_paper(filled: Library, connect: Connect) -> None:
    with arxiv() as served:
        server, card = await unread(filled, connect, served.url)
        bob = int(server.fake.users["bob"]["id"])
        await choose(server, denied=Group(people=frozenset([bob])), person_per_hour=1)
        refused = await server.fake.click("bob", card, f"fetch:{NEW_ID}")
        told = (await refused.wait_ack())["data"]
        assert "I may not answer you in this server" in text_of(told)
        assert told["flags"] & 64
        await server.ask(QUESTION)
        refused = await server.fake.click("alice", card, f"fetch:{NEW_ID}")
        assert "You have asked 1 question within" in text_of((await refused.wait_ack())["data"])
        assert served.asked == []


async def test_a_card_links_answers_that_everybody_may_read(
    filled: Library, connect: Connect
) -> None:
    server = await switched_on(filled, connect)
    fake, bot = server.fake, server.bot
    first = await server.say("alice", f"{fake.mention} {QUESTION}")
    secret = fake.add_channel("secret", permission_overwrites=denying(fake.guild, VIEW))
    await fake.dispatch("CHANNEL_CREATE", fake.channels[secret])
    for answer, channel in ((2, int(secret)), (3, int(await fake.open_dm("alice"))), (4, 4)):
        turn = Turn(QUESTION, (HERON.paper_id,))
        bot.services.conversations.remember(
            (1 << 60) + answer, channel_id=channel, user_id=1, turn=turn, earlier=None
        )
    elsewhere = fake.add_channel("elsewhere")
    await fake.dispatch("CHANNEL_CREATE", fake.channels[elsewhere])
    card = await server.say("bob", LINK, channel=elsewhere)
    near, discussed = card["embeds"][0]["fields"]
    assert near["name"] == "Nearest papers"
    assert discussed == {
        "name": "Discussed here before",
        "value": f"• https://discord.com/channels/{fake.guild}/{fake.general}/{first['id']}",
        "inline": False,
    }
