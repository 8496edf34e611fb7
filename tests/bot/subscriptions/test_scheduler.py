"""The scheduler's rounds: keeping up, stopping, and faults that stay where they are."""

import asyncio
import threading
from datetime import timedelta
from typing import Any

from bot.subscriptions.records import Rhythm, Subscription
from rag.digest.records import Digest
from rag.digest.serialization import digest_from_json, digest_to_json
from tests.bot.subscriptions.conftest import NINE
from tests.reliability.digest_world import World, utc


def subscribe(digest_world: World, *targets: str) -> None:
    for target in targets:
        wanted = Subscription(kind="channel", target=target, rhythm=Rhythm())
        digest_world.subscriptions.add(wanted, digest_world.now)


async def test_removed_paused_and_extra_digests(digest_world: World) -> None:
    subscribe(digest_world, "1", "2", "3")
    digest_world.now = NINE
    digest_world.outbox.plan(NINE)
    digest_world.subscriptions.remove(1)
    digest_world.subscriptions.pause(2)
    await digest_world.round()
    assert [(row.subscription, row.state) for row in digest_world.outbox.rows()] == [
        (2, "skipped"), (3, "sent")
    ]  # fmt: skip
    digest_world.outbox.add_extra(3, digest_world.now)
    await digest_world.round()
    assert [sent.target for sent in digest_world.sent] == ["3", "3"]
    digest_world.now += timedelta(days=1)
    await digest_world.round()
    assert len(digest_world.sent) == 3  # the extra one takes nothing from those that are due


async def test_a_change_after_the_digest_of_a_day_causes_no_second_one(digest_world: World) -> None:
    subscribe(digest_world, "1")
    digest_world.now = NINE
    await digest_world.round()
    changed = digest_world.subscriptions.change(
        1, Rhythm(hour=18), digest_world.subscriptions.get(1).wish, NINE
    )
    assert changed.next_due == utc(2025, 3, 5, 18)
    digest_world.now = utc(2025, 3, 5, 17)
    await digest_world.round()
    assert len(digest_world.sent) == 1


async def test_start_is_idempotent_and_stop_lets_a_message_arrive(digest_world: World) -> None:
    subscribe(digest_world, "1")
    digest_world.now = NINE
    under_way, go = asyncio.Event(), asyncio.Event()
    post = digest_world.scheduler.sender.transports["channel"]
    send = post.send

    async def slow(subscription: Subscription, message: Any, name: str) -> int:
        under_way.set()
        await go.wait()
        return await send(subscription, message, name)

    post.send = slow  # type: ignore[method-assign]
    digest_world.scheduler.start()
    first = digest_world.scheduler._task
    digest_world.scheduler.start()
    assert digest_world.scheduler._task is first
    await under_way.wait()
    stopping = asyncio.create_task(digest_world.scheduler.stop())
    await asyncio.sleep(0.05)
    assert not stopping.done()
    go.set()
    await stopping
    assert [row.state for row in digest_world.outbox.rows()] == ["sent"]


async def test_a_digest_survives_as_json_with_the_papers_that_are_still_known(
    digest_world: World,
) -> None:
    digest_world.sync(threading.Event())
    digest = digest_world.make(Subscription(kind="mail", target=""), NINE.date())
    assert digest_from_json(digest_to_json(digest), digest_world.catalog) == digest
    nowhere: Digest = digest_from_json(
        digest_to_json(digest).replace("arxiv:25", "arxiv:35"), digest_world.catalog
    )
    assert nowhere.ranked == ()


async def test_a_digest_due_before_a_change_is_not_lost(digest_world: World) -> None:
    subscribe(digest_world, "1", "2")
    store = digest_world.subscriptions
    store.pause(1)
    digest_world.now = NINE + timedelta(seconds=5)  # before any round saw that it is nine o'clock
    store.resume(1, digest_world.now)
    store.change(2, Rhythm(hour=18), store.get(2).wish, digest_world.now)
    assert store.get(2).next_due == utc(2025, 3, 5, 18)
    await digest_world.round()
    assert [(row.subscription, row.state, row.reason) for row in digest_world.outbox.rows()] == [
        (1, "skipped", "paused"), (2, "sent", "")
    ]  # fmt: skip
