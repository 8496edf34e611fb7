"""/forget deletes everything about a user."""

import pytest

from bot.user_data import TABLES
from rag.library import Library
from tests.bot.answers.slow_model import held
from tests.bot.cogs.test_answer_buttons import rows, shown, told
from tests.discord_server import (
    Connect,
    button,
    finished,
)
from tests.papers import QUESTION


async def test_forget_removes_everything_about_a_person_and_nothing_else(
    filled: Library, connect: Connect
) -> None:
    server = await connect(filled)
    fake = server.fake
    nothing = await shown(server, await fake.slash("alice", "forget"))
    assert nothing["content"] == "I keep nothing about you."
    answer = await server.ask("is the marsh-wiggle bird counted?")
    await server.ask(QUESTION, user="bob")
    for user in ("alice", "bob"):
        await shown(server, await fake.click(user, answer, button(answer, "like")))
        await server.quoted(await fake.slash(user, "catchup"))
    asked = await shown(server, await fake.slash("alice", "forget"))
    assert asked["flags"] & 64
    assert "1 question, 1 receipt of an answer, 1 thumb up or down, 1 note" in asked["content"]
    assert "and 1 list of papers that you saw." in asked["content"]
    no = await fake.click("alice", asked, "forget:no")
    assert (await no.wait_ack())["data"]["content"] == "Nothing is removed."
    assert asked["components"] == []
    assert len(rows(filled, "SELECT * FROM receipts")) == 2
    asked = await shown(server, await fake.slash("alice", "forget"))
    yes = await fake.click("alice", asked, "forget:yes")
    await yes.wait_ack()
    await fake.until(lambda: "Removed: 1 question" in asked["content"])
    assert asked["components"] == []
    alice = fake.users["alice"]["id"]
    for table in TABLES:
        assert rows(filled, f"SELECT * FROM {table} WHERE person = {alice}") == []
    for table in ("conversations", "receipts", "feedback", "shown_lists"):
        assert len(rows(filled, f"SELECT * FROM {table}")) == 1  # bob's
    pressed = await fake.click("alice", answer, button(answer, "sources"))
    assert "I no longer know" in await told(server, pressed)
    path = filled.catalog.database.path
    for file in path.parent.glob(f"{path.name}*"):
        assert b"marsh-wiggle" not in file.read_bytes(), file


@pytest.mark.slow
async def test_forget_stops_an_answer_and_stores_nothing_about_it(
    filled: Library, connect: Connect
) -> None:
    server = await connect(filled, chat=held())
    fake = server.fake
    asked = await fake.slash("alice", "ask", question=QUESTION)
    await server.quoted(asked)
    await fake.until(lambda: rows(filled, "SELECT * FROM conversations"))
    confirm = await shown(server, await fake.slash("alice", "forget"))
    await fake.click("alice", confirm, "forget:yes")
    await fake.until(lambda: finished(asked.original), 10)
    await server.bot.services.in_flight.stop()
    for table in TABLES:
        assert rows(filled, f"SELECT * FROM {table}") == []
