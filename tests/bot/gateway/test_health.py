"""The health check."""

import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import pytest

from bot.gateway.health import HealthEndpoint, HealthPortError
from rag.library import Library
from tests.bot.answers.slow_model import held
from tests.discord_server import Connect, Server


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


@asynccontextmanager
async def health_of(server: Server) -> AsyncIterator[Any]:
    """Switch the endpoint on; give what gets (status, state)."""
    port = free_port()
    health = HealthEndpoint(server.bot.services.executor)
    health.bot = server.bot
    async with health.listening(port), aiohttp.ClientSession() as client:

        async def get(path: str = "/health") -> tuple[int, Any]:
            async with client.get(f"http://127.0.0.1:{port}{path}") as response:
                state = await response.json() if response.status in (200, 503) else None
                return response.status, state

        yield get


async def test_health_reports_the_state_as_json(filled: Library, connect: Connect) -> None:
    server = await connect(filled, chat=held(), heartbeat_ms=50)
    async with health_of(server) as get:
        await server.fake.until(lambda: server.bot.latency < 10)
        status, state = await get()
        assert status == 200
        assert state.pop("heartbeat_ms") >= 0
        assert state == {
            "connected": True, "papers": 4, "last_day": "2025-02-20", "model": "ready",
            "waiting": 0, "uptime_seconds": 0,
        }  # fmt: skip
        assert (await get("/"))[0] == 404
        await server.bot.close()
        status, state = await get()
        assert (status, state["connected"]) == (503, False)


async def test_health_reports_a_lost_and_a_resumed_connection(
    filled: Library, connect: Connect
) -> None:
    server = await connect(filled)
    health = HealthEndpoint(server.bot.services.executor)
    assert not (await health.state())["connected"]  # before the first connection
    health.bot = server.bot
    assert (await health.state())["model"] == "none"
    server.fake.accepting = False  # else it is back before anybody looks
    await server.fake.drop()
    await server.fake.until(lambda: not server.bot.is_connected)
    server.fake.accepting = True
    await server.fake.until(lambda: server.bot.is_connected, 20)
    assert (await health.state())["connected"]


async def test_a_port_in_use_is_explained_in_one_sentence(
    filled: Library, connect: Connect
) -> None:
    health = HealthEndpoint((await connect(filled)).bot.services.executor)
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        with pytest.raises(HealthPortError, match=f"port {port} on 127.0.0.1 is in use: choose"):
            async with health.listening(port):
                pass
    async with health.listening(0):  # off
        pass
