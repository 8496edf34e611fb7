"""What a question goes on from: up the replies, in a thread, and never from elsewhere."""

from typing import Any, ClassVar

import pytest
from langchain_core.language_models.fake_chat_models import GenericFakeChatModel
from langchain_core.messages import AIMessage

from rag.library import Library
from tests.discord_fake.permissions import EVERYTHING, READ_HISTORY
from tests.discord_server import Connect, choose, text_of

QUESTION = "how accurate is HeronNet compared with human counters?"
MORE = "and how many hours of training?"


async def test_words_of_several_people_are_followed_back_to_an_answer(
    filled: Library, connect: Connect
) -> None:
    server = await connect(filled)
    fake = server.fake
    answer = await server.say("alice", f"{fake.mention} {QUESTION}")
    doubt = await fake.say("bob", "<@1> I doubt that", reply_to=answer, ping=False)
    agreed = await fake.say("carol", "So do I", reply_to=doubt)
    last = await server.say("dora", f"{fake.mention} {MORE}", reply_to=agreed)
    assert "3 hours" in text_of(last)


async def test_without_the_history_one_level_is_followed(filled: Library, connect: Connect) -> None:
    server = await connect(filled, everybody_may=EVERYTHING & ~READ_HISTORY)
    fake = server.fake
    said = await fake.say("bob", "I read about HeronNet")
    server.bot._connection._messages.clear()
    agreed = await fake.say("carol", "Me too", reply_to=said)
    await fake.say("dora", f"{fake.mention} {MORE}", reply_to=agreed)
    await fake.until(server.answers, 10)
    assert not [entry for entry in fake.log if entry[0].startswith("GET /channels/{c}/mess")]


async def test_a_reply_to_a_long_or_wordless_message_is_answered(
    filled: Library, connect: Connect
) -> None:
    server = await connect(filled)
    for above in ("HeronNet counts herons. " * 83, "🐦"):
        said = await server.fake.say("bob", above)
        answer = await server.say("alice", f"{server.fake.mention} {QUESTION}", reply_to=said)
        assert "94.2%" in text_of(answer)


async def test_in_a_thread_of_others_the_first_message_is_context(
    filled: Library, connect: Connect
) -> None:
    server = await connect(filled)
    said = await server.fake.say("bob", "I read about HeronNet, the detector of wading birds")
    thread = await server.fake.start_thread("bob", said)
    answer = await server.say(
        "alice", f"{server.fake.mention} how many hours does its training take?", channel=thread
    )
    assert "3 hours" in text_of(answer)


class Listener(GenericFakeChatModel):
    """Keeps what it is asked."""

    asked: ClassVar[list[str]] = []

    def _stream(self, messages: Any, *args: Any, **kwargs: Any) -> Any:
        self.asked.append("\n".join(message.text for message in messages))
        return super()._stream(messages, *args, **kwargs)


@pytest.mark.slow
async def test_the_model_sees_who_asks(filled: Library, connect: Connect) -> None:
    lines = [AIMessage("It takes 3 hours [1].")] * 3
    model = Listener(messages=iter(lines))
    server = await connect(filled, chat=model)
    fake = server.fake
    first = await server.say("alice", f"{fake.mention} {QUESTION}")
    turns = server.bot.services.conversations.turns
    await fake.until(lambda: turns(int(first["id"]))[-1].exchanges)  # stored after the last edit
    await server.say("bob", MORE, reply_to=first)
    await server.say("alice", QUESTION, channel=await fake.open_dm("alice"))
    alone, together, direct = model.asked
    assert f"Question by Alice: {QUESTION}" in alone
    assert f"Question by Alice: {QUESTION}" in together
    assert f"Question by Bob: {MORE}" in together
    assert f"Question: {QUESTION}" in direct
    assert "Bob" not in direct


async def test_in_an_ask_channel_each_user_continues_their_own_question(
    filled: Library, connect: Connect
) -> None:
    server = await connect(filled)
    await choose(server, ask_channels={int(server.fake.general)})
    assert "94.2%" in text_of(await server.say("alice", QUESTION))
    assert "97%" in text_of(await server.say("bob", "what do bakers find in PastryBench?"))
    assert "3 hours" in text_of(await server.say("alice", MORE))
    assert "1,200" in text_of(await server.say("bob", "and how many recipes does it have?"))
