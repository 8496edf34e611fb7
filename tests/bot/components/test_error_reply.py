"""Users get a sentence for every error."""

from typing import Any

import pytest

from rag.library import Library
from tests.discord_server import Connect, text_of
from tests.papers import QUESTION


async def test_bad_input_gets_a_sentence(filled: Library, connect: Connect) -> None:
    server = await connect(filled)
    bad = await server.fake.slash("alice", "daily", date="tomorrow")
    await bad.wait_ack()
    await server.fake.until(lambda: bad.original["embeds"], 5)
    assert "'tomorrow' is not a day: write it like 2025-12-08." in text_of(bad.original)
    answer = await server.ask("?!")
    assert "There is no word in the question: ask in words." in text_of(answer)
    said = await server.say("alice", f"{server.fake.mention} 🐦")
    assert "Ask me something" in text_of(said)


async def test_every_error_is_explained_to_the_user(
    filled: Library, connect: Connect, monkeypatch: pytest.MonkeyPatch, caplog: Any
) -> None:
    server = await connect(filled)

    def broken(*args: object, **kwargs: object) -> None:
        raise RuntimeError("a secret path")

    monkeypatch.setattr(server.bot.services.executor.qa, "ask", broken)
    for answer in (
        await server.ask(QUESTION),
        await server.say("alice", f"{server.fake.mention} {QUESTION}"),
    ):
        text = text_of(answer)
        assert text == "Something went wrong on my side (RuntimeError). Please try again."
    assert "a secret path" in caplog.text
