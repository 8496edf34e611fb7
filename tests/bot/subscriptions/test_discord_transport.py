"""Each message of a digest arrives exactly once."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from bot.render.picture import Picture
from rag.library import Library
from tests.bot.subscriptions.test_subscriptions import digests, options, outcome, subscribed
from tests.clock import SettableClock
from tests.discord_fake.permissions import (
    ATTACH_FILES,
    EVERYTHING,
    READ_HISTORY,
    denying,
)
from tests.discord_fake.world import ApiError
from tests.discord_server import Connect, joined, judged, scheduler_of

NOON = datetime(2025, 2, 6, 12, tzinfo=UTC)  # the day after TIDAL was featured


async def die_at_a_message(
    fake: Any, library: Library, clock: SettableClock, *, accepts: bool
) -> None:
    """Run a bot that vanishes just before, or just after, Discord takes its first digest."""
    dead, original = asyncio.Event(), fake.world.new_message

    def new_message(channel: str, author: Any, body: Any, **more: Any) -> Any:
        if body.get("nonce"):
            if accepts and not dead.is_set():
                original(channel, author, body, **more)
            dead.set()
            raise ApiError(500, 0, "nobody hears this")
        return original(channel, author, body, **more)

    async with joined(fake, library, bot_options=options(clock)) as server:
        fake.world.new_message = new_message
        await subscribed(server, clock.now)
        await asyncio.wait_for(dead.wait(), 10)
        task = scheduler_of(server.bot)._task
        assert task is not None
        task.cancel()
    fake.world.new_message = original
    (row,) = server.bot.services.subscriptions.outbox.rows()
    assert (row.state, row.part) == ("sending", 0)


@pytest.mark.parametrize("accepts", [True, False])
@pytest.mark.parametrize("minutes", [0, 10])
async def test_d3_a_kill_around_a_message_neither_loses_nor_duplicates_it(
    filled: Library, accepts: bool, minutes: int
) -> None:
    clock = SettableClock(datetime.now(UTC))  # Discord's ids tell the real time
    async with judged() as fake:
        await die_at_a_message(fake, filled, clock, accepts=accepts)
        assert len([m for m in fake.messages.values() if m["author"] is fake.bot]) == accepts
        clock.now += timedelta(minutes=minutes)
        fake.nonce_life = 180 - 60 * minutes
        async with joined(fake, filled, bot_options=options(clock)) as server:
            assert (await outcome(server)).state == "sent"
            assert len(digests(server)) == 1


async def test_d3_a_message_still_under_way_is_not_duplicated(filled: Library) -> None:
    """The channel does not show it yet when the next process looks: the nonce guards it."""
    clock = SettableClock(datetime.now(UTC))
    async with judged() as fake:
        await die_at_a_message(fake, filled, clock, accepts=True)
        (message,) = [m for m in fake.messages.values() if m["author"] is fake.bot]
        shown, message["components"] = message["components"], []
        async with joined(fake, filled, bot_options=options(clock)) as server:
            assert (await outcome(server)).state == "sent"
            message["components"] = shown
            assert len(digests(server)) == 1


@pytest.mark.parametrize("minutes", [0, 10])
async def test_d3_without_history_permission_an_old_claim_is_given_up(
    filled: Library, minutes: int
) -> None:
    clock = SettableClock(datetime.now(UTC))
    async with judged() as fake:
        fake.channels[fake.general]["permission_overwrites"] = denying(fake.guild, READ_HISTORY)
        await die_at_a_message(fake, filled, clock, accepts=True)
        clock.now += timedelta(minutes=minutes)
        async with joined(fake, filled, bot_options=options(clock)) as server:
            ended = await outcome(server)
            assert ended.state == ("failed" if minutes else "sent")
            assert ("cannot see whether it arrived" in ended.reason) == bool(minutes)
            assert len(digests(server)) == 1


@pytest.mark.parametrize("may_attach", [True, False])
async def test_the_image_of_the_topics_is_sent_if_attachments_are_allowed(
    filled: Library, connect: Connect, may_attach: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    picture = Picture(b"\x89PNG\r\n\x1a\n", "Four papers about birds.")
    monkeypatch.setattr("bot.subscriptions.drawing.topic_map", lambda *_: picture)
    clock = SettableClock(NOON - timedelta(minutes=1))
    everybody = EVERYTHING if may_attach else EVERYTHING & ~ATTACH_FILES
    server = await connect(filled, bot_options=options(clock), everybody_may=everybody)
    await subscribed(server)
    clock.now = NOON
    assert (await outcome(server)).state == "sent"
    (digest,) = digests(server)
    assert ("image" in digest["embeds"][0]) == may_attach
    if may_attach:
        (attachment,) = digest["attachments"]
        assert attachment["description"] == "Four papers about birds."


async def test_a_failed_drawing_does_not_hold_up_the_digest(
    filled: Library, connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: Any) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("bot.subscriptions.drawing.topic_map", broken)
    server = await connect(filled, bot_options=options(SettableClock(NOON)))
    await subscribed(server)
    assert (await outcome(server)).state == "sent"


async def test_discord_errors_are_retried(filled: Library, connect: Connect) -> None:
    clock = SettableClock(NOON - timedelta(minutes=1))
    server = await connect(filled, bot_options=options(clock))
    fake = server.fake
    await subscribed(server)
    fault: Any = ("POST /channels/{c}/messages", 401, {"code": 0, "message": "?"}, {})
    fake.fail_next.append(fault)
    clock.now = NOON
    ended = await outcome(server)
    assert ended.state == "failed"
    assert ended.reason.startswith("Discord refused the message")
