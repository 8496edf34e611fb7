"""One log line per question, without its text unless configured."""

import logging
import re
from typing import Any

import pytest

from bot.answers import request_log
from rag.library import Library
from tests.discord_server import Connect, button
from tests.papers import QUESTION

SECRET = "a secret word of somebody's"


async def test_each_question_is_one_log_line_without_its_text(
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


async def test_a_failed_question_is_logged_as_well(
    filled: Library, connect: Connect, monkeypatch: pytest.MonkeyPatch, caplog: Any
) -> None:
    server = await connect(filled)
    caplog.set_level(logging.INFO, request_log.__name__)

    def broken(*args: object, **kwargs: object) -> None:
        raise RuntimeError(SECRET)

    monkeypatch.setattr(server.bot.services.executor.qa, "ask", broken)
    await server.ask(QUESTION)
    lines = [r.getMessage() for r in caplog.records if r.name == request_log.__name__]
    assert len(lines) == 1
    assert re.search(r"by=command failed=yes seconds=\d+\.\d\d$", lines[0])


async def test_the_text_is_logged_only_if_configured(
    filled: Library, connect: Connect, caplog: pytest.LogCaptureFixture
) -> None:
    server = await connect(filled, bot_options={"log_questions": True})
    caplog.set_level(logging.INFO, request_log.__name__)
    await server.ask(QUESTION)
    await server.fake.until(lambda: f" text='{QUESTION}'" in caplog.text)
