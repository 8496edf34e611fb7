"""What is hidden in a spoiler stays hidden until it is clicked. Over the wire."""

import logging
from typing import Any

import pytest

from rag.library import Library
from rag.text.discord_markup import without_spoilers
from tests.discord_server import (
    Connect,
    Server,
    button,
    choose,
    finished,
    joined,
    judged,
    text_of,
)
from tests.papers import HERON, LOOM, PASTRY, QUESTION, TIDAL

LINK = f"https://arxiv.org/abs/{HERON.arxiv_id}"
WORDS = ("HeronNet", "94.2%", "Counting Wading Birds", HERON.arxiv_id or "")

EPHEMERAL = 1 << 6  # Discord's flag of a message that one person sees

Message = dict[str, Any]


def seen(message: Message) -> str:
    """Return what a message shows to whoever clicks nothing."""
    parts: list[str] = []
    for embed in message["embeds"]:
        parts += [embed.get("title", ""), embed.get("url", "")]
        parts.append(without_spoilers(embed.get("description", "")))
        parts += [f"{field['name']}: {field['value']}" for field in embed.get("fields", [])]
        parts.append(embed.get("footer", {}).get("text", ""))
    return "\n".join(filter(None, parts))


def assert_hidden(message: Message, *answer: str) -> None:
    """The words are there, for those who click."""
    assert not [word for word in WORDS if word in seen(message)]
    for word in answer:
        assert word in text_of(message)


async def everywhere(server: Server) -> None:
    """Nothing that the bot ever sent, edits included, shows a hidden word."""
    for _, _, body, *_ in (entry for entry in server.fake.log if len(entry) == 4):
        for message in (body, (body or {}).get("data") if isinstance(body, dict) else None):
            if isinstance(message, dict) and message.get("embeds"):
                assert not [word for word in WORDS if word in seen(message)]
            if isinstance(message, dict) and "name" in message:
                assert "HeronNet" not in str(message["name"])


HIDDEN = [
    "how accurate is ||HeronNet|| compared with human counters?",
    f"||{QUESTION}||",
    "||HeronNet||: ||how accurate|| is it?",
    "||how accurate is HeronNet? what does Loom align?||",
    "who wrote ||HeronNet||? what is Tidal Attention? what is Loom? how accurate is ||HeronNet||?",
    "what is ||the name of|| HeronNet's paper?".replace("HeronNet's", "||HeronNet||'s"),
]


@pytest.mark.parametrize("question", HIDDEN)
async def test_the_answer_to_a_question_with_a_spoiler_is_one(
    filled: Library, connect: Connect, question: str, caplog: pytest.LogCaptureFixture
) -> None:
    server = await connect(filled, bot_options={"log_questions": True})
    with caplog.at_level(logging.INFO):
        said = await server.say("alice", f"{server.fake.mention} {question}")
        asked = await server.ask(question)
    assert f"text={without_spoilers(question)!r}" in caplog.text
    assert "HeronNet" not in caplog.text
    for answer in (said, asked):
        assert_hidden(answer, "HeronNet")
        clicked = await server.fake.click("bob", answer, button(answer, "sources"))
        await server.quoted(clicked)
        assert clicked.original is not None
        assert_hidden(clicked.original, "HeronNet")
    await everywhere(server)


async def test_what_continues_a_spoiler_is_one(filled: Library, connect: Connect) -> None:
    server = await connect(filled)
    first = await server.say("alice", f"{server.fake.mention} {HIDDEN[0]}")
    second = await server.say("bob", "and how many hours of training?", reply_to=first)
    third = await server.say("alice", "who wrote it?", reply_to=second)
    assert_hidden(second, "3 hours")
    assert_hidden(third, "A. One")
    await everywhere(server)


@pytest.mark.parametrize("way", ["always", "on request"])
async def test_a_thread_has_no_spoiler_in_its_name(
    filled: Library, connect: Connect, way: str
) -> None:
    server = await connect(filled)
    if way == "always":
        await choose(server, threads="always")
        said = await server.fake.say("alice", f"{server.fake.mention} {HIDDEN[0]}")
        await server.fake.until(lambda: [one for one in server.answers() if finished(one)], 20)
        thread = server.fake.channels[said["id"]]
    else:
        answer = await server.say("alice", f"{server.fake.mention} {HIDDEN[0]}")
        await server.fake.say("alice", "let's continue in a thread", reply_to=answer)
        thread = await server.fake.until(lambda: server.fake.channels.get(answer["id"]), 10)
        await server.fake.until(
            lambda: [m for m in server.answers() if m["channel_id"] == thread["id"]], 10
        )
    assert thread["name"] == "how accurate is (spoiler) compared with human counters?"
    await everywhere(server)


@pytest.mark.slow
async def test_what_others_hid_stays_hidden(filled: Library, connect: Connect) -> None:
    server = await connect(filled)
    fake = server.fake
    said = await fake.say("bob", "I read about ||HeronNet, the detector of birds||")
    answer = await server.say(
        "alice", f"{fake.mention} how many hours does its training take?", reply_to=said
    )
    assert_hidden(answer, "3 hours")
    file = fake.attach("SPOILER_message.txt", QUESTION.encode(), content_type="text/plain")
    answer = await server.say("alice", fake.mention, attachments=[file])
    assert_hidden(answer, "94.2%")
    long = f"||{'I saw many birds from the tower. ' * 80}\n{QUESTION}\nThat is all.|| Well?!"
    for text in (
        long,
        f"||A|| {long}",
        f"{'We saw birds. ' * 150} ||How|| accurate is ||HeronNet?||",
    ):
        file = fake.attach("message.txt", text.encode(), content_type="text/plain")
        await choose(server, threads="always")
        said = await fake.say("alice", fake.mention, attachments=[file])
        thread = await fake.until(lambda i=said: fake.channels.get(i["id"]), 10)
        assert "HeronNet" not in thread["name"]
    await choose(server, threads="never")
    forwarded = await fake.say("bob", f"||{QUESTION}||")
    alone = await fake.open_dm("alice")
    assert_hidden(await server.say("alice", "", channel=alone, forward=forwarded), "94.2%")
    await everywhere(server)


async def test_menu_entries_hide_what_a_message_hides(filled: Library, connect: Connect) -> None:
    server = await connect(filled)
    fake = server.fake
    said = await fake.say("bob", f"the ending: ||{LINK}||")
    chosen = await fake.menu("alice", "Explain this paper", said)
    await chosen.wait_ack()
    assert_hidden(await fake.until(lambda: finished(chosen.original), 10), "HeronNet")
    asking = await fake.menu("alice", "Ask about this", said)
    form = await asking.wait_ack()
    about = form["data"]["components"][1]["component"]["value"]
    sent = await fake.submit("alice", asking, question="how accurate is it?", about=about)
    await sent.wait_ack()
    assert_hidden(await fake.until(lambda: finished(sent.original), 10), "94.2%")


async def test_a_link_in_a_spoiler_gets_no_card(filled: Library, connect: Connect) -> None:
    server = await connect(filled)
    await choose(server, link_cards=True)
    for text in (
        f"||{LINK}||", f"the ending: || {LINK} ||!", f"||so\n{LINK}\nit is|| ha",
        f"`||` ||{LINK}||",
    ):  # fmt: skip
        await server.fake.say("bob", text)
    await server.fake.say("bob", f"||it ends well|| https://arxiv.org/abs/{TIDAL.arxiv_id}")
    card = await server.fake.until(lambda: server.answers()[0:], 10)
    assert TIDAL.title in text_of(card[0])
    await server.say("alice", f"{server.fake.mention} hello")
    assert len(server.answers()) == 2


HIDDEN_NAMES = ("||HeronNet||", "||PastryBench||", "||Tidal Attention||", "||Loom||")
TEXT_OPTION = 3  # Discord's number of the type


def text_options(command: dict[str, Any]) -> list[str]:
    options = command.get("options", [])
    return [o["name"] for o in options if o["type"] == TEXT_OPTION and not o.get("choices")]


async def test_no_command_shows_others_what_its_options_hide(
    filled: Library, connect: Connect
) -> None:
    server = await connect(filled)
    fake = server.fake
    tried = []
    for name, command in fake.commands.items():
        if not (options := text_options(command)) or name == "unsubscribe":
            continue
        before = set(fake.messages)
        given = dict(zip(options, HIDDEN_NAMES, strict=False))
        used = await fake.slash("alice", name, **given)
        await used.wait_ack()
        await fake.until(lambda i=used: i.original and i.original["embeds"], 10)
        for message in (fake.messages[key] for key in fake.messages if key not in before):
            if not message["flags"] & EPHEMERAL:
                assert_hidden(message)
        tried.append(name)
    assert {"ask", "compare", "daily", "paper", "save", "search", "subscribe", "trends"} <= {*tried}


async def test_a_paper_is_found_by_a_name_that_is_hidden(filled: Library, connect: Connect) -> None:
    server = await connect(filled)
    shown = await server.fake.slash("alice", "paper", title="||Tidal Attention||")
    await server.quoted(shown)
    assert shown.original is not None
    assert shown.original["flags"] & EPHEMERAL
    assert TIDAL.title in text_of(shown.original)
    open_one = await server.fake.slash("alice", "paper", title="Tidal Attention")
    await server.quoted(open_one)
    assert open_one.original is not None
    assert not open_one.original["flags"] & EPHEMERAL
    answer = await server.ask("what does it lose?", paper="||Tidal Attention||")
    assert "0.3 points" in text_of(answer)
    assert "Tidal" not in seen(answer)


@pytest.mark.parametrize("option", ["topics", "authors", "organisations"])
async def test_no_subscription_is_made_of_a_spoiler(
    filled: Library, connect: Connect, option: str
) -> None:
    server = await connect(filled)
    tried = await server.fake.slash("alice", "subscribe", **{option: "birds, ||herons||"})
    await server.quoted(tried)
    assert tried.original is not None
    assert "write it without a spoiler" in text_of(tried.original)
    assert not server.bot.services.subscriptions.store.all()


@pytest.mark.parametrize("option", ["topics", "authors", "organisations"])
@pytest.mark.parametrize("typed", [";,", "\u2060"])
async def test_no_subscription_is_made_of_no_words(
    filled: Library, connect: Connect, option: str, typed: str
) -> None:
    server = await connect(filled)
    tried = await server.fake.slash("alice", "subscribe", **{option: typed})
    await server.quoted(tried)
    assert tried.original is not None
    assert "There is no word in this list" in text_of(tried.original)
    assert not server.bot.services.subscriptions.store.all()


async def test_a_search_for_a_spoiler_is_one(filled: Library, connect: Connect) -> None:
    server = await connect(filled)
    found = await server.fake.slash("alice", "search", text="||HeronNet||")
    await server.quoted(found)
    assert found.original is not None
    assert_hidden(found.original, "HeronNet")


async def shown_to_alice(server: Server, command: str, **options: str) -> Message:
    """Use a command with a spoiler, which shows papers to Alice alone."""
    used = await server.fake.slash("alice", command, **options)
    await server.quoted(used)
    message = used.original
    assert message is not None
    assert message["flags"] & EPHEMERAL
    listed = server.bot.services.conversations.listed
    await server.fake.until(lambda: listed(int(message["id"])))
    return message


FOLLOW_UPS = [
    ("paper", {"title": "||PastryBench||"}, "how many errors do bakers find in it?", "97%"),
    ("paper", {"title": "||Loom||"}, "summarize it", "Loom"),
    ("compare", {"first": "||Tidal Attention||", "second": "Loom"}, "explain number 1", "Tidal"),
    ("search", {"text": "||errors in recipes||"}, "what is number 1 about?", "PastryBench"),
    ("explain", {"paper": "||HeronNet||"}, "who wrote it?", "A. One"),
]


@pytest.mark.parametrize(("command", "options", "question", "answer"), FOLLOW_UPS)
async def test_what_refers_to_a_hidden_card_or_list_is_a_spoiler_after_a_restart(
    filled: Library, command: str, options: dict[str, str], question: str, answer: str
) -> None:
    hidden = [paper.title.partition(":")[0] for paper in (HERON, LOOM, PASTRY, TIDAL)]
    async with judged() as fake:
        async with joined(fake, filled) as server:
            await shown_to_alice(server, command, **options)
        async with joined(fake, filled) as server:
            said = await server.say("alice", f"{fake.mention} {question}")
            asked = await server.ask(question)
            further = await server.say("bob", "summarize it", reply_to=said)
    for message in (said, asked, further):
        assert not [word for word in hidden if word in seen(message)]
    for message in (said, asked):
        assert answer in text_of(message)
        assert not message["flags"] & EPHEMERAL


async def test_what_an_open_command_shows_is_no_spoiler(filled: Library, connect: Connect) -> None:
    server = await connect(filled)
    for title in ("||PastryBench||", "Loom"):
        await server.quoted(await server.fake.slash("alice", "paper", title=title))
    await server.quoted(await server.fake.slash("alice", "saved"))  # for her alone, but not hidden
    said = await server.say("alice", f"{server.fake.mention} summarize it")
    assert LOOM.title in seen(said)


async def test_lists_from_a_hidden_answer_are_hidden(filled: Library, connect: Connect) -> None:
    server = await connect(filled)
    answer = await server.ask("what does ||Tidal Attention|| keep?")
    clicked = await server.fake.click("alice", answer, button(answer, "similar"))
    await server.quoted(clicked)
    assert clicked.original is not None
    said = await server.say("alice", f"{server.fake.mention} what is number 1 about?")
    title = next(p.title for p in (HERON, PASTRY, LOOM) if p.title in text_of(said))
    assert title not in seen(said)
