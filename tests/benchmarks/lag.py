"""Measure how late the event loop wakes up."""

import asyncio
import threading
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager

STEP = 0.01  # seconds


def percentile(values: list[float], share: float) -> float:
    """Return the value below which this share of the values lies."""
    return sorted(values)[min(len(values) - 1, int(share * len(values)))]


@asynccontextmanager
async def measured_lag() -> AsyncIterator[list[float]]:
    """Yield a list that collects, in seconds, how late the event loop wakes up."""
    lags: list[float] = []

    async def watch() -> None:
        while True:
            started = time.perf_counter()
            await asyncio.sleep(STEP)
            lags.append(time.perf_counter() - started - STEP)

    task = asyncio.create_task(watch())
    try:
        yield lags
    finally:
        task.cancel()


@contextmanager
def measured_machine_lag() -> Iterator[list[float]]:
    """Yield a list that collects, in seconds, how late a thread of this busy machine wakes up."""
    lags: list[float] = []
    stopping = threading.Event()

    def watch() -> None:
        while not stopping.is_set():
            started = time.perf_counter()
            time.sleep(STEP)
            lags.append(time.perf_counter() - started - STEP)

    thread = threading.Thread(target=watch)
    thread.start()
    try:
        yield lags
    finally:
        stopping.set()
        thread.join()
