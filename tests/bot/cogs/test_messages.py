"""Messages that address the bot are answered, others are not."""

import asyncio

from rag.library import Library
from tests.discord_server import Connect, choose, text_of
from tests.papers import QUESTION

QUIET_SECONDS = 0.4  # in which an answer would have come


async def test_a_mention_a_reply_and_a_thread_continue_the_conversation(
    filled: Library, connect: Connect
) -> None:
    server = await connect(filled)
    fake = server.fake
    first = await server.say("alice", f"{fake.mention} {QUESTION}")
    assert "94.2%" in text_of(first)
    second = await server.say("alice", "and how many hours of training?", reply_to=first)
    assert "3 hours" in text_of(second)
    assert "HeronNet" in text_of(second)
    third = await server.say("bob", "and on which benchmark was it?", reply_to=second, ping=False)
    assert "MarshCount" in text_of(third)
    thread = await fake.start_thread("alice", first)
    fourth = await server.say("alice", "and how many hours of training?", channel=thread)
    assert "3 hours" in text_of(fourth)


async def test_in_a_thread_users_are_distinguished(filled: Library, connect: Connect) -> None:
    server = await connect(filled)
    await choose(server, threads="always")
    fake = server.fake
    said = await fake.say("alice", f"{fake.mention} {QUESTION}")
    await fake.until(lambda: server.answers(), 5)
    thread = server.answers()[0]["channel_id"]
    assert fake.channels[thread]["owner_id"] == fake.bot["id"]
    assert thread == said["id"]
    bob = await server.say("bob", "what do bakers find in PastryBench?", channel=thread)
    assert "97%" in text_of(bob)
    alice = await server.say("alice", "and how many hours of training?", channel=thread)
    assert "3 hours" in text_of(alice)
    again = await server.say("bob", "and how many recipes does it have?", channel=thread)
    assert "1,200 recipes" in text_of(again)


async def test_a_direct_message_is_a_question(filled: Library, connect: Connect) -> None:
    server = await connect(filled)
    channel = await server.fake.open_dm("alice")
    answer = await server.say("alice", QUESTION, channel=channel)
    assert "94.2%" in text_of(answer)
    more = await server.say("alice", "and how many hours of training?", channel=channel)
    assert "3 hours" in text_of(more)


async def test_a_mention_in_a_reply_uses_the_replied_message_as_context(
    filled: Library, connect: Connect
) -> None:
    server = await connect(filled)
    said = await server.fake.say("bob", "I read about HeronNet, the detector of wading birds")
    answer = await server.say(
        "alice", f"{server.fake.mention} how many hours does its training take?", reply_to=said
    )
    assert "3 hours" in text_of(answer)


async def test_messages_that_do_not_address_the_bot_are_ignored(
    filled: Library, connect: Connect
) -> None:
    server = await connect(filled)
    fake = server.fake
    fake.add_user("another bot", bot=True)
    said = await fake.say("alice", QUESTION)
    await fake.say("another bot", f"{fake.mention} {QUESTION}")
    await fake.say("bob", QUESTION, reply_to=said)
    thread = await fake.start_thread("alice", said)
    await fake.say("alice", QUESTION, channel=thread)
    await asyncio.sleep(QUIET_SECONDS)
    assert server.answers() == []


async def test_a_mention_without_text_gets_a_hint(filled: Library, connect: Connect) -> None:
    server = await connect(filled)
    answer = await server.say("alice", server.fake.mention)
    assert "Ask me something" in text_of(answer)
