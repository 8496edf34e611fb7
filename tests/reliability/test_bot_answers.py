"""An answer that people see stays, whatever fails afterwards."""

import json
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime
from typing import Any

import discord
import pytest
from aiohttp import ServerDisconnectedError

from bot.alerts.deliver import AlertDelivery
from bot.answers.live_message import LiveMessage
from bot.answers.message import AnswerMessage, InteractionReply
from bot.answers.receipts import Inquiry, StoredAnswer
from bot.answers.recovery import Recovery
from bot.answers.service import AnswerService
from bot.executor import Executor
from rag.answering.gate import Gate
from rag.grounding.checker import Grounding
from rag.library import Library
from rag.llm.chat_models import ChatServer
from rag.llm.server_client import ServerClient
from rag.llm.server_errors import Timeouts
from rag.records import Answer
from tests.discord_fake.settings import HANG_UP
from tests.discord_server import Connect, Server, finished, text_of
from tests.models.openai_server import OpenAIServer
from tests.papers import HERON, QUESTION

GOOD = (
    "HeronNet reaches 94.2% of the accuracy of human counters on the MarshCount benchmark [1]. "
    "It counts herons and egrets in drone video [1]."
)
QUOTES = "“HeronNet reaches 94.2%"
FAILED = 0xE74C3C  # the colour of an error
HALF, OTHER_HALF = "\ud83d", "\ude00"  # together one emoji
Break = Callable[[Server, OpenAIServer, pytest.MonkeyPatch], None]


@pytest.fixture
def model() -> Iterator[OpenAIServer]:
    with closing(OpenAIServer(GOOD)) as model:
        model.start()
        model.pause = 0.01
        yield model


@pytest.fixture
async def server(
    filled: Library, connect: Connect, model: OpenAIServer, monkeypatch: pytest.MonkeyPatch
) -> Server:
    """A Discord whose bot has its answers written by the model, with an edit for each state."""
    defaults: Any = LiveMessage.__init__.__kwdefaults__
    monkeypatch.setitem(defaults, "interval", 0.0)
    timeouts = Timeouts(first_token=60, next_token=60, answer=60)
    chat = ChatServer(server=ServerClient(model.url, timeouts=timeouts))
    server: Server = await connect(filled, chat=chat)
    return server


def hang_up(times: int) -> Break:
    def fail(server: Server, _model: OpenAIServer, _patch: pytest.MonkeyPatch) -> None:
        server.fake.fail_next += [("PATCH /webhooks", HANG_UP, {}, {})] * times

    return fail


def raising(owner: object, name: str, error: Exception) -> Break:
    def fail(_server: Server, _model: OpenAIServer, patch: pytest.MonkeyPatch) -> None:
        def broken(*_: object, **__: object) -> None:
            raise error

        patch.setattr(owner, name, broken)

    return fail


def store_fails(server: Server, _model: OpenAIServer, patch: pytest.MonkeyPatch) -> None:
    raising(server.bot.services.receipts, "save", ValueError("x"))(server, _model, patch)


def half_an_emoji(_server: Server, model: OpenAIServer, _patch: pytest.MonkeyPatch) -> None:
    model.text = f"{GOOD} It counts {HALF} herons in drone video [1]. {HALF}"


def an_emoji_in_two_pieces(
    _server: Server, model: OpenAIServer, _patch: pytest.MonkeyPatch
) -> None:
    model.text, model.size = f"{HALF}{OTHER_HALF} {GOOD}", 1


async def final_state(server: Server) -> dict[str, Any]:
    """Ask; return the finished message, in whose whole life there was no error."""
    message = await server.ask(QUESTION)
    states = [body for _, body in server.fake.edits(message["id"])]
    first = next(
        n for n, body in enumerate(states) if QUOTES in json.dumps(body, ensure_ascii=False)
    )
    for body in states[first:]:
        assert [embed.get("color") for embed in body["embeds"]] != [FAILED]
        assert "94.2%" in str(body)
    return message


@pytest.mark.slow
@pytest.mark.parametrize(
    ("fail", "note"),
    [
        pytest.param(hang_up(2), "", id="a connection breaks twice"),
        pytest.param(raising(Gate, "passes", RecursionError()), "went wrong", id="the gate"),
        pytest.param(raising(Grounding, "judged", ValueError()), "went wrong", id="the check"),
        pytest.param(
            raising(ServerClient, "stream", MemoryError()), "did not answer", id="the model"
        ),
        pytest.param(store_fails, "", id="the store"),
        pytest.param(half_an_emoji, "", id="half an emoji"),
        pytest.param(an_emoji_in_two_pieces, "", id="an emoji in two pieces"),
    ],
)
async def test_b10_an_answer_that_was_shown_stays_whatever_fails_afterwards(
    server: Server,
    model: OpenAIServer,
    monkeypatch: pytest.MonkeyPatch,
    fail: Break,
    note: str,
) -> None:
    fail(server, model, monkeypatch)
    message = await final_state(server)
    assert note in text_of(message)
    assert note or "Written by" in text_of(message) or "Quoted" in text_of(message)
    await server.ask(QUESTION, user="bob")  # and the next one is served


async def _unguarded(self: AnswerService, quoted: Answer, **options: Any) -> Answer:
    return await self.executor.generate(quoted, **options)


@pytest.mark.protection("bot.answers.service.AnswerService._generated", _unguarded)
async def test_b10_the_quotes_are_finished_if_writing_fails_altogether(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(*_: object, **__: object) -> Answer:
        raise RuntimeError

    monkeypatch.setattr(Executor, "generate", broken)
    asked = await server.fake.slash("alice", "ask", question=QUESTION)
    await server.quoted(asked)
    answer = await server.fake.until(lambda: finished(asked.original), 3)
    assert QUOTES in text_of(answer)
    assert "went wrong" in text_of(answer)


@pytest.mark.slow
@pytest.mark.protection("bot.answers.live_message.UNANSWERED", (discord.DiscordServerError,))
async def test_b10_the_last_edit_is_tried_until_it_arrives(
    server: Server, model: OpenAIServer
) -> None:
    asked = await server.fake.slash("alice", "ask", question=QUESTION)
    await server.quoted(asked)
    server.fake.fail_next += [("PATCH /webhooks", HANG_UP, {}, {})] * 4
    answer = await server.fake.until(lambda: finished(asked.original), 6)
    assert "Written by" in text_of(answer)
    assert server.fake.fail_next == []


@pytest.mark.slow
@pytest.mark.protection("bot.answers.message.UNANSWERED", ())
@pytest.mark.protection("bot.answers.live_message.UNANSWERED", ())
@pytest.mark.parametrize("has_arrived", [False, True])
async def test_b10_the_second_message_of_an_answer_arrives_once(
    server: Server, monkeypatch: pytest.MonkeyPatch, has_arrived: bool
) -> None:
    """Whether or not Discord took it before the connection broke, or it said 503."""
    second, done = discord.Embed(description="The second part."), list[AnswerMessage]()

    async def send_overflow(self: AnswerMessage, _answer: Answer) -> list[int]:
        if has_arrived:
            await self.reply.send_more(second)
            self.reply.__dict__["_more"] = 0
        route, statuses = "POST /channels", [503, HANG_UP]
        if isinstance(self.reply, InteractionReply):
            route, statuses = "POST /webhooks", [HANG_UP]
        server.fake.fail_next += [(route, status, {}, {}) for status in statuses]
        further = await self.reply.send_more(second)
        done.append(self)
        return [further]

    monkeypatch.setattr(AnswerMessage, "send_overflow", send_overflow)
    await server.ask(QUESTION)
    await server.say("alice", f"{server.fake.mention} {QUESTION}")
    await server.fake.until(lambda: len(done) == 2, 30)
    assert server.fake.fail_next == []
    assert len(_second_parts(server)) == 2  # one for the command and one for the message


def _second_parts(server: Server) -> list[dict[str, Any]]:
    return [m for m in server.fake.messages.values() if "The second part." in text_of(m)]


async def _nothing(_interaction: object) -> bool:
    return False


@pytest.mark.protection("bot.components.error_reply._shows_something", _nothing)
async def test_b10_an_error_stands_below_what_is_shown(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever reaches the error teller once an answer is shown."""

    async def answer_and_fail(self: AnswerService, *args: Any, **options: Any) -> None:
        await whole(self, *args, **options)
        raise RuntimeError

    whole = AnswerService.answer
    monkeypatch.setattr(AnswerService, "answer", answer_and_fail)
    asked = await server.fake.slash("alice", "ask", question=QUESTION)
    await asked.wait_ack()
    await server.fake.until(lambda: asked.followups or _has_failed(asked.original), 20)
    assert "94.2%" in text_of(asked.original or {})
    told = server.fake.messages[asked.followups[0]]
    assert "Something went wrong on my side" in text_of(told)


def _has_failed(message: dict[str, Any] | None) -> bool:
    return bool(message and message["embeds"] and message["embeds"][0].get("color") == FAILED)


async def test_b10_recovery_finishes_the_others_if_one_fails_in_an_unforeseen_way(
    server: Server,
) -> None:
    services, edited = server.bot.services, []

    async def edit(_self: Recovery, stored: StoredAnswer) -> None:
        edited.append(stored.message_id)
        if stored.message_id == 101:
            raise RuntimeError("nobody foresaw this")

    for message_id in (101, 102):
        services.receipts.save(
            message_id, channel_id=7, user_id=8, event_id=message_id + 100,
            inquiry=Inquiry(question="why?"), receipt=None, unfinished=[{"description": "x"}],
        )  # fmt: skip
    recovery = Recovery(server.bot, services.executor, services.receipts)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Recovery, "_edit", edit)
        await recovery.finish(services.receipts.unfinished())
    assert sorted(edited) == [101, 102]
    assert [stored.message_id for stored in services.receipts.unfinished()] == [101]


async def test_b10_what_nobody_foresaw_stops_no_other_alert(server: Server) -> None:
    services, tried = server.bot.services, []
    delivery = AlertDelivery(
        server.bot, services.executor, services.alerts, services.guild_settings,
        services.shown_lists,
    )  # fmt: skip
    now = datetime(2025, 12, 8, tzinfo=UTC)
    for guild in (1, 2):
        services.guild_settings.change(guild, alert_channel=guild)
        services.alerts.add(guild, guild, [(HERON.paper_id, {"title": "x"})], most=3, now=now)

    def broken(channel_id: int) -> None:
        tried.append(channel_id)
        raise ServerDisconnectedError

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(server.bot, "get_partial_messageable", broken)
        for stored in services.alerts.open():
            assert not await delivery._send(stored, now)
    assert sorted(tried) == [1, 2]
