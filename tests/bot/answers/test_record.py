"""What the bot remembers of an answer."""

import asyncio
import sqlite3

import pytest

from rag.library import Library
from tests.discord_server import (
    Connect,
    text_of,
)
from tests.papers import QUESTION


async def test_an_answer_is_given_even_if_nothing_can_be_stored(
    filled: Library, connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = await connect(filled)

    def full(*args: object, **kwargs: object) -> None:
        raise sqlite3.OperationalError("database or disk is full")

    monkeypatch.setattr(server.bot.services.receipts, "save", full)
    answer = await server.ask(QUESTION)
    await asyncio.sleep(0.1)
    assert "94.2%" in text_of(answer)
