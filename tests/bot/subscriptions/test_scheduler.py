"""The scheduler's rounds: keeping up, stopping, and faults that stay where they are."""

import asyncio
import threading
from datetime import datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from bot.digest.records import Digest
from bot.digest.serialization import digest_from_json, digest_to_json
from bot.subscriptions.records import FailedError, LaterError, Rhythm, Subscription
from bot.subscriptions.refresh import KeepingUp
from bot.subscriptions.schedule import told_day
from bot.subscriptions.scheduler import Scheduler
from rag.errors import SourceError
from tests.reliability.digest_world import SimulatedPost, World, utc

NINE = utc(2025, 3, 4, 9)  # a Tuesday


@pytest.fixture
def world(tmp_path: Path) -> Any:
    made = World(tmp_path, NINE - timedelta(minutes=30))
    made.start()
    yield made
    made.database.close()


def subscribe(world: World, *targets: str) -> None:
    for target in targets:
        wanted = Subscription(kind="channel", target=target, rhythm=Rhythm())
        world.subscriptions.add(wanted, world.now)


async def test_a_fault_of_one_digest_stops_no_other(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    subscribe(world, "1", "2", "3", "4", "5")
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
    world.now = NINE
    await world.round()
    assert [(row.state, row.reason) for row in world.outbox.rows()] == [
        ("sending", "something went wrong on my side (ZeroDivisionError)"),
        ("failed", "refused"),
        ("sending", "busy"),
        ("sent", ""),
        ("sent", ""),
    ]
    monkeypatch.undo()
    world.now += timedelta(minutes=2)
    await world.round()
    assert [row.state for row in world.outbox.rows()] == ["sent", "failed", "sent", "sent", "sent"]


async def test_one_that_hangs_is_left_for_later(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    subscribe(world, "1", "2")
    send = SimulatedPost.send

    async def slow(post: SimulatedPost, one: Subscription, message: Any, name: str) -> None:
        await asyncio.sleep(60 if one.target == "1" else 0)
        await send(post, one, message, name)

    monkeypatch.setattr(SimulatedPost, "send", slow)
    monkeypatch.setattr("bot.subscriptions.delivery.SECONDS", 0.1)
    world.now = NINE
    await world.round()
    first, second = world.outbox.rows()
    assert (first.state, first.reason, second.state) == ("sending", "it took too long", "sent")


async def test_removed_paused_and_extra_ones(world: World) -> None:
    subscribe(world, "1", "2", "3")
    world.now = NINE
    world.outbox.plan(NINE)
    world.subscriptions.remove(1)
    world.subscriptions.pause(2)
    await world.round()
    assert [(row.subscription, row.state) for row in world.outbox.rows()] == [
        (2, "skipped"), (3, "sent")
    ]  # fmt: skip
    world.outbox.add_extra(3, world.now)
    await world.round()
    assert [sent.target for sent in world.sent] == ["3", "3"]
    world.now += timedelta(days=1)
    await world.round()
    assert len(world.sent) == 3  # the extra one takes nothing from those that are due


async def test_a_change_after_the_digest_of_a_day_brings_no_second_one(world: World) -> None:
    subscribe(world, "1")
    world.now = NINE
    await world.round()
    changed = world.subscriptions.change(1, Rhythm(hour=18), world.subscriptions.get(1).wish, NINE)
    assert changed.next_due == utc(2025, 3, 5, 18)
    world.now = utc(2025, 3, 5, 17)
    await world.round()
    assert len(world.sent) == 1


async def test_start_twice_is_once_and_stop_lets_a_message_arrive(world: World) -> None:
    subscribe(world, "1")
    world.now = NINE
    under_way, go = asyncio.Event(), asyncio.Event()
    post = world.scheduler.deliveries.posts["channel"]
    send = post.send

    async def slow(subscription: Subscription, message: Any, name: str) -> None:
        under_way.set()
        await go.wait()
        await send(subscription, message, name)

    post.send = slow  # type: ignore[method-assign]
    world.scheduler.start()
    first = world.scheduler._task
    world.scheduler.start()
    assert world.scheduler._task is first
    await under_way.wait()
    stopping = asyncio.create_task(world.scheduler.stop())
    await asyncio.sleep(0.05)
    assert not stopping.done()
    go.set()
    await stopping
    assert [row.state for row in world.outbox.rows()] == ["sent"]


async def test_new_papers_are_read_every_hour_and_sooner_after_a_failure() -> None:
    clock = SimpleNamespace(now=NINE)
    read: list[datetime] = []
    is_down = True

    def sync(stopping: threading.Event) -> None:
        read.append(clock.now)
        if is_down:
            raise SourceError("nobody answers")

    keeping_up = KeepingUp(sync, every=timedelta(hours=1), clock=lambda: clock.now)
    assert keeping_up.not_fresh
    for _ in range(40):  # minutes
        await keeping_up.keep_up()
        clock.now += timedelta(minutes=1)
    assert len(read) == 8
    assert keeping_up.not_fresh == "nobody answers"
    is_down = False
    read.clear()
    for _ in range(121):
        await keeping_up.keep_up()
        clock.now += timedelta(minutes=1)
        assert not keeping_up.not_fresh
    assert len(read) == 3


async def test_stopping_ends_a_sync_that_listens(world: World) -> None:
    begun = threading.Event()

    def sync(stopping: threading.Event) -> None:
        begun.set()
        assert stopping.wait(10)

    keeping_up = KeepingUp(sync, every=timedelta(hours=1), clock=lambda: NINE)
    scheduler = Scheduler(world.scheduler.deliveries, keeping_up, clock=lambda: NINE)
    scheduler.start()
    await asyncio.to_thread(begun.wait, 10)
    await asyncio.wait_for(scheduler.stop(), 5)


@pytest.mark.parametrize(
    ("rhythm", "due", "day"),
    [
        (Rhythm("day", 9, 0, "Europe/Berlin"), utc(2025, 3, 4, 8), utc(2025, 3, 3)),
        (Rhythm("day", 18, 0, "Europe/Berlin"), utc(2025, 3, 4, 17), utc(2025, 3, 4)),
        (Rhythm("day", 13, 0, "Europe/Berlin"), utc(2025, 3, 28, 12), utc(2025, 3, 28)),
        (Rhythm("day", 13, 0, "Europe/Berlin"), utc(2025, 3, 31, 11), utc(2025, 3, 31)),
        (Rhythm("week", 9, 0, "UTC", 0), utc(2025, 3, 10, 9), utc(2025, 3, 9)),
        (Rhythm("week", 9, 0, "UTC", 2), utc(2025, 3, 12, 9), utc(2025, 3, 4)),
        (Rhythm("week", 18, 0, "UTC", 4), utc(2025, 3, 14, 18), utc(2025, 3, 14)),
        (Rhythm("month", 0, 0, "Asia/Tokyo"), utc(2025, 2, 28, 15), utc(2025, 2, 28)),
    ],
)
def test_what_a_digest_tells_of(rhythm: Rhythm, due: datetime, day: datetime) -> None:
    assert told_day(rhythm, due) == day.date()


async def test_a_digest_survives_as_json_with_the_papers_that_are_still_known(
    world: World,
) -> None:
    world.sync(threading.Event())
    digest = world.make(Subscription(kind="mail", target=""), NINE.date())
    assert digest_from_json(digest_to_json(digest), world.catalog) == digest
    text = digest_to_json(digest).replace("arxiv:25", "arxiv:35")
    nowhere: Digest = digest_from_json(text, world.catalog)
    assert nowhere.ranked == ()


async def test_what_fell_due_before_a_change_is_not_lost(world: World) -> None:
    subscribe(world, "1", "2")
    store = world.subscriptions
    store.pause(1)
    world.now = NINE + timedelta(seconds=5)  # before any round saw that it is nine o'clock
    store.resume(1, world.now)
    store.change(2, Rhythm(hour=18), store.get(2).wish, world.now)
    assert store.get(2).next_due == utc(2025, 3, 5, 18)
    await world.round()
    assert [(row.subscription, row.state, row.reason) for row in world.outbox.rows()] == [
        (1, "skipped", "paused"), (2, "sent", "")
    ]  # fmt: skip


async def test_the_reason_says_where_it_may_have_arrived_all_the_same(world: World) -> None:
    subscribe(world, "1")
    world.discord_down = lambda _: True
    world.takes_it_all_the_same = lambda: True
    for hour in range(9, 23):
        world.now = utc(2025, 3, 4, hour, 1)
        await world.round()
    (row,) = world.outbox.rows()
    assert row.reason == (
        "until 2025-03-04 21:00 UTC: Discord cannot be reached (it may have arrived all the same)"
    )
    assert len(world.sent) == 1
