"""What whoever runs the bot gets: health, errors in a channel, a line a question, a forced sync."""

import asyncio
import logging
import re
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import pytest

from bot.answers import request_log
from bot.gateway import error_reports
from bot.gateway.health import Health, HealthPortError
from rag.library import Library
from rag.llm.breaker import MAX_CRASHES, CircuitBreaker
from tests.bot.answers.slow_model import held
from tests.discord_server import Connect, Server, button, joined, judged, text_of

QUESTION = "how accurate is HeronNet compared with human counters?"
SECRET = "a secret word of somebody's"


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


@asynccontextmanager
async def health_of(server: Server) -> AsyncIterator[Any]:
    """Switch the endpoint on; give what gets (status, state)."""
    port = free_port()
    health = Health(server.bot.desk)
    health.bot = server.bot
    async with health.listening(port), aiohttp.ClientSession() as client:

        async def get(path: str = "/health") -> tuple[int, Any]:
            async with client.get(f"http://127.0.0.1:{port}{path}") as response:
                state = await response.json() if response.status in (200, 503) else None
                return response.status, state

        yield get


async def test_health_tells_programs_how_the_bot_is(filled: Library, connect: Connect) -> None:
    server = await connect(filled, chat=held(), heartbeat_ms=50)
    async with health_of(server) as get:
        await server.fake.until(lambda: server.bot.latency < 10)
        status, state = await get()
        assert status == 200
        assert state.pop("heartbeat_ms") > 0
        assert state == {
            "connected": True, "papers": 4, "last_day": "2025-02-20", "model": "ready",
            "waiting": 0, "uptime_seconds": 0,
        }  # fmt: skip
        assert (await get("/"))[0] == 404
        await server.bot.close()
        status, state = await get()
        assert (status, state["connected"]) == (503, False)


async def test_a_broken_connection_is_told_and_its_return_too(
    filled: Library, connect: Connect
) -> None:
    server = await connect(filled)
    health = Health(server.bot.desk)
    assert not (await health.state())["connected"]  # before the first connection
    health.bot = server.bot
    assert (await health.state())["model"] == "none"
    server.fake.accepting = False  # else it is back before anybody looks
    await server.fake.drop()
    await server.fake.until(lambda: not server.bot.is_connected)
    server.fake.accepting = True
    await server.fake.until(lambda: server.bot.is_connected, 20)
    assert (await health.state())["connected"]


async def test_a_port_in_use_is_one_sentence(filled: Library, connect: Connect) -> None:
    health = Health((await connect(filled)).bot.desk)
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        with pytest.raises(HealthPortError, match=f"port {port} on 127.0.0.1 is in use: choose"):
            async with health.listening(port):
                pass
    async with health.listening(0):  # off
        pass


# -- errors in a channel ----------------------------------------------------------------------


async def test_an_unforeseen_error_is_told_once_in_the_channel_without_anybodys_words(
    filled: Library, connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = await connect(filled, bot_options={"error_channel": 1})
    fake = server.fake
    channel = fake.add_channel("errors")
    server.bot._reports.channel = int(channel)

    def broken(*args: object, **kwargs: object) -> None:
        raise RuntimeError(SECRET)

    monkeypatch.setattr(server.bot.desk.qa, "ask", broken)
    for _ in range(3):
        await server.ask(f"{QUESTION} {SECRET}")
    told = [m for m in server.answers() if m["channel_id"] == channel]
    assert len(told) == 1
    text = text_of(told[0])
    assert re.fullmatch(
        r"RuntimeError in bot/desk\.py, line \d+, .*\. The log has the rest\.", text
    )
    asked = await fake.slash("alice", "ask", question="?!")  # foreseen: nobody else hears of it
    await server.quoted(asked)
    server.bot.dispatch("raw_message_delete", None)  # a listener that has nobody to tell
    await fake.until(lambda: len([m for m in server.answers() if m["channel_id"] == channel]) == 2)


async def test_a_model_that_rests_is_told_once_an_hour(filled: Library, connect: Connect) -> None:
    server = await connect(filled, bot_options={"error_channel": 1})
    reports, now = server.bot._reports, 0.0
    channel = server.fake.add_channel("errors")
    reports.channel, reports._clock = int(channel), lambda: now
    breaker = CircuitBreaker(60)

    def told() -> list[dict[str, Any]]:
        return [m for m in server.answers() if m["channel_id"] == channel]

    for _ in range(MAX_CRASHES + 1):
        breaker.record_crash()
    await server.fake.until(told)
    assert "The model process died 5 times in a row: answers are quoted" in text_of(told()[0])
    now = error_reports.AGAIN_SECONDS + 1
    breaker.record_crash()
    await server.fake.until(lambda: len(told()) == 2)
    logging.getLogger("rag.llm.supervisor").warning("the model process ended: %s", "x")
    await asyncio.sleep(0.1)
    assert len(told()) == 2


async def test_a_channel_that_cannot_be_written_stops_nothing(
    filled: Library, connect: Connect, caplog: pytest.LogCaptureFixture
) -> None:
    server = await connect(filled, bot_options={"error_channel": 1})
    with caplog.at_level(logging.WARNING):
        await asyncio.to_thread(
            logging.getLogger("rag.retrieval.index").error, "damaged: %s", "twice"
        )
        await server.fake.until(lambda: "could not be told in channel 1" in caplog.text)
    assert "94.2%" in text_of(await server.ask(QUESTION))
    server.bot._reports.stop()
    assert server.bot._reports not in logging.getLogger("bot").handlers


def test_of_an_exception_only_its_kind_and_place_are_told() -> None:
    def told(**given: Any) -> str:
        record = logging.LogRecord("asyncio", logging.ERROR, "x.py", 1, SECRET, (), None)
        return error_reports.told_of(logging.makeLogRecord(record.__dict__ | given))

    assert told() == "asyncio reports an error. The log has the rest."
    try:
        raise ValueError(SECRET)
    except ValueError:
        assert SECRET not in told(exc_info=sys.exc_info())
        assert "ValueError in bot/test_running.py, line" in told(exc_info=sys.exc_info())


# -- the log ----------------------------------------------------------------------------------


async def test_each_question_is_one_line_without_its_words(
    filled: Library, connect: Connect, caplog: pytest.LogCaptureFixture
) -> None:
    server = await connect(filled)
    fake = server.fake
    caplog.set_level(logging.INFO, request_log.__name__)
    answer = await server.ask(QUESTION)
    await server.say("alice", f"{fake.mention} {QUESTION}")
    await server.say("bob", QUESTION, channel=await fake.open_dm("bob"))
    await server.ask("what is the price of tea in Lisbon?")
    again = await fake.click("alice", answer, button(answer, "again"))
    await server.quoted(again)

    def lines() -> list[str]:
        return [r.getMessage() for r in caplog.records if r.name == request_log.__name__]

    await fake.until(lambda: len(lines()) == 5)
    here = f"question server={fake.guild} channel={fake.general}"
    quoted = r"mode=extractive refused=no papers=1 seconds=\d+\.\d\d"
    for line, pattern in zip(
        lines(),
        (
            rf"{here} by=command {quoted}",
            rf"{here} by=message {quoted}",
            rf"question server=- channel=\d+ by=message {quoted}",
            rf"{here} by=command mode=extractive refused=yes papers=\d seconds=\d+\.\d\d",
            rf"{here} by=button {quoted}",
        ),
        strict=True,
    ):
        assert re.fullmatch(pattern, line), line


async def test_a_question_that_fails_is_a_line_too(
    filled: Library, connect: Connect, monkeypatch: pytest.MonkeyPatch, caplog: Any
) -> None:
    server = await connect(filled)
    caplog.set_level(logging.INFO, request_log.__name__)

    def broken(*args: object, **kwargs: object) -> None:
        raise RuntimeError(SECRET)

    monkeypatch.setattr(server.bot.desk.qa, "ask", broken)
    await server.ask(QUESTION)
    lines = [r.getMessage() for r in caplog.records if r.name == request_log.__name__]
    assert len(lines) == 1
    assert re.search(r"by=command failed=yes seconds=\d+\.\d\d$", lines[0])


async def test_the_words_are_logged_only_where_asked_for(
    filled: Library, connect: Connect, caplog: pytest.LogCaptureFixture
) -> None:
    server = await connect(filled, bot_options={"log_questions": True})
    caplog.set_level(logging.INFO, request_log.__name__)
    await server.ask(QUESTION)
    await server.fake.until(lambda: f" text='{QUESTION}'" in caplog.text)


# -- syncing ----------------------------------------------------------------------------------


@pytest.mark.parametrize("always", [False, True])
async def test_commands_that_discord_knows_are_synced_only_where_asked_for(
    filled: Library, always: bool
) -> None:
    async with judged() as fake:
        async with joined(fake, filled):
            pass
        async with joined(fake, filled, bot_options={"always_sync": always}):
            pass
        assert sum("/commands" in entry[0] for entry in fake.log) == 1 + always
