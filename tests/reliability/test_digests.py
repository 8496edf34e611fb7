"""Digests under bad conditions (RELIABILITY D1–D5): every one that is due arrives once, or it is
on record why it did not.
"""

import asyncio
import random
import re
import shutil
import signal
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, time, timedelta
from itertools import product
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

import bot.migrations
import rag.store.migrations
from bot.subscriptions.delivery import DigestSender
from bot.subscriptions.outbox import Outbox
from bot.subscriptions.records import Delivery, Kind, Rhythm, Subscription
from bot.subscriptions.schedule import due_at, due_between, next_due
from bot.subscriptions.store import SubscriptionStore
from rag.store.catalog import Catalog
from rag.store.database import open_database
from tests.bot.commands.test_run import TOKEN, config_of, running
from tests.discord_fake.payloads import ANNOUNCEMENT_CHANNEL
from tests.discord_fake.world import ApiError
from tests.discord_server import judged
from tests.reliability.digest_world import Killed, Killer, World, papers_of, utc

ZONES = (
    "UTC", "Europe/Berlin", "Europe/London", "America/New_York", "America/Los_Angeles",
    "America/Santiago", "Australia/Sydney", "Australia/Lord_Howe", "Pacific/Auckland",
    "Asia/Kolkata", "Asia/Tokyo", "Africa/Cairo",
)  # fmt: skip
TIMES = (time(9), time(2, 30), time(0), time(1, 45), time(23, 45), time(18, 30))
MINUTE = timedelta(minutes=1)


Clocks = dict[date, list[tuple[datetime, time]]]


def read_clocks(zone: str, first: datetime, last: datetime) -> Clocks:
    """Return, for each local day, what the clocks showed at which instants, in order.

    This looks at them every quarter of an hour and knows nothing of gaps and folds.
    """
    clocks: Clocks = {}
    instant, there = first, ZoneInfo(zone)
    while instant <= last:
        local = instant.astimezone(there)
        clocks.setdefault(local.date(), []).append((instant, local.time()))
        instant += 15 * MINUTE  # all due times and all changes of the clocks are on quarters
    return clocks


def expected_due(at: time, clocks: Clocks) -> dict[date, datetime]:
    """Return when something is due on each day: as soon as the clocks show that time or a later."""
    return {
        day: next(instant for instant, shown in seen if shown >= at)
        for day, seen in clocks.items()
        if any(shown >= at for _, shown in seen)
    }


@pytest.mark.slow
@pytest.mark.protection("bot.subscriptions.schedule.zone_of", lambda _: ZoneInfo("UTC"))
def test_d4_once_per_local_day_over_two_years_in_twelve_time_zones() -> None:
    first, last = utc(2025, 1, 1), utc(2027, 1, 1)
    changes = 0
    for zone in ZONES:
        clocks = read_clocks(zone, first, last)
        changes += sum(len(seen) != 96 for seen in list(clocks.values())[1:-1])
        for at in TIMES:
            rhythm = Rhythm("day", at.hour, at.minute, zone)
            wanted = expected_due(at, clocks)
            for day in sorted(clocks)[1:-1]:
                assert due_at(rhythm, day) == wanted[day], (zone, at, day)
            planned = [day for day, _ in due_between(rhythm, first, last)]
            assert len(planned) == len(set(planned))
            assert set(sorted(clocks)[1:-1]) <= set(planned)
    assert changes == 9 * 4  # nine of them change their clocks twice a year


def test_d4_going_from_one_due_time_to_the_next_misses_none() -> None:
    for zone, at in product(ZONES, TIMES):
        rhythm = Rhythm("day", at.hour, at.minute, zone)
        first, last = utc(2025, 2, 20, 0, 7), utc(2025, 4, 30)
        instant = first
        walked = []
        while (instant := next_due(rhythm, instant)) <= last:
            walked.append(instant)
        assert walked == [due for _, due in due_between(rhythm, first, last)]


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    made = World(tmp_path, utc(2025, 3, 4, 8))  # a Tuesday
    made.start()
    yield made
    made.database.close()


def subscribe(world: World, target: str = "1", kind: Kind = "channel", at: int = 9) -> Subscription:
    wanted = Subscription(
        kind=kind, target=target, user_id=int(target), guild_id=5, channel=6, rhythm=Rhythm(hour=at)
    )
    return world.subscriptions.add(wanted, world.now)


async def go_on(world: World, until: datetime, step: timedelta = 5 * MINUTE) -> None:
    """Let time pass; a process that is killed is started again at the next step."""
    while world.now < until:
        world.now += step
        if not await world.round():
            world.start()


def states(world: World, subscription: int | None = None) -> list[tuple[str, str]]:
    return [(row.day, row.state) for row in world.outbox.rows(subscription)]


async def give_up(sender: DigestSender, delivery: Delivery, reason: str) -> None:
    await sender._end(delivery, "failed", reason)


@pytest.mark.protection("bot.subscriptions.delivery.DigestSender._retry", give_up)
async def test_d1_the_source_is_down_at_digest_time(world: World) -> None:
    subscribe(world)
    world.source_down = lambda now: now < utc(2025, 3, 4, 13, 20)
    await go_on(world, utc(2025, 3, 4, 13))
    assert world.sent == []
    (row,) = world.outbox.rows()
    assert row.state == "pending"
    assert row.reason == "Hugging Face cannot be reached: try again later."
    assert 3 < row.attempts < 12
    await go_on(world, utc(2025, 3, 5, 8))
    assert [sent.at.date() for sent in world.sent] == [date(2025, 3, 4)]
    assert states(world) == [("2025-03-04", "sent")]


async def test_d1_a_source_that_stays_down_is_told_as_the_reason(world: World) -> None:
    subscribe(world)
    world.source_down = lambda now: now < utc(2025, 3, 5, 1)
    await go_on(world, utc(2025, 3, 5, 20))
    first, second = world.outbox.rows()
    assert (first.state, second.state) == ("failed", "sent")
    assert first.reason == (
        "until 2025-03-04 21:00 UTC: Hugging Face cannot be reached: try again later."
    )
    assert len(world.sent) == 1


async def test_d1_after_half_of_the_window_the_papers_that_are_there_do(world: World) -> None:
    subscribe(world, at=12)
    world.source_down = lambda now: now > utc(2025, 3, 4, 8, 30)
    await go_on(world, utc(2025, 3, 4, 17, 55))
    assert world.sent == []
    await go_on(world, utc(2025, 3, 6, 12))
    (sent,) = world.sent
    assert utc(2025, 3, 4, 18) <= sent.at <= utc(2025, 3, 4, 19)
    first, second = world.outbox.rows()[:2]
    assert (first.state, first.covers) == ("sent", date(2025, 3, 4))
    assert second.state == "failed"  # nothing newer was read


@pytest.mark.parametrize(("hours", "expected"), [(11, "sent"), (13, "skipped")])
async def test_d2_the_bot_was_down_over_the_slot(world: World, hours: int, expected: str) -> None:
    subscribe(world)
    world.database.close()
    world.now = utc(2025, 3, 4, 9) + timedelta(hours=hours)
    world.start()
    await go_on(world, world.now + timedelta(minutes=30))
    assert states(world) == [("2025-03-04", expected)]
    assert len(world.sent) == (expected == "sent")
    if expected == "skipped":
        assert "I was not running from then until 2025-03-04 22:05 UTC" in str(
            world.outbox.rows()[0].reason
        )


@pytest.mark.protection("bot.subscriptions.schedule.MISSED", "")
async def test_d2_of_several_missed_days_the_last_one_is_caught_up_with(world: World) -> None:
    world.window = timedelta(hours=50)
    world.start()
    subscribe(world)
    world.now = utc(2025, 3, 7, 10)
    await go_on(world, world.now + timedelta(minutes=30))
    assert [state for _, state in states(world)] == ["skipped"] * 3 + ["sent"]
    assert len(world.sent) == 1
    assert all(row.reason for row in world.outbox.rows()[:3])


@pytest.mark.protection("bot.subscriptions.outbox.Outbox.claim", lambda *_: None)
@pytest.mark.parametrize("messages", [1, 3])
async def test_d3_a_kill_at_every_point_of_a_day(tmp_path: Path, messages: int) -> None:
    """Killed at the first point, at the second …: the digest arrives exactly once each time."""

    async def day(folder: Path, countdown: int | None) -> tuple[World, int]:
        folder.mkdir()
        world = World(folder, utc(2025, 3, 4, 8), messages_of_a_digest=messages)
        world.start()
        subscribe(world)
        world.killer.countdown = countdown
        before = world.killer.points
        await go_on(world, utc(2025, 3, 4, 10), step=30 * MINUTE)
        world.database.close()
        return world, world.killer.points - before

    _, points = await day(tmp_path / "whole", None)
    assert points > 20
    for countdown in range(points):
        world, _ = await day(tmp_path / str(countdown), countdown)
        assert world.kills == 1
        assert len({sent.name for sent in world.sent}) == len(world.sent) == messages
        world.start()
        assert states(world) == [("2025-03-04", "sent")]
        world.database.close()


async def test_d3_where_nobody_can_see_whether_it_arrived_it_is_not_sent_again(
    world: World,
) -> None:
    subscribe(world)
    world.unreadable.add("1")
    await go_on(world, utc(2025, 3, 4, 8, 55))
    world.killer = world.database.killer = AfterMessage()
    while await world.round():
        world.now += 5 * MINUTE
    world.killer = Killer()
    world.now += 10 * MINUTE
    world.start()
    await go_on(world, utc(2025, 3, 5, 8))
    (row,) = world.outbox.rows()
    assert row.state == "failed"
    assert row.reason.startswith("I was stopped while I sent it, and cannot see whether")
    assert len(world.sent) == 1


class AfterMessage(Killer):
    """Kills between a message and the note that it was sent."""

    def point(self, name: str) -> None:
        self.points += 1
        if name == "after a message":
            raise Killed(name)


@pytest.mark.protection("bot.subscriptions.store.SubscriptionStore.pause", lambda *_: None)
async def test_d5_one_closed_direct_message(world: World) -> None:
    for person in ("11", "12", "13"):
        subscribe(world, person, kind="person")
    world.closed.add("12")
    await go_on(world, utc(2025, 3, 6, 10))
    assert Counter(sent.target for sent in world.sent) == {"11": 3, "13": 3}
    paused = world.subscriptions.get(2)
    assert paused.paused
    assert paused.reason.startswith("your direct messages are closed to me")
    assert world.told == ["12"]
    assert [state for _, state in states(world, 2)] == ["failed", "skipped", "skipped"]
    assert all(row.reason == paused.reason for row in world.outbox.rows(2))
    world.closed.clear()
    world.subscriptions.resume(2, world.now)
    await go_on(world, utc(2025, 3, 7, 10))
    assert states(world, 2)[-1] == ("2025-03-07", "sent")


@pytest.mark.slow
async def test_d3_ninety_days_forty_subscriptions_two_hundred_kills(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Twelve time zones over the changes of their clocks in spring (and autumn in the south)."""
    chance = random.Random(20250220)
    first, last = utc(2025, 2, 20, 0, 7), utc(2025, 5, 21, 0, 7)
    world = World(tmp_path, first, messages_of_a_digest=2)
    world.source_down = outages(chance, first, last, count=60, longest=timedelta(hours=16))
    world.discord_down = outages(chance, first, last, count=60, longest=timedelta(hours=3))
    world.takes_it_all_the_same = lambda: chance.random() < 0.5
    world.start()
    made = {}
    for n in range(40):
        at, zone = chance.choice(TIMES), ZONES[n % len(ZONES)]
        period = ("week" if n % 10 == 8 else "month") if n % 10 > 7 else "day"
        rhythm = Rhythm(period, at.hour, at.minute, zone, weekday=n % 7)  # type: ignore[arg-type]
        kind: Kind = "person" if n % 2 else "channel"
        wanted = Subscription(kind=kind, target=str(n), user_id=n, rhythm=rhythm)
        made[world.subscriptions.add(wanted, first).id] = wanted
    world.unreadable = {str(n) for n in range(0, 40, 8)}
    closing = {str(n): chance.randrange(80) for n in (1, 7, 13, 19, 25, 31)}
    kill_at = sorted(chance.uniform(0, 90) for _ in range(200))
    while world.now < last + timedelta(days=2):
        world.now += timedelta(seconds=chance.randrange(120, 900))
        day = (world.now - first) / timedelta(days=1)
        if kill_at and day > kill_at[0] and world.killer.countdown is None:
            kill_at.pop(0)
            world.killer.countdown = chance.choice((0, 1, 2, 3, 5, 8, 13, 21))
            world.killer.only = chance.choice(("", "", "message", "after a message"))
        for person, closes in closing.items():
            if closes < day < closes + 6:
                world.closed.add(person)
            elif person in world.closed:  # they open them again and press the button
                world.closed.discard(person)
                world.subscriptions.resume(int(person) + 1, world.now)
        if not await world.round():
            pause = chance.choice((1, 1, 1, 10, 45, 300, 60 * 14))  # minutes until it is back
            world.now += timedelta(minutes=pause)
            world.start()
    figures = judge(world, made, first, last)
    world.database.close()
    with capsys.disabled():
        print("", *(f"{name}: {value}" for name, value in figures.items()), sep="\n  ")  # noqa: T201
    assert world.kills == 200
    assert figures["sent more than once"] == figures["lost"] == 0


def outages(chance: random.Random, first: datetime, last: datetime, *, count: int,
            longest: timedelta) -> Callable[[datetime], bool]:  # fmt: skip
    """Return whether something is down at an instant: `count` times at random."""
    spans = []
    for _ in range(count):
        begin = first + chance.random() * (last - first)
        spans.append((begin, begin + chance.random() * longest))
    return lambda now: any(begin < now < end for begin, end in spans)


def judge(
    world: World, made: dict[int, Subscription], first: datetime, last: datetime
) -> dict[str, object]:
    """Hold what arrived against what was due, which is computed here in another way."""
    rows = {(row.subscription, row.day): row for row in world.outbox.rows()}
    arrived = Counter(sent.name for sent in world.sent)
    clocks = {zone: read_clocks(zone, first - timedelta(days=2), last) for zone in ZONES}
    due, lost, twice, reasons = 0, 0, 0, Counter[str]()
    for number, subscription in made.items():
        rhythm = subscription.rhythm
        at, zone = time(rhythm.hour, rhythm.minute), rhythm.timezone
        for day, instant in expected_due(at, clocks[zone]).items():
            is_wanted = {"day": True, "week": day.weekday() == rhythm.weekday,
                         "month": day.day == 1}[rhythm.period]  # fmt: skip
            if not is_wanted or not first < instant <= last:
                continue
            due += 1
            row = rows.pop((number, day.isoformat()), None)
            copies = [arrived.pop(row.name_of(part), 0) for part in range(2)] if row else [0, 0]
            twice += max(copies) > 1
            whole = copies == [1, 1]
            assert row is None or row.state in ("sent", "failed", "skipped")
            if row and row.state == "sent" and whole:
                reasons["sent"] += 1
            elif row and row.reason and row.state != "sent":
                reasons[f"{row.state}: {re.sub(r'[0-9: -]{10,}', ' … ', row.reason)}"] += 1
            else:
                lost += 1
                reasons[f"lost: {row}"] += 1
    after = [row for row in rows.values() if row.due_at <= last]
    assert after == []  # nothing was planned that was not due
    assert not any(arrived[row.name_of(0)] > 1 for row in rows.values())
    return {
        "due": due, **dict(reasons.most_common()), "sent more than once": twice, "lost": lost,
        "kills": world.kills, **{f"killed {where}": n for where, n in world.killer.where.items()},
        "owners told of closed direct messages": len(world.told),
    }  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("accepts", [True, False])
async def test_d3_a_process_that_is_killed_around_a_message(
    tmp_path: Path, starter_folder: Path, accepts: bool
) -> None:
    """Really: `paperboy run` over a socket, kill -9 just before or after Discord takes a digest."""
    folder = tmp_path / "data"
    shutil.copytree(starter_folder, folder)
    config = Path(config_of(tmp_path))
    config.write_text(config.read_text() + "[bot.digest]\nsync_minutes = 0\n")
    arguments = ("--data-dir", str(folder), "--config", str(config), "run")
    async with judged(token=TOKEN) as fake:
        database = open_database(
            folder / "paperboy.sqlite",
            [rag.store.migrations.MIGRATIONS, bot.migrations.MIGRATIONS],
        )
        store = SubscriptionStore(database)
        now = datetime.now(UTC)
        Catalog(database).upsert(papers_of(now.date() - timedelta(days=2)))
        rhythm = Rhythm("day", now.hour, now.minute)
        for target in (fake.general, fake.add_channel("other")):
            wanted = Subscription(kind="channel", target=target, rhythm=rhythm)
            store.add(wanted, now - timedelta(minutes=2))
        original = fake.world.new_message
        async with running(fake, *arguments) as process:

            def new_message(channel: str, author: Any, body: Any, **more: Any) -> Any:
                if process.returncode is None and body.get("nonce"):
                    process.send_signal(signal.SIGKILL)
                    if not accepts:
                        raise ApiError(500, 0, "nobody hears this")
                return original(channel, author, body, **more)

            fake.world.new_message = new_message  # type: ignore[method-assign]
            await asyncio.wait_for(process.wait(), 90)
        fake.world.new_message = original  # type: ignore[method-assign]
        outbox = Outbox(database, store)
        assert [row.state for row in outbox.rows()] == ["sending", "pending"]
        async with running(fake, *arguments) as process:
            await fake.until(lambda: [row.state for row in outbox.rows()] == ["sent", "sent"], 90)
            process.send_signal(signal.SIGTERM)
            await asyncio.wait_for(process.wait(), 30)
        assert process.returncode == 0
        database.close()
    digests = [m for m in fake.messages.values() if "digest:discuss" in str(m["components"])]
    assert len({m["channel_id"] for m in digests}) == len(digests) == 2


@pytest.mark.slow
@pytest.mark.parametrize("accepts", [True, False])
async def test_d3_a_process_that_is_killed_around_publishing(
    tmp_path: Path, starter_folder: Path, accepts: bool
) -> None:
    """Really: kill -9 just before or after Discord publishes a digest to its followers."""
    folder = tmp_path / "data"
    shutil.copytree(starter_folder, folder)
    config = Path(config_of(tmp_path))
    config.write_text(config.read_text() + "[bot.digest]\nsync_minutes = 0\n")
    arguments = ("--data-dir", str(folder), "--config", str(config), "run")
    async with judged(token=TOKEN) as fake:
        database = open_database(
            folder / "paperboy.sqlite",
            [rag.store.migrations.MIGRATIONS, bot.migrations.MIGRATIONS],
        )
        store, now = SubscriptionStore(database), datetime.now(UTC)
        Catalog(database).upsert(papers_of(now.date() - timedelta(days=2)))
        news = fake.add_channel("news", ANNOUNCEMENT_CHANNEL)
        rhythm = Rhythm("day", now.hour, now.minute)
        wanted = Subscription(kind="channel", target=news, rhythm=rhythm, publish=True)
        store.add(wanted, now - timedelta(minutes=2))
        original, outbox = fake.world.crosspost, Outbox(database, store)
        async with running(fake, *arguments) as process:

            def crosspost(message: Any) -> None:
                process.send_signal(signal.SIGKILL)
                if not accepts:
                    raise ApiError(500, 0, "nobody hears this")
                original(message)

            fake.world.crosspost = crosspost  # type: ignore[method-assign]
            await asyncio.wait_for(process.wait(), 90)
        fake.world.crosspost = original  # type: ignore[method-assign]
        assert [(row.state, len(row.unpublished)) for row in outbox.rows()] == [("sent", 1)]
        async with running(fake, *arguments) as process:
            await fake.until(lambda: not outbox.rows()[0].unpublished, 90)
            process.send_signal(signal.SIGTERM)
            await asyncio.wait_for(process.wait(), 30)
        assert outbox.rows()[0].reason == ""
        database.close()
    (digest,) = [m for m in fake.messages.values() if "digest:discuss" in str(m["components"])]
    assert fake.crossposts == [digest["id"]]
