import asyncio
import time
from itertools import pairwise

import discord
import pytest

from bot.answers.live_message import EDIT_SECONDS, LiveMessage


def test_edits_are_a_little_over_a_second_apart() -> None:
    assert 1.0 < EDIT_SECONDS < 1.5


INTERVAL = 0.1


class Message:
    """Notes its edits; some of them fail or are slow."""

    def __init__(self, *errors: Exception | None, seconds: float = 0.0) -> None:
        self.edits: list[tuple[float, str]] = []
        self.errors = list(errors)
        self.seconds = seconds

    async def edit(self, text: str) -> None:
        await asyncio.sleep(self.seconds)
        self.edits.append((time.monotonic(), text))
        if self.errors and (error := self.errors.pop(0)):
            raise error


class Gone:
    """Stands for Discord's answer about a message that is deleted."""

    status = 404
    reason = "Not Found"


async def test_the_latest_state_wins_and_edits_are_spaced() -> None:
    message = Message()
    live = LiveMessage(message.edit, interval=INTERVAL)
    for n in range(30):
        live.show(str(n))
        await asyncio.sleep(0.01)
    await live.finish("end")
    times = [at for at, _ in message.edits]
    assert all(b - a >= INTERVAL for a, b in pairwise(times))
    shown = [text for _, text in message.edits]
    assert shown[-1] == "end"
    assert shown.count("end") == 1
    assert 2 <= len(shown) <= 5
    live.show("later")
    await asyncio.sleep(2 * INTERVAL)
    assert len(message.edits) == len(shown)


async def test_the_last_edit_waits_for_a_slow_one() -> None:
    message = Message(seconds=0.2)
    live = LiveMessage(message.edit, interval=INTERVAL)
    live.show("first")
    await asyncio.sleep(INTERVAL + 0.05)  # the first edit is under way now
    await live.finish("end")
    assert [text for _, text in message.edits] == ["first", "end"]


async def test_an_edit_that_fails_is_followed_by_the_next() -> None:
    message = Message(discord.DiscordException("busy"), None)
    live = LiveMessage(message.edit, interval=INTERVAL)
    live.show("first")
    await asyncio.sleep(2 * INTERVAL)
    await live.finish("end")
    assert [text for _, text in message.edits] == ["first", "end"]
    assert not live.is_gone


async def test_a_deleted_message_is_not_edited() -> None:
    gone = discord.NotFound(Gone(), {"code": 10008, "message": "Unknown Message"})  # type: ignore[arg-type]
    message = Message(gone)
    live = LiveMessage(message.edit, interval=INTERVAL)
    live.show("first")
    await asyncio.sleep(2 * INTERVAL)
    assert live.is_gone
    await live.stop()


async def test_the_last_edit_raises_its_error() -> None:
    message = Message(discord.DiscordException("no"))
    live = LiveMessage(message.edit, interval=INTERVAL)
    with pytest.raises(discord.DiscordException):
        await live.finish("end")
