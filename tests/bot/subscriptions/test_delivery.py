"""Delivering one digest."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from bot.subscriptions.records import FailedError, LaterError, Subscription
from tests.bot.subscriptions.conftest import NINE
from tests.bot.subscriptions.test_scheduler import subscribe
from tests.reliability.digest_world import SimulatedPost, World, utc


async def test_an_error_in_one_digest_stops_no_other(
    digest_world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    subscribe(digest_world, "1", "2", "3", "4", "5")
    send = SimulatedPost.send

    async def moody(post: SimulatedPost, one: Subscription, message: Any, name: str) -> None:
        if one.target == "1":
            raise ZeroDivisionError
        if one.target == "2":
            raise FailedError("refused")
        if one.target == "3":
            raise LaterError("busy")
        await send(post, one, message, name)

    monkeypatch.setattr(SimulatedPost, "send", moody)
    digest_world.now = NINE
    await digest_world.round()
    assert [(row.state, row.reason) for row in digest_world.outbox.rows()] == [
        ("sending", "something went wrong on my side (ZeroDivisionError)"),
        ("failed", "refused"),
        ("sending", "busy"),
        ("sent", ""),
        ("sent", ""),
    ]
    monkeypatch.undo()
    digest_world.now += timedelta(minutes=2)
    await digest_world.round()
    assert [row.state for row in digest_world.outbox.rows()] == [
        "sent",
        "failed",
        "sent",
        "sent",
        "sent",
    ]


async def test_a_digest_that_hangs_is_retried_later(
    digest_world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    subscribe(digest_world, "1", "2")
    send = SimulatedPost.send

    async def slow(post: SimulatedPost, one: Subscription, message: Any, name: str) -> None:
        await asyncio.sleep(60 if one.target == "1" else 0)
        await send(post, one, message, name)

    monkeypatch.setattr(SimulatedPost, "send", slow)
    monkeypatch.setattr("bot.subscriptions.delivery.TIMEOUT_SECONDS", 0.1)
    digest_world.now = NINE
    await digest_world.round()
    first, second = digest_world.outbox.rows()
    assert (first.state, first.reason, second.state) == ("sending", "it took too long", "sent")


async def test_the_reason_says_that_it_may_have_arrived_nevertheless(digest_world: World) -> None:
    subscribe(digest_world, "1")
    digest_world.discord_down = lambda _: True
    digest_world.takes_it_all_the_same = lambda: True
    for hour in range(9, 23):
        digest_world.now = utc(2025, 3, 4, hour, 1)
        await digest_world.round()
    (row,) = digest_world.outbox.rows()
    assert row.reason == (
        "until 2025-03-04 21:00 UTC: Discord cannot be reached (it may have arrived nevertheless)"
    )
    assert len(digest_world.sent) == 1
