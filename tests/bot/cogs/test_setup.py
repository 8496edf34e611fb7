"""/setup over the wire: the panel, what it refuses, and what stays of it."""

from typing import Any

from rag.library import Library
from tests.discord_fake.permissions import EVERYTHING, MANAGE_GUILD
from tests.discord_server import Connect, Server, choose, text_of


async def opened(server: Server) -> dict[str, Any]:
    shown = await server.fake.slash("alice", "setup")  # she owns the server
    await shown.wait_ack()
    assert shown.original is not None
    assert shown.original["flags"] == 64
    return shown.original


async def test_the_panel_works_also_after_a_restart(filled: Library, connect: Connect) -> None:
    first = await connect(filled)
    fake = first.fake
    panel = await opened(first)
    asks = fake.channels[fake.general]
    chosen = await fake.select("alice", panel, "setup:ask_channels", asks)
    await chosen.wait_ack()
    assert f"Ask-channels: <#{fake.general}>" in text_of(panel)
    role = fake.world.roles["papersbot"]
    chosen = await fake.select("alice", panel, "setup:allowed", role, fake.users["alice"])
    await chosen.wait_ack()
    assert f"Who may ask: @papersbot <@{fake.users['alice']['id']}>" in text_of(panel)
    menu = panel["components"][2]["components"][0]
    assert [str(one["id"]) for one in menu["default_values"]] == [
        role["id"],
        fake.users["alice"]["id"],
    ]
    form = await fake.click("alice", panel, "setup:limits")
    await form.wait_ack()
    sent = await fake.submit("alice", form, person_per_hour="7", server_per_hour="70")
    await sent.wait_ack()
    assert "7 for one person, 70 in the whole server" in text_of(panel)
    for button, word in (("setup:threads", "Threads: long"), ("setup:link_cards", "cards: on")):
        await (await fake.click("alice", panel, button)).wait_ack()
        assert word in str(panel["components"])
    # A panel of a process that is gone.
    first.bot._connection._view_store._views.clear()
    first.bot._connection._view_store._synced_message_views.clear()
    await first.bot.reload_extension("bot.cogs.setup")
    again = await fake.click("alice", panel, "setup:threads")
    await again.wait_ack()
    assert "Threads: always" in str(panel["components"])


async def test_users_who_do_not_manage_the_server_are_told_so(
    filled: Library, connect: Connect
) -> None:
    server = await connect(filled, everybody_may=EVERYTHING & ~MANAGE_GUILD)
    panel = await opened(server)
    for used in (
        await server.fake.slash("bob", "setup"),
        await server.fake.click("bob", panel, "setup:threads"),
    ):
        data = (await used.wait_ack())["data"]
        assert text_of(data) == "Only those who manage this server may do that: ask one of them."
        assert data["flags"] == 64
    assert "Threads: never" in str(panel["components"])


async def test_an_invalid_limit_is_refused(filled: Library, connect: Connect) -> None:
    server = await connect(filled)
    form = await server.fake.click("alice", await opened(server), "setup:limits")
    await form.wait_ack()
    for typed in ("ten", "-1", "100001"):
        sent = await server.fake.submit("alice", form, person_per_hour=typed, server_per_hour="1")
        told = text_of((await sent.wait_ack())["data"])
        assert told == f"“{typed}” is no limit: write a number from 0 to 100,000."
    assert server.bot.services.guild_settings.of(int(server.fake.guild)).person_per_hour == 30


async def test_without_the_intent_the_panel_says_what_is_lost(
    filled: Library, connect: Connect
) -> None:
    server = await connect(
        filled, bot_options={"message_content": False}, message_content=False,
        forbidden_intents=1 << 15,
    )  # fmt: skip
    assert "So ask-channels and threads need a mention as well." in text_of(await opened(server))


async def test_leaving_a_server_deletes_its_data(filled: Library, connect: Connect) -> None:
    server = await connect(filled)
    await choose(server, threads="always")
    guild = int(server.fake.guild)
    await server.fake.dispatch("GUILD_DELETE", {"id": server.fake.guild})
    await server.fake.until(
        lambda: server.bot.services.guild_settings.of(guild).threads == "never", 5
    )
