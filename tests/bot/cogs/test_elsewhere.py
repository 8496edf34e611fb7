"""The bot where it is not a member: in other servers, groups and direct messages of other people.

There it may only reply to interactions: the fake answers 50001 to everything else.
"""

from copy import deepcopy
from typing import Any

import pytest

from bot.answers.service import OUT_OF_TIME
from bot.components.membership import NotAMemberError
from ingest.sync import ingest
from rag.library import Library
from tests.bot.answers.slow_model import held
from tests.discord_fake import FakeDiscord, Interaction
from tests.discord_server import (
    Connect,
    Server,
    button,
    buttons,
    finished,
    joined,
    judged,
    text_of,
)
from tests.papers import HERON, QUESTION, ListSource, many

REFUSED = str(NotAMemberError())
PLACES = {"server": (), "direct message": ("alice",), "group": ("alice", "bob")}


@pytest.fixture(params=PLACES)
def people(request: pytest.FixtureRequest) -> tuple[str, ...]:
    """Those who share a channel without the bot; nobody for one of another server."""
    return PLACES[request.param]


def requests_to(fake: FakeDiscord, channel: str) -> list[str]:
    """Return the requests that name a channel."""
    return [entry[0] for entry in fake.log if len(entry) == 4 and entry[1].get("c") == channel]


async def reply_to(server: Server, used: Interaction) -> dict[str, Any]:
    """Return what an interaction is answered with, once it says something."""
    callback = await used.wait_ack()
    data = callback.get("data") or {}
    if data.get("embeds") or data.get("content"):
        return data

    def said() -> dict[str, Any] | None:
        message = used.original
        return message if message and (message["embeds"] or message["content"]) else None

    return await server.fake.until(said, 10)


def words(message: dict[str, Any]) -> str:
    return f"{message.get('content') or ''}\n{text_of(message)}"


@pytest.mark.parametrize(
    ("command", "options", "expected"),
    [
        ("ask", {"question": QUESTION}, "94.2%"),
        ("daily", {"date": "2025-02-05"}, "Tidal Attention"),
        ("weekly", {"week": "2025-W06"}, "Tidal Attention"),
        ("trending", {}, "Trending papers"),
        ("catchup", {}, "You have not looked here before"),
        ("search", {"text": "birds"}, "HeronNet"),
        ("paper", {"title": "PastryBench"}, "Crumb Lab"),
        ("compare", {"first": "HeronNet", "second": "Loom"}, "Side by side"),
        ("trends", {"topic": "birds"}, "Papers per week"),
        ("why", {"question": QUESTION}, "What this answer is based on"),
        ("save", {"paper": "PastryBench"}, "It is on your list"),
        ("saved", {}, "You have saved no paper yet"),
        ("subscriptions", {}, "There is no subscription yet"),
        ("forget", {}, "I keep nothing about you"),
        ("status", {}, "Papers"),
        ("help", {}, "I am not a member here, so I hear neither mentions nor replies"),
    ],
)
async def test_commands_reply_through_the_interaction_alone(
    filled: Library, connect: Connect, people: tuple[str, ...], command: str,
    options: dict[str, Any], expected: str,
) -> None:  # fmt: skip
    server = await connect(filled)
    channel = server.fake.add_foreign_channel(*people)
    assert server.fake.offers(command, channel)
    assert server.fake.offers(command, server.fake.general)
    used = await server.fake.slash("alice", command, channel=channel, **options)
    shown = words(await reply_to(server, used))
    assert expected in shown
    assert "/setup" not in shown
    assert requests_to(server.fake, channel) == []


@pytest.mark.parametrize(
    ("command", "options"),
    [("setup", {}), ("alerts", {}), ("thread", {}), ("subscribe", {"where": "this channel"})],
)
async def test_what_takes_a_server_is_refused_in_one_sentence(
    filled: Library, connect: Connect, people: tuple[str, ...], command: str,
    options: dict[str, Any],
) -> None:  # fmt: skip
    server = await connect(filled)
    channel = server.fake.add_foreign_channel(*people)
    assert server.fake.offers(command, channel) == (command == "subscribe")
    used = await server.fake.slash("alice", command, channel=channel, **options)
    shown = await reply_to(server, used)
    in_no_server = "There is no channel here: choose “me”."
    expected = in_no_server if people and command == "subscribe" else REFUSED
    assert text_of(shown) == expected
    assert shown["flags"] == 64
    assert requests_to(server.fake, channel) == []
    assert server.bot.services.guild_settings.chosen() == {}


async def test_an_answer_keeps_its_buttons_and_a_question_its_context(
    library: Library, connect: Connect, people: tuple[str, ...]
) -> None:
    ingest(ListSource([HERON, *many(8)]), library)
    server = await connect(library)
    fake, channel = server.fake, server.fake.add_foreign_channel(*people)
    answer = await server.ask(QUESTION, channel=channel)
    for action, expected in (
        ("sources", "What this answer is based on"), ("similar", "The nearest papers"),
        ("again", "94.2%"), ("like", "Thank you"),
    ):  # fmt: skip
        clicked = await fake.click("alice", answer, button(answer, action))
        assert expected in words(await reply_to(server, clicked))
    more = await server.ask("and how long does its training take?", channel=channel)
    assert "3 hours" in text_of(more)
    clicked = await fake.click("alice", more, button(more, "sources"))
    assert "What this answer is based on" in words(await reply_to(server, clicked))
    asked = await fake.slash("bob", "why", channel=channel)
    assert "I remember no answer of mine" in words(await reply_to(server, asked))
    found = await fake.slash("alice", "search", channel=channel, text="birds")
    page = await reply_to(server, found)
    await fake.click("alice", page, buttons(page)[0])
    await fake.until(lambda: "Page 2" in text_of(found.original or {"embeds": []}), 5)
    assert requests_to(fake, channel) == []


async def test_messages_there_are_asked_about_and_typing_suggests_papers(
    filled: Library, connect: Connect
) -> None:
    server = await connect(filled)
    fake, channel = server.fake, server.fake.add_foreign_channel("alice", "bob")
    said = await fake.say("bob", f"look: {HERON.url}", channel)
    explained = await fake.menu("alice", "Explain this paper", said)
    assert "HeronNet" in words(await reply_to(server, explained))
    shown = await fake.menu("alice", "Ask about this", said)
    await shown.wait_ack()
    asked = await fake.submit("alice", shown, question="how accurate is it?", about=said["content"])
    assert "94.2%" in words(await reply_to(server, asked))
    typed = await fake.autocomplete("alice", "paper", "title", channel=channel, title="heron")
    assert (await typed.wait_ack())["data"]["choices"]
    assert requests_to(fake, channel) == []


@pytest.mark.slow
async def test_writing_ends_before_the_reply_cannot_be_edited_any_more(
    filled: Library, connect: Connect, monkeypatch: pytest.MonkeyPatch, people: tuple[str, ...]
) -> None:
    monkeypatch.setattr("bot.answers.message.EDITABLE_SECONDS", 1.0)
    server = await connect(filled, chat=held())
    channel = server.fake.add_foreign_channel(*people)
    answer = await server.ask(QUESTION, channel=channel)
    assert text_of(answer).endswith(OUT_OF_TIME)
    assert "94.2%" in text_of(answer)
    assert requests_to(server.fake, channel) == []


@pytest.mark.slow
async def test_a_restarted_bot_leaves_what_it_cannot_edit_until_somebody_clicks(
    filled: Library,
) -> None:
    async with judged() as fake:
        channel = fake.add_foreign_channel("alice")
        async with joined(fake, filled, chat=held()) as server:
            asked = await fake.slash("alice", "ask", channel=channel, question=QUESTION)
            await server.quoted(asked)
            message = asked.original or {}
            assert finished(message) is None
            assert server.bot.services.receipts.unfinished() == []
            as_it_was = deepcopy(message)
        message |= as_it_was  # as if it had been killed
        async with joined(fake, filled) as server:
            await fake.click("alice", message, button(message, "stop"))
            await fake.until(lambda: finished(message), 5)
            assert "I was restarted" in text_of(message)
            assert "94.2%" in text_of(message)
        assert requests_to(fake, channel) == []


@pytest.mark.parametrize("is_open", [True, False])
async def test_a_digest_comes_directly_if_a_direct_message_can_be_sent(
    filled: Library, connect: Connect, people: tuple[str, ...], *, is_open: bool
) -> None:
    server = await connect(filled, closed_to_bot=set() if is_open else {"alice"})
    fake, channel = server.fake, server.fake.add_foreign_channel(*people)
    used = await fake.slash("alice", "subscribe", channel=channel, topics="birds")
    shown = text_of(await reply_to(server, used))
    listed = await fake.slash("alice", "subscriptions", channel=channel)
    mine = text_of(await reply_to(server, listed))
    directly = [text_of(m) for m in server.answers() if m["channel_id"] != channel]
    if is_open:
        assert "Subscribed" in shown
        assert "birds" in mine
        assert "Your digest will come here" in directly[0]
    else:
        assert shown.startswith("I cannot write to you directly, so I have not subscribed you")
        assert "There is no subscription yet" in mine
        assert directly == []
    assert requests_to(fake, channel) == []
