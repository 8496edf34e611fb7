"""Mentions, emoji and time stamps become words and days before anything sees them."""

import logging
from datetime import UTC, date, datetime
from typing import Any

import pytest

from bot.papers.search_pages import MAX_SEARCH
from rag.library import Library
from tests.discord_fake.permissions import VIEW, denying
from tests.discord_server import Connect, Server, button, choose, finished, text_of
from tests.papers import QUESTION, TIDAL

EMOJI = "<:heron:333333333333333333>"


def stamp(day: date, style: str = "D") -> str:
    """Return Discord's time stamp of noon on a day."""
    noon = datetime(day.year, day.month, day.day, 12, tzinfo=UTC)
    return f"<t:{noon.timestamp():.0f}:{style}>"


async def marked_up(server: Server) -> tuple[str, str]:
    """Return a question with markup of every kind, and what people read."""
    fake = server.fake
    role, bob = await fake.add_role("night readers"), fake.users["bob"]["id"]
    typed = (
        f"what do <@{bob}>, <@!{bob}> and <@&{role}> in <#{fake.general}> say of {EMOJI} "
        f"HeronNet since {stamp(date(2025, 1, 1))} in </ask:5>?"
    )
    return typed, (
        "what do Bob, Bob and night readers in general say of HeronNet since 2025-01-01 in /ask?"
    )


async def receipt(server: Server, answer: dict[str, Any]) -> str:
    """Return what the button Sources shows."""
    clicked = await server.fake.click("alice", answer, button(answer, "sources"))
    await server.quoted(clicked)
    assert clicked.original is not None
    return text_of(clicked.original)


async def test_a_message_is_read_before_anything_sees_it(
    filled: Library, connect: Connect, caplog: pytest.LogCaptureFixture
) -> None:
    server = await connect(filled, bot_options={"log_questions": True})
    await choose(server, threads="always")
    typed, shown = await marked_up(server)
    with caplog.at_level(logging.INFO):
        said = await server.fake.say("alice", f"{server.fake.mention} {typed}")
        answer = await server.fake.until(
            lambda: next((one for one in server.answers() if finished(one)), None), 20
        )
        await server.fake.until(lambda: f"text={shown!r}" in caplog.text)
    assert server.fake.channels[said["id"]]["name"] == shown
    why = await receipt(server, answer)
    assert f"**Question:** {shown}" in why
    assert "2025-01-01" in why.partition("Understood")[2].splitlines()[0]


async def test_the_text_of_a_command_is_read(filled: Library, connect: Connect) -> None:
    server = await connect(filled)
    typed, shown = await marked_up(server)
    answer = await server.ask(typed)
    assert answer["embeds"][0]["title"] == shown
    assert f"**Question:** {shown}" in await receipt(server, answer)
    found = await server.fake.slash(
        "alice", "search", text=f"{EMOJI} herons of <@{server.fake.users['bob']['id']}>"
    )
    await server.quoted(found)
    assert found.original is not None
    assert found.original["embeds"][0]["title"] == "Papers about “herons of Bob”"


@pytest.mark.parametrize("style", "tTdDfFR")
async def test_a_time_stamp_is_a_day(filled: Library, connect: Connect, style: str) -> None:
    server = await connect(filled)
    assert TIDAL.featured_on is not None
    asked = f"which papers were featured on {stamp(TIDAL.featured_on, style)}?"
    for answer in (
        await server.say("alice", f"{server.fake.mention} {asked}"),
        await server.ask(asked),
    ):
        assert "Tidal Attention" in text_of(answer)
        assert "HeronNet" not in text_of(answer)


@pytest.mark.parametrize("how", ["a reply", "a forwarded message", "a reply to a forwarded one"])
async def test_what_others_said_is_read(filled: Library, connect: Connect, how: str) -> None:
    server = await connect(filled)
    fake = server.fake
    bob = fake.users["bob"]["id"]
    said = await fake.say("carol", f"<@{bob}>, {EMOJI} {QUESTION}")
    if how == "a forwarded message":
        await server.say("bob", "hello", channel=await fake.open_dm("bob"))  # is known from now on
        answer = await server.say("alice", "", channel=await fake.open_dm("alice"), forward=said)
        assert "**Question:** Bob, how accurate" in await receipt(server, answer)
    else:
        if how != "a reply":
            said = await fake.say("carol", "", forward=said)
        answer = await server.say("alice", f"{fake.mention} and the training?", reply_to=said)
        receipts = server.bot.services.receipts
        stored = await fake.until(lambda: receipts.get(int(answer["id"])))
        assert stored.inquiry.said == (f"Bob, {QUESTION}",)
    assert "HeronNet" in text_of(answer)


async def test_what_is_not_known_or_not_open_has_no_name(filled: Library, connect: Connect) -> None:
    server = await connect(filled)
    fake = server.fake
    secret = fake.add_channel("secret", permission_overwrites=denying(fake.guild, VIEW))
    await fake.dispatch("CHANNEL_CREATE", fake.channels[secret])
    asked = f"<@1> and <#{secret}> and <@&2>: {QUESTION}"
    said = await server.say("alice", f"{fake.mention} {asked}")
    assert f"**Question:** and and: {QUESTION}" in await receipt(server, said)
    answer = await server.ask(asked)
    assert answer["embeds"][0]["title"] == f"and and: {QUESTION}"


async def test_a_message_of_nothing_but_emoji_gets_the_hint(
    filled: Library, connect: Connect
) -> None:
    server = await connect(filled)
    answer = await server.say("alice", f"{server.fake.mention} {EMOJI}")
    assert text_of(answer).startswith("Ask me something")


async def test_every_command_reads_what_is_typed(filled: Library, connect: Connect) -> None:
    server = await connect(filled)
    assert TIDAL.featured_on is not None
    for command, options in (
        ("daily", {"date": stamp(TIDAL.featured_on)}),
        ("weekly", {"week": stamp(TIDAL.featured_on, "R")}),
        ("paper", {"title": f"Tidal {EMOJI} Attention"}),
        ("trends", {"topic": f"{EMOJI} attention"}),
        ("why", {"question": f"what does Tidal Attention lose, {EMOJI}?"}),
    ):
        asked = await server.fake.slash("alice", command, **options)
        await server.quoted(asked)
        assert asked.original is not None
        assert "ttention" in text_of(asked.original), command
        assert "33333" not in text_of(asked.original), command


async def test_names_do_not_make_a_text_too_long(filled: Library, connect: Connect) -> None:
    server = await connect(filled)
    mention = f"<@{server.fake.add_user('b' * 32)['id']}>"
    found = await server.fake.slash("alice", "search", text=f"attention {mention * 3}")
    await server.quoted(found)
    assert found.original is not None
    title = found.original["embeds"][0]["title"]
    assert title.startswith("Papers about “attention Bbb")
    assert len(title) == len("Papers about “”") + MAX_SEARCH


@pytest.mark.parametrize("forwarded", [False, True])
async def test_a_bare_mention_below_a_question_asks_it(
    filled: Library, connect: Connect, forwarded: bool
) -> None:
    server = await connect(filled)
    fake = server.fake
    said = await fake.say("carol", "how long does training of HeronNet take?")
    if forwarded:
        said = await fake.say("bob", "", forward=said)
    answer = await server.say("alice", fake.mention, reply_to=said)
    assert "3 hours" in text_of(answer)
    assert "Ask me something" in text_of(await server.say("alice", fake.mention))
