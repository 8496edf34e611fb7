"""The unmodified discord.py client in conversation with the fake, over a real socket."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import discord
import discord.gateway
import discord.http
import pytest

from tests.discord_fake import FakeDiscord, Judge

QUICK = 0.3  # seconds in which nothing is expected to happen


class Client(discord.Client):
    """Keeps what it hears; answers /ask in two steps."""

    def __init__(self) -> None:
        intents = discord.Intents.default()
        intents.message_content = True
        super().__init__(
            intents=intents,
            allowed_mentions=discord.AllowedMentions.none(),
            guild_ready_timeout=0.05,
        )
        self.tree = discord.app_commands.CommandTree(self)
        self.heard: list[discord.Message] = []
        self.threads: list[discord.Thread] = []
        self.resumed = 0

        @self.tree.command(description="Ask a question.")
        async def ask(interaction: discord.Interaction, question: str) -> None:
            await interaction.response.defer()
            await interaction.edit_original_response(content=f"You asked: {question}")

        @ask.autocomplete("question")
        async def suggest(
            interaction: discord.Interaction, typed: str
        ) -> list[discord.app_commands.Choice[str]]:
            return [discord.app_commands.Choice(name=typed.upper(), value=typed)]

    async def before_identify_hook(self, shard_id: int | None, *, initial: bool = False) -> None:
        """Do not wait the usual five seconds before a second IDENTIFY."""

    async def on_message(self, message: discord.Message) -> None:
        if message.author != self.user:
            self.heard.append(message)

    async def on_thread_create(self, thread: discord.Thread) -> None:
        self.threads.append(thread)

    async def on_resumed(self) -> None:
        self.resumed += 1


@asynccontextmanager
async def connected(fake: FakeDiscord) -> AsyncIterator[Client]:
    """Run a client until the block ends."""
    async with Client() as client:
        running = asyncio.create_task(client.start(fake.token))
        await fake.until(client.is_ready)
        yield client
        await client.close()
        await running


def converse(
    conversation: Callable[[FakeDiscord, Client], Awaitable[None]], **settings: Any
) -> FakeDiscord:
    """Run a conversation between the fake and a connected client."""

    async def run() -> FakeDiscord:
        async with FakeDiscord(**settings) as fake:
            fake.point_discord_py()
            async with connected(fake) as client:
                await conversation(fake, client)
        return fake

    return asyncio.run(run())


def test_a_command_is_synced_used_deferred_and_answered() -> None:
    async def conversation(fake: FakeDiscord, client: Client) -> None:
        await client.tree.sync()
        assert list(fake.commands) == ["ask"]
        asked = await fake.slash("carol", "ask", question="why?")
        assert (await asked.wait_ack())["type"] == 5
        answer = await asked.wait_message("You asked: why?")
        assert answer["interaction_metadata"]["user"] is fake.users["carol"]
        assert asked.original is answer
        assert asked.ack_ms is not None
        [(_, edit)] = fake.edits(answer["id"])
        assert edit["content"] == "You asked: why?"
        assert fake.posts() == []

    fake = converse(conversation)
    assert fake.identifies == 1
    assert fake.unknown_routes == []
    assert fake.judge.complaints == []


def test_an_option_is_completed() -> None:
    async def conversation(fake: FakeDiscord, client: Client) -> None:
        await client.tree.sync()
        typing = await fake.autocomplete("alice", "ask", "question", question="wh")
        choices = (await typing.wait_ack())["data"]["choices"]
        assert choices == [{"name": "WH", "value": "wh"}]

    converse(conversation)


def test_a_command_in_a_direct_channel_comes_from_a_user_without_a_guild() -> None:
    async def conversation(fake: FakeDiscord, client: Client) -> None:
        await client.tree.sync()
        channel = await fake.open_dm("dora")
        asked = await fake.slash("dora", "ask", channel=channel, question="here?")
        answer = await asked.wait_message("You asked: here?")
        assert answer["channel_id"] == channel
        assert await fake.open_dm("dora") == channel

    converse(conversation)


def test_buttons_forms_and_followups() -> None:
    async def conversation(fake: FakeDiscord, client: Client) -> None:
        class Form(discord.ui.Modal, title="More"):
            words: discord.ui.TextInput[Any] = discord.ui.TextInput(
                label="Words", custom_id="words"
            )

            async def on_submit(self, interaction: discord.Interaction) -> None:
                await interaction.response.send_message(self.words.value, ephemeral=True)
                await interaction.followup.send("and more", ephemeral=True)

        class Buttons(discord.ui.View):
            @discord.ui.button(label="Change", custom_id="change")
            async def change(self, interaction: discord.Interaction, _: Any) -> None:
                embed = discord.Embed(description="changed")
                await interaction.response.edit_message(content="after", embed=embed)

            @discord.ui.button(label="Write", custom_id="write")
            async def write(self, interaction: discord.Interaction, _: Any) -> None:
                await interaction.response.send_modal(Form())

        view = Buttons(timeout=None)
        sent = await general(client).send("before", embed=discord.Embed(title="old"), view=view)
        message = fake.messages[str(sent.id)]
        changed = await (await fake.click("bob", message, "change")).wait_message("after")
        assert changed is message
        assert [embed["description"] for embed in message["embeds"]] == ["changed"]
        assert [body["content"] for _, body in fake.edits(message["id"])] == ["after"]

        shown = await fake.click("bob", message, "write")
        assert (await shown.wait_ack())["type"] == 9
        submitted = await fake.submit("bob", shown, words="a few words")
        await submitted.wait_message("a few words")
        await fake.until(lambda: submitted.followups)
        assert fake.messages[submitted.followups[0]]["content"] == "and more"
        posts = [body["content"] for _, body in fake.posts()]
        assert posts == ["before", "a few words", "and more"]

    assert converse(conversation).judge.complaints == []


def general(client: Client) -> discord.TextChannel:
    return next(iter(client.guilds[0].text_channels))


def test_a_mention_and_a_reply_are_heard_as_such() -> None:
    async def conversation(fake: FakeDiscord, client: Client) -> None:
        assert client.user is not None
        await fake.say("erin", f"{fake.mention} what is new?", nonce="12")
        await fake.until(lambda: client.heard)
        mention = client.heard[0]
        assert client.user in mention.mentions
        assert mention.nonce == "12"
        assert str(mention.author) == "erin"

        sent = await mention.reply("Nothing.")
        answer = fake.messages[str(sent.id)]
        assert answer["referenced_message"]["id"] == str(mention.id)
        assert answer["mentions"] == []  # allowed_mentions said so

        await fake.say("erin", "Really?", reply_to=answer)
        await fake.say("erin", "I see.", reply_to=answer, ping=False)
        await fake.until(lambda: len(client.heard) == 3)
        with_ping, without = client.heard[1:]
        assert with_ping.mentions == [client.user]
        assert without.mentions == []
        assert with_ping.reference is not None
        resolved = with_ping.reference.resolved
        assert isinstance(resolved, discord.Message)
        assert resolved.content == "Nothing."

    assert converse(conversation).judge.complaints == []


def test_people_bots_and_webhooks_are_told_apart() -> None:
    async def conversation(fake: FakeDiscord, client: Client) -> None:
        fake.add_user("robot", bot=True)
        await fake.say("robot", "beep")
        await fake.say("newsfeed", "extra, extra", webhook_id="77")
        await fake.until(lambda: len(client.heard) == 2)
        assert client.heard[0].author.bot
        assert client.heard[1].webhook_id == 77

    converse(conversation)


def test_a_direct_message_reaches_the_bot_and_its_answer_the_person() -> None:
    async def conversation(fake: FakeDiscord, client: Client) -> None:
        channel = await fake.open_dm("alice")
        await fake.say("alice", "psst", channel)
        await fake.until(lambda: client.heard)
        heard = client.heard[0]
        assert heard.guild is None
        assert isinstance(heard.channel, discord.DMChannel)
        await heard.channel.send("yes?")
        person = await client.fetch_user(heard.author.id)
        await person.send("still there?")
        said = [m["content"] for m in fake.messages.values() if m["channel_id"] == channel]
        assert said == ["psst", "yes?", "still there?"]

    converse(conversation)


def test_threads_know_who_started_them() -> None:
    async def conversation(fake: FakeDiscord, client: Client) -> None:
        message = await fake.say("alice", "Let us talk.")
        started = await fake.start_thread("bob", message)
        assert started == message["id"]
        await fake.until(lambda: client.threads)
        assert client.threads[0].owner_id == int(fake.users["bob"]["id"])
        await fake.say("bob", "In here.", started)
        await fake.until(lambda: len(client.heard) == 2)
        assert isinstance(client.heard[1].channel, discord.Thread)

        sent = await general(client).send("Mine.")
        thread = await sent.create_thread(name="Paperboy's")
        assert thread.owner_id == int(fake.bot["id"])
        with pytest.raises(discord.HTTPException, match="already been created"):
            await sent.create_thread(name="again")

    converse(conversation)


def test_without_the_intent_only_words_for_the_bot_have_content() -> None:
    async def conversation(fake: FakeDiscord, client: Client) -> None:
        said = await fake.say("alice", "not for you", embeds=[{"title": "x"}])
        await fake.say("alice", f"for {fake.mention}", reply_to=said)
        await fake.say("alice", "for you alone", await fake.open_dm("alice"))
        await fake.until(lambda: len(client.heard) == 3)
        assert [m.content for m in client.heard] == ["", f"for {fake.mention}", "for you alone"]
        assert client.heard[0].embeds == []
        assert (await general(client).fetch_message(int(said["id"]))).content == ""
        sent = await general(client).send("mine")
        assert (await general(client).fetch_message(sent.id)).content == "mine"

    converse(conversation, message_content=False)


def test_what_happens_while_the_connection_is_cut_is_replayed() -> None:
    async def conversation(fake: FakeDiscord, client: Client) -> None:
        await fake.say("alice", "one")
        await fake.until(lambda: len(client.heard) == 1)
        await fake.drop()
        await fake.say("alice", "two")
        await fake.until(lambda: client.resumed == 1, timeout=20)
        assert [message.content for message in client.heard] == ["one", "two"]
        assert fake.identifies == 1
        await fake.drop(op=9)
        await fake.until(lambda: fake.identifies == 2, timeout=20)

    converse(conversation)


def test_a_closed_gateway_answers_503() -> None:
    async def run() -> None:
        async with FakeDiscord(accepting=False) as fake, aiohttp.ClientSession() as http:
            with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
                await http.ws_connect(fake.ws_url)
            assert refused.value.status == 503
            fake.accepting = True
            async with http.ws_connect(fake.ws_url) as socket:
                assert (await socket.receive_json())["op"] == 10

    asyncio.run(run())


def test_forbidden_intents_and_wrong_tokens_are_refused() -> None:
    async def run(token: str, intents: int) -> int | None:
        async with (
            FakeDiscord(forbidden_intents=1 << 15) as fake,
            aiohttp.ClientSession() as http,
            http.ws_connect(fake.ws_url) as socket,
        ):
            await socket.receive_json()
            await socket.send_json({"op": 2, "d": {"token": token, "intents": intents}})
            await socket.receive()
            return socket.close_code

    assert asyncio.run(run("fake.token", 1 << 15)) == 4014
    assert asyncio.run(run("another", 0)) == 4004


def test_late_and_double_answers_are_refused() -> None:
    async def run() -> None:
        async with FakeDiscord() as fake, aiohttp.ClientSession() as http:
            fake.commands["ask"] = {"id": "1", "name": "ask"}

            async def answer(token: str, number: str) -> tuple[int, Any]:
                url = f"{fake.url}/api/v10/interactions/{number}/{token}/callback"
                body = {"type": 5}
                async with http.post(url, json=body) as response:
                    return response.status, await response.json() if response.status > 204 else None

            asked = await fake.slash("alice", "ask")
            assert (await answer(asked.token, asked.id))[0] == 204
            assert (await answer(asked.token, asked.id))[1]["code"] == 40060
            fake.ack_deadline = 0.0
            asked = await fake.slash("alice", "ask")
            assert (await answer(asked.token, asked.id))[1]["code"] == 10062

            fake.token_life = 0.0
            late = f"{fake.url}/api/v10/webhooks/{fake.app_id}/{asked.token}"
            async with http.post(late, json={"content": "late"}) as response:
                assert (await response.json())["code"] == 50027

    asyncio.run(run())


def test_rate_limits_and_faults_are_survived() -> None:
    route = "POST /channels/{c}/messages"

    async def conversation(fake: FakeDiscord, client: Client) -> None:
        fake.fail_next.append((route, 403, {"code": 50001, "message": "Missing Access"}, {}))
        with pytest.raises(discord.Forbidden):
            await general(client).send("0")
        for n in range(4):
            await general(client).send(str(n))
        assert [body["content"] for _, body in fake.posts()] == ["0", "1", "2", "3"]
        times = [time for time, _ in fake.posts()]
        assert times[2] - times[0] > QUICK / 2

    converse(conversation, limits={route: (2, QUICK)})


def test_files_arrive_and_stay_through_an_edit() -> None:
    async def conversation(fake: FakeDiscord, client: Client) -> None:
        path = discord.File(__file__, filename="paper.txt")
        sent = await general(client).send("look", file=path)
        assert fake.files["paper.txt"].startswith(b'"""The unmodified')
        await sent.edit(content="look again", attachments=sent.attachments)
        message = fake.messages[str(sent.id)]
        assert [a["filename"] for a in message["attachments"]] == ["paper.txt"]

    assert converse(conversation).judge.complaints == []


def test_unknown_routes_are_noted() -> None:
    async def conversation(fake: FakeDiscord, client: Client) -> None:
        with pytest.raises(discord.NotFound):
            await client.fetch_guild(1)

    fake = converse(conversation)
    assert fake.unknown_routes == ["GET /guilds/1"]


def test_the_bot_is_judged() -> None:
    async def conversation(fake: FakeDiscord, client: Client) -> None:
        await general(client).send("@everyone", allowed_mentions=discord.AllowedMentions.all())

    complaints = converse(conversation, judge=Judge()).judge.complaints
    assert ["@everyone in content" in complaint for complaint in complaints].count(True) == 1
    assert any("allowed_mentions.parse" in complaint for complaint in complaints)


def test_discord_py_is_put_back() -> None:
    async def run() -> None:
        before = (discord.http.Route.BASE, discord.gateway.DiscordWebSocket.DEFAULT_GATEWAY)
        async with FakeDiscord() as fake:
            fake.point_discord_py()
            assert discord.http.Route.BASE.startswith("http://127.0.0.1:")
        after = (discord.http.Route.BASE, discord.gateway.DiscordWebSocket.DEFAULT_GATEWAY)
        assert after == before

    asyncio.run(run())
