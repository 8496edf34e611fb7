"""A question that is deleted while it is being answered."""

import asyncio
from typing import Any

import pytest

from rag.library import Library
from tests.bot.answers.slow_model import held
from tests.discord_server import Connect, Server, finished, text_of

QUESTION = "how accurate is HeronNet compared with human counters?"


def kept(library: Library) -> list[int]:
    """Return how many rows there are of what was asked."""
    return [
        library.catalog.database.connection.execute(f"SELECT COUNT(*) FROM {table}").fetchone()[0]
        for table in ("conversations", "receipts")
    ]


async def nobody_is_answered(server: Server) -> None:
    await server.fake.until(lambda: not server.bot.services.in_flight._answers, 10)


@pytest.mark.parametrize("many", [False, True])
async def test_its_answer_goes_with_it(filled: Library, connect: Connect, many: bool) -> None:
    server = await connect(filled, chat=held())
    fake = server.fake
    said = await fake.say("alice", f"{fake.mention} {QUESTION}")
    answer = await fake.until(lambda: server.reply_to(said), 10)
    assert not finished(answer)
    if many:
        ids = {"ids": [said["id"]], "channel_id": said["channel_id"], "guild_id": fake.guild}
        await fake.dispatch("MESSAGE_DELETE_BULK", ids)
    else:
        await fake.delete(said)
    await fake.until(lambda: answer["id"] not in fake.messages, 10)
    await nobody_is_answered(server)
    assert kept(filled) == [0, 0]
    assert server.answers() == []


async def test_where_it_cannot_be_removed_it_is_finished(filled: Library, connect: Connect) -> None:
    server = await connect(filled, chat=held())
    fake = server.fake
    said = await fake.say("alice", f"{fake.mention} {QUESTION}")
    answer = await fake.until(lambda: server.reply_to(said), 10)
    fake.fail_next.append(("DELETE /channels", 403, {"code": 50013, "message": "no"}, {}))
    await fake.delete(said)
    await fake.until(lambda: finished(answer), 10)
    assert "The answer was stopped" in text_of(answer)


async def test_a_finished_answer_stays(filled: Library, connect: Connect) -> None:
    server = await connect(filled)
    fake = server.fake
    said = await fake.say("alice", f"{fake.mention} {QUESTION}")
    answer = await server.answer_to(said)
    await nobody_is_answered(server)
    await fake.delete(said)
    await asyncio.sleep(0.1)
    assert answer["id"] in fake.messages
    assert kept(filled) == [1, 1]


async def test_one_that_is_deleted_before_its_quotes_are_found_gets_none(
    filled: Library, connect: Connect
) -> None:
    server = await connect(filled)
    fake, bot = server.fake, server.bot
    ask, asked, go = bot.services.executor.quote, asyncio.Event(), asyncio.Event()

    async def slowly(*args: Any, **options: Any) -> Any:
        asked.set()
        await go.wait()
        return await ask(*args, **options)

    bot.services.executor.quote = slowly
    said = await fake.say("alice", f"{fake.mention} {QUESTION}")
    await asked.wait()
    await fake.delete(said)
    await fake.until(lambda: any(answer.is_retracted for answer in bot.services.in_flight._answers))
    go.set()
    await nobody_is_answered(server)
    assert server.answers() == []
    assert kept(filled) == [0, 0]
