"""A health check for programs on this machine: GET http://127.0.0.1:PORT/health."""

import math
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

from aiohttp import web

from bot.executor import Executor
from bot.gateway.client import PaperboyBot
from rag.errors import PaperboyError

HOST = "127.0.0.1"
OK, UNAVAILABLE = 200, 503


class HealthPortError(PaperboyError):
    """The port is in use."""


class HealthEndpoint:
    """Serves the same facts as `/status` in Discord; none of them are about users."""

    def __init__(self, executor: Executor) -> None:
        self.executor = executor
        self.bot: PaperboyBot | None = None  # the current client; each connection has a new one
        self.started_at = datetime.now(UTC)

    @asynccontextmanager
    async def listening(self, port: int) -> AsyncIterator[None]:
        """Serve on this port until the block ends; 0 disables it. Raises HealthPortError."""
        if not port:
            yield
            return
        application = web.Application()
        application.router.add_get("/health", self._answer)
        runner = web.AppRunner(application, access_log=None)
        await runner.setup()
        try:
            await web.TCPSite(runner, HOST, port).start()
        except OSError as error:
            await runner.cleanup()
            raise HealthPortError(
                f"port {port} on {HOST} is in use: choose another [bot] health_port, or 0 for none."
            ) from error
        try:
            yield
        finally:
            await runner.cleanup()

    async def state(self) -> dict[str, Any]:
        """Return the facts as JSON values."""
        bot, catalog = self.bot, self.executor.library.catalog
        coverage = await self.executor.read(catalog.coverage)
        latency = bot.latency if bot else math.nan
        return {
            "connected": bool(bot and bot.is_connected and not bot.is_closed()),
            "heartbeat_ms": round(latency * 1000, 1) if math.isfinite(latency) else None,
            "papers": coverage.papers,
            "last_day": coverage.last_day and coverage.last_day.isoformat(),
            "model": self._model(),
            "waiting": self.executor.queue_length(),
            "uptime_seconds": round((datetime.now(UTC) - self.started_at).total_seconds()),
        }

    async def _answer(self, request: web.Request) -> web.Response:  # noqa: ARG002  # aiohttp's signature
        state = await self.state()
        return web.json_response(state, status=OK if state["connected"] else UNAVAILABLE)

    def _model(self) -> str:
        """Return `none`, `ready`, or the problem that keeps the model from writing."""
        writer = self.executor.qa.writer
        return "none" if writer is None else writer.problem or "ready"
