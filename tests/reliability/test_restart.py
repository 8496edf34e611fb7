"""The bot ends in mid-answer, with and without a goodbye, and a new one starts on the same data."""

import asyncio
import signal
import sqlite3
from collections.abc import Awaitable, Callable
from contextlib import closing
from pathlib import Path
from typing import Any
from unittest.mock import AsyncMock

import pytest
from discord.ext import commands

from rag.library import Library
from tests.bot.answers.slow_model import HeldModel, held
from tests.bot.commands.test_run import TOKEN, config_of, running
from tests.discord_server import Server, button, buttons, finished, joined, judged, text_of

QUESTION = "how accurate is HeronNet compared with human counters?"
LEFT = "I was restarted while I wrote an answer; these are the quoted sentences."


async def vanish(server: Server, chat: HeldModel) -> None:
    """Take the client away without a goodbye: no edit leaves it any more, whatever it still does.

    (A whole process is killed in the last test.)
    """
    await commands.Bot.close(server.bot)
    chat.go.set()


async def ask(server: Server) -> dict[str, Any]:
    """Ask by command; return the message while it is being written."""
    asked = await server.fake.slash("alice", "ask", question=QUESTION)
    await server.quoted(asked)
    await noted(server, asked.original)
    return dict_of(asked.original)


async def mention(server: Server) -> dict[str, Any]:
    """Ask by a mention; return the message while it is being written."""
    said = await server.fake.say("alice", f"{server.fake.mention} {QUESTION}")
    message = await server.fake.until(lambda: server.reply_to(said))
    await noted(server, message)
    return dict_of(message)


def dict_of(message: dict[str, Any] | None) -> dict[str, Any]:
    assert message is not None
    return message


async def noted(server: Server, message: dict[str, Any] | None) -> None:
    """Wait until the bot has written down what it would show."""
    number = int(dict_of(message)["id"])
    await server.fake.until(lambda: (k := server.bot.services.receipts.get(number)) and k.receipt)


@pytest.mark.slow
@pytest.mark.parametrize("begin", [ask, mention])
async def test_an_unfinished_message_says_what_happened_and_its_buttons_answer(
    filled: Library, begin: Callable[[Server], Awaitable[dict[str, Any]]]
) -> None:
    async with judged() as fake:
        chat = held()
        async with joined(fake, filled, chat=chat) as server:
            message = await begin(server)
            assert not finished(message)
            old_stop = button(message, "stop")
            await vanish(server, chat)
        assert not finished(message)
        async with joined(fake, filled, chat=held()) as server:
            await fake.until(lambda: finished(message), 10)
            assert "“HeronNet reaches 94.2%" in text_of(message)
            assert LEFT in text_of(message)
            assert old_stop not in buttons(message)
            receipt = await fake.click("bob", message, button(message, "sources"))
            assert QUESTION in text_of((await receipt.wait_ack())["data"])
            down = await fake.click("bob", message, button(message, "dislike"))
            assert (await down.wait_ack())["type"] == 9
            near = await fake.click("bob", message, button(message, "similar"))
            await server.quoted(near)
            anew = await fake.click("alice", message, button(message, "again"))
            await server.quoted(anew)
            assert "94.2%" in text_of(dict_of(anew.original))
        assert len([body for _, body in fake.edits(message["id"]) if LEFT in str(body)]) == 1


@pytest.mark.protection(
    "bot.answers.record.AnswerRecord.is_answered", AsyncMock(return_value=False)
)
async def test_b7_nobody_is_answered_twice_whatever_discord_says_once_more(filled: Library) -> None:
    async with judged(nonce_life=0) as fake:  # which would show an answer once, too
        chat = held()
        async with joined(fake, filled, chat=chat) as server:
            finished_one = await fake.say("bob", f"{fake.mention} what do bakers find?")
            await fake.until(lambda: server.reply_to(finished_one))
            said = await fake.say("alice", f"{fake.mention} {QUESTION}")
            message = await fake.until(lambda: server.reply_to(said))
            await noted(server, message)
            await vanish(server, chat)
        async with joined(fake, filled) as server:
            await fake.gateway.publish(said)
            await fake.gateway.publish(finished_one)
            await fake.until(lambda: finished(message), 10)
            await server.say("bob", f"{fake.mention} and now?")  # what came before it is done
            replied = [m["message_reference"]["message_id"] for m in server.answers()]
            assert len(replied) == len(set(replied)) == 3


async def test_an_answer_that_was_never_given_says_so_and_can_be_asked_again(
    filled: Library,
) -> None:
    async with judged() as fake:
        async with joined(fake, filled) as server:
            waiting, over = asyncio.Event(), asyncio.Event()

            async def never(*args: object, **kwargs: object) -> None:
                waiting.set()
                await over.wait()
                raise asyncio.CancelledError

            server.bot.services.executor.quote = never  # type: ignore[assignment]
            asked = await fake.slash("alice", "ask", question=QUESTION)
            await asked.wait_ack()
            await waiting.wait()
            await fake.until(server.bot.services.receipts.unfinished)
            await commands.Bot.close(server.bot)
        message = dict_of(asked.original)
        async with joined(fake, filled) as server:
            await fake.until(lambda: message["embeds"], 10)
            assert "I was restarted before I could answer this" in text_of(message)
            anew = await fake.click("alice", message, button(message, "again"))
            await anew.wait_ack()
            assert "94.2%" in text_of(await fake.until(lambda: finished(anew.original), 10))
        over.set()
        await asyncio.sleep(0)


async def vanish_before_a_reply(server: Server, said: dict[str, Any]) -> None:
    """Take the client away while it looks for what it will quote."""
    waiting = asyncio.Event()

    async def never(*args: object, **kwargs: object) -> None:
        waiting.set()
        await asyncio.Event().wait()

    server.bot.services.executor.quote = never  # type: ignore[assignment]
    await server.fake.gateway.publish(said)
    await waiting.wait()
    await server.fake.until(server.bot.services.receipts.unfinished)
    await commands.Bot.close(server.bot)


async def test_a_mention_that_got_no_reply_is_told_so_and_can_be_asked_again(
    filled: Library,
) -> None:
    async with judged() as fake:
        async with joined(fake, filled) as server:
            mention = f"{fake.mention} {QUESTION}"
            said = fake.world.new_message(fake.general, fake.world.user("alice"), {
                "content": mention, "allowed_mentions": {"parse": ["users"]},
            })  # fmt: skip
            await vanish_before_a_reply(server, said)
            assert server.answers() == []
        async with joined(fake, filled) as server:
            told = await fake.until(lambda: server.reply_to(said), 10)
            assert "I was restarted before I could answer this" in text_of(told)
            await fake.until(lambda: server.bot.services.receipts.get(int(told["id"])))
            await fake.gateway.publish(said)  # Discord says it once more
            anew = await fake.click("alice", told, button(told, "again"))
            await anew.wait_ack()
            assert "94.2%" in text_of(await fake.until(lambda: finished(anew.original), 10))
            replied = [m for m in server.answers() if m.get("message_reference")]
            assert replied == [told]
        async with joined(fake, filled) as server:
            assert server.bot.services.receipts.unfinished() == []


async def test_nobody_is_told_whose_question_is_gone(filled: Library) -> None:
    async with judged() as fake:
        async with joined(fake, filled) as server:
            said = fake.world.new_message(fake.general, fake.world.user("alice"), {
                "content": f"{fake.mention} {QUESTION}",
                "allowed_mentions": {"parse": ["users"]},
            })  # fmt: skip
            await vanish_before_a_reply(server, said)
        del fake.messages[said["id"]]
        async with joined(fake, filled) as server:
            await fake.until(lambda: not server.bot.services.receipts.unfinished(), 10)
            assert server.answers() == []


async def test_stop_works_where_the_new_bot_could_not_mend_the_message(filled: Library) -> None:
    async with judged() as fake:
        chat = held()
        async with joined(fake, filled, chat=chat) as server:
            message = await ask(server)
            await vanish(server, chat)
        fault: Any = ("PATCH /channels", 400, {"code": 0, "message": "?"}, {})
        fake.fail_next.append(fault)
        async with joined(fake, filled) as server:
            await fake.until(lambda: not fake.fail_next)
            assert not finished(message)
            stopped = await fake.click("alice", message, button(message, "stop"))
            assert (await stopped.wait_ack())["type"] == 7
            assert LEFT in text_of(message)
            assert finished(message)
            await fake.until(lambda: not server.bot.services.receipts.unfinished())


async def test_a_message_that_was_never_noted_is_ended_by_whoever_presses_a_button(
    filled: Library,
) -> None:
    async with judged() as fake:
        chat = held()
        async with joined(fake, filled, chat=chat) as server:
            message = await ask(server)
            await vanish(server, chat)
            server.bot.services.receipts.drop(
                int(message["id"])
            )  # killed before it was written down
        async with joined(fake, filled):
            pressed = await fake.click("bob", message, button(message, "sources"))
            await pressed.wait_ack()
            await fake.until(lambda: pressed.followups)
            assert finished(message)
            assert "I was restarted while writing this." in text_of(message)
            assert "94.2%" in text_of(message)
            assert buttons(message) == []


async def test_a_deleted_or_forbidden_message_is_left_alone(filled: Library) -> None:
    async with judged() as fake:
        chat = held()
        async with joined(fake, filled, chat=chat) as server:
            message = await ask(server)
            await vanish(server, chat)
        del fake.messages[message["id"]]
        async with joined(fake, filled) as server:
            await fake.until(lambda: not server.bot.services.receipts.unfinished(), 10)


@pytest.mark.slow
async def test_a_goodbye_ends_every_answer_and_the_next_bot_finds_none_unfinished(
    filled: Library,
) -> None:
    async with judged() as fake:
        async with joined(fake, filled, chat=held()) as server:
            first = await ask(server)
            second = await mention(server)
            await server.bot.close()
            for message in (first, second):
                assert finished(message)
                assert "The answer was stopped" in text_of(message)
        async with joined(fake, filled) as server:
            assert server.bot.services.receipts.unfinished() == []
            for message in (first, second):
                assert len([b for _, b in fake.edits(message["id"]) if LEFT in str(b)]) == 0
                receipt = await fake.click("bob", message, button(message, "sources"))
                assert QUESTION in text_of((await receipt.wait_ack())["data"])


async def test_a_form_that_was_open_over_the_restart_is_still_read(filled: Library) -> None:
    async with judged() as fake:
        async with joined(fake, filled) as server:
            answer = await server.ask(QUESTION)
            down = await fake.click("bob", answer, button(answer, "dislike"))
            await down.wait_ack()
            said = await fake.say("bob", "I read about HeronNet, the detector of wading birds")
            about = await fake.menu("alice", "Ask about this", said)
            await about.wait_ack()
            forget = await fake.slash("bob", "forget")
            confirm = await fake.until(lambda: (m := forget.original) and m["content"] and m)
            await server.bot.close()
        async with joined(fake, filled):
            sent = await fake.submit("bob", down, reason="It says too little.")
            await sent.wait_message("I have noted")
            asked = await fake.submit(
                "alice", about, question="how long does it train?", about=said["content"]
            )
            await asked.wait_ack()
            answer = await fake.until(lambda: finished(asked.original), 10)
            assert "3 hours" in text_of(answer)
            yes = await fake.click("bob", confirm, "forget:yes")
            await yes.wait_message("Removed: 1 thumb")


def count(folder: Path, condition: str) -> int:
    """Return how many receipts there are in a data folder that another process writes."""
    with closing(sqlite3.connect(folder / "paperboy.sqlite")) as database:
        row = database.execute(f"SELECT COUNT(*) FROM receipts WHERE {condition}").fetchone()
    return int(row[0])


@pytest.mark.slow
async def test_a_killed_process_leaves_a_message_that_the_next_one_mends(
    tmp_path: Path, starter_folder: Path, copying_model: Path
) -> None:
    question = "which paper has an overuse penalty?"
    config = Path(config_of(tmp_path, copying_model))
    config.write_text(config.read_text().replace("max_tokens = 200", "max_tokens = 3000"))
    arguments = ("--data-dir", str(starter_folder), "--config", str(config), "run")
    async with judged(token=TOKEN) as fake:
        async with running(fake, *arguments) as process:
            await fake.until(lambda: fake.identifies, 40)
            asked = await fake.slash("alice", "ask", question=question)
            await asked.wait_ack()
            message = dict_of(asked.original)
            await fake.until(lambda: count(starter_folder, "unfinished IS NOT NULL"), 20)
            await fake.until(lambda: count(starter_folder, "receipt IS NOT NULL"), 20)
            assert not finished(message)
            process.send_signal(signal.SIGKILL)
            await process.wait()
        async with running(fake, *arguments) as process:
            await fake.until(lambda: finished(message), 60)
            assert LEFT in text_of(message)
            await fake.until(lambda: fake.identifies == 2, 40)
            receipt = await fake.click("alice", message, button(message, "sources"))
            assert question in text_of((await receipt.wait_ack())["data"])
            process.send_signal(signal.SIGTERM)
            await asyncio.wait_for(process.wait(), 15)
    assert len([m for m in fake.messages.values() if m["author"] is fake.bot]) == 2  # + receipt
