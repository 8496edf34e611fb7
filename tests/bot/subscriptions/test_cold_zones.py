"""The first place name after a start: its tables are read while the event loop goes on."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from bot.clocks import cities, countries, places, zones
from rag.library import Library
from tests.bot.subscriptions.test_subscriptions import used
from tests.discord_server import Connect, text_of

MOST = 0.5  # of the time that reading takes, for the loop to stand still


@pytest.fixture
def cold_tables() -> None:
    """Forget what the clocks have read."""
    for module in (cities, countries, places, zones):
        for value in vars(module).values():
            if hasattr(value, "cache_clear"):
                value.cache_clear()


@asynccontextmanager
async def watching() -> AsyncIterator[list[float]]:
    """Yield a list of how late the loop came round each time, in seconds."""
    late: list[float] = []

    async def watch() -> None:
        while True:
            before = time.perf_counter()
            await asyncio.sleep(0.01)
            late.append(time.perf_counter() - before - 0.01)

    watcher = asyncio.create_task(watch())
    try:
        yield late
    finally:
        watcher.cancel()


@pytest.mark.slow
@pytest.mark.usefixtures("cold_tables")
async def test_a_first_subscription_is_acknowledged_before_the_tables_are_read(
    filled: Library, connect: Connect
) -> None:
    server = await connect(filled)
    async with watching() as late:
        asked = await server.fake.slash("bob", "subscribe", timezone="Porto")
        await asked.wait_ack()
        started = time.perf_counter()
        assert not cities._read_names.cache_info().currsize
        text = text_of(await used(asked))
        seconds = time.perf_counter() - started
    assert cities._read_names.cache_info().currsize
    assert "09:00 (Europe/Lisbon)" in text
    assert max(late) < MOST * seconds


@pytest.mark.slow
@pytest.mark.usefixtures("cold_tables")
async def test_a_first_suggestion_does_not_stop_the_loop(filled: Library, connect: Connect) -> None:
    server = await connect(filled)
    async with watching() as late:
        started = time.perf_counter()
        await server.fake.autocomplete("bob", "subscribe", "timezone", timezone="port")
        await server.fake.until(lambda: cities._read_names.cache_info().currsize, 60)
        seconds = time.perf_counter() - started
    assert max(late) < MOST * seconds
