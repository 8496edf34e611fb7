"""State and metrics for programs on this machine, on a loopback address alone.

GET http://127.0.0.1:PORT/health and /metrics, see docs/operations.md.
"""

import errno
import math
import os
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime
from typing import Any

from aiohttp import web

from bot.gateway.client import PaperboyBot
from bot.monitoring import PAGE_TYPE, BotState
from bot.services import Services
from rag.errors import DataFolderError, PaperboyError

HOST = "127.0.0.1"
OK, UNAVAILABLE = 200, 503
HEALTH, METRICS = "/health", "/metrics"


class HealthPortError(PaperboyError):
    """A port cannot be listened on."""


class HealthEndpoint:
    """Serves the same facts as `/status` in Discord, and metrics; none of them are about users."""

    def __init__(self, services: Services) -> None:
        self.services = services
        self.bot: PaperboyBot | None = None  # the current client; each connection has a new one
        self.started_at = datetime.now(UTC)

    @asynccontextmanager
    async def listening(
        self, health_port: int, metrics_port: int = 0, *, host: str = ""
    ) -> AsyncIterator[None]:
        """Serve until the block ends: /health on both ports, /metrics on the second one.

        They may be the same; 0 is none. `host` is a loopback address, "" HOST. Raises
        HealthPortError.
        """
        pages = {health_port: [HEALTH]} | {metrics_port: [HEALTH, METRICS]}
        async with AsyncExitStack() as stack:
            for port in filter(None, pages):
                key = "metrics_port" if port == metrics_port else "health_port"
                await stack.enter_async_context(
                    self._listening(host or HOST, port, pages[port], key=key)
                )
            yield

    @asynccontextmanager
    async def _listening(
        self, host: str, port: int, pages: Sequence[str], *, key: str
    ) -> AsyncIterator[None]:
        """Serve these pages on one port; `key` is the setting that names it."""
        handlers = {HEALTH: self._answer_health, METRICS: self._answer_metrics}
        application = web.Application()
        for page in pages:
            application.router.add_get(page, handlers[page])
        runner = web.AppRunner(application, access_log=None)
        await runner.setup()
        try:
            await web.TCPSite(runner, host, port).start()
        except OSError as error:
            await runner.cleanup()
            is_taken = error.errno == errno.EADDRINUSE
            why = "in use" if is_taken else f"not usable ({os.strerror(error.errno or 0)})"
            raise HealthPortError(
                f"port {port} on {host} is {why}: choose another [bot] {key}, or 0 for none."
            ) from error
        try:
            yield
        finally:
            await runner.cleanup()

    async def state(self) -> dict[str, Any]:
        """Return the facts as JSON values."""
        executor = self.services.executor
        coverage = await executor.read(executor.library.catalog.coverage)
        latency = self._latency()
        return {
            "connected": self._is_connected(),
            "heartbeat_ms": round(latency * 1000, 1) if math.isfinite(latency) else None,
            "papers": coverage.papers,
            "last_day": coverage.last_day and coverage.last_day.isoformat(),
            "model": self._model(),
            "index": executor.library.index.vectors.problem or "ready",
            "waiting": executor.queue_length(),
            "uptime_seconds": round((datetime.now(UTC) - self.started_at).total_seconds()),
        }

    async def metrics_page(self) -> bytes:
        """Return the metrics, even if the database cannot be read at the moment."""
        facts: dict[str, Any] = {}
        executor = self.services.executor
        try:
            coverage = await executor.read(executor.library.catalog.coverage)
            facts["papers"] = coverage.papers
            if coverage.last_day:
                facts["newest_paper_days"] = (executor.qa.today() - coverage.last_day).days
            facts["outbox"] = await executor.read(self.services.subscriptions.outbox.waiting)
        except DataFolderError:  # they become NaN
            pass
        state = BotState(
            connected=self._is_connected(),
            heartbeat_seconds=self._latency(),
            model_ready=self._model() == "ready",
            queue_length=executor.queue_length(),
            **facts,
        )
        return self.services.metrics.page(state)

    async def _answer_health(self, request: web.Request) -> web.Response:  # noqa: ARG002  # aiohttp's signature
        state = await self.state()
        return web.json_response(state, status=OK if state["connected"] else UNAVAILABLE)

    async def _answer_metrics(self, request: web.Request) -> web.Response:  # noqa: ARG002
        page = await self.metrics_page()
        return web.Response(body=page, headers={"Content-Type": PAGE_TYPE})

    def _is_connected(self) -> bool:
        return bool(self.bot and self.bot.is_connected and not self.bot.is_closed())

    def _latency(self) -> float:
        """Return the seconds that a heartbeat took; NaN before the first one."""
        return self.bot.latency if self.bot else math.nan

    def _model(self) -> str:
        """Return `none`, `ready`, or the problem that keeps the model from writing."""
        writer = self.services.executor.qa.writer
        return "none" if writer is None else writer.problem or "ready"
