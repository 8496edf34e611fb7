"""A question that is deleted while it is being answered."""

import asyncio
from types import SimpleNamespace
from typing import Any

import pytest

from bot.answers.in_flight import AnswersInFlight
from bot.answers.message import AnswerMessage
from bot.answers.receipts import Inquiry
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
async def test_deleting_a_question_deletes_its_answer(
    filled: Library, connect: Connect, many: bool
) -> None:
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


async def test_an_answer_that_cannot_be_deleted_is_finished(
    filled: Library, connect: Connect
) -> None:
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
    await server.fake.until(lambda: kept(filled) == [0, 0])  # of the question nothing stays


async def test_a_question_deleted_before_its_quotes_are_found_gets_no_answer(
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


# -- without Discord ------------------------------------------------------------------------


def message(*, user_id: int = 1, event_id: int = 2, message_id: int | None = None) -> AnswerMessage:
    reply: Any = SimpleNamespace(user_id=user_id, event_id=event_id, message_id=message_id)
    return AnswerMessage(reply, Inquiry(question="why?"), "", "")


async def test_stop_cancels_what_is_written_and_waits_for_it() -> None:
    in_flight, finished = AnswersInFlight(), False

    async def answer() -> None:
        nonlocal finished
        with in_flight.track(message()) as progress:
            while not progress.cancel.is_set():
                await asyncio.sleep(0.01)
        finished = True

    task = asyncio.create_task(answer())
    await asyncio.sleep(0)
    await in_flight.stop()
    await task
    assert finished
    assert in_flight.is_stopping
    in_flight.open()
    assert not in_flight.is_stopping


async def test_only_the_answer_in_this_message_is_stopped() -> None:
    in_flight = AnswersInFlight()
    with (
        in_flight.track(message(message_id=7)) as first,
        in_flight.track(message(message_id=8)) as second,
    ):
        assert in_flight.stop_one(7)
        assert not in_flight.stop_one(9)
        assert (first.cancel.is_set(), second.cancel.is_set()) == (True, False)
    assert not in_flight.stop_one(8)  # it is finished


async def test_a_deleted_question_and_a_forgotten_user_cancel_their_answers() -> None:
    in_flight = AnswersInFlight()
    with (
        in_flight.track(message(user_id=1, event_id=10)) as first,
        in_flight.track(message(user_id=2, event_id=20)) as second,
    ):
        in_flight.retract(10)
        in_flight.forget(2)
        assert (first.is_retracted, first.is_forgotten) == (True, False)
        assert (second.is_retracted, second.is_forgotten) == (False, True)
        assert first.cancel.is_set()
        assert second.cancel.is_set()


async def test_a_reply_waits_until_the_answer_before_it_is_stored() -> None:
    in_flight, order = AnswersInFlight(), list[str]()

    async def store() -> None:
        await asyncio.sleep(0.05)
        order.append("stored")

    sending = asyncio.create_task(in_flight.send(store()))
    await asyncio.sleep(0)
    await in_flight.settled()
    order.append("replied")
    await sending
    assert order == ["stored", "replied"]
