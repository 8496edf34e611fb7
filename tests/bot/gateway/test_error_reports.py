"""Reports of unexpected errors in a channel."""

import asyncio
import logging
import re
import sys
from typing import Any

import pytest

from bot.gateway import error_reports
from rag.library import Library
from rag.llm.breaker import MAX_CRASHES, CircuitBreaker
from tests.discord_server import Connect, text_of
from tests.papers import QUESTION

SECRET = "a secret word of somebody's"


async def test_an_unexpected_error_is_reported_once_without_user_text(
    filled: Library, connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = await connect(filled, bot_options={"error_channel": 1})
    fake = server.fake
    channel = fake.add_channel("errors")
    server.bot._reporter.channel = int(channel)

    def broken(*args: object, **kwargs: object) -> None:
        raise RuntimeError(SECRET)

    monkeypatch.setattr(server.bot.services.executor.qa, "ask", broken)
    for _ in range(3):
        await server.ask(f"{QUESTION} {SECRET}")
    told = [m for m in server.answers() if m["channel_id"] == channel]
    assert len(told) == 1
    text = text_of(told[0])
    assert re.fullmatch(
        r"RuntimeError in bot/executor\.py, line \d+, .*\. The log has the rest\.", text
    )
    asked = await fake.slash("alice", "ask", question="?!")  # foreseen: nobody else hears of it
    await server.quoted(asked)
    server.bot.dispatch("raw_message_delete", None)  # a listener that has nobody to tell
    await fake.until(lambda: len([m for m in server.answers() if m["channel_id"] == channel]) == 2)


async def test_a_resting_model_is_reported_once_an_hour(filled: Library, connect: Connect) -> None:
    server = await connect(filled, bot_options={"error_channel": 1})
    reports, now = server.bot._reporter, 0.0
    channel = server.fake.add_channel("errors")
    reports.channel, reports._clock = int(channel), lambda: now
    breaker = CircuitBreaker(60)

    def told() -> list[dict[str, Any]]:
        return [m for m in server.answers() if m["channel_id"] == channel]

    for _ in range(MAX_CRASHES + 1):
        breaker.record_crash()
    await server.fake.until(told)
    assert "The model process died 5 times in a row: answers are quoted" in text_of(told()[0])
    now = error_reports.REPEAT_SECONDS + 1
    breaker.record_crash()
    await server.fake.until(lambda: len(told()) == 2)
    logging.getLogger("rag.llm.supervisor").warning("the model process ended: %s", "x")
    await asyncio.sleep(0.1)
    assert len(told()) == 2


async def test_an_error_channel_without_access_stops_nothing(
    filled: Library, connect: Connect, caplog: pytest.LogCaptureFixture
) -> None:
    server = await connect(filled, bot_options={"error_channel": 1})
    with caplog.at_level(logging.WARNING):
        await asyncio.to_thread(
            logging.getLogger("rag.retrieval.index").error, "damaged: %s", "twice"
        )
        await server.fake.until(lambda: "could not be reported in channel 1" in caplog.text)
    assert "94.2%" in text_of(await server.ask(QUESTION))
    server.bot._reporter.stop()
    assert server.bot._reporter not in logging.getLogger("bot").handlers


def test_a_report_gives_only_the_type_and_place_of_an_exception() -> None:
    def told(**given: Any) -> str:
        record = logging.LogRecord("asyncio", logging.ERROR, "x.py", 1, SECRET, (), None)
        return error_reports.report_of(logging.makeLogRecord(record.__dict__ | given))

    assert told() == "asyncio reports an error. The log has the rest."
    try:
        raise ValueError(SECRET)
    except ValueError:
        assert SECRET not in told(exc_info=sys.exc_info())
        assert "ValueError in gateway/test_error_reports.py, line" in told(exc_info=sys.exc_info())
