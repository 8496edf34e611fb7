"""Measure how late the event loop wakes up."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

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
