"""Conversations in threads: moved there, kept to a paper, widened where the paper does not say."""

from typing import Any

import pytest

from bot.conversation.threads import LONG, wants_thread
from rag.library import Library
from rag.pipeline import WIDENED
from tests.discord_fake.permissions import EVERYTHING, START_THREADS
from tests.discord_server import Connect, Server, choose, text_of
from tests.papers import HERON

QUESTION = "how accurate is HeronNet compared with human counters?"
MORE = "and how many hours of training?"


async def first_in(server: Server, channel: str) -> dict[str, Any]:
    """Return the bot's first message in a channel."""
    found = await server.fake.until(
        lambda: [m for m in server.answers() if m["channel_id"] == channel], 10
    )
    return found[0]


async def card_thread(server: Server) -> str:
    """Show HeronNet's card and start a thread from it."""
    shown = await server.fake.slash("alice", "paper", title=HERON.title)
    await server.quoted(shown)
    assert shown.original is not None
    return await server.fake.start_thread("alice", shown.original)


@pytest.mark.parametrize(
    "words",
    ["thread please", "Let's continue in a thread", "can you move this to a thread?",
     "please open a thread", "Can we take this into a new thread, please?"],
)  # fmt: skip
def test_a_thread_is_requested_in_words(words: str) -> None:
    assert wants_thread(words)


@pytest.mark.parametrize(
    "words",
    ["which paper is about a thread of thought?", "how many threads does it start?", QUESTION],
)
def test_a_question_about_threads_is_a_question(words: str) -> None:
    assert not wants_thread(words)


@pytest.mark.parametrize("way", ["words", "command"])
async def test_a_conversation_moves_on_request(filled: Library, connect: Connect, way: str) -> None:
    server = await connect(filled)
    fake = server.fake
    first = await server.say("alice", f"{fake.mention} {QUESTION}")
    second = await server.say("bob", MORE, reply_to=first)
    if way == "words":
        await fake.say("bob", "let's continue in a thread", reply_to=second)
    else:
        told = await fake.slash("bob", "thread")
        await told.wait_ack()
        await fake.until(lambda: "Let us continue in" in str(told.original), 5)
    opening = await first_in(server, second["id"])
    alice, bob = (f"<@{fake.users[name]['id']}>" for name in ("alice", "bob"))
    assert text_of(opening).splitlines() == [
        "Let us continue here; there is no need to mention me. So far:",
        f"{alice}: {QUESTION}",
        f"{bob}: {MORE}",
    ]
    assert fake.channels[second["id"]]["name"] == QUESTION
    third = await server.say("bob", "and on which benchmark was it?", channel=second["id"])
    assert "MarshCount" in text_of(third)
    fourth = await server.say("bob", MORE, channel=second["id"], reply_to=opening)
    assert "3 hours" in text_of(fourth)


async def test_where_nothing_can_be_moved_it_says_why(filled: Library, connect: Connect) -> None:
    server = await connect(filled, everybody_may=EVERYTHING & ~START_THREADS)
    fake = server.fake

    async def told_by_command() -> str:
        told = await fake.slash("alice", "thread")
        await told.wait_ack()
        await fake.until(lambda: told.original["embeds"], 5)
        return text_of(told.original)

    assert "ask me something first" in await told_by_command()
    said = await server.say("alice", f"{fake.mention} thread please")
    assert "ask me something first" in text_of(said)
    answer = await server.say("alice", f"{fake.mention} {QUESTION}")
    assert "the permission Create Public Threads" in await told_by_command()
    fake.everybody_may = EVERYTHING
    lost = await server.say("bob", f"{fake.mention} {QUESTION}")
    del fake.messages[lost["id"]]
    gone = await fake.slash("bob", "thread")
    await gone.wait_ack()
    await fake.until(lambda: gone.original["embeds"], 5)
    assert "My last answer to you is gone" in text_of(gone.original)
    thread = await fake.start_thread("alice", answer)
    assert "There is a thread under that answer already" in await told_by_command()
    here = await server.say("alice", "open a thread", channel=thread)
    assert "We are in a thread already" in text_of(here)
    alone = await fake.open_dm("alice")
    await server.say("alice", QUESTION, channel=alone)
    direct = await server.say("alice", "open a thread", channel=alone)
    assert "There are no threads here" in text_of(direct)


async def test_a_long_conversation_moves_if_the_server_chose_that(
    filled: Library, connect: Connect
) -> None:
    server = await connect(filled)
    await choose(server, threads="long")
    answer = await server.say("alice", f"{server.fake.mention} {QUESTION}")
    for _ in range(LONG - 1):
        answer = await server.say("alice", MORE, reply_to=answer)
        assert answer["channel_id"] == server.fake.general
    said = await server.fake.say("alice", "and on which benchmark was it?", reply_to=answer)
    moved = await first_in(server, said["id"])
    assert "MarshCount" in text_of(moved)
    assert server.fake.channels[said["id"]]["name"] == QUESTION
    after = await server.say("alice", MORE, channel=said["id"])
    assert "3 hours" in text_of(after)


async def test_a_thread_on_a_card_is_about_its_paper_unless_it_says_nothing(
    filled: Library, connect: Connect
) -> None:
    server = await connect(filled)
    thread = await card_thread(server)
    for question, shown in (
        ("how long does training take?", "3 hours"),
        ("who wrote it?", "A. One"),
        ("on which benchmark was it?", "MarshCount"),
    ):
        answer = await server.say("alice", question, channel=thread)
        assert shown in text_of(answer)
        assert HERON.title in text_of(answer)
        assert WIDENED not in text_of(answer)
    wider = await server.say("bob", "which errors do bakers find in recipes?", channel=thread)
    assert "97%" in text_of(wider)
    assert WIDENED in text_of(wider)
    other = await server.say("bob", "how many recipes does PastryBench have?", channel=thread)
    assert "1,200" in text_of(other)
    assert WIDENED not in text_of(other)
    back = await server.say("alice", "and how long does training take?", channel=thread)
    assert "3 hours" in text_of(back)


async def test_a_reply_to_a_card_is_about_its_paper(filled: Library, connect: Connect) -> None:
    server = await connect(filled)
    shown = await server.fake.slash("alice", "paper", title=HERON.title)
    await server.quoted(shown)
    answer = await server.say("bob", "how long does training take?", reply_to=shown.original)
    assert "3 hours" in text_of(answer)
    assert HERON.title in text_of(answer)


async def test_a_thread_from_a_card_is_known_after_a_restart(
    filled: Library, connect: Connect
) -> None:
    server = await connect(filled)
    thread = await card_thread(server)
    server.bot._connection._messages.clear()
    server.bot.threads._roots.clear()
    for _ in range(2):
        answer = await server.say("alice", "how long does training take?", channel=thread)
        assert "3 hours" in text_of(answer)
    fetched = [entry for entry in server.fake.log if entry[0].startswith("GET /channels/{c}/mess")]
    assert len(fetched) == 1
