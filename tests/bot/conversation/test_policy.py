"""When the bot speaks and when it does not: one table, over the wire with the real client."""

import asyncio
import threading
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest
import pytest_asyncio

from bot.access.guild_settings import Group, GuildSettings, GuildSettingsStore
from bot.app import open_library
from bot.cogs.messages import NO_EMBEDS
from bot.conversation.policy import NO_MESSAGE_CONTENT
from ingest.sync import ingest
from rag.config import RagConfig
from rag.library import Library
from tests.discord_fake import payloads
from tests.discord_fake.permissions import (
    EMBED_LINKS,
    EVERYTHING,
    MANAGE_THREADS,
    READ_HISTORY,
    SEND,
    denying,
)
from tests.discord_server import Server, choose, finished, serving, text_of
from tests.papers import HERON, ListSource

Q = "how accurate is HeronNet compared with human counters?"
MORE = "and how many hours of training?"

ANSWER, SILENCE, HINTED, CHAT = "answer", "silence", "hint", "small talk"
NOT_READ = "names the file that it does not read"
CANNOT_READ, CANNOT_SHOW = "says what it cannot read", "says which permission it needs"
SENTENCES = {
    "Ask me something": HINTED,
    "I have not read": NOT_READ,
    "Hello!": CHAT,
    "You're welcome!": CHAT,
    "I answer questions about": CHAT,
    NO_MESSAGE_CONTENT: CANNOT_READ,
    NO_EMBEDS: CANNOT_SHOW,
}

LISTENING = "discord.py: on_message"  # discord.py's name for its tasks

Message = dict[str, Any]


class Room:
    """A channel of its own for each situation, and what can happen there. `@me` is the bot."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self.fake = server.fake
        self.channel = server.fake.general
        self.bots_own = server.fake.world.roles["papersbot"]["id"]

    async def opened(self, kind: int = payloads.TEXT_CHANNEL, *, without: int = 0) -> "Room":
        """Make the channel; `without`: what nobody may do there."""
        overwrites = denying(self.fake.guild, without) if without else []
        self.channel = self.fake.add_channel("room", kind, permission_overwrites=overwrites)
        await self.fake.dispatch("CHANNEL_CREATE", self.fake.channels[self.channel])
        return self

    async def says(self, text: str, *, by: str = "alice", **options: Any) -> Message:
        text = text.replace("@me", self.fake.mention).replace(
            "@bob", f"<@{self.fake.users['bob']['id']}>"
        )
        options.setdefault("channel", self.channel)
        return await self.fake.say(by, text, **options)

    async def answer(self) -> Message:
        """Have a question answered; return the answer."""
        return await self.server.answer_to(await self.says(f"@me {Q}"))

    async def replies_to_answer(self, text: str, **options: Any) -> Message:
        return await self.says(text, reply_to=await self.answer(), **options)

    async def replies_to_bob(self, text: str) -> Message:
        return await self.says(text, reply_to=await self.says("I like herons.", by="bob"))

    async def thread_of(self, owner: str) -> str:
        """Start a thread; return its id. The bot's own begins at a question."""
        if owner == "me":
            await self.chooses(threads="always")
            said = await self.says(f"@me {Q}")
            await self.fake.until(lambda: self.bot_said(said, said["id"]), 10)
            return str(said["id"])
        return await self.fake.start_thread(owner, await self.says("Look at this.", by=owner))

    async def says_in_thread_of(self, owner: str, text: str, **options: Any) -> Message:
        return await self.says(text, channel=await self.thread_of(owner), **options)

    async def chooses(self, **settings: Any) -> None:
        """Let those who manage the server choose in /setup."""
        await choose(self.server, **settings)

    async def everything_is_heard(self) -> None:
        """Wait until the bot has done whatever it does about all that was said."""
        alone = await self.fake.open_dm("carol")
        await self.server.answer_to(await self.fake.say("carol", Q, alone))
        busy = [task for task in asyncio.all_tasks() if task.get_name() == LISTENING]
        if busy:
            await asyncio.wait(busy)

    def refused(self, channel: str) -> int:
        """Return how many messages of the bot's Discord did not take there."""
        tried = [
            entry
            for entry in self.fake.log
            if entry[0] == "POST /channels/{c}/messages" and entry[1]["c"] == channel
        ]
        sent = [
            message
            for message in self.server.answers()
            if message["channel_id"] == channel and "interaction_metadata" not in message
        ]
        return len(tried) - len(sent)

    def bot_said(self, since: Message, channel: str) -> list[Message]:
        return [
            message
            for message in self.server.answers()
            if message["channel_id"] == channel and int(message["id"]) > int(since["id"])
        ]


# -- what takes more than one step ----------------------------------------------------------


async def a_thread_from_an_answer(room: Room) -> Message:
    thread = await room.fake.start_thread("bob", await room.answer())
    return await room.says(MORE, by="bob", channel=thread)


async def a_thread_from_a_card(room: Room) -> Message:
    shown = await room.fake.slash("alice", "paper", title=HERON.title, channel=room.channel)
    await room.server.quoted(shown)
    assert shown.original is not None
    thread = await room.fake.start_thread("bob", shown.original)
    return await room.says("how many hours of training?", by="bob", channel=thread)


async def greeted_in_its_thread(room: Room) -> Message:
    return await room.says_in_thread_of("me", "@me hello!")


async def greeted_where_answers_get_threads(room: Room) -> Message:
    await room.chooses(threads="always")
    return await room.says("@me hello!")


async def an_archived_thread(room: Room) -> Message:
    thread = await room.thread_of("me")
    await room.fake.change_thread(thread, archived=True)
    return await room.says(MORE, channel=thread)


async def a_locked_thread(room: Room) -> Message:
    thread = await room.thread_of("me")
    await room.fake.change_thread(thread, locked=True)
    return await room.says(MORE, channel=thread)


async def an_old_answer(room: Room) -> Message:
    answer = await room.answer()
    state = room.server.bot._connection
    assert state._messages is not None
    state._messages.clear()  # discord.py forgets messages after a while
    return await room.says(MORE, reply_to=answer, ping=False)


async def an_edited_question(room: Room) -> Message:
    said = await room.says(f"@me {Q}")
    await room.server.answer_to(said)
    await room.fake.edit(said, f"{room.fake.mention} {Q} Please.")
    return said


async def an_edit_that_adds_the_mention(room: Room) -> Message:
    said = await room.says(Q)
    await room.everything_is_heard()
    await room.fake.edit(said, f"{room.fake.mention} {Q}")
    return said


async def a_deleted_question(room: Room) -> Message:
    """The question is taken back while its answer is looked for."""
    go_on = threading.Event()
    readers = room.server.bot.services.executor._readers
    held = [readers.submit(go_on.wait, 20) for _ in range(readers._max_workers)]
    said = await room.says(f"@me {Q}")
    await room.fake.delete(said)
    go_on.set()
    assert all(one.result() for one in held)
    return said


async def its_own_message(room: Room) -> Message:
    await room.everything_is_heard()
    channel: Any = room.server.bot.get_channel(int(room.channel))
    sent = await channel.send(f"{room.fake.mention} {Q}")
    return room.fake.messages[str(sent.id)]


async def a_bot_that_replies(room: Room) -> Message:
    return await room.replies_to_answer(MORE, by="another bot")


async def the_same_message_twice(room: Room) -> Message:
    said = await room.says(f"@me {Q}")
    await room.fake.gateway.publish(said)
    await room.server.answer_to(said)
    await room.fake.gateway.publish(said)
    return said


async def while_it_was_away(room: Room) -> Message:
    """A new session begins with nothing: what was said meanwhile is not told."""
    identified = room.fake.identifies
    await room.fake.drop(op=9)
    said = await room.says(f"@me {Q}")
    await room.fake.until(lambda: room.fake.identifies > identified, 20)
    await room.fake.until(room.server.bot.is_ready, 20)
    return said


async def its_answer_is_forwarded(room: Room) -> Message:
    return await room.says("", forward=await room.answer())


async def a_question_is_forwarded(room: Room) -> Message:
    return await room.says("", forward=await room.says(Q, by="bob"))


async def a_question_is_forwarded_to_it(room: Room) -> Message:
    return await in_a_direct_message(room, "", forward=await room.says(Q, by="bob"))


async def a_picture_is_forwarded(room: Room) -> Message:
    picture = await room.says("", by="bob", **ALONE)
    return await in_an_ask_channel(room, "", forward=picture)


async def in_a_direct_message(room: Room, text: str, **options: Any) -> Message:
    room.channel = await room.fake.open_dm("alice")
    return await room.says(text, **options)


async def in_an_ask_channel(room: Room, text: str, *, to: str = "", **options: Any) -> Message:
    await room.chooses(ask_channels={int(room.channel)})
    if to:
        options["reply_to"] = await room.says("@bob I like herons", by=to)
    return await room.says(text, **options)


async def in_a_forum(room: Room, text: str, *, asks: bool = False) -> Message:
    await room.opened(payloads.FORUM_CHANNEL)
    if asks:
        await room.chooses(ask_channels={int(room.channel)})
    text = text.replace("@me", room.fake.mention)
    return await room.fake.post("alice", room.channel, "Herons", text)


async def in_a(room: Room, kind: int) -> Message:
    await room.opened(kind)
    return await room.says(f"@me {Q}")


async def without(room: Room, permission: int) -> Message:
    await room.opened(without=permission)
    return await room.says(f"@me {Q}")


async def chosen(room: Room, by: str = "alice", **settings: Any) -> Message:
    await room.chooses(**settings)
    return await room.says(f"@me {Q}", by=by)


async def with_role(room: Room, who: str, which: str) -> Message:
    """The role `who` has may ask, or may not; alice asks."""
    role = Group(roles=frozenset([int(await room.fake.add_role("readers", who))]))
    await room.chooses(**{which: role})
    return await room.says(f"@me {Q}")


async def another_role(room: Room) -> Message:
    return await room.says(f"<@&{await room.fake.add_role('writers')}> {Q}")


async def in_a_thread_of_a_chosen_channel(room: Room) -> Message:
    await room.chooses(channels={int(room.channel)})
    return await room.says_in_thread_of("bob", f"@me {Q}")


def person(room: Room, name: str) -> Group:
    return Group(people=frozenset([int(room.fake.users[name]["id"])]))


# -- the table -------------------------------------------------------------------------------

PICTURE = {"id": "1", "filename": "bird.png", "size": 1, "url": "u", "proxy_url": "p"}
ALONE: dict[str, Any] = {"attachments": [PICTURE]}
DOCUMENT: dict[str, Any] = {"attachments": [{**PICTURE, "filename": "paper.pdf"}]}

Situation = tuple[str, Callable[[Room], Awaitable[Message]], str]

SITUATIONS: list[Situation] = [
    # said to it
    ("a mention", lambda r: r.says(f"@me {Q}"), ANSWER),
    ("a mention beside @everyone", lambda r: r.says(f"@everyone meet @me! {Q}"), ANSWER),
    ("a mention at the end", lambda r: r.says(f"{Q} @me"), ANSWER),
    ("a mention of its own role", lambda r: r.says(f"<@&{r.bots_own}> {Q}"), ANSWER),
    ("a mention after a quotation", lambda r: r.says(f"> It counts birds.\n@me {Q}"), ANSWER),
    ("a mention in a thread of others", lambda r: r.says_in_thread_of("bob", f"@me {Q}"), ANSWER),
    ("a reply to bob that mentions it", lambda r: r.replies_to_bob(f"@me {Q}"), ANSWER),
    ("a reply to its answer", lambda r: r.replies_to_answer(MORE), ANSWER),
    ("a reply without a ping", lambda r: r.replies_to_answer(MORE, ping=False), ANSWER),
    ("somebody else's reply to its answer", lambda r: r.replies_to_answer(MORE, by="bob"), ANSWER),
    ("a reply to an old answer", an_old_answer, ANSWER),
    ("words in its own thread", lambda r: r.says_in_thread_of("me", MORE), ANSWER),
    ("words in a thread from its answer", a_thread_from_an_answer, ANSWER),
    ("words in a thread from a paper's card", a_thread_from_a_card, ANSWER),
    ("words in its archived thread", an_archived_thread, ANSWER),
    ("a direct message", lambda r: in_a_direct_message(r, Q), ANSWER),
    ("words in an ask-channel", lambda r: in_an_ask_channel(r, Q), ANSWER),
    ("a forum post that mentions it", lambda r: in_a_forum(r, f"@me {Q}"), ANSWER),
    ("a post in a forum to ask in", lambda r: in_a_forum(r, Q, asks=True), ANSWER),
    ("a voice channel's chat", lambda r: in_a(r, payloads.VOICE_CHANNEL), ANSWER),
    ("a stage's chat", lambda r: in_a(r, payloads.STAGE_CHANNEL), ANSWER),
    ("an announcement channel", lambda r: in_a(r, payloads.ANNOUNCEMENT_CHANNEL), ANSWER),
    ("it may not read history", lambda r: without(r, READ_HISTORY), ANSWER),
    ("a forwarded question in a direct message", a_question_is_forwarded_to_it, ANSWER),
    # said to it, but no question
    ("a mention without words", lambda r: r.says("@me"), HINTED),
    ("a greeting", lambda r: r.says("@me hello there!"), CHAT),
    ("a direct greeting", lambda r: in_a_direct_message(r, "hello!"), CHAT),
    ("a greeting in its thread", lambda r: r.says_in_thread_of("me", "hello"), SILENCE),
    ("a mention and a greeting in its thread", greeted_in_its_thread, CHAT),
    ("laughter in an ask-channel", lambda r: in_an_ask_channel(r, "lol"), SILENCE),
    ("a goodbye in an ask-channel", lambda r: in_an_ask_channel(r, "see you later!"), SILENCE),
    ("thanks in an ask-channel", lambda r: in_an_ask_channel(r, "@me thanks"), CHAT),
    ("what it can do", lambda r: r.replies_to_answer("what can you do?"), CHAT),
    ("what it can do, in an ask-channel", lambda r: in_an_ask_channel(r, "help"), CHAT),
    ("a greeting where answers get threads", greeted_where_answers_get_threads, CHAT),
    ("a mention with a picture alone", lambda r: r.says("@me", **ALONE), NOT_READ),
    ("a direct picture", lambda r: in_a_direct_message(r, "", **ALONE), NOT_READ),
    ("a document below its answer", lambda r: r.replies_to_answer("", **DOCUMENT), NOT_READ),
    ("a picture in an ask-channel", lambda r: in_an_ask_channel(r, "", **ALONE), SILENCE),
    ("an emoji in an ask-channel", lambda r: in_an_ask_channel(r, "<:hm:1>"), SILENCE),
    ("thanks for an answer", lambda r: r.replies_to_answer("Thank you so much!"), CHAT),
    ("a picture below its answer", lambda r: r.replies_to_answer("", **ALONE), SILENCE),
    # not said to it
    ("words in a channel", lambda r: r.says(Q), SILENCE),
    ("words in a thread of others", lambda r: r.says_in_thread_of("bob", Q), SILENCE),
    ("a forum post", lambda r: in_a_forum(r, Q), SILENCE),
    ("a mention inside a quotation", lambda r: r.says(f"> @me {Q}\nOh."), SILENCE),
    ("a mention in a long quotation", lambda r: r.says(f">>> So:\n@me {Q}"), SILENCE),
    ("a mention in code", lambda r: r.says(f"Write `@me {Q}`"), SILENCE),
    ("a mention in a block of code", lambda r: r.says(f"```\n@me {Q}\n```"), SILENCE),
    ("@everyone in an ask-channel", lambda r: in_an_ask_channel(r, f"@everyone {Q}"), SILENCE),
    ("@here below its answer", lambda r: r.replies_to_answer(f"@here {MORE}"), SILENCE),
    ("a mention of another role", another_role, SILENCE),
    ("a reply to bob", lambda r: r.replies_to_bob(Q), SILENCE),
    ("a reply to its answer, to bob", lambda r: r.replies_to_answer("@bob see?"), SILENCE),
    ("to bob in its own thread", lambda r: r.says_in_thread_of("me", "@bob see?"), SILENCE),
    ("to bob in an ask-channel", lambda r: in_an_ask_channel(r, "@bob see?"), SILENCE),
    ("a reply to bob in an ask-channel", lambda r: in_an_ask_channel(r, Q, to="bob"), SILENCE),
    ("a forwarded answer", its_answer_is_forwarded, SILENCE),
    ("a forwarded question", a_question_is_forwarded, SILENCE),
    ("a forwarded picture in an ask-channel", a_picture_is_forwarded, SILENCE),
    ("somebody joins", lambda r: r.says("", kind=7), SILENCE),
    ("somebody pins", lambda r: r.says("", kind=6), SILENCE),
    # said by no person
    ("its own message", its_own_message, SILENCE),
    ("another bot", lambda r: r.says(f"@me {Q}", by="another bot"), SILENCE),
    ("another bot replies to it", a_bot_that_replies, SILENCE),
    ("a webhook", lambda r: r.says(f"@me {Q}", by="a hook", webhook_id="77"), SILENCE),
    ("a crosspost", lambda r: r.says(f"@me {Q}", by="news", webhook_id="78", flags=2), SILENCE),
    # once, and only now
    ("an edited question", an_edited_question, ANSWER),
    ("an edit that adds the mention", an_edit_that_adds_the_mention, SILENCE),
    ("a question deleted meanwhile", a_deleted_question, SILENCE),
    ("the same message twice", the_same_message_twice, ANSWER),
    ("a message from before it was connected", while_it_was_away, SILENCE),
    # not allowed
    ("a denied person", lambda r: chosen(r, denied=person(r, "alice")), SILENCE),
    ("another than the denied", lambda r: chosen(r, denied=person(r, "bob")), ANSWER),
    ("a denied role", lambda r: with_role(r, "alice", "denied"), SILENCE),
    ("without the allowed role", lambda r: with_role(r, "bob", "allowed"), SILENCE),
    ("with the allowed role", lambda r: with_role(r, "alice", "allowed"), ANSWER),
    ("a channel off the list", lambda r: chosen(r, channels={int(r.fake.general)}), SILENCE),
    ("a channel on the list", lambda r: chosen(r, channels={int(r.channel)}), ANSWER),
    ("a thread of a channel on the list", in_a_thread_of_a_chosen_channel, ANSWER),
    ("it may not send", lambda r: without(r, SEND), SILENCE),
    ("it may not embed", lambda r: without(r, EMBED_LINKS), CANNOT_SHOW),
    ("words in its locked thread", a_locked_thread, SILENCE),
]

WITHOUT_THE_INTENT: list[Situation] = [
    ("a mention", lambda r: r.says(f"@me {Q}"), ANSWER),
    ("a reply that pings", lambda r: r.replies_to_answer(MORE), ANSWER),
    ("a direct message", lambda r: in_a_direct_message(r, Q), ANSWER),
    ("a reply without a ping", lambda r: r.replies_to_answer(MORE, ping=False), CANNOT_READ),
    ("words in its own thread", lambda r: r.says_in_thread_of("me", MORE), CANNOT_READ),
    ("words in an ask-channel", lambda r: in_an_ask_channel(r, Q), CANNOT_READ),
    ("words in a thread of others", lambda r: r.says_in_thread_of("bob", Q), SILENCE),
    ("words in a channel", lambda r: r.says(Q), SILENCE),
]


# -- how it is played ------------------------------------------------------------------------


@pytest.fixture(scope="module")
def papers(tmp_path_factory: pytest.TempPathFactory) -> Any:
    library = open_library(tmp_path_factory.mktemp("papers"), RagConfig())
    ingest(ListSource(), library)
    yield library
    library.close()


async def playing(library: Library, **options: Any) -> AsyncIterator[Server]:
    """Serve without limits; members may do everything but unlock threads."""
    unlimited = GuildSettings(person_per_hour=0, server_per_hour=0)
    servers = GuildSettingsStore(library.catalog.database, unlimited)
    bot_options = {"guild_settings": servers} | options.pop("bot_options", {})
    may = EVERYTHING & ~MANAGE_THREADS
    async with serving(library, everybody_may=may, bot_options=bot_options, **options) as server:
        server.fake.add_user("another bot", bot=True)
        yield server


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def server(papers: Library) -> AsyncIterator[Server]:
    async for one in playing(papers):
        yield one


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def server_without(papers: Library) -> AsyncIterator[Server]:
    """A bot to which Discord tells only what mentions it."""
    async for one in playing(
        papers, bot_options={"message_content": False}, message_content=False,
        forbidden_intents=1 << 15,
    ):  # fmt: skip
        yield one


async def what_comes(
    server: Server, situation: Callable[[Room], Awaitable[Message]], expected: str
) -> str:
    """Let it happen in a new channel; return what the bot does about it."""
    server.bot.services.guild_settings.forget(int(server.fake.guild))
    room = await Room(server).opened()
    said = await situation(room)
    where = said["channel_id"]
    await room.everything_is_heard()
    was_deleted = said["id"] not in server.fake.messages
    assert room.refused(where) == was_deleted
    came = room.bot_said(said, where)
    if not came:
        return SILENCE
    (message,) = came
    text = message["content"] or text_of(message)
    sentence = next((kind for words, kind in SENTENCES.items() if text.startswith(words)), None)
    if sentence is None:
        await server.fake.until(lambda: finished(message), 10)
        assert "94.2%" in text_of(message) or "3 hours" in text_of(message)
    return sentence or ANSWER


def table(situations: list[Situation]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize(
        ("situation", "expected"),
        [pytest.param(what, expected, id=name) for name, what, expected in situations],
    )


@pytest.mark.asyncio(loop_scope="module")
@table(SITUATIONS)
async def test_when_to_answer(server: Server, situation: Any, expected: str) -> None:
    assert await what_comes(server, situation, expected) == expected


@pytest.mark.asyncio(loop_scope="module")
@table(WITHOUT_THE_INTENT)
async def test_when_to_answer_without_the_intent(
    server_without: Server, situation: Any, expected: str
) -> None:
    assert await what_comes(server_without, situation, expected) == expected


def test_the_table_covers_enough_situations() -> None:
    assert len({name for name, _, _ in SITUATIONS}) == len(SITUATIONS) >= 30
