"""Questions about the numbers of a list that was shown: by a command, a button or a digest."""

import re
import sqlite3
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from bot.conversation.store import ConversationStore
from bot.user_data import forget
from ingest.sync import ingest
from rag.library import Library
from rag.records import Question, Turn
from tests.bot.subscriptions.test_subscriptions import digests, options, outcome, subscribed
from tests.clock import SettableClock
from tests.discord_server import (
    Connect,
    Server,
    button,
    buttons,
    joined,
    judged,
    text_of,
)
from tests.papers import ListSource, many

DAY = date(2025, 12, 4)


@pytest.fixture
def featured(library: Library) -> Library:
    """A library with twelve papers of one day."""
    papers = [replace(paper, featured_on=DAY, upvotes=n) for n, paper in enumerate(many(12), 1)]
    ingest(ListSource(papers), library)
    return library


def name_of(message: dict[str, Any], number: int) -> str:
    """Return the name of the paper with this number in a list: "amber anchor"."""
    (name,) = re.findall(rf"^{number}\. .*?\[The (\w+ \w+): ", text_of(message), re.MULTILINE)
    return str(name)


async def use(server: Server, command: str, user: str = "alice", **given: Any) -> dict[str, Any]:
    """Use a command; return the list that it shows, once that is stored."""
    shown = await server.fake.slash(user, command, **given)
    await server.quoted(shown)
    assert shown.original is not None
    await stored(server, shown.original)
    return shown.original


async def stored(server: Server, message: dict[str, Any] | None, count: int = 1) -> None:
    """Wait until so many papers of a message are stored."""
    assert message is not None
    turns = server.bot.services.conversations.turns
    await server.fake.until(
        lambda: (t := turns(int(message["id"]))) and len(t[0].cited or ()) >= count
    )


async def test_the_turn_of_a_list_has_papers_and_no_question(featured: Library) -> None:
    conversations = ConversationStore(featured.catalog.database)
    conversations.remember_list(9, channel_id=5, user_id=1, papers=["arxiv:1", "arxiv:2"])
    conversations.remember(10, channel_id=5, user_id=1, turn=Turn("why?", ()), earlier=9)
    assert conversations.turns(10) == [Turn("", ("arxiv:1", "arxiv:2")), Turn("why?", ())]
    assert conversations.knows(9, channels=[5])
    assert not conversations.knows(9, channels=[6])
    assert conversations.questions(10) == [(1, "why?")]
    conversations.remember_list(11, channel_id=5, user_id=1, papers=["arxiv:1"])
    assert conversations.last_in(5, user_id=1) == 11
    assert conversations.last_in(5, user_id=1, answers_only=True) == 10
    assert conversations.about("arxiv:1") == []  # a list is no discussion


@pytest.mark.parametrize(
    ("command", "given"),
    [
        ("daily", {"date": "2025-12-04"}),
        ("weekly", {"week": "2025-W49"}),
        ("search", {"text": "counting birds"}),
        ("trending", {}),
    ],
)
async def test_a_reply_to_a_list_is_about_the_paper_with_that_number(
    featured: Library, connect: Connect, command: str, given: dict[str, str]
) -> None:
    server = await connect(featured)
    listed = await use(server, command, **given)
    answer = await server.say("bob", "who wrote number 3?", reply_to=listed)
    assert name_of(listed, 3) in text_of(answer)
    again = await server.say("carol", "and who wrote the first one?", reply_to=listed)
    assert name_of(listed, 1) in text_of(again)


@pytest.mark.parametrize("command", ["daily", "weekly", "search", "trending"])
@pytest.mark.parametrize(
    ("words", "number"),
    [
        ("number 3", 3), ("#4", 4), ("the second one", 2), ("tell me more about the last one", -1),
        ("what is #5 about?", 5), ("explain the 2nd", 2), ("who wrote the third paper?", 3),
    ],
)  # fmt: skip
async def test_numbers_choose_from_the_list_above_a_thread_after_a_restart(
    featured: Library, command: str, words: str, number: int
) -> None:
    given = {"text": "counting birds"} if command == "search" else {}
    async with judged() as fake:
        async with joined(fake, featured) as server:
            listed = await use(server, command, **given)
        await fake.remove_embeds(listed)
        thread = await fake.start_thread("bob", listed)
        async with joined(fake, featured) as server:
            papers = server.bot.services.conversations.listed(int(listed["id"]))
            (paper,) = featured.catalog.get([papers[number - 1 if number > 0 else -1]]).values()
            name = paper.title.removeprefix("The ").partition(":")[0]
            answer = await server.say("bob", words, channel=thread)
            assert name in text_of(answer)
            replied = await server.say("carol", words, reply_to=listed)
            assert name in text_of(replied)


async def test_a_thread_goes_on_from_its_list_after_many_questions(
    featured: Library, connect: Connect
) -> None:
    server = await connect(featured)
    listed = await use(server, "daily", date="2025-12-04")
    thread = await server.fake.start_thread("bob", listed)
    for number in (1, 2, 3, 4, 5, 6, 7):
        await server.say("bob", f"who wrote number {number}?", channel=thread)
    await use(server, "paper", user="bob", title="amber anchor", channel=thread)
    answer = await server.say("bob", "and number 8?", channel=thread)
    assert name_of(listed, 8) in text_of(answer)


WALKS = [
    [("number 4", 4), ("the next one", 5), ("next", 6), ("the one before that", 5)],
    [("the fifth please", 5), ("le suivant", 6), ("die davor", 5), ("skip it", 6)],
    [("#1", 1), *[("and the one after?", n) for n in range(2, 10)], ("previous", 8)],
]


@pytest.mark.parametrize("walk", WALKS)
@pytest.mark.parametrize("way", ["chain", "list", "list once", "command", "direct message"])
async def test_the_next_paper_of_a_list_follows_the_last_one(
    featured: Library, connect: Connect, way: str, walk: list[tuple[str, int]]
) -> None:
    server = await connect(featured)
    fake = server.fake
    channel = await fake.open_dm("alice") if way == "direct message" else fake.general
    listed = await use(server, "daily", channel=channel, date="2025-12-04")
    papers = server.bot.services.conversations.listed(int(listed["id"]))
    last = listed
    for step, (words, number) in enumerate(walk):
        if way == "command":
            last = await server.ask(words)
        elif way == "direct message":
            last = await server.say("alice", words, channel=channel)
        elif way == "list once" and step:
            last = await server.say("alice", f"{fake.mention} {words}")
        else:
            last = await server.say("alice", words, reply_to=last if way == "chain" else listed)
        (paper,) = featured.catalog.get([papers[number - 1]]).values()
        assert paper.title.removeprefix("The ").partition(":")[0] in text_of(last), words


async def test_the_place_in_a_list_is_each_users_own_and_survives_a_restart(
    featured: Library,
) -> None:
    async with judged() as fake:
        async with joined(fake, featured) as server:
            listed = await use(server, "search", text="counting birds")
            await server.say("alice", "number 3", reply_to=listed)
            await server.say("bob", "number 1", reply_to=listed)
        async with joined(fake, featured) as server:
            papers = server.bot.services.conversations.listed(int(listed["id"]))
            known = featured.catalog.get(papers)
            names = [known[one].title.removeprefix("The ").partition(":")[0] for one in papers]
            await use(server, "paper", title="amber anchor")
            answer = await server.say("bob", "the next one", reply_to=listed)
            assert names[1] in text_of(answer)
            answer = await server.say("alice", f"{fake.mention} the next one")
            assert names[3] in text_of(answer)
            answer = await server.say("carol", "the next one", reply_to=listed)
            assert names[0] in text_of(answer)


async def test_a_name_in_a_spoiler_that_is_not_known_is_not_the_last_paper(
    featured: Library, connect: Connect
) -> None:
    server = await connect(featured)
    listed = await use(server, "daily", date="2025-12-04")
    before = await server.say("alice", "number 2", reply_to=listed)
    for words in ("who wrote ||GooseNet and why|| ?", "||2412.04321|| what is it"):
        answer = await server.say("alice", f"{server.fake.mention} {words}")
        assert name_of(listed, 2) not in text_of(answer)
        replied = await server.say("alice", words, reply_to=before)
        assert name_of(listed, 2) not in text_of(replied)


async def test_saved_papers_are_numbered_through_their_pages(
    featured: Library, connect: Connect
) -> None:
    server = await connect(featured)
    for paper in featured.catalog.papers()[:7]:
        await server.quoted(await server.fake.slash("alice", "save", paper=paper.paper_id))
    listed = await use(server, "saved")
    second = name_of(listed, 2)
    asked = await server.ask("who wrote number 2?")
    assert second in text_of(asked)
    (turn,) = [one for one in buttons(listed) if one.startswith("saved:page")]
    await server.fake.click("alice", listed, turn)
    await stored(server, listed, 7)
    asked = await server.ask("what is #7 about?")
    assert name_of(listed, 7) in text_of(asked)
    bob, channel = int(server.fake.users["bob"]["id"]), int(server.fake.general)
    last_in = server.bot.services.conversations.last_in
    assert last_in(channel, user_id=bob, several=True) is None


async def test_a_list_that_only_one_user_sees_is_known_to_their_next_question(
    featured: Library, connect: Connect
) -> None:
    server = await connect(featured)
    fake = server.fake
    listed = await use(server, "catchup")
    mentioned = await server.say("alice", f"{fake.mention} who wrote number 2?")
    assert name_of(listed, 2) in text_of(mentioned)
    listed = await use(server, "catchup", since="2025-12-01")
    asked = await server.ask("who wrote number 4?")
    assert name_of(listed, 4) in text_of(asked)
    other = await server.ask("who wrote number 4?", user="bob")
    assert name_of(listed, 4) not in text_of(other)


async def test_a_question_that_refers_to_nothing_begins_anew(
    featured: Library, connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = await connect(featured)
    qa, seen = server.bot.services.executor.qa, []
    ask = qa.ask

    def watched(question: Question) -> Any:
        seen.append(question)
        return ask(question)

    monkeypatch.setattr(qa, "ask", watched)
    await use(server, "daily", date="2025-12-04")
    await server.ask("how accurate are human counters?")
    await server.say("alice", f"{server.fake.mention} which paper is about recipes?")
    assert [question.history for question in seen] == [(), ()]
    assert {question.place for question in seen} == {"server"}
    await server.say("alice", "who wrote number 1?", channel=await server.fake.open_dm("alice"))
    assert seen[-1].place == "direct message"


async def test_a_turned_page_adds_its_papers_to_the_list(
    featured: Library, connect: Connect
) -> None:
    server = await connect(featured)
    listed = await use(server, "search", text="counting birds")
    await server.fake.click("alice", listed, buttons(listed)[0])
    await stored(server, listed, 10)
    answer = await server.say("bob", "who wrote number 7?", reply_to=listed)
    assert name_of(listed, 7) in text_of(answer)
    (turn,) = server.bot.services.conversations.turns(int(listed["id"]))
    assert len(turn.cited or ()) == 10


async def test_similar_papers_can_be_asked_about(featured: Library, connect: Connect) -> None:
    server = await connect(featured)
    answer = await server.ask("what is the amber anchor?")
    pressed = await server.fake.click("alice", answer, button(answer, "similar"))
    await server.quoted(pressed)
    await stored(server, pressed.original)
    asked = await server.ask("who wrote the second one?")
    assert name_of(pressed.original, 2) in text_of(asked)


async def test_the_numbers_of_a_list_survive_a_restart(featured: Library) -> None:
    async with judged() as fake:
        async with joined(fake, featured) as server:
            listed = await use(server, "daily", date="2025-12-04")
            alone = await fake.open_dm("alice")
            private = await fake.slash("alice", "daily", channel=alone, date="2025-12-04")
            await server.quoted(private)
            await stored(server, private.original)
        async with joined(fake, featured) as server:
            answer = await server.say("bob", "who wrote number 3?", reply_to=listed)
            assert name_of(listed, 3) in text_of(answer)
            answer = await server.say("alice", "who wrote number 5?", channel=alone)
            assert name_of(listed, 5) in text_of(answer)


@pytest.mark.parametrize("kind", ["channel", "person"])
async def test_a_digest_can_be_asked_about(featured: Library, connect: Connect, kind: str) -> None:
    clock = SettableClock(datetime(2025, 12, 5, 11, 59, tzinfo=UTC))
    server = await connect(featured, bot_options=options(clock))
    fake = server.fake
    alice = fake.users["alice"]["id"]
    target = fake.general if kind == "channel" else alice
    noon = clock.now + timedelta(minutes=1)
    await subscribed(server, noon, kind=kind, target=target, user_id=int(alice))
    clock.now = noon
    assert (await outcome(server)).state == "sent"
    (digest,) = digests(server)
    await stored(server, digest)
    if kind == "channel":
        answer = await server.say("bob", "who wrote number 3?", reply_to=digest)
    else:
        answer = await server.say("alice", "who wrote number 3?", channel=digest["channel_id"])
    assert name_of(digest, 3) in text_of(answer)
    forget(featured.catalog.database, int(alice))
    left = server.bot.services.conversations.turns(int(digest["id"]))
    assert bool(left) == (kind == "channel")  # a channel's digest is about nobody


async def test_a_list_is_shown_even_if_it_cannot_be_stored(
    featured: Library, connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = await connect(featured)

    def full(*_: object, **__: object) -> None:
        raise sqlite3.OperationalError("database or disk is full")

    monkeypatch.setattr(server.bot.services.conversations, "remember_list", full)
    shown = await server.fake.slash("alice", "daily", date="2025-12-04")
    await server.quoted(shown)
    assert "Daily Papers of Thursday" in text_of(shown.original)
    await server.quoted(await server.fake.slash("alice", "help"))
    assert len(server.answers()) == 2  # the list and the help, no error


async def test_a_conversation_about_a_list_moves_to_a_thread_with_its_numbers(
    featured: Library, connect: Connect
) -> None:
    server = await connect(featured)
    fake = server.fake
    listed = await use(server, "daily", date="2025-12-04")
    await fake.say("bob", "let's continue in a thread", reply_to=listed)
    thread = await fake.until(lambda: listed["id"] in fake.channels and listed["id"])
    answer = await server.say("bob", "who wrote number 2?", channel=thread)
    assert name_of(listed, 2) in text_of(answer)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("words", "number"),
    [
        ("3", 3), ("(2)", 2), ("5?", 5), ("number three", 3), ("die dritte", 3), ("le 4", 4),
        ("el penúltimo", -2), ("second to last", -2), ("第三篇", 3),
    ],
)  # fmt: skip
async def test_a_position_alone_is_understood_wherever_a_list_is_continued(
    featured: Library, connect: Connect, words: str, number: int
) -> None:
    server = await connect(featured)
    fake = server.fake
    alone = await fake.open_dm("alice")
    private = await fake.slash("alice", "daily", channel=alone, date="2025-12-04")
    await server.quoted(private)
    await stored(server, private.original)
    listed = await use(server, "daily", date="2025-12-04")
    papers = server.bot.services.conversations.listed(int(listed["id"]))
    (paper,) = featured.catalog.get([papers[number - 1 if number > 0 else number]]).values()
    name = paper.title.removeprefix("The ").partition(":")[0]
    assert name in text_of(await server.say("bob", words, reply_to=listed))
    assert name in text_of(await server.say("alice", words, channel=alone))
    mentioned = await server.say("alice", f"{fake.mention} {words}")
    assert name in text_of(mentioned)
    thread = await fake.start_thread("bob", listed)
    assert name in text_of(await server.say("bob", words, channel=thread))


async def test_a_list_that_ends_earlier_says_so_also_after_a_restart(featured: Library) -> None:
    async with judged() as fake:
        async with joined(fake, featured) as server:
            listed = await use(server, "daily", date="2025-12-04")
        async with joined(fake, featured) as server:
            count = len(server.bot.services.conversations.listed(int(listed["id"])))
            answer = await server.say("bob", f"number {count + 1}", reply_to=listed)
            said = f"The list has {count} papers: there is no number {count + 1}."
            assert said in text_of(answer)
            again = await server.say("bob", "not that, number 2", reply_to=answer)
            assert name_of(listed, 2) in text_of(again)
            after = await server.say("bob", "the next one", reply_to=again)
            assert name_of(listed, 3) in text_of(after)
