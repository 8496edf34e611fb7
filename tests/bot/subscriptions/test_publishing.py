"""Digests in announcement channels: published once to the servers that follow them."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from bot.subscriptions.records import Delivery
from rag.library import Library
from tests.bot.subscriptions.test_subscriptions import (
    NOON,
    digests,
    options,
    outcome,
    subscribed,
    used,
)
from tests.clock import SettableClock
from tests.discord_fake.payloads import ANNOUNCEMENT_CHANNEL
from tests.discord_fake.permissions import SEND, denying
from tests.discord_fake.world import ApiError
from tests.discord_server import Connect, Server, joined, judged, scheduler_of, text_of

ROUTE = "POST /channels/{c}/messages/{m}/crosspost"
TWELVE_HOURS = timedelta(hours=12)


async def followed(server: Server, now: datetime = NOON) -> str:
    """Subscribe an announcement channel for alice, to be published; return the channel's id."""
    channel = server.fake.add_channel("news", ANNOUNCEMENT_CHANNEL)
    alice = int(server.fake.users["alice"]["id"])
    await subscribed(server, now, target=channel, user_id=alice, publish=True)
    return channel


def row(server: Server) -> Delivery:
    (found,) = server.bot.services.subscriptions.outbox.rows()
    return found


async def sent(server: Server) -> Delivery:
    """Wait until the digest is posted."""
    await outcome(server)
    return row(server)


async def rounds(server: Server) -> None:
    """Wait until the scheduler has looked at the clock twice more."""
    refresher, seen = scheduler_of(server.bot).refresher, 0
    refresh = refresher.refresh_if_due

    async def counted() -> None:
        nonlocal seen
        seen += 1
        await refresh()

    refresher.refresh_if_due = counted  # type: ignore[method-assign]
    await server.fake.until(lambda: seen > 2, 10)
    refresher.refresh_if_due = refresh  # type: ignore[method-assign]


def told(server: Server) -> list[str]:
    return [text_of(m) for m in server.answers() if "not published" in text_of(m)]


async def test_a_digest_is_published_once(filled: Library, connect: Connect) -> None:
    clock = SettableClock(NOON)
    server = await connect(filled, bot_options=options(clock))
    channel = await followed(server)
    await subscribed(server)  # another one, which is not published
    await server.fake.until(lambda: server.fake.crossposts, 10)
    assert (await outcome(server, 2)).state == "sent"
    clock.now += timedelta(hours=1)
    await rounds(server)
    (digest,) = digests(server, channel)
    assert server.fake.crossposts == [digest["id"]]
    assert [entry[0] for entry in server.fake.log].count(ROUTE) == 1
    first = server.bot.services.subscriptions.outbox.rows(1)[0]
    assert (first.state, first.reason, first.unpublished) == ("sent", "", ())
    assert told(server) == []


@pytest.mark.parametrize("before", [True, False])
async def test_a_kill_around_publishing_neither_loses_nor_repeats_it(
    filled: Library, before: bool
) -> None:
    clock = SettableClock(datetime.now(UTC))
    async with judged() as fake:
        dead, original = asyncio.Event(), fake.world.crosspost

        def crosspost(message: Any) -> None:
            if not before:
                original(message)
            dead.set()
            raise ApiError(500, 0, "nobody hears this")

        fake.world.crosspost = crosspost  # type: ignore[method-assign]
        async with joined(fake, filled, bot_options=options(clock)) as server:
            await followed(server, clock.now)
            await asyncio.wait_for(dead.wait(), 10)
            task = scheduler_of(server.bot)._task
            assert task is not None
            task.cancel()
        fake.world.crosspost = original  # type: ignore[method-assign]
        assert row(server).unpublished
        async with joined(fake, filled, bot_options=options(clock)) as server:
            await fake.until(lambda: not row(server).unpublished, 10)
            assert row(server).reason == ""
            assert fake.crossposts == [digests(server)[0]["id"]]
            assert told(server) == []


@pytest.mark.slow
async def test_a_digest_that_was_found_again_after_a_kill_is_published(filled: Library) -> None:
    clock = SettableClock(datetime.now(UTC))
    async with judged() as fake:
        dead = asyncio.Event()

        async def die(*_: object) -> None:
            dead.set()
            await asyncio.sleep(60)

        async with joined(fake, filled, bot_options=options(clock)) as server:
            transport: Any = scheduler_of(server.bot).sender.transports["channel"]
            transport.arrived = die
            await followed(server, clock.now)
            await asyncio.wait_for(dead.wait(), 10)
            task = scheduler_of(server.bot)._task
            assert task is not None
            task.cancel()
        assert row(server).state == "sending"
        async with joined(fake, filled, bot_options=options(clock)) as server:
            await fake.until(lambda: fake.crossposts, 10)
            (digest,) = digests(server)
            assert fake.crossposts == [digest["id"]]
            answer = await server.say("bob", "what is number 1 about?", reply_to=digest)
            assert "Tidal Attention" in text_of(answer)


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        ((403, {"code": 50013, "message": "Missing Permissions"}),
         "I need View Channel and Send Messages there."),
        ((403, {"code": 50001, "message": "Missing Access"}),
         "I need View Channel and Send Messages there."),
        ((400, {"code": 50024, "message": "Cannot execute action on this channel type"}),
         "it is no announcement channel."),
    ],
)  # fmt: skip
async def test_what_cannot_be_published_stays_posted_and_its_owner_is_told_once(
    filled: Library, connect: Connect, fault: tuple[int, Any], reason: str
) -> None:
    clock = SettableClock(NOON - timedelta(minutes=1))
    server = await connect(filled, bot_options=options(clock))
    channel = await followed(server)
    server.fake.fail_next.append((ROUTE, *fault, {}))
    clock.now = NOON
    (sentence,) = await server.fake.until(lambda: told(server), 10)
    assert sentence == (
        f"The digest in <#{channel}> is posted, but not published to its followers: {reason}"
    )
    clock.now += timedelta(hours=2)
    await rounds(server)
    assert len(told(server)) == 1
    assert row(server).state == "sent"
    assert server.bot.services.subscriptions.store.get(1).paused is False
    shown = await used(await server.fake.slash("alice", "subscriptions"))
    assert f"but not published: {reason[:-1]}" in text_of(shown)


@pytest.mark.slow
@pytest.mark.parametrize("how", ["for seconds", "for an hour", "without a time"])
async def test_a_limit_of_discord_is_told_once_and_waited_for(
    filled: Library, connect: Connect, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    clock = SettableClock(NOON - timedelta(minutes=1))
    server = await connect(filled, bot_options=options(clock))
    if how == "for seconds":  # discord.py sleeps
        monkeypatch.setattr("bot.subscriptions.discord_transport.PUBLISH_SECONDS", 0.3)
        server.fake.limits[ROUTE] = (0, 3.0)
    elif how == "for an hour":
        wait = {"retry_after": 3600, "message": "slow down", "global": False}
        server.fake.fail_next.append((ROUTE, 429, wait, {"Via": "1.1 google"}))
    else:
        server.fake.fail_next.append((ROUTE, 429, {"message": "slow down"}, {}))
    channel = await followed(server)
    clock.now = NOON
    (sentence,) = await server.fake.until(lambda: told(server), 10)
    assert sentence == (
        f"The digest in <#{channel}> is posted, but not published to its followers: Discord takes "
        "ten an hour in a channel, so I try again until 00:00 UTC."
    )
    assert row(server).state == "sent"
    await rounds(server)
    assert server.fake.crossposts == []
    await asyncio.sleep(3 if how == "for seconds" else 0)
    server.fake.limits.clear()
    clock.now += timedelta(minutes=10)
    await server.fake.until(lambda: server.fake.crossposts, 10)
    await server.fake.until(lambda: row(server).reason == "")
    assert len(told(server)) == 1


async def test_after_the_window_it_is_given_up(filled: Library, connect: Connect) -> None:
    clock = SettableClock(NOON - timedelta(minutes=1))
    server = await connect(filled, bot_options=options(clock))
    server.fake.fail_next += [(ROUTE, 503, {}, {})] * 10  # discord.py tries five times
    channel = await followed(server)
    clock.now = NOON
    posted = await sent(server)
    await server.fake.until(lambda: row(server).publish_at != posted.done_at, 60)
    assert told(server) == []
    clock.now += TWELVE_HOURS
    (sentence,) = await server.fake.until(lambda: told(server), 60)
    assert sentence.startswith(f"The digest in <#{channel}> is posted, but not published")
    assert row(server).publish_at is None


async def test_a_deleted_digest_is_not_published(filled: Library, connect: Connect) -> None:
    clock = SettableClock(NOON - timedelta(minutes=1))
    server = await connect(filled, bot_options=options(clock))
    await followed(server)
    server.fake.fail_next.append((ROUTE, 404, {"code": 10008, "message": "Unknown Message"}, {}))
    clock.now = NOON
    await sent(server)
    await server.fake.until(lambda: not row(server).unpublished, 10)
    assert told(server) == []


async def test_who_subscribes_an_announcement_channel_is_told_what_its_followers_get(
    filled: Library, connect: Connect
) -> None:
    server = await connect(filled, bot_options=options(SettableClock(NOON)))
    fake = server.fake
    news = fake.add_channel("news", ANNOUNCEMENT_CHANNEL)
    here = {"where": "this channel", "channel": news}
    made = await used(await fake.slash("alice", "subscribe", **here))
    assert "Followers: Servers that follow this channel get nothing: subscribe it" in text_of(made)
    made = await used(await fake.slash("alice", "subscribe", publish=True, **here))
    assert "Followers: Each digest is published to the servers that follow" in text_of(made)
    made = await used(await fake.slash("alice", "subscribe", where="this channel"))
    assert "Followers" not in text_of(made)
    for options_ in ({"where": "this channel"}, {"where": "me", "channel": news}, {}):
        asked = await fake.slash("alice", "subscribe", publish=True, **options_)
        refused = (await asked.wait_ack())["data"]
        assert refused["flags"] & 64
        assert text_of(refused).startswith("Only a digest in an announcement channel can be pub")
    kept = server.bot.services.subscriptions.store.all()
    assert [one.publish for one in kept] == [False, True, False]


async def test_a_channel_that_is_closed_between_the_two_steps_keeps_its_digest(
    filled: Library, connect: Connect
) -> None:
    clock = SettableClock(NOON - timedelta(minutes=1))
    server = await connect(filled, bot_options=options(clock))
    channel = await followed(server)
    original = server.fake.world.new_message

    def closes_behind(*arguments: Any, **more: Any) -> Any:
        message = original(*arguments, **more)
        if message["channel_id"] == channel:
            closed = denying(server.fake.guild, SEND)
            server.fake.channels[channel]["permission_overwrites"] = closed
        return message

    server.fake.world.new_message = closes_behind
    clock.now = NOON
    (sentence,) = await server.fake.until(lambda: told(server), 10)
    assert sentence.endswith("I need View Channel and Send Messages there.")
    assert (await outcome(server)).state == "sent"
    assert len(digests(server, channel)) == 1
