"""Delivering one digest."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from bot.subscriptions.delivery import BRIEF_SECONDS
from bot.subscriptions.records import FailedError, LaterError, Subscription
from rag.digest.records import Digest
from tests.bot.subscriptions.conftest import NINE
from tests.bot.subscriptions.test_scheduler import subscribe
from tests.reliability.digest_world import SimulatedPost, World, utc


async def test_an_error_in_one_digest_stops_no_other(
    digest_world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    subscribe(digest_world, "1", "2", "3", "4", "5")
    send = SimulatedPost.send

    async def moody(post: SimulatedPost, one: Subscription, message: Any, name: str) -> int:
        if one.target == "1":
            raise ZeroDivisionError
        if one.target == "2":
            raise FailedError("refused")
        if one.target == "3":
            raise LaterError("busy")
        return await send(post, one, message, name)

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

    async def slow(post: SimulatedPost, one: Subscription, message: Any, name: str) -> int:
        await asyncio.sleep(60 if one.target == "1" else 0)
        return await send(post, one, message, name)

    monkeypatch.setattr(SimulatedPost, "send", slow)
    monkeypatch.setattr("bot.subscriptions.delivery.TIMEOUT_SECONDS", 0.1)
    digest_world.now = NINE
    await digest_world.round()
    first, second = digest_world.outbox.rows()
    assert (first.state, first.reason, second.state) == ("sending", "it took too long", "sent")


async def test_a_digest_gets_a_brief_unless_it_is_late(digest_world: World) -> None:
    limits: list[float] = []

    async def brief(digest: Digest, seconds: float) -> Digest:
        limits.append(seconds)
        return replace(digest, brief=f"Brief {len(limits)}.")

    digest_world.scheduler.sender.brief = brief
    subscribe(digest_world, "1")
    digest_world.discord_down = lambda now: now < NINE + timedelta(minutes=2)
    digest_world.now = NINE + timedelta(minutes=1)
    await digest_world.round()
    digest_world.now = NINE + timedelta(minutes=9, seconds=30)
    await digest_world.round()  # a retry sends the same digest
    assert len(digest_world.sent) == 1
    assert limits == [BRIEF_SECONDS]
    digest_world.now = NINE + timedelta(days=1, minutes=9, seconds=30)
    await digest_world.round()
    digest_world.now = NINE + timedelta(days=2, minutes=11)
    await digest_world.round()
    assert len(digest_world.sent) == 3
    assert limits == [BRIEF_SECONDS, 30.0]


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
