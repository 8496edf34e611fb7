"""What is counted and timed, as Prometheus reads it."""

import logging
from typing import Any

import pytest

from bot.monitoring import BotState, Metrics
from rag.errors import QuestionError
from rag.library import Library
from tests.bot.answers.slow_model import held
from tests.bot.gateway.test_health import samples_of
from tests.discord_server import Connect, Server
from tests.papers import QUESTION

QUESTIONS = "paperboy_questions_total"
SECRET = "swordfish"


def page_of(metrics: Metrics) -> str:
    state = BotState(connected=True, heartbeat_seconds=0.1, model_ready=True, queue_length=0)
    return metrics.page(state).decode()


def found_in(server: Server) -> dict[str, float]:
    return samples_of(page_of(server.bot.services.metrics))


async def test_questions_are_counted_by_place_and_outcome(
    filled: Library, connect: Connect
) -> None:
    server = await connect(filled)
    await server.ask(QUESTION)
    await server.say("bob", QUESTION, channel=await server.fake.open_dm("bob"))
    await server.ask("what is the price of tea in Lisbon?")
    await server.fake.until(lambda: found_in(server)[f"{QUESTIONS} refused server"] == 1)
    found = found_in(server)
    assert found[f"{QUESTIONS} quoted server"] == 1
    assert found[f"{QUESTIONS} quoted direct message"] == 1
    assert sum(value for name, value in found.items() if name.startswith(QUESTIONS)) == 3
    for stage in ("understand", "search", "show"):
        assert found[f"paperboy_stage_seconds_count {stage}"] == 3
        assert 0 < found[f"paperboy_stage_seconds_sum {stage}"] < 60
    assert found["paperboy_stage_seconds_count write"] == 0


@pytest.mark.slow
async def test_what_the_model_writes_is_timed(filled: Library, connect: Connect) -> None:
    chat = held()
    chat.go.set()
    server = await connect(filled, chat=chat)
    await server.ask(QUESTION)
    await server.fake.until(lambda: found_in(server)[f"{QUESTIONS} written server"] == 1)
    found = found_in(server)
    assert found["paperboy_stage_seconds_count write"] == 1
    assert found["paperboy_stage_seconds_count wait"] == 1
    assert found["paperboy_tokens_per_second_count"] == 1
    assert found["paperboy_written_tokens_total"] > 10
    rate = found["paperboy_written_tokens_total"] / found["paperboy_stage_seconds_sum write"]
    assert found["paperboy_tokens_per_second_sum"] == pytest.approx(rate)


@pytest.mark.parametrize(
    ("error", "outcome"), [(RuntimeError(SECRET), "failed"), (QuestionError(SECRET), "refused")]
)
async def test_a_question_that_fails_is_counted(
    filled: Library, connect: Connect, monkeypatch: pytest.MonkeyPatch, error: Any, outcome: str
) -> None:
    server = await connect(filled)

    def broken(*_: object) -> None:
        raise error

    monkeypatch.setattr(server.bot.services.executor.qa, "ask", broken)
    with server.bot.services.metrics.counting_errors():
        await server.ask(QUESTION)
    found = found_in(server)
    assert found[f"{QUESTIONS} {outcome} server"] == 1
    assert found.get("paperboy_errors_total RuntimeError", 0) == (outcome == "failed")


def test_errors_are_counted_by_kind_while_asked_to() -> None:
    metrics, log = Metrics(), logging.getLogger("bot.some.module")

    def fail(error: Exception) -> None:
        try:
            raise error
        except Exception:
            log.exception("about %s", SECRET)

    fail(ValueError(SECRET))  # before
    with metrics.counting_errors():
        fail(ValueError(SECRET))
        fail(ValueError("another"))
        fail(TimeoutError())
        log.error("no exception, %s", SECRET)
        log.warning("no error")
    fail(KeyError(SECRET))  # after
    found = samples_of(page_of(metrics))
    errors = {name: value for name, value in found.items() if name.startswith("paperboy_errors")}
    assert errors == {
        "paperboy_errors_total ValueError": 2,
        "paperboy_errors_total TimeoutError": 1,
        "paperboy_errors_total bot.some.module": 1,
    }


async def test_nothing_of_a_person_is_in_the_page(filled: Library, connect: Connect) -> None:
    server = await connect(filled)
    await server.ask(f"{QUESTION} {SECRET}")
    await server.fake.until(lambda: found_in(server)["paperboy_stage_seconds_count show"] == 1)
    page = page_of(server.bot.services.metrics)
    fake = server.fake
    ids = (fake.guild, fake.general, *(user["id"] for user in fake.users.values()))
    assert [text for text in (SECRET, "HeronNet", "alice", *ids) if text in page] == []
