"""The health check."""

import math
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import date
from typing import Any

import aiohttp
import pytest
from prometheus_client.parser import text_string_to_metric_families

from bot.gateway.health import HealthEndpoint, HealthPortError
from rag.errors import DataFolderError
from rag.library import Library
from tests.bot.answers.slow_model import held
from tests.discord_server import Connect, Server
from tests.papers import TODAY


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


@asynccontextmanager
async def health_of(server: Server) -> AsyncIterator[Any]:
    """Switch the endpoint on; give what gets (status, state)."""
    port = free_port()
    health = HealthEndpoint(server.bot.services)
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
            "index": "ready", "waiting": 0, "uptime_seconds": 0,
        }  # fmt: skip
        assert (await get("/"))[0] == 404
        await server.bot.close()
        status, state = await get()
        assert (status, state["connected"]) == (503, False)


async def test_health_reports_a_lost_and_a_resumed_connection(
    filled: Library, connect: Connect
) -> None:
    server = await connect(filled)
    health = HealthEndpoint(server.bot.services)
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
    health = HealthEndpoint((await connect(filled)).bot.services)
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        with pytest.raises(HealthPortError, match=f"port {port} on 127.0.0.1 is in use: choose"):
            async with health.listening(port):
                pass
    async with health.listening(0):  # off
        pass


async def fetch(port: int, path: str, *, host: str = "127.0.0.1") -> tuple[int, str]:
    async with (
        aiohttp.ClientSession() as client,
        client.get(f"http://{host}:{port}{path}") as response,
    ):
        return response.status, await response.text()


def samples_of(page: str) -> dict[str, float]:
    """Return each sample by its name with labels, like `paperboy_questions_total server quoted`."""
    return {
        " ".join([sample.name, *(sample.labels[label] for label in sorted(sample.labels))]): (
            sample.value
        )
        for family in text_string_to_metric_families(page)
        for sample in family.samples
    }


async def test_metrics_tell_how_the_bot_is(filled: Library, connect: Connect) -> None:
    server = await connect(filled, heartbeat_ms=50)
    health, port = HealthEndpoint(server.bot.services), free_port()
    health.bot = server.bot
    async with health.listening(0, port):
        await server.fake.until(lambda: server.bot.latency < 10)
        status, page = await fetch(port, "/metrics")
        assert status == 200
        found = samples_of(page)
        assert found["paperboy_connected"] == 1
        assert found["paperboy_model_ready"] == 0
        assert found["paperboy_papers"] == 4
        assert found["paperboy_newest_paper_days"] == (TODAY - date(2025, 2, 20)).days
        assert found["paperboy_outbox_length pending"] == 0
        assert found["paperboy_queue_length"] == 0
        assert found["paperboy_questions_total refused server"] == 0  # a rate needs a beginning
        assert 0 <= found["paperboy_heartbeat_seconds"] < 10
        assert (await fetch(port, "/health"))[0] == 200
        await server.bot.close()
        assert samples_of((await fetch(port, "/metrics"))[1])["paperboy_connected"] == 0


async def test_metrics_are_served_while_the_database_cannot_be_read(
    filled: Library, connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = await connect(filled)
    health = HealthEndpoint(server.bot.services)

    def broken() -> None:
        raise DataFolderError("paperboy.sqlite is damaged: put a backup in its place.")

    monkeypatch.setattr(filled.catalog, "coverage", broken)
    found = samples_of((await health.metrics_page()).decode())
    assert math.isnan(found["paperboy_papers"])
    assert found["paperboy_connected"] == 0


@pytest.mark.parametrize("is_one_port", [True, False])
async def test_health_and_metrics_share_a_port_or_have_one_each(
    filled: Library, connect: Connect, is_one_port: bool
) -> None:
    health = HealthEndpoint((await connect(filled)).bot.services)
    health_port = free_port()
    metrics_port = health_port if is_one_port else free_port()
    async with health.listening(health_port, metrics_port):
        assert (await fetch(health_port, "/health"))[0] == 503
        assert (await fetch(metrics_port, "/health"))[0] == 503
        assert (await fetch(metrics_port, "/metrics"))[0] == 200
        assert (await fetch(health_port, "/metrics"))[0] == (200 if is_one_port else 404)


async def test_another_loopback_address_can_be_chosen(filled: Library, connect: Connect) -> None:
    health, port = HealthEndpoint((await connect(filled)).bot.services), free_port()
    async with health.listening(0, port, host="127.0.0.3"):
        assert (await fetch(port, "/metrics", host="127.0.0.3"))[0] == 200
        with pytest.raises(aiohttp.ClientConnectorError):
            await fetch(port, "/metrics")


async def test_the_key_of_a_port_in_use_is_named(filled: Library, connect: Connect) -> None:
    health = HealthEndpoint((await connect(filled)).bot.services)
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        with pytest.raises(HealthPortError, match=r"choose another \[bot\] metrics_port, or 0"):
            async with health.listening(0, other.getsockname()[1]):
                pass
