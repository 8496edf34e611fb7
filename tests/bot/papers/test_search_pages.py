"""Pages of search results: who turns them, and that they outlive the process."""

from typing import Any

from bot.access.guild_settings import Group
from ingest.sync import ingest
from rag.library import Library
from tests.discord_server import Connect, Server, choose, text_of
from tests.papers import ListSource, many

TEXT = "counting birds: herons & egrets"


async def searched(server: Server) -> dict[str, Any]:
    shown = await server.fake.slash("alice", "search", text=TEXT)
    await server.quoted(shown)
    assert shown.original is not None
    return shown.original


def ids(message: dict[str, Any]) -> list[str]:
    return [one["custom_id"] for row in message["components"] for one in row["components"]]


def numbers(message: dict[str, Any]) -> list[str]:
    lines = message["embeds"][0]["description"].splitlines()
    return [line.partition(".")[0] for line in lines if line[0].isdigit()]


async def test_pages_are_turned_by_the_user_who_searched(
    library: Library, connect: Connect
) -> None:
    ingest(ListSource(many(12)), library)
    server = await connect(library)
    fake, message = server.fake, await searched(server)
    assert numbers(message) == ["1", "2", "3", "4", "5"]
    assert ids(message) == [f"search:on:1:{TEXT}"]
    pressed = await fake.click("alice", message, ids(message)[0])
    assert (await pressed.wait_ack())["type"] == 6
    await fake.until(lambda: "Page 2 of 3" in text_of(message), 5)
    assert numbers(message) == ["6", "7", "8", "9", "10"]
    assert ids(message) == [f"search:back:0:{TEXT}", f"search:on:2:{TEXT}"]
    await fake.click("alice", message, ids(message)[1])
    await fake.until(lambda: "Page 3 of 3" in text_of(message), 5)
    assert numbers(message) == ["11", "12"]
    assert ids(message) == [f"search:back:1:{TEXT}"]


async def test_others_get_a_page_of_their_own(library: Library, connect: Connect) -> None:
    ingest(ListSource(many(12)), library)
    server = await connect(library)
    message = await searched(server)
    pressed = await server.fake.click("bob", message, ids(message)[0])
    await server.quoted(pressed)
    assert pressed.original is not None
    assert pressed.original["id"] != message["id"]
    assert pressed.original["flags"] == 64
    assert numbers(pressed.original) == ["6", "7", "8", "9", "10"]
    assert numbers(message) == ["1", "2", "3", "4", "5"]


async def test_who_may_not_ask_turns_no_pages(library: Library, connect: Connect) -> None:
    ingest(ListSource(many(12)), library)
    server = await connect(library)
    message = await searched(server)
    bob = int((await server.fake.say("bob", "hello"))["author"]["id"])
    await choose(server, denied=Group(people=frozenset({bob})))
    pressed = await server.fake.click("bob", message, ids(message)[0])
    told = (await pressed.wait_ack())["data"]
    assert "I may not answer you in this server" in text_of(told)
    assert told["flags"] == 64


async def test_the_buttons_work_after_a_restart(library: Library, connect: Connect) -> None:
    ingest(ListSource(many(12)), library)
    server = await connect(library)
    message = await searched(server)
    # What a process that is gone knew of its messages is gone with it.
    store = server.bot._connection._view_store
    store._views.clear()
    store._synced_message_views.clear()
    await server.bot.reload_extension("bot.cogs.papers")
    await server.fake.click("alice", message, ids(message)[0])
    await server.fake.until(lambda: "Page 2 of 3" in text_of(message), 5)


async def test_few_results_have_no_buttons(filled: Library, connect: Connect) -> None:
    message = await searched(await connect(filled))
    assert message["components"] == []
    assert numbers(message) == ["1", "2", "3", "4"]
