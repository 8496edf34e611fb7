"""Two shards over the wire: one connection each, and everything once."""

import asyncio
import math
from datetime import UTC, datetime, timedelta

import discord
import pytest

from bot.access.shards import Shards
from bot.gateway.sharded_client import ShardedBot
from bot.subscriptions.records import Rhythm, Subscription
from rag.library import Library
from rag.store.catalog import Catalog
from tests.discord_fake import FakeDiscord
from tests.discord_server import Connect, Server, finished, scheduler_of
from tests.papers import QUESTION
from tests.reliability.digest_world import papers_of

TWO = Shards(2)


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Identify without a pause, which is another test's."""
    monkeypatch.setattr(ShardedBot, "_wait_for_turn", lambda _: None)


def channels_of(fake: FakeDiscord) -> list[str]:
    """Return a channel in a server of each of two shards."""
    return [fake.world.add_guild(shard, 2) for shard in range(2)]


async def ask_in(server: Server, channel: str) -> str:
    asked = await server.fake.slash("alice", "ask", question=QUESTION, channel=channel)
    await asked.wait_ack()
    answer = await server.fake.until(lambda: finished(asked.original), 20)
    return str(answer["channel_id"])


async def test_every_server_is_answered_once(connect: Connect, filled: Library) -> None:
    places: list[str] = []
    server: Server = await connect(
        filled, bot_options={"shards": TWO}, prepare=lambda fake: places.extend(channels_of(fake))
    )
    fake, bot = server.fake, server.bot
    assert isinstance(bot, ShardedBot)
    assert sorted(fake.gateway.shards) == [(0, 2), (1, 2)]
    assert len(bot.guilds) == 3
    assert [guild.shard_id for guild in bot.guilds] == [
        (guild.id >> 22) % 2 for guild in bot.guilds
    ]
    for channel in places:
        assert await ask_in(server, channel) == channel
        said = await fake.say("bob", f"{fake.mention} {QUESTION}", channel=channel)
        await server.answer_to(said)
    direct = await fake.open_dm("alice")
    await server.answer_to(await fake.say("alice", QUESTION, channel=direct))
    assert len(server.answers()) == 2 * len(places) + 1
    assert [entry[0] for entry in fake.log].count("PUT /applications/{a}/commands") == 1


async def test_it_is_connected_while_all_shards_are(connect: Connect, filled: Library) -> None:
    server: Server = await connect(filled, bot_options={"shards": TWO})
    bot, fake = server.bot, server.fake
    await fake.until(lambda: bot.is_connected)
    assert not math.isnan(bot.latency)
    (second,) = [c for c in fake.gateway.open_connections() if c.listener and c.listener.shard[0]]
    assert second.listener
    second.listener.connection = None
    second.abort()
    await fake.until(lambda: not bot.is_connected)
    await fake.until(lambda: bot.is_connected, 10)
    assert fake.identifies == 2  # it resumed


async def test_digests_are_sent_once_each(connect: Connect, filled: Library) -> None:
    server: Server = await connect(
        filled, bot_options={"shards": TWO}, prepare=lambda fake: channels_of(fake)
    )
    fake, now = server.fake, datetime.now(UTC)
    Catalog(filled.catalog.database).upsert(papers_of(now.date() - timedelta(days=2)))
    store = server.bot.services.subscriptions.store
    for channel in (c for c in fake.channels.values() if c["name"] == "general"):
        rhythm = Rhythm("day", now.hour, now.minute)
        wanted = Subscription(
            kind="channel", target=channel["id"], guild_id=int(channel["guild_id"]), rhythm=rhythm
        )
        store.add(wanted, now - timedelta(minutes=2))
    scheduler = scheduler_of(server.bot)
    await scheduler.round()
    await scheduler.round()
    digests = [m for m in server.answers() if "digest:discuss" in str(m["components"])]
    assert len({m["channel_id"] for m in digests}) == len(digests) == 3


@pytest.mark.slow
async def test_one_shard_identifies_after_the_other(
    connect: Connect, filled: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.undo()
    server: Server = await connect(filled, bot_options={"shards": TWO})
    opened = [entry for entry in server.fake.log if entry[0] == "WS"]
    assert len(opened) == 2
    loop = asyncio.get_running_loop()
    begun = loop.time()
    await server.bot.before_identify_hook(1)
    assert 3.5 < loop.time() - begun < 6


async def test_without_shards_it_is_discord_pys_plain_client(
    connect: Connect, filled: Library
) -> None:
    server: Server = await connect(filled)
    assert not isinstance(server.bot, discord.AutoShardedClient)
    assert server.fake.gateway.shards == [(0, 1)]
