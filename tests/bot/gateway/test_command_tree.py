"""Commands are checked before they run."""

from bot.access.guild_settings import Group
from rag.library import Library
from tests.discord_server import Connect, choose, text_of
from tests.papers import QUESTION


async def test_an_excluded_user_may_still_use_forget(filled: Library, connect: Connect) -> None:
    server = await connect(filled)
    fake = server.fake
    await server.ask(QUESTION, user="bob")
    await choose(server, denied=Group(people=frozenset([int(fake.users["bob"]["id"])])))
    forget = await fake.slash("bob", "forget")
    confirm = await fake.until(lambda: (m := forget.original) and m["content"] and m, 5)
    assert "1 question" in confirm["content"]
    await fake.click("bob", confirm, "forget:yes")
    await fake.until(lambda: "Removed: 1 question" in confirm["content"], 5)


async def test_an_excluded_user_is_told_so_in_private(filled: Library, connect: Connect) -> None:
    server = await connect(filled)
    fake = server.fake
    await choose(server, denied=Group(people=frozenset([int(fake.users["bob"]["id"])])))
    for command, options in (
        ("ask", {"question": QUESTION}), ("search", {"text": "birds"}), ("daily", {}),
    ):  # fmt: skip
        asked = await fake.slash("bob", command, **options)
        data = (await asked.wait_ack())["data"]
        assert "I may not answer you in this server" in text_of(data)
        assert data["flags"] == 64
    typed = await fake.autocomplete("bob", "paper", "title", title="heron")
    assert (await typed.wait_ack())["data"]["choices"] == []
    told = await fake.slash("bob", "help")
    assert "I have read 4 papers" in text_of((await told.wait_ack())["data"])
    assert "94.2%" in text_of(await server.ask(QUESTION))
