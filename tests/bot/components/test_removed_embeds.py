"""Somebody removes the embed of a message: it does not come back, and nothing is forgotten."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from bot.components.removed_embeds import REMOVED
from ingest.sync import ingest
from rag.library import Library
from tests.bot.answers.slow_model import held
from tests.bot.answers.test_in_flight import nobody_is_answered
from tests.bot.cogs.test_answer_buttons import shown
from tests.bot.papers.test_search_pages import ids, numbers, searched
from tests.discord_fake.world import SUPPRESS_EMBEDS
from tests.discord_server import Connect, Server, button, buttons, joined, judged, text_of
from tests.papers import HERON, QUESTION, ListSource, many
from tests.reliability.test_restart import ask, mention, vanish

Begin = Callable[[Server], Awaitable[dict[str, Any]]]


async def ask_directly(server: Server) -> dict[str, Any]:
    """Ask in a direct message; return the answer while it is being written."""
    said = await server.fake.say("alice", QUESTION, channel=await server.fake.open_dm("alice"))
    return await server.fake.until(lambda: server.reply_to(said) or last(server))


def last(server: Server) -> dict[str, Any] | None:
    answers = server.answers()
    return answers[-1] if answers else None


def is_removed(message: dict[str, Any]) -> bool:
    return bool(message["flags"] & SUPPRESS_EMBEDS) and message["embeds"] == []


@pytest.mark.slow
@pytest.mark.parametrize("begin", [ask, mention, ask_directly])
async def test_an_answer_whose_embed_is_removed_stops_and_says_so(
    filled: Library, connect: Connect, begin: Begin
) -> None:
    server = await connect(filled, chat=held())  # it writes until it is stopped
    message = await begin(server)
    before = len(server.fake.edits(message["id"]))
    await server.fake.remove_embeds(message)
    await nobody_is_answered(server)
    assert message["content"] == REMOVED
    assert is_removed(message)
    later = [body for _, body in server.fake.edits(message["id"])[before:]]
    assert later
    assert all(body["embeds"] == [] and "flags" not in body for body in later)
    sources = await shown(
        server, await server.fake.click("bob", message, button(message, "sources"))
    )
    assert HERON.title in text_of(sources)
    answer = await server.say("alice", "who wrote it?", reply_to=message)
    assert "A. One" in text_of(answer)


@pytest.mark.slow
async def test_a_removal_that_nobody_told_of_is_noticed_with_the_next_edit(
    filled: Library, connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    chat = held()
    server = await connect(filled, chat=chat)
    monkeypatch.setattr(server.bot.services.in_flight, "embed_removed", lambda _: None)
    message = await mention(server)
    await server.fake.remove_embeds(message)
    chat.go.set()
    await nobody_is_answered(server)
    assert message["content"] == REMOVED
    assert is_removed(message)
    assert server.fake.edits(message["id"])[-1][1]["embeds"] == []


@pytest.mark.parametrize("begin", [ask, mention])
@pytest.mark.parametrize("way", ["restart", "stop"])
async def test_an_interrupted_answer_keeps_its_embed_removed(
    filled: Library, begin: Begin, way: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with judged() as fake:
        chat = held()
        async with joined(fake, filled, chat=chat) as server:
            message = await begin(server)
            stop = button(message, "stop")
            await vanish(server, chat)
        await fake.remove_embeds(message)
        if way == "stop":  # before the new run has come to it
            monkeypatch.setattr("bot.answers.recovery.MAX_ATTEMPTS", 0)
        async with joined(fake, filled) as server:
            if way == "stop":
                await (await fake.click("alice", message, stop)).wait_ack()
            await fake.until(lambda: message["content"] == REMOVED, 10)
            assert is_removed(message)
            assert stop not in buttons(message)
            answer = await server.say("bob", "who wrote it?", reply_to=message)
            assert "A. One" in text_of(answer)


async def test_the_next_page_of_a_removed_one_is_for_the_user_who_turns_it(
    library: Library, connect: Connect
) -> None:
    ingest(ListSource(many(12)), library)
    server = await connect(library)
    message = await searched(server)
    await server.fake.remove_embeds(message)
    page = await shown(server, await server.fake.click("alice", message, ids(message)[0]))
    assert page["flags"] & 64
    assert numbers(page) == ["6", "7", "8", "9", "10"]
    assert is_removed(message)
    assert server.fake.edits(message["id"])[-1][1].get("components")  # the first page, no other
