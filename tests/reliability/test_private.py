"""What was deleted or said in private shows nowhere else (RELIABILITY B8, B11)."""

import asyncio
import re
from typing import Any
from unittest.mock import AsyncMock

import pytest

from bot.answers.receipts import Inquiry, ReceiptStore, StoredAnswer
from bot.conversation.store import ConversationStore
from bot.json_rows import Row
from bot.taste.learn import TasteCache
from bot.taste.ratings import RatingStore
from bot.user_data import forget as forget_user
from ingest.sync import ingest
from rag.library import Library
from rag.records import Question, Turn
from tests.bot.conversation.test_reply_chain import MORE
from tests.bot.taste.test_learn import MONDAY, on, papers
from tests.discord_fake.permissions import EVERYTHING, MANAGE_GUILD
from tests.discord_server import Connect, Server, button, finished, text_of
from tests.papers import QUESTION, ListSource


async def why(server: Server, user: str) -> str:
    asked = await server.fake.slash(user, "why")
    await server.quoted(asked)
    assert asked.original is not None
    return text_of(asked.original)


async def another_channel(server: Server) -> str:
    secret = server.fake.add_channel("secret")
    await server.fake.dispatch("CHANNEL_CREATE", server.fake.channels[secret])
    return secret


@pytest.mark.protection("bot.answers.record.AnswerRecord._retract", lambda *_: None)
async def test_b11_a_deleted_question_is_shown_to_nobody(filled: Library, connect: Connect) -> None:
    server = await connect(filled)
    fake = server.fake
    said = await fake.say("alice", f"{fake.mention} {QUESTION}")
    await server.answer_to(said)
    assert "human counters" in await why(server, "bob")
    await fake.delete(said)
    receipts = server.bot.services.receipts
    await fake.until(lambda: receipts.last_in(int(fake.general), count=1) == [])
    for user in ("bob", "alice"):
        assert "human counters" not in await why(server, user)


@pytest.mark.protection("bot.answers.record.AnswerRecord.is_there", AsyncMock(return_value=True))
async def test_b11_what_was_deleted_while_the_bot_was_away_is_shown_to_nobody(
    filled: Library, connect: Connect
) -> None:
    server = await connect(filled)
    fake = server.fake
    said = await fake.say("alice", f"{fake.mention} {QUESTION}")
    await server.answer_to(said)
    del fake.messages[said["id"]]  # and no event says so
    assert "human counters" not in await why(server, "bob")
    asked = await server.ask(QUESTION)
    del fake.messages[asked["id"]]
    assert "human counters" not in await why(server, "bob")


@pytest.mark.protection(
    "bot.answers.record.AnswerRecord.is_retracted", AsyncMock(return_value=False)
)
async def test_b11_the_buttons_of_an_answer_do_not_tell_a_deleted_question(
    filled: Library, connect: Connect
) -> None:
    server = await connect(filled)
    fake = server.fake
    said = await fake.say("alice", f"{fake.mention} {QUESTION}")
    answer = await server.answer_to(said)
    del fake.messages[said["id"]]
    clicked = await fake.click("bob", answer, button(answer, "sources"))
    await clicked.wait_ack()
    await fake.until(lambda: clicked.followups, 5)
    assert "human counters" not in str([fake.messages[m] for m in clicked.followups])
    assert "human counters" not in await why(server, "bob")


TOPIC = "papers on hallucination in marshwiggle estuaries"
FOLLOW_UP = "and how many of them use images?"


def stored_words(library: Library) -> list[str]:
    """Return the tables that contain the topic."""
    db = library.catalog.database.connection
    return [
        table
        for table in ("conversations", "receipts")
        for row in db.execute(f"SELECT * FROM {table}")
        if "marshwiggle" in str(tuple(row))
    ]


async def followed_up(server: Server) -> tuple[Any, Any, Any]:
    """Return Alice's question, its answer, and the answer to Bob's follow-up."""
    fake = server.fake
    said = await fake.say("alice", f"{fake.mention} {TOPIC}")
    first = await server.answer_to(said)
    follow_up = await server.say("bob", FOLLOW_UP, reply_to=first)
    assert "marshwiggle" in await why(server, "carol")
    return said, first, follow_up


async def forget(server: Server, user: str) -> None:
    asked = await server.fake.slash(user, "forget")
    message = await server.fake.until(lambda: (m := asked.original) and m["content"] and m)
    await server.fake.click(user, message, "forget:yes")
    await server.fake.until(lambda: "Removed" in message["content"])


async def sources(server: Server, user: str, answer: Any) -> str:
    clicked = await server.fake.click(user, answer, button(answer, "sources"))
    await clicked.wait_ack()
    await server.fake.until(lambda: clicked.original or clicked.followups, 5)
    found = [server.fake.messages[m] for m in clicked.followups]
    await server.fake.until(lambda: found or finished(clicked.original), 5)
    return "".join(text_of(message) for message in [clicked.original, *found] if message)


@pytest.mark.protection("bot.user_data.forget_words", lambda *_: None)
async def test_b11_a_follow_up_of_another_person_does_not_keep_forgotten_words(
    filled: Library, connect: Connect
) -> None:
    server = await connect(filled)
    *_, follow_up = await followed_up(server)
    again = await server.say("carol", "more of them?", reply_to=follow_up)
    said = await server.fake.say("alice", "I study the marshwiggle estuary")
    await server.say("dora", f"{server.fake.mention} what is HeronNet?", reply_to=said)
    await forget(server, "alice")
    assert stored_words(filled) == []
    for answer in (follow_up, again):
        assert "marshwiggle" not in await sources(server, "bob", answer)
    assert "marshwiggle" not in await why(server, "bob")


@pytest.mark.protection("bot.answers.record.forget_words", lambda *_: None)
async def test_b11_a_follow_up_does_not_keep_the_words_of_a_deleted_question(
    filled: Library, connect: Connect
) -> None:
    server = await connect(filled)
    said, _, follow_up = await followed_up(server)
    await server.fake.delete(said)
    await server.fake.until(lambda: stored_words(filled) == [])
    assert "marshwiggle" not in await sources(server, "carol", follow_up)


async def as_stored(_: object, stored: StoredAnswer, __: object) -> Row | None:
    return stored.receipt


@pytest.mark.protection("bot.answers.record.AnswerRecord.receipt_to_show", as_stored)
async def test_b11_a_follow_up_does_not_tell_a_question_that_was_deleted_unnoticed(
    filled: Library, connect: Connect
) -> None:
    server = await connect(filled)
    said, _, follow_up = await followed_up(server)
    del server.fake.messages[said["id"]]
    for user in ("bob", "carol"):
        assert "marshwiggle" not in await why(server, user)
    assert "marshwiggle" not in await sources(server, "carol", follow_up)
    assert stored_words(filled) == []


@pytest.mark.protection("bot.user_data.forget_words", lambda *_: None)
def test_b11_the_rest_of_a_list_does_not_keep_its_forgotten_question(filled: Library) -> None:
    database = filled.catalog.database
    conversations, receipts = ConversationStore(database), ReceiptStore(database, days=1)
    inquiry = Inquiry(question=TOPIC, shown=("a",), heard_from=(10, 1))
    conversations.remember(20, channel_id=7, user_id=2, turn=Turn(TOPIC, ("b",)), earlier=None)
    receipts.save(
        20, channel_id=7, user_id=2, event_id=None, inquiry=inquiry, receipt=None, unfinished=None
    )
    forget_user(database, 1)
    assert stored_words(filled) == []
    assert conversations.turns(20) == [Turn("", ("b",))]


@pytest.mark.protection("bot.taste.learn.SEVERAL", 1)
def test_b11_a_learnt_reason_needs_several_people_and_no_saved_paper(library: Library) -> None:
    ingest(ListSource(papers(2)), library)
    ratings = RatingStore(library.catalog.database)
    tastes, shown = TasteCache(library.catalog, ratings), library.catalog.featured(MONDAY)

    def reasons() -> set[str]:
        taste = tastes.of_guild(7)
        return {o.reason for o in taste.opinions(shown)} if taste else {""}

    birds = on("birds", library)
    for paper_id in birds:
        for person in (1, 2, 3):
            ratings.give(person, 7, paper_id, "save")
    assert tastes.of_guild(7) is None  # lists are private
    for people in ((1,), (1, 2)):
        for paper_id in birds:
            ratings.give(people[-1], 7, paper_id, "like")
        assert reasons() == {""}
    ratings.give(3, 7, birds[0], "like")
    named = {re.findall("“(.*?)”", reason)[0] for reason in reasons() if reason}
    assert named == {library.catalog.get([birds[0]])[birds[0]].title}


@pytest.mark.protection("bot.conversation.store.ConversationStore.knows", lambda *_, **__: True)
async def test_b11_a_forged_form_does_not_lean_on_an_answer_elsewhere(
    filled: Library, connect: Connect
) -> None:
    server = await connect(filled)
    fake = server.fake
    secret = await another_channel(server)
    said = await fake.say("alice", f"{fake.mention} {QUESTION}", secret)
    answer = await server.answer_to(said)
    forged = {
        "custom_id": f"about:{answer['id']}",
        "components": [{"type": 1, "components": [
            {"type": 4, "custom_id": "question", "value": "and how long does its training take?"}
        ]}],
    }  # fmt: skip
    sent = await fake.interact("bob", 5, forged)
    await server.quoted(sent)
    shown = await fake.until(lambda: finished(sent.original), 10)
    assert "HeronNet" not in text_of(shown).partition("training")[0]
    stored = server.bot.services.receipts.get(int(shown["id"]))
    assert stored.inquiry.earlier is None


@pytest.mark.protection("bot.answers.receipts.StoredAnswer.is_in", lambda *_: True)
async def test_b11_a_forged_reason_is_not_stored_for_an_answer_elsewhere(
    filled: Library, connect: Connect
) -> None:
    server = await connect(filled)
    fake = server.fake
    said = await fake.say("alice", f"{fake.mention} {QUESTION}", await another_channel(server))
    answer = await server.answer_to(said)
    get = server.bot.services.receipts.get
    await fake.until(lambda: (row := get(int(answer["id"]))) and row.receipt)  # else none is known
    field = {"type": 4, "custom_id": "reason", "value": "x"}
    forged = {"custom_id": f"reason:{answer['id']}",
              "components": [{"type": 1, "components": [field]}]}  # fmt: skip
    sent = await fake.interact("bob", 5, forged)
    await server.quoted(sent)
    assert "no longer know" in text_of(sent.original)
    assert server.bot.services.feedback.counts() == (0, 0)


@pytest.mark.protection("bot.conversation.shown_lists.seen_by_one", lambda _: False)
async def test_b11_a_list_that_one_person_sees_is_not_what_another_refers_to(
    filled: Library, connect: Connect
) -> None:
    server = await connect(filled)
    fake, store = server.fake, server.bot.services.conversations
    asked = await fake.slash("alice", "catchup", since="2025-01-01")
    await server.quoted(asked)
    alice, bob = (int(fake.users[name]["id"]) for name in ("alice", "bob"))
    channel, message = int(fake.general), int(asked.original["id"])
    await fake.until(lambda: store.knows(message))
    assert store.last_in(channel, user_id=alice) == message
    assert store.last_in(channel, user_id=bob) is None
    assert store.knows(message, user_id=alice)
    assert not store.knows(message, user_id=bob)
    public = await fake.slash("alice", "daily", date="2025-02-05")
    await server.quoted(public)
    await fake.until(lambda: store.knows(int(public.original["id"])))
    assert store.last_in(channel, user_id=bob) == int(public.original["id"])


@pytest.mark.protection("bot.components.settings_panel.require_manager", lambda _: None)
async def test_b11_a_forged_form_changes_no_settings(filled: Library, connect: Connect) -> None:
    server = await connect(filled, everybody_may=EVERYTHING & ~MANAGE_GUILD)
    fake = server.fake
    opened = await fake.slash("alice", "setup")
    await opened.wait_ack()
    form = await fake.click("alice", opened.original, "setup:limits")
    await form.wait_ack()
    await fake.submit("bob", form, person_per_hour="0", server_per_hour="0")
    await asyncio.sleep(0.5)
    settings = server.bot.services.guild_settings.of(int(fake.guild))
    assert settings.person_per_hour == 30


def known_anywhere(store: ConversationStore, message_id: int, **_: object) -> bool:
    return store._row(message_id) is not None


@pytest.mark.protection("bot.conversation.store.ConversationStore.knows", known_anywhere)
async def test_b8_a_conversation_never_continues_elsewhere(
    filled: Library, connect: Connect, monkeypatch: Any
) -> None:
    server = await connect(filled)
    fake, seen = server.fake, []
    ask = server.bot.services.executor.qa.ask

    def watched(question: Question) -> Any:
        seen.append([turn.question for turn in question.history])
        return ask(question)

    monkeypatch.setattr(server.bot.services.executor.qa, "ask", watched)
    here = await server.say("alice", f"{fake.mention} {QUESTION}")
    elsewhere = fake.add_channel("elsewhere")
    await fake.dispatch("CHANNEL_CREATE", fake.channels[elsewhere])
    alone = await fake.open_dm("alice")
    # Replies across channels do not exist in Discord; this one pretends to be one.
    for channel in (elsewhere, alone):
        said = await fake.say("alice", f"{fake.mention} {MORE}", channel, reply_to=here)
        await server.answer_to(said)
    await server.say("bob", MORE, channel=await fake.open_dm("bob"))
    await server.say("alice", f"{fake.mention} {MORE}")
    assert seen == [[], [], [], [], []]
