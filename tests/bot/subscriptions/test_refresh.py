"""Reading new papers at regular intervals."""

import asyncio
import threading
from datetime import datetime, timedelta
from types import SimpleNamespace

from bot.subscriptions.refresh import Refresher
from bot.subscriptions.scheduler import Scheduler
from rag.errors import SourceError
from tests.bot.subscriptions.conftest import NINE
from tests.reliability.digest_world import World


async def test_new_papers_are_read_every_hour_and_sooner_after_a_failure() -> None:
    clock = SimpleNamespace(now=NINE)
    read: list[datetime] = []
    is_down = True

    def sync(stopping: threading.Event) -> None:
        read.append(clock.now)
        if is_down:
            raise SourceError("nobody answers")

    keeping_up = Refresher(sync, every=timedelta(hours=1), clock=lambda: clock.now)
    assert keeping_up.stale_reason
    for _ in range(40):  # minutes
        await keeping_up.refresh_if_due()
        clock.now += timedelta(minutes=1)
    assert len(read) == 8
    assert keeping_up.stale_reason == "nobody answers"
    is_down = False
    read.clear()
    for _ in range(121):
        await keeping_up.refresh_if_due()
        clock.now += timedelta(minutes=1)
        assert not keeping_up.stale_reason
    assert len(read) == 3


async def test_stopping_ends_a_sync_that_checks_the_event(digest_world: World) -> None:
    begun = threading.Event()

    def sync(stopping: threading.Event) -> None:
        begun.set()
        assert stopping.wait(10)

    keeping_up = Refresher(sync, every=timedelta(hours=1), clock=lambda: NINE)
    scheduler = Scheduler(digest_world.scheduler.sender, keeping_up, clock=lambda: NINE)
    scheduler.start()
    await asyncio.to_thread(begun.wait, 10)
    await asyncio.wait_for(scheduler.stop(), 5)
