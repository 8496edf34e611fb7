"""Everyday requests over the wire: summaries, lists, one paper, thanks, and their follow-ups."""

import re
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from typing import Any

import pytest

from bot.app import open_library
from ingest.sync import ingest
from rag.config import RagConfig
from rag.library import Library
from tests.discord_fake import Judge
from tests.discord_server import (
    Server,
    button,
    buttons,
    choose,
    joined,
    judged,
    openapi,
    serving,
    text_of,
)
from tests.papers import LOOM, PASTRY, TIDAL, TODAY, ListSource, many

# Twelve papers of one day about birds, the most upvoted first; every third has code.
BIRDS = [
    replace(
        paper,
        featured_on=TODAY,
        upvotes=60 - n,
        tldr=f"It counts birds with {n} drones.",
        code_url=f"https://github.com/herons/{n}" if n % 3 == 0 else None,
    )
    for n, paper in enumerate(many(48)[::4], start=1)
]
OTHERS = [PASTRY, replace(TIDAL, code_url="https://github.com/tidal/attention"), LOOM]
CODE_URLS = [str(paper.code_url) for paper in (*BIRDS, *OTHERS) if paper.code_url]


@pytest.fixture(scope="module")
def papers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Library]:
    library = open_library(tmp_path_factory.mktemp("birds"), RagConfig())
    ingest(ListSource([*BIRDS, *OTHERS]), library)
    yield library
    library.close()


def judge() -> Judge:
    """A judge that lets answers link the papers' code."""
    return Judge(openapi(), allowed_urls=CODE_URLS)


@pytest.fixture
async def server(papers: Library) -> AsyncIterator[Server]:
    async with serving(papers, judge=judge()) as server:
        yield server


async def mentioned(server: Server, text: str) -> dict[str, Any]:
    """Say something to the bot in the channel; return its answer."""
    return await server.say("alice", f"{server.fake.mention} {text}")


def numbered(message: dict[str, Any]) -> dict[int, str]:
    """Return the papers of a list by number, each by its name: "amber anchor"."""
    found = re.findall(r"^\*\*(\d+)\.\*\* \[The (\w+ \w+): ", text_of(message), re.MULTILINE)
    return {int(n): name for n, name in found}


def names(*positions: int) -> list[str]:
    """Return the names of the papers with these positions by upvotes."""
    return [BIRDS[n - 1].title.split(":")[0].removeprefix("The ") for n in positions]


async def more(server: Server, message: dict[str, Any], user: str = "alice") -> dict[str, Any]:
    """Press More under a list; return the next part."""
    pressed = await server.fake.click(user, message, button(message, "more"))
    await server.quoted(pressed)
    assert pressed.original is not None
    return pressed.original


@pytest.mark.parametrize("request_", ["summarize today's papers", "top 5 this week"])
async def test_the_most_upvoted_papers_of_a_day_or_a_week(server: Server, request_: str) -> None:
    answer = await mentioned(server, request_)
    assert "12 Daily Papers of Monday, 2025-12-08" in text_of(answer)
    assert list(numbered(answer).values()) == names(1, 2, 3, 4, 5)
    assert "-# It counts birds with 2 drones.\n-# 2025-12-08 · 58 upvotes\n" in text_of(answer)
    second = await more(server, answer)
    assert list(numbered(second)) == [6, 7, 8, 9, 10]
    assert list(numbered(second).values()) == names(6, 7, 8, 9, 10)
    assert f"The {names(2)[0]}" in text_of(await server.say("bob", "number 2", reply_to=second))
    assert f"The {names(9)[0]}" in text_of(await server.say("bob", "number 9", reply_to=second))


async def test_a_list_on_a_topic_goes_on_and_keeps_its_numbers(server: Server) -> None:
    first = await mentioned(server, "papers on birds")
    assert "12 papers on birds" in text_of(first)
    second = await more(server, first, "bob")
    third = await more(server, second)
    shown = numbered(first) | numbered(second) | numbered(third)
    assert list(shown) == list(range(1, 13))
    assert sorted(shown.values()) == sorted(names(*range(1, 13)))
    assert "more" not in {custom_id.split(":")[1] for custom_id in buttons(third)}
    for n in (7, 2):  # of the second page, and of the first
        answer = await server.say("carol", f"number {n}", reply_to=second)
        assert f"The {shown[n]}: It counts birds" in text_of(answer)
        assert "94.2%" in text_of(answer)


async def test_the_list_is_chosen_from_and_narrowed_after_one_of_its_papers(
    server: Server,
) -> None:
    listed = await mentioned(server, "papers on birds")
    third = await server.say("alice", "number 3", reply_to=listed)
    again = await server.say("alice", "and number 2?", reply_to=third)
    assert f"The {numbered(listed)[2]}: It counts birds" in text_of(again)
    coded = await server.say("alice", "which of them has code?", reply_to=again)
    assert "4 papers on birds with code" in text_of(coded)
    assert sorted(numbered(coded).values()) == sorted(names(3, 6, 9, 12))


async def test_code_and_bibtex_of_one_paper(server: Server) -> None:
    (name,) = names(3)
    code = await mentioned(server, f"is there code for the {name}?")
    assert f"Code of The {name}: [github.com/herons/3](<https://github.com/herons/3>)" in text_of(
        code
    )
    none = await mentioned(server, f"is there code for the {names(1)[0]}?")
    assert "names no code" in text_of(none)
    entry = await server.say("alice", "the bibtex please", reply_to=code)
    (block,) = re.findall(r"^```\n(.*?)\n```$", text_of(entry), re.DOTALL | re.MULTILINE)
    assert block.startswith("@misc{")
    assert f"title={{{BIRDS[2].title}}}," in block


async def test_thanks_are_answered_and_change_nothing(server: Server) -> None:
    listed = await mentioned(server, "summarize today's papers")
    welcome = await server.say("alice", "thanks!", reply_to=listed)
    assert text_of(welcome) == "You're welcome!"
    assert [custom_id.split(":")[1] for custom_id in buttons(welcome)] == ["like", "dislike"]
    for answer in (
        await mentioned(server, "number 3"),
        await server.say("alice", "number 3", reply_to=welcome),
    ):
        assert f"The {names(3)[0]}: It counts birds" in text_of(answer)


async def test_a_shown_list_is_narrowed_to_its_own_papers(server: Server) -> None:
    shown = await server.fake.slash("alice", "daily", date="2025-12-08")
    await server.quoted(shown)
    listed = shown.original
    assert listed is not None
    knows = server.bot.services.conversations.knows
    await server.fake.until(lambda: knows(int(listed["id"])))
    third = await server.say("bob", "number 3", reply_to=listed)
    assert f"The {names(3)[0]}: It counts birds" in text_of(third)
    coded = await server.say("bob", "which of them has code?", reply_to=listed)
    assert sorted(numbered(coded).values()) == sorted(names(3, 6, 9, 12))
    assert TIDAL.title not in text_of(coded)  # it has code, but is of another day
    everything = await server.say("bob", "show me more", reply_to=listed)
    assert "These were all of the 12 papers" in text_of(everything)


@pytest.mark.parametrize("place", ["direct message", "thread"])
async def test_a_conversation_away_from_the_channel(server: Server, place: str) -> None:
    if place == "thread":
        start = await mentioned(server, "hello!")
        channel = await server.fake.start_thread("alice", start)
    else:
        channel = await server.fake.open_dm("alice")

    async def say(text: str) -> dict[str, Any]:
        return await server.say("alice", text, channel=channel)

    listed = await say("papers on birds")
    assert len(numbered(listed)) == 5
    if place == "direct message":  # in a thread, thanks are for other people
        assert text_of(await say("thanks!")) == "You're welcome!"
    assert f"The {numbered(listed)[3]}: It counts birds" in text_of(await say("number 3"))
    assert "Authors of The" in text_of(await say("who wrote it?"))
    assert sorted(numbered(await say("which of them has code?")).values()) == sorted(
        names(3, 6, 9, 12)
    )


async def test_requests_of_the_slash_command_follow_each_other(server: Server) -> None:
    listed = await server.ask("top 3 today")
    assert list(numbered(listed).values()) == names(1, 2, 3)
    assert list(numbered(await server.ask("show me more")).values()) == names(4, 5, 6)
    assert f"The {names(2)[0]}: It counts birds" in text_of(await server.ask("number 2"))
    assert "ask" in text_of(await server.ask("what can you do?")).casefold()


async def test_a_list_goes_on_after_a_restart(papers: Library) -> None:
    async with judged(judge=judge()) as fake:
        async with joined(fake, papers) as server:
            listed = await mentioned(server, "summarize today's papers")
        async with joined(fake, papers) as server:
            third = await server.say("alice", "number 3", reply_to=listed)
            assert f"The {names(3)[0]}: It counts birds" in text_of(third)
            assert list(numbered(await more(server, listed)).values()) == names(6, 7, 8, 9, 10)


async def test_small_talk_opens_no_thread(server: Server) -> None:
    await choose(server, threads="always")
    greeting = await mentioned(server, "good morning!")
    assert text_of(greeting).startswith("Hello!")
    assert greeting["channel_id"] == server.fake.general
