"""The buttons under an answer, their forms, the menu of a message, /why and /forget."""

from dataclasses import replace
from typing import Any

import pytest

from bot.access.guild_settings import Group
from rag.library import Library
from rag.records import Question
from tests.bot.answers.listing import listing
from tests.bot.answers.slow_model import held
from tests.discord_server import (
    MODEL_NAME,
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
from tests.papers import HERON, PASTRY, TIDAL

QUESTION = "how accurate is HeronNet compared with human counters?"


async def shown(server: Server, interaction: Any) -> dict[str, Any]:
    """Return the message that an interaction was answered with, once it says something."""
    await interaction.wait_ack()
    return await server.fake.until(
        lambda: (m := interaction.original) and (m["embeds"] or m["content"]) and m
    )


async def told(server: Server, interaction: Any) -> str:
    """Return what only the person is told after a button changed its message."""
    await interaction.wait_ack()
    (followup,) = await server.fake.until(lambda: interaction.followups)
    message = server.fake.messages[followup]
    assert message["flags"] & 64  # ephemeral
    return text_of(message)


def rows(library: Library, sql: str) -> list[tuple[Any, ...]]:
    return [tuple(row) for row in library.catalog.database.connection.execute(sql)]


def actions(message: dict[str, Any]) -> list[str]:
    return [custom_id.split(":")[1] for custom_id in buttons(message)]


FINISHED = ["sources", "similar", "again", "like", "dislike"]


@pytest.mark.slow
async def test_stop_belongs_to_the_asker_and_leaves_the_quotes(
    filled: Library, connect: Connect
) -> None:
    server = await connect(filled, chat=held())
    fake = server.fake
    asked = await fake.slash("alice", "ask", question=QUESTION)
    await server.quoted(asked)
    message = asked.original
    assert actions(message) == ["stop", "sources"]
    custom_id = button(message, "stop")
    clicked = await fake.click("alice", message, custom_id)
    assert (await clicked.wait_ack())["type"] == 6
    await fake.until(lambda: finished(message), 10)
    assert "“HeronNet reaches 94.2%" in text_of(message)
    assert "The answer was stopped" in text_of(message)
    assert actions(message) == FINISHED


@pytest.mark.slow
async def test_others_may_not_stop_unless_they_may_delete_messages(
    filled: Library, connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = await connect(filled, chat=held())
    fake = server.fake
    said = await fake.say("alice", f"{fake.mention} {QUESTION}")
    message = await fake.until(lambda: server.reply_to(said))
    custom_id = button(message, "stop")
    with monkeypatch.context() as patch:
        patch.setattr(fake.world, "permissions_of", lambda person: "0")
        refused = await fake.click("bob", message, custom_id)
        assert "Only the person who asked can stop this answer" in str(await refused.wait_ack())
        assert (await refused.wait_ack())["data"]["flags"] == 64
    assert not finished(message)
    await (await fake.click("bob", message, custom_id)).wait_ack()  # may do everything now
    await fake.until(lambda: finished(message), 10)
    assert "The answer was stopped" in text_of(message)


@pytest.mark.slow
async def test_an_answer_in_the_queue_can_be_stopped(filled: Library, connect: Connect) -> None:
    chat = held()
    server = await connect(filled, chat=chat)
    fake = server.fake
    first = await fake.slash("alice", "ask", question=QUESTION)
    await server.quoted(first)
    second = await fake.slash("bob", "ask", question=QUESTION)
    await server.quoted(second)
    await fake.until(lambda: "1 person is in front of you" in text_of(second.original))
    await fake.click("bob", second.original, button(second.original, "stop"))
    await fake.until(lambda: finished(second.original), 10)
    assert "The answer was stopped" in text_of(second.original)
    assert not finished(first.original)
    chat.go.set()
    await fake.until(lambda: finished(first.original), 10)
    assert "Written by" in text_of(first.original)


async def test_sources_show_the_receipt_to_the_user_who_clicked(
    filled: Library, connect: Connect
) -> None:
    server = await connect(filled)
    answer = await server.ask(QUESTION)
    assert actions(answer) == FINISHED
    receipt = await server.fake.click("bob", answer, button(answer, "sources"))
    data = (await receipt.wait_ack())["data"]
    text = text_of(data)
    assert data["flags"] == 64
    assert f"**Question:** {QUESTION}" in text
    assert "**Read:** 4 papers" in text
    assert "s, quoted, no model" in text
    assert "HeronNet reaches 94.2% of the accuracy" in text
    assert f"[{HERON.title}](<{HERON.url}>) · source 1" in text
    assert "**Papers, best first: score, cosine, BM25**" in text


@pytest.mark.slow
async def test_sources_of_a_written_answer_name_the_model(
    filled: Library, connect: Connect
) -> None:
    chat = held()
    server = await connect(filled, chat=chat)
    asked = await server.fake.slash("alice", "ask", question=QUESTION)
    await server.quoted(asked)
    early = await server.fake.click("bob", asked.original, button(asked.original, "sources"))
    assert "quoted, no model" in text_of((await early.wait_ack())["data"])
    chat.go.set()
    answer = await server.fake.until(lambda: finished(asked.original), 10)
    written = server.fake.until  # the receipt follows the last edit
    receipts = server.bot.services.receipts
    await written(lambda: receipts.get(int(answer["id"])).unfinished is None)
    late = await server.fake.click("bob", answer, button(answer, "sources"))
    assert f"s, written by {MODEL_NAME}" in text_of((await late.wait_ack())["data"])


async def test_similar_shows_the_most_similar_papers_without_the_cited_ones(
    filled: Library, connect: Connect
) -> None:
    server = await connect(filled)
    answer = await server.ask(QUESTION)
    near = await shown(server, await server.fake.click("bob", answer, button(answer, "similar")))
    text = text_of(near)
    assert near["flags"] & 64
    assert f"1. [{PASTRY.title}]" in text or f"1. [{TIDAL.title}]" in text or "1. [Loom" in text
    assert HERON.url not in text


async def test_again_repeats_the_question_with_all_its_options(
    filled: Library, connect: Connect
) -> None:
    server = await connect(filled)
    fake = server.fake
    first = await server.say("alice", f"{fake.mention} {QUESTION}")
    second = await server.say("alice", "and how many hours of training?", reply_to=first)
    again = await fake.click("alice", second, button(second, "again"))
    await again.wait_ack()
    anew = await fake.until(lambda: finished(again.original), 10)
    assert anew["id"] != second["id"]
    assert "3 hours" in text_of(anew)
    refused = await fake.click("bob", second, button(second, "again"))
    assert "Only the person who asked can ask this again" in str(await refused.wait_ack())
    one = await server.ask("how long does training take?", paper=HERON.paper_id)
    again = await fake.click("alice", one, button(one, "again"))
    await again.wait_ack()
    anew = await fake.until(lambda: finished(again.original), 10)
    assert "3 hours" in text_of(anew)
    assert anew["embeds"][0]["title"] == "how long does training take?"


async def test_more_goes_on_with_a_list_also_after_a_restart(
    filled: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    first_two, last_two = filled.catalog.papers()[:2], filled.catalog.papers()[2:]
    async with judged() as fake:
        async with joined(fake, filled) as server:
            qa = server.bot.services.executor.qa
            monkeypatch.setattr(qa, "ask", listing(qa, []))
            page = await server.ask("papers on anything")
            assert actions(page) == ["more", "sources", "similar", "like", "dislike"]
            assert f"**1.** [{first_two[0].title}]" in text_of(page)
            assert "\n-# small words" in text_of(page)
            assert "\n1. [" not in text_of(page)  # no list of sources below
        async with joined(fake, filled) as server:
            qa = server.bot.services.executor.qa
            asked: list[Question] = []
            ask = qa.ask
            monkeypatch.setattr(qa, "ask", listing(qa, asked))
            pressed = await fake.click("bob", page, button(page, "more"))
            await pressed.wait_ack()
            rest = await fake.until(lambda: finished(pressed.original), 10)
            assert rest["id"] != page["id"]
            assert f"**3.** [{last_two[0].title}]" in text_of(rest)
            assert actions(rest) == FINISHED  # nothing follows
            assert (asked[-1].text, asked[-1].offset) == ("papers on anything", 2)
            monkeypatch.setattr(qa, "ask", ask)
            for number, paper in enumerate([*first_two, *last_two], start=1):
                about = await server.say("bob", f"when was number {number} out?", reply_to=rest)
                assert paper.title in text_of(about)


async def test_small_talk_has_no_sources(
    filled: Library, connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = await connect(filled)
    qa = server.bot.services.executor.qa
    talk = replace(qa.ask(QUESTION), text="Gladly.", citations=(), hits=(), evidence=())
    monkeypatch.setattr(qa, "ask", lambda question: talk)
    answer = await server.ask("thanks!")
    assert actions(answer) == ["like", "dislike"]
    assert text_of(answer) == "thanks!\nGladly."


async def test_thumbs_are_stored_and_a_thumb_down_may_have_a_reason(
    filled: Library, connect: Connect
) -> None:
    server = await connect(filled)
    fake = server.fake
    answer = await server.ask(QUESTION)
    kept = "SELECT liked, reason FROM feedback ORDER BY person, given_at"
    up = await fake.click("bob", answer, button(answer, "like"))
    assert "I have noted that" in (await shown(server, up))["content"]
    assert rows(filled, kept) == [(1, "")]
    down = await fake.click("bob", answer, button(answer, "dislike"))
    form = await down.wait_ack()
    assert form["type"] == 9
    assert form["data"]["title"] == "What was wrong with it?"
    await fake.until(lambda: rows(filled, kept) == [(0, "")])  # counts without a reason too
    sent = await fake.submit("bob", down, reason=" It is about egrets. ")
    assert "I have noted that" in (await shown(server, sent))["content"]
    assert sent.original["flags"] & 64
    assert rows(filled, kept) == [(0, "It is about egrets.")]
    status = await shown(server, await fake.slash("alice", "status"))
    assert "👍 0 · 👎 1" in text_of(status)


async def test_why_shows_the_last_receipt_here_or_one_of_a_question(
    filled: Library, connect: Connect
) -> None:
    server = await connect(filled)
    fake = server.fake
    nothing = await shown(server, await fake.slash("bob", "why"))
    assert "I remember no answer of mine in this channel" in text_of(nothing)
    await server.ask("what do bakers find in PastryBench?")
    await server.ask(QUESTION)
    elsewhere = fake.add_channel("elsewhere")
    await fake.dispatch("CHANNEL_CREATE", fake.channels[elsewhere])
    why = await shown(server, await fake.slash("bob", "why"))
    assert f"**Question:** {QUESTION}" in text_of(why)
    assert why["flags"] & 64
    other = await shown(server, await fake.slash("bob", "why", channel=elsewhere))
    assert "I remember no answer of mine" in text_of(other)
    one = await shown(server, await fake.slash("bob", "why", question="what is PastryBench?"))
    assert "**Question:** what is PastryBench?" in text_of(one)
    bad = await shown(server, await fake.slash("bob", "why", question="?!"))
    assert "There is no word in the question" in text_of(bad)


async def test_buttons_without_a_receipt_say_so_and_are_removed(
    filled: Library, connect: Connect
) -> None:
    server = await connect(filled)
    answer = await server.ask(QUESTION)
    await server.bot.services.in_flight.settled()
    server.bot.services.receipts.drop(int(answer["id"]))
    pressed = await server.fake.click("alice", answer, button(answer, "sources"))
    assert "I no longer know what that answer was made from" in await told(server, pressed)
    assert buttons(answer) == []
    assert "94.2%" in text_of(answer)  # the answer itself stays


async def test_every_error_of_a_button_is_explained_to_the_user(
    filled: Library, connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = await connect(filled)
    answer = await server.ask(QUESTION)

    def broken(*args: object, **kwargs: object) -> None:
        raise RuntimeError("a secret path")

    monkeypatch.setattr(server.bot.services.receipts, "get", broken)
    pressed = await server.fake.click("alice", answer, button(answer, "sources"))
    data = (await pressed.wait_ack())["data"]
    assert text_of(data).startswith("Something went wrong on my side (RuntimeError)")
    assert data["flags"] == 64


async def test_again_and_the_menu_count_as_questions(filled: Library, connect: Connect) -> None:
    server = await connect(filled)
    fake = server.fake
    said = await fake.say("bob", f"look: {TIDAL.url}")
    form = await fake.menu("alice", "Ask about this", said)
    await form.wait_ack()
    answer = await server.ask(QUESTION)
    await choose(server, person_per_hour=1)
    await server.ask(QUESTION)
    for refused in (
        await fake.click("alice", answer, button(answer, "again")),
        await fake.menu("alice", "Explain this paper", said),
        await fake.submit("alice", form, question="what does it lose?", about=said["content"]),
    ):
        data = (await refused.wait_ack())["data"]
        assert "You have asked 1 question within an hour" in text_of(data)
        assert data["flags"] & 64
    receipt = await fake.click("alice", answer, button(answer, "sources"))
    assert "Sentences considered" in text_of((await receipt.wait_ack())["data"])


async def test_who_may_not_ask_may_not_press_buttons(filled: Library, connect: Connect) -> None:
    server = await connect(filled)
    fake = server.fake
    answer = await server.ask(QUESTION)
    alice = int(fake.users["alice"]["id"])
    await choose(server, denied=Group(people=frozenset({alice})))
    for action in ("sources", "similar", "like", "dislike", "again"):
        refused = await fake.click("alice", answer, button(answer, action))
        data = (await refused.wait_ack())["data"]
        assert "I may not answer you in this server" in text_of(data), action
    assert rows(filled, "SELECT * FROM feedback") == []


async def test_why_with_a_question_counts_as_one(filled: Library, connect: Connect) -> None:
    server = await connect(filled)
    await choose(server, person_per_hour=1)
    await server.ask(QUESTION)
    refused = await server.fake.slash("alice", "why", question=QUESTION)
    assert "You have asked 1 question" in text_of((await refused.wait_ack())["data"])
    last = await shown(server, await server.fake.slash("alice", "why"))
    assert "Sentences considered" in text_of(last)


# -- the menu of a message ------------------------------------------------------------------


# -- what is kept ---------------------------------------------------------------------------
