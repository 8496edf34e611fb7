"""The panel of /alerts."""

from datetime import UTC, datetime

from rag.library import Library
from tests.bot.alerts.test_deliver import listening, rows
from tests.discord_fake.permissions import EVERYTHING, MANAGE_GUILD, SEND
from tests.discord_server import Connect, text_of

NOW = datetime(2025, 1, 6, 9, 30, tzinfo=UTC)


async def test_the_panel_works_also_after_a_restart(filled: Library, connect: Connect) -> None:
    server = await connect(filled)
    fake = server.fake
    opened = await fake.slash("alice", "alerts")  # she owns the server
    await opened.wait_ack()
    panel = opened.original
    assert panel is not None
    assert panel["flags"] == 64
    assert "I do not announce them" in text_of(panel)
    chosen = await fake.select("alice", panel, "alerts:channel", fake.channels[fake.general])
    await chosen.wait_ack()
    assert f"I announce them in <#{fake.general}>, at most 3 a day" in text_of(panel)
    server.bot._connection._view_store._views.clear()
    server.bot._connection._view_store._synced_message_views.clear()
    await server.bot.reload_extension("bot.cogs.alerts")
    most = await fake.select("alice", panel, "alerts:per_day", "5")
    await most.wait_ack()
    assert "at most 5 a day" in text_of(panel)
    nowhere = await fake.select("alice", panel, "alerts:channel")
    await nowhere.wait_ack()
    settings = server.bot.services.guild_settings.of(int(fake.guild))
    assert (settings.alert_channel, settings.alerts_per_day) == (None, 5)


async def test_users_who_do_not_manage_the_server_are_told_so(
    filled: Library, connect: Connect
) -> None:
    server = await connect(filled, everybody_may=EVERYTHING & ~MANAGE_GUILD)
    opened = await server.fake.slash("alice", "alerts")
    await opened.wait_ack()
    assert opened.original is not None
    for used in (
        await server.fake.slash("bob", "alerts"),
        await server.fake.select("bob", opened.original, "alerts:per_day", "5"),
    ):
        data = (await used.wait_ack())["data"]
        assert text_of(data) == "Only those who manage this server may do that: ask one of them."


async def test_a_channel_in_which_the_bot_may_not_write_is_refused(
    filled: Library, connect: Connect
) -> None:
    server = await connect(filled, everybody_may=EVERYTHING & ~SEND)
    fake = server.fake
    opened = await fake.slash("alice", "alerts")
    await opened.wait_ack()
    assert opened.original is not None
    channel = fake.channels[fake.general]
    chosen = await fake.select("alice", opened.original, "alerts:channel", channel)
    told = text_of((await chosen.wait_ack())["data"])
    assert told.startswith(f"I may not write in #{channel['name']}: let me view it")
    assert server.bot.services.guild_settings.of(int(fake.guild)).alert_channel is None


async def test_leaving_a_server_deletes_its_alerts(filled: Library, connect: Connect) -> None:
    server = await listening(filled, connect)
    guild = int(server.fake.guild)
    server.bot.services.alerts.add(guild, 1, [("arxiv:1", {})], most=9, now=NOW)
    await server.fake.dispatch("GUILD_DELETE", {"id": server.fake.guild})
    await server.fake.until(lambda: rows(server) == [])
