"""The button **Read the paper**: the same message, from its refusal to the paper's own words."""

import asyncio
from copy import deepcopy
from typing import Any

import pytest

from rag.library import Library
from tests.bot.answers.slow_model import held
from tests.discord_fake import Interaction
from tests.discord_server import (
    Connect,
    Server,
    button,
    buttons,
    choose,
    finished,
    joined,
    judged,
    text_of,
)
from tests.ingest.hub import Answer
from tests.ingest.slow_hub import options, slow_hub
from tests.rag.answering.test_full_text import TIDEWATER

QUESTION = "what weight decay does Tidewater use?"
ANSWER = "§Appendix B Hyperparameters, Table 4: Weight decay: 0.01"
REFUSAL = "does not say it"
WHOLE = "https://arxiv.org/html/2511.70001"


def actions(message: dict[str, Any]) -> list[str]:
    return [custom_id.split(":")[1] for custom_id in buttons(message)]


async def press(server: Server, user: str, message: dict[str, Any]) -> Interaction:
    pressed = await server.fake.click(user, message, button(message, "read"))
    await pressed.wait_ack()
    return pressed


async def private_words(server: Server, pressed: Interaction) -> str:
    """Return what only the user who pressed a button is told."""
    callback = await pressed.wait_ack()
    if "data" in callback:
        assert callback["data"]["flags"] == 64
        return text_of(callback["data"])
    (followup,) = await server.fake.until(lambda: pressed.followups)
    assert server.fake.messages[followup]["flags"] & 64
    return text_of(server.fake.messages[followup])


def answered(message: dict[str, Any]) -> bool:
    return bool(finished(message)) and REFUSAL not in text_of(message)


async def test_a_refusal_becomes_the_papers_own_words_in_one_message(
    papers: Library, connect: Connect
) -> None:
    with slow_hub() as hub:
        server = await connect(papers, bot_options=options(hub.served.url))
        message = await server.say("alice", f"{server.fake.mention} {QUESTION}")
        assert REFUSAL in text_of(message)
        assert actions(message) == ["read", "sources", "similar", "like", "dislike"]
        sent = len(server.answers())
        await press(server, "bob", message)
        await server.fake.until(lambda: "Reading “" in text_of(message))
        assert TIDEWATER.title in text_of(message)
        assert actions(message) == ["stop", "sources"]
        hub.go.set()
        await server.fake.until(lambda: answered(message))
        assert ANSWER in text_of(message)
        assert f"{ANSWER} [[1]](<{WHOLE}>)" in text_of(message)
        assert "Quoted word for word from the full text." in text_of(message)
        assert actions(message) == ["sources", "similar", "again", "like", "dislike"]
        assert len(server.answers()) == sent


async def test_two_people_press_at_once_and_one_fetch_is_made(
    papers: Library, connect: Connect
) -> None:
    with slow_hub() as hub:
        server = await connect(papers, bot_options=options(hub.served.url))
        message = await server.ask(QUESTION)
        other = await server.ask(QUESTION, user="bob")
        custom_id = button(message, "read")
        pressed = [await server.fake.click(user, message, custom_id) for user in ("alice", "bob")]
        callbacks = [await one.wait_ack() for one in pressed]
        assert sorted(callback["type"] for callback in callbacks) == [4, 6]
        (told,) = [callback["data"] for callback in callbacks if callback["type"] == 4]
        assert "This paper is being read" in text_of(told)
        assert told["flags"] == 64
        await press(server, "bob", other)  # another message about the same paper
        assert len(server.answers()) == 3  # two answers, and what only bob sees
        await server.fake.until(lambda: hub.served.asked)
        hub.go.set()
        for one in (message, other):
            await server.fake.until(lambda one=one: answered(one))
            assert ANSWER in text_of(one)
        assert [one.followups for one in pressed] == [[], []]
        assert hub.served.asked == [("/papers/2511.70001.md", {})]


async def test_others_are_answered_while_a_paper_is_read(papers: Library, connect: Connect) -> None:
    with slow_hub() as hub:
        server = await connect(papers, bot_options=options(hub.served.url))
        message = await server.ask(QUESTION)
        await press(server, "alice", message)
        await server.fake.until(lambda: hub.served.asked)
        others = [server.ask("how accurate is HeronNet?", user="bob") for _ in range(4)]
        for other in await asyncio.gather(*others):
            assert "94.2%" in text_of(other)
        assert finished(message) is None


@pytest.mark.slow
async def test_a_conversation_goes_on_from_what_was_read(papers: Library, connect: Connect) -> None:
    with slow_hub() as hub:
        hub.go.set()
        server = await connect(papers, bot_options=options(hub.served.url))
        message = await server.say("alice", f"{server.fake.mention} {QUESTION}")
        await press(server, "alice", message)
        await server.fake.until(lambda: answered(message))
        more = await server.say("alice", "and how many GPUs was it trained on?", reply_to=message)
        assert "four A6000 GPUs" in text_of(more)
        assert len(hub.served.asked) == 1
        receipt = await server.fake.click("bob", message, button(message, "sources"))
        assert "Weight decay: 0.01" in text_of((await receipt.wait_ack())["data"])


@pytest.mark.slow
async def test_the_button_works_after_a_restart(papers: Library) -> None:
    with slow_hub() as hub:
        hub.go.set()
        async with judged() as fake:
            async with joined(fake, papers, bot_options=options(hub.served.url)) as server:
                message = await server.ask(QUESTION)
            async with joined(fake, papers, bot_options=options(hub.served.url)) as server:
                await press(server, "bob", message)
                await fake.until(lambda: answered(message))
                assert ANSWER in text_of(message)
                assert message["embeds"][0]["title"] == QUESTION


@pytest.mark.slow
@pytest.mark.parametrize("is_killed", [False, True])
async def test_a_bot_that_ends_while_it_reads_leaves_the_button(
    papers: Library, *, is_killed: bool
) -> None:
    with slow_hub() as hub:
        async with judged() as fake:
            async with joined(fake, papers, bot_options=options(hub.served.url)) as server:
                message = await server.ask(QUESTION)
                await press(server, "alice", message)
                await fake.until(lambda: hub.served.asked and finished(message) is None)
                receipts = server.bot.services.receipts
                (stored,) = await fake.until(receipts.unfinished)
                as_it_was = {part: deepcopy(message[part]) for part in ("embeds", "components")}
                stopping = asyncio.create_task(server.bot.close())
                await fake.until(lambda: finished(message))  # at once, whatever the hub does
                await stopping
                hub.go.set()
            assert REFUSAL in text_of(message)
            assert actions(message)[0] == "read"
            assert receipts.unfinished() == []
            if is_killed:
                message |= as_it_was
                receipts.save(
                    stored.message_id, channel_id=stored.channel_id, user_id=stored.user_id,
                    event_id=stored.event_id, inquiry=stored.inquiry, receipt=stored.receipt,
                    unfinished=stored.unfinished,
                )  # fmt: skip
            async with joined(fake, papers, bot_options=options(hub.served.url)) as server:
                await fake.until(lambda: finished(message))
                assert ("I was restarted while I read the paper" in text_of(message)) == is_killed
                await press(server, "bob", message)
                await fake.until(lambda: answered(message))
                assert ANSWER in text_of(message)


FAILURES: list[tuple[Answer, str]] = [
    ((404, {}, b"<!doctype html>"), "knows no paper 2511.70001: open"),
    ((429, {"Retry-After": "42"}, b""), "allows no request for 42 seconds"),
    ((403, {}, b""), "answered 403: open"),
    ((200, {}, b"<!doctype html><html>"), "sent a web page in place of the paper's text"),
    (
        (200, {}, b"Title: T\n\nURL Source: https://huggingface.co/papers/2511.70001\n\n"
                  b"Markdown Content:\nOnly the abstract.\n"),
        "ArXiv has no HTML of 2511.70001, so only its abstract can be read here",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("answer", "sentence"), FAILURES)
async def test_a_failure_is_told_to_whoever_pressed_and_the_button_stays(
    papers: Library, connect: Connect, answer: Answer, sentence: str
) -> None:
    with slow_hub(answer) as hub:
        hub.go.set()
        server = await connect(papers, bot_options=options(hub.served.url))
        message = await server.ask(QUESTION)
        before = deepcopy(message)
        pressed = await press(server, "bob", message)
        told = await private_words(server, pressed)
        assert sentence in told
        assert told.endswith(": open the paper by its link, or try again later.")
        assert (text_of(message), actions(message)) == (text_of(before), actions(before))
        receipts = server.bot.services.receipts
        assert receipts.unfinished() == []
        again = await press(server, "alice", message)
        assert sentence.partition(":")[0][:12] in await private_words(server, again)


@pytest.mark.slow
async def test_stop_ends_the_reading(papers: Library, connect: Connect) -> None:
    with slow_hub() as hub:
        server = await connect(papers, bot_options=options(hub.served.url))
        message = await server.ask(QUESTION)
        await press(server, "bob", message)
        await server.fake.until(lambda: finished(message) is None)
        await server.fake.click("alice", message, button(message, "stop"))
        await server.fake.until(lambda: finished(message))
        assert REFUSAL in text_of(message)
        assert actions(message)[0] == "read"
        hub.go.set()  # it is read all the same, for the next question
        await server.fake.until(lambda: papers.full_texts.get(TIDEWATER.paper_id))
        await press(server, "bob", message)
        await server.fake.until(lambda: answered(message))
        assert len(hub.served.asked) == 1


@pytest.mark.slow
async def test_what_the_paper_does_not_say_either_says_what_was_read(
    papers: Library, connect: Connect
) -> None:
    with slow_hub() as hub:
        hub.go.set()
        server = await connect(papers, bot_options=options(hub.served.url))
        message = await server.ask("which tokenizer does it use?", paper=TIDEWATER.paper_id)
        await press(server, "alice", message)
        either = "and the paper does not say it either"
        await server.fake.until(lambda: finished(message) and either in text_of(message))
        assert "read: 15 sections, 26 paragraphs" in text_of(message)
        assert actions(message) == ["sources", "similar", "again", "like", "dislike"]


async def test_a_press_counts_as_a_question(papers: Library, connect: Connect) -> None:
    with slow_hub() as hub:
        server = await connect(papers, bot_options=options(hub.served.url))
        await choose(server, person_per_hour=1)
        message = await server.ask(QUESTION)
        pressed = await press(server, "alice", message)
        assert "You have asked 1 question within an hour" in await private_words(server, pressed)
        assert hub.served.asked == []
        assert REFUSAL in text_of(message)


@pytest.mark.slow
async def test_a_model_writes_from_what_was_read(papers: Library, connect: Connect) -> None:
    line = "Tidewater was trained on four A6000 GPUs for 38 hours [1]."
    with slow_hub() as hub:
        hub.go.set()
        chat = held(line)
        chat.go.set()
        server = await connect(papers, chat=chat, bot_options=options(hub.served.url))
        message = await server.ask("how many GPUs was Tidewater trained on?")
        await press(server, "alice", message)
        await server.fake.until(lambda: answered(message), 10)
        assert "four A6000 GPUs" in text_of(message)
        assert "Written by tiny model from the full text in" in text_of(message)
        assert f"(<{WHOLE}>)" in text_of(message)


@pytest.mark.slow
@pytest.mark.parametrize("way", ["mention", "ask", "menu", "direct message", "thread"])
async def test_papers_may_be_read_at_once(papers: Library, connect: Connect, way: str) -> None:
    with slow_hub() as hub:
        server = await connect(papers, bot_options=options(hub.served.url, when="always"))
        fake = server.fake
        if way in ("ask", "menu"):
            if way == "menu":
                said = await fake.say("bob", f"look: {TIDEWATER.url}")
                form = await fake.menu("alice", "Ask about this", said)
                await form.wait_ack()
                asked = await fake.submit(
                    "alice", form, question="what weight decay do they use?", about=said["content"]
                )
            else:
                asked = await fake.slash("alice", "ask", question=QUESTION)
            await server.quoted(asked)
            message = asked.original
        else:
            await choose(server, threads="always" if way == "thread" else "never")
            is_direct = way == "direct message"
            channel = await fake.open_dm("alice") if is_direct else fake.general
            said = await fake.say("alice", f"{fake.mention} {QUESTION}", channel)
            message = await fake.until(
                lambda: next((m for m in server.answers() if m["embeds"]), None)
            )
        assert message is not None
        assert "Reading “" in text_of(message)
        hub.go.set()
        await fake.until(lambda: finished(message), 10)
        assert "Weight decay: 0.01" in text_of(message)
        assert len(hub.served.asked) == 1


async def test_what_cannot_be_read_at_once_is_noted_below_the_refusal(
    papers: Library, connect: Connect
) -> None:
    with slow_hub((403, {}, b"")) as hub:
        hub.go.set()
        server = await connect(papers, bot_options=options(hub.served.url, when="always"))
        message = await server.ask(QUESTION)
        assert REFUSAL in text_of(message)
        assert "The paper itself was not read: 127.0.0.1" in text_of(message)
        assert actions(message)[0] == "read"


async def test_there_is_no_button_where_papers_are_never_read(
    papers: Library, connect: Connect
) -> None:
    async with judged() as fake:
        async with joined(fake, papers) as server:
            old = await server.ask(QUESTION)
        async with joined(
            fake, papers, bot_options=options("http://127.0.0.1:9", "never")
        ) as later:
            message = await later.ask(QUESTION)
            assert actions(message) == ["sources", "similar", "again", "like", "dislike"]
            await press(later, "alice", old)  # a button of before
            await fake.until(lambda: actions(old) == actions(message))
            assert REFUSAL in text_of(old)


@pytest.mark.slow
async def test_it_works_where_the_bot_is_not_a_member(papers: Library, connect: Connect) -> None:
    with slow_hub() as hub:
        server = await connect(papers, bot_options=options(hub.served.url))
        channel = server.fake.add_foreign_channel("alice", "bob")
        message = await server.ask(QUESTION, channel=channel)
        await press(server, "bob", message)
        await server.fake.until(lambda: finished(message) is None)
        hub.go.set()
        await server.fake.until(lambda: answered(message))
        assert ANSWER in text_of(message)


@pytest.mark.slow
async def test_a_spoiler_stays_one_while_the_paper_is_read(
    papers: Library, connect: Connect
) -> None:
    with slow_hub() as hub:
        server = await connect(papers, bot_options=options(hub.served.url))
        message = await server.ask("what weight decay does ||Tidewater|| use?")
        await press(server, "bob", message)
        await server.fake.until(lambda: finished(message) is None)
        for word in ("Reading", "Weight"):
            await server.fake.until(lambda word=word: word in text_of(message))
            shown = message["embeds"][0]["description"]
            assert shown.startswith("||")
            assert shown.endswith("||")
            hub.go.set()


@pytest.mark.slow
async def test_what_a_killed_bot_cannot_edit_is_stopped_and_read_again(papers: Library) -> None:
    with slow_hub() as hub:
        async with judged() as fake:
            channel = fake.add_foreign_channel("alice")
            async with joined(fake, papers, bot_options=options(hub.served.url)) as server:
                message = await server.ask(QUESTION, channel=channel)
                await press(server, "alice", message)
                await fake.until(lambda: finished(message) is None)
                as_it_was = {part: deepcopy(message[part]) for part in ("embeds", "components")}
                await server.bot.close()
                hub.go.set()
            message |= as_it_was  # as if it had been killed
            async with joined(fake, papers, bot_options=options(hub.served.url)) as server:
                await (await fake.click("alice", message, button(message, "stop"))).wait_ack()
                await fake.until(lambda: "I was restarted" in text_of(message))
                await press(server, "alice", message)
                await fake.until(lambda: answered(message) and ANSWER in text_of(message))
