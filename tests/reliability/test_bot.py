"""The bot under bad conditions: busy, cut off, refused, and handed hostile text."""

import asyncio
import gc
import logging
import os
import re
import signal
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Any
from unittest.mock import AsyncMock

import aiohttp
import discord
import pytest
from langchain_core.language_models.fake_chat_models import GenericFakeChatModel
from langchain_core.messages import AIMessage
from langchain_core.outputs import ChatGenerationChunk

from bot.components.discord_errors import MEANINGS, UNREACHABLE
from bot.executor import Executor
from bot.gateway.client import PaperboyBot
from bot.gateway.runner import (
    IntentError,
    TokenError,
    check_token,
    checked_token,
    looks_like_a_token,
    serve,
)
from bot.redaction import redact_logs
from ingest.sync import ingest
from rag.answering.gate import Gate
from rag.config import RagConfig
from rag.encoders.embedder import Embedder
from rag.library import Library
from rag.llm.chat_models import ChatLlama
from rag.pipeline import PaperQA
from rag.records import Answer
from rag.text.language import ENGLISH, unread_language
from tests.benchmarks.lag import measured_lag, measured_machine_lag, percentile
from tests.discord_fake import Judge
from tests.discord_fake.permissions import EVERYTHING, MENTION_EVERYONE
from tests.discord_server import (
    Connect,
    Server,
    choose,
    finished,
    judged,
    make_bot,
    openapi,
    text_of,
)
from tests.papers import HERON, LONG, TODAY, ListSource, many

QUESTION = "how accurate is HeronNet compared with human counters?"
TOKEN = "MTIzNDU2Nzg5MDEyMzQ1Njc4.GaBcDe.abcdefghijklmnopqrstuvwxyz"  # of the right form
NASTY = (
    "@everyone @here <@1234567890123456789> <@&1234567890123456789> [a](https://evil.example/a) "
    "https://evil.example/b discord.gg/abcdef [1](https://evil.example/c) ```fence "
)


class SlowModel(GenericFakeChatModel):
    """Says its lines a word at a time."""

    seconds: float = 0.1

    def _stream(self, *args: Any, **kwargs: Any) -> Iterator[ChatGenerationChunk]:
        for chunk in super()._stream(*args, **kwargs):
            time.sleep(self.seconds)
            yield chunk


def slow(*lines: str, seconds: float = 0.1) -> SlowModel:
    return SlowModel(messages=iter([AIMessage(line) for line in lines]), seconds=seconds)


LINE = "HeronNet reaches 94.2% of the accuracy of human counters on the MarshCount benchmark [1]."
LINES = (
    f"{LINE} It counts herons and egrets in drone video. Training takes 3 hours on one laptop [1]."
)


async def on_the_loop(
    executor: Executor, quoted: Answer, *, on_text: Any, on_place: Any, cancel: Any
) -> Answer:
    """Write an answer where everything else waits for it."""
    return list(executor.qa.write(quoted, cancel=cancel, on_place=on_place))[-1]


@pytest.mark.slow
@pytest.mark.protection("bot.executor.Executor.generate", on_the_loop)
async def test_b1_a_written_answer_and_an_ingest_at_once_leave_the_loop_free(
    library: Library, connect: Connect, load_chat: Callable[..., ChatLlama], embedder: Embedder
) -> None:
    # One that computes what other tests know already.
    library.__dict__["_embedders"] = (embedder, None)
    unread_language("is it so, and is it loaded?", read_as=ENGLISH)
    ingest(ListSource([LONG]), library)
    server = await connect(library, chat=load_chat(max_tokens=1500), heartbeat_ms=500)
    fake = server.fake
    gc.collect()
    with measured_machine_lag() as of_machine:
        async with measured_lag() as lags:
            reading = asyncio.create_task(asyncio.to_thread(ingest, ListSource(many(100)), library))
            asked = await fake.slash("alice", "ask", question="is it so?", paper=LONG.paper_id)
            await asked.wait_ack()
            started = time.perf_counter()
            await fake.until(lambda: asked.original["embeds"], 5)
            assert time.perf_counter() - started < 1
            await reading
            answer = await fake.until(lambda: finished(asked.original), 60)
    assert "Written by" in text_of(answer)
    beats = [entry for entry in fake.log if entry == ("WS<", 1)]
    # Other programs may take both cores.
    assert percentile(lags, 0.99) <= max(0.25, 3 * percentile(of_machine, 0.99))
    assert len(beats) >= (time.perf_counter() - started) / 0.5 - 2
    assert library.catalog.coverage().papers == 101


@pytest.mark.slow
@pytest.mark.protection("bot.render.safe_text._escape", lambda text: text)
@pytest.mark.protection("bot.render.safe_text._ADDRESS", re.compile("(?!)"))
@pytest.mark.protection("discord.AllowedMentions.none", discord.AllowedMentions.all)
async def test_b2_whatever_the_model_or_an_abstract_holds_nothing_pings_or_links_elsewhere(
    library: Library, connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Gate, "passes", lambda *_: True)  # that it is no good answer is no excuse
    evil = replace(
        HERON,
        title=f"Herons {NASTY}",
        abstract=f"{HERON.abstract} And {NASTY}herons. Also see {NASTY}today.",
        code_url="https://github.com/heron/net",
    )
    ingest(ListSource([evil]), library)
    lines = [f"HeronNet counts herons {NASTY} and egrets [1]."]
    judge = Judge(openapi(), allowed_urls=["https://github.com/heron/net"])
    server = await connect(
        library, chat=slow(*lines, seconds=0.05), judge=judge,
        everybody_may=EVERYTHING & ~MENTION_EVERYONE,
    )  # fmt: skip
    fake = server.fake
    written = await server.ask(f"what about herons? {NASTY}")
    assert "Written by" in text_of(written)
    await server.say("bob", f"{fake.mention} and what about herons {NASTY}")
    for command, options in (
        ("search", {"text": f"herons {NASTY}"}),
        ("daily", {"date": "2025-01-06"}),
        ("paper", {"title": "Herons"}),
        ("daily", {"date": NASTY}),
        ("paper", {"title": NASTY}),
    ):
        shown = await fake.slash("alice", command, **options)
        await shown.wait_ack()
        await fake.until(lambda i=shown: i.original["embeds"], 5)
    typed = await fake.autocomplete("alice", "paper", "title", title="her")
    await typed.wait_ack()
    complaints = list(judge.complaints)
    judge.complaints.clear()  # at which the fixture looks as well
    assert complaints == []


@pytest.mark.slow
@pytest.mark.protection("bot.answers.live_message.LiveMessage._seconds_to_next_edit", lambda _: 0.0)
async def test_b5_a_429_in_mid_stream_and_the_last_text_arrives_once(
    filled: Library, connect: Connect
) -> None:
    server = await connect(filled, chat=slow(LINES))
    fake = server.fake
    asked = await fake.slash("alice", "ask", question=QUESTION)
    await asked.wait_ack()
    await fake.until(lambda: len(fake.edits(asked.message_id)) >= 2, 10)
    limited = {"message": "You are being rate limited.", "retry_after": 0.7, "global": False}
    headers = {"Via": "1.1 google", "Retry-After": "1", "X-RateLimit-Scope": "user"}
    fake.fail_next.append(("PATCH /webhooks", 429, limited, headers))
    fake.fail_next.append(("PATCH /webhooks", 502, {}, {}))
    await fake.until(lambda: finished(asked.original), 20)
    await asyncio.sleep(1.5)
    assert fake.fail_next == []
    edits = fake.edits(asked.message_id)
    shown = [body["embeds"][0]["description"] for _, body in edits]
    final = shown[-1]
    assert "MarshCount benchmark" in final
    assert "on one laptop" in final
    assert ["Written by" in str(body) for _, body in edits] == [False] * (len(edits) - 1) + [True]
    assert min(b - a for (a, _), (b, _) in pairwise(edits)) >= 1.0
    assert not asked.followups


@pytest.mark.slow
async def test_b7_disconnect_replay_and_a_second_ready_answer_each_question_once(
    filled: Library, connect: Connect
) -> None:
    server = await connect(filled)
    fake = server.fake
    said = [await fake.say("alice", f"{fake.mention} {QUESTION} ({n})") for n in range(3)]
    await fake.drop()  # a broken connection: what comes now is replayed after RESUME
    said.append(await fake.say("bob", f"{fake.mention} {QUESTION} (while away)"))
    for message in said:
        await server.answer_to(message)
    await fake.drop(op=9)  # "invalid session": a new IDENTIFY and a second READY
    await fake.until(lambda: fake.identifies >= 2, 20)
    await fake.until(lambda: server.bot.is_ready(), 20)
    await fake.gateway.publish(said[0])  # Discord says it once more
    said.append(await fake.say("bob", f"{fake.mention} {QUESTION} (after)"))
    await server.answer_to(said[-1])
    await asyncio.sleep(0.3)
    replied = [m["message_reference"]["message_id"] for m in server.answers()]
    assert sorted(replied) == sorted(message["id"] for message in said)
    assert sum("/commands" in entry[0] for entry in fake.log) == 1


@pytest.mark.slow
async def test_stopping_in_mid_answer_leaves_the_quotes_and_says_so(
    filled: Library, connect: Connect
) -> None:
    server = await connect(filled, chat=slow(LINES))
    asked = await server.fake.slash("alice", "ask", question=QUESTION)
    await server.fake.until(lambda: len(server.fake.edits(asked.message_id)) >= 2, 10)
    await server.bot.close()
    answer = finished(asked.original)
    assert answer is not None
    assert "“HeronNet reaches 94.2%" in text_of(answer)
    assert "The answer was stopped" in text_of(answer)


@pytest.mark.slow
async def test_an_answer_that_outlives_its_interaction_stays_one_message(
    filled: Library, connect: Connect
) -> None:
    server = await connect(filled, chat=slow(LINE), token_life=1.0)
    asked = await server.fake.slash("alice", "ask", question=QUESTION)
    await asked.wait_ack()
    answer = await server.fake.until(lambda: finished(asked.original), 20)
    assert "MarshCount benchmark" in text_of(answer)
    assert len(server.answers()) == 1


@pytest.mark.slow
async def test_hundred_questions_are_acknowledged_and_quoted_at_once(
    starter_folder: Path, make_library: Callable[..., Library], connect: Connect
) -> None:
    library = make_library(starter_folder)
    server = await connect(library)
    acknowledged, quoted = [], []
    questions = [paper.title for paper in library.catalog.papers()]
    for n in range(100):
        started = time.monotonic()
        asked = await server.fake.slash(
            f"person {n % 20}", "ask", question=f"what about {questions[n % len(questions)]}?"
        )
        await asked.wait_ack()
        acknowledged.append(asked.ack_ms / 1000)
        await server.fake.until(lambda i=asked: i.original["embeds"], 5)
        quoted.append(time.monotonic() - started)
    assert percentile(acknowledged, 0.95) <= 0.3
    assert percentile(quoted, 0.95) <= 1.0


@pytest.mark.protection("bot.access.rate_limits.RateLimits.take", lambda *_: None)
async def test_b9_a_rate_limited_user_is_told_once_and_others_are_served(
    filled: Library, connect: Connect
) -> None:
    server = await connect(filled)
    fake = server.fake
    await choose(server, person_per_hour=2)
    first = await server.say("alice", f"{fake.mention} {QUESTION}")
    await server.say("alice", QUESTION, reply_to=first)
    told = await server.say("alice", f"{fake.mention} {QUESTION}")
    assert text_of(told) == (
        "You have asked 2 questions within an hour, which is all I can do for one person: "
        "ask me again in 60 minutes, please."
    )
    for _ in range(5):
        await fake.say("alice", f"{fake.mention} {QUESTION}")
    asked = await fake.slash("alice", "ask", question=QUESTION)
    callback = await asked.wait_ack()
    assert "You have asked 2 questions" in text_of(callback["data"])
    assert callback["data"]["flags"] == 64  # only she sees it
    assert "94.2%" in text_of(await server.say("bob", f"{fake.mention} {QUESTION}"))
    assert len(server.answers()) == 5


# -- what Discord refuses -------------------------------------------------------------------

REFUSALS = {
    10003: (404, "Unknown Channel"), 10008: (404, "Unknown Message"),
    10015: (404, "Unknown Webhook"), 10062: (404, "Unknown interaction"),
    50001: (403, "Missing Access"), 50007: (403, "Cannot send messages to this user"),
    50013: (403, "Missing Permissions"), 50027: (401, "Invalid Webhook Token"),
    50083: (400, "Thread is archived"),
}  # fmt: skip


def refusal(route: str, code: int) -> tuple[str, int, Any, dict[str, str]]:
    status, text = REFUSALS[code]
    return (route, status, {"code": code, "message": text}, {})


def told_directly(server: Server) -> list[str]:
    """Return the words of the bot's direct messages."""
    direct = [c for c, channel in server.fake.channels.items() if "guild_id" not in channel]
    return [text_of(m) for m in server.answers() if m["channel_id"] in direct]


@pytest.mark.protection("bot.components.error_reply.meaning_of", lambda _: None)
@pytest.mark.protection("bot.components.error_reply.tell_directly", AsyncMock(return_value=True))
@pytest.mark.parametrize("route", ["POST /interactions", "PATCH /webhooks"])
async def test_b6_what_discord_refuses_is_told_in_one_word(
    filled: Library, connect: Connect, caplog: pytest.LogCaptureFixture, route: str
) -> None:
    server = await connect(filled)
    fake = server.fake
    for count, code in enumerate(REFUSALS, start=1):
        fake.fail_next += [refusal(route, code)] * 2  # the reply, and the error in its place
        before = len(fake.log)
        await fake.slash("bob", "search", text="herons")
        await fake.until(lambda n=count: len(told_directly(server)) >= n, 2)
        told = told_directly(server)[-1]
        assert told == MEANINGS[code]
        assert fake.fail_next == []
        assert len([entry for entry in fake.log[before:] if " /" in entry[0]]) <= 6  # no storm
    assert len(told_directly(server)) == len(REFUSALS)
    assert not [r for r in caplog.records if r.levelno >= logging.ERROR]


async def test_b6_with_closed_direct_messages_the_channel_says_that_a_reply_was_lost(
    filled: Library, connect: Connect
) -> None:
    server = await connect(filled, closed_to_bot={"bob"})
    fake = server.fake
    fake.fail_next += [refusal("POST /interactions", 10062)] * 2
    await fake.slash("bob", "paper", title="a private thing")
    lost = await fake.until(lambda: [m for m in server.answers() if "lost my reply" in text_of(m)])
    assert f"<@{fake.users['bob']['id']}>" in text_of(lost[0])
    assert "private" not in text_of(lost[0])


@pytest.mark.slow
@pytest.mark.protection("bot.components.error_reply.tell_directly", AsyncMock(return_value=True))
async def test_b6_a_channel_that_lets_nothing_through_is_told_once(
    filled: Library, connect: Connect
) -> None:
    server = await connect(filled)
    fake = server.fake
    for count, code in enumerate([50001, 50013, 50083, 10003], start=1):
        user = f"person {code}"
        for _ in range(3):
            fake.fail_next += [refusal("POST /channels/{c}/messages", code)] * 2
            await fake.say(user, f"{fake.mention} {QUESTION}")
            await fake.until(lambda: not fake.fail_next, 5)
            await fake.until(lambda n=count: len(told_directly(server)) == n, 2)
        assert told_directly(server)[-1] == f"<#{fake.general}>: {MEANINGS[code]}"


@pytest.mark.slow
async def test_b6_an_archived_message_or_a_dead_token_does_not_stop_the_answer(
    filled: Library, connect: Connect
) -> None:
    server = await connect(filled, chat=slow(LINE))
    fake = server.fake
    asked = await fake.slash("alice", "ask", question=QUESTION)
    await asked.wait_ack()
    await fake.until(lambda: asked.original["embeds"], 10)
    fake.fail_next.append(refusal("PATCH /webhooks", 50027))
    answer = await fake.until(lambda: finished(asked.original), 20)
    assert "94.2%" in text_of(answer)
    assert len(server.answers()) == 1


@pytest.mark.protection("bot.components.error_reply.FAILURES", discord.DiscordException)
async def test_b6_a_broken_connection_is_told_nevertheless(
    filled: Library, connect: Connect
) -> None:
    server = await connect(filled)
    server.fake.fail_next += [("PATCH /webhooks", 0, {}, {})] * 2
    await server.fake.slash("bob", "search", text="herons")
    await server.fake.until(lambda: told_directly(server), 3)
    assert told_directly(server) == [UNREACHABLE]


# -- starting -------------------------------------------------------------------------------


def desk_of(library: Library) -> Executor:
    return Executor(PaperQA(library, RagConfig(), today=lambda: TODAY))


@pytest.mark.protection("bot.gateway.runner._explain", lambda error, _: error)
async def test_c1_a_missing_intent_is_told_after_one_identify(filled: Library) -> None:
    executor = desk_of(filled)
    async with judged(forbidden_intents=1 << 15) as fake:
        with pytest.raises(IntentError, match="switch on Message Content Intent"):
            await serve(fake.token, lambda: make_bot(executor), tell=lambda text: None)
        assert fake.identifies == 1
    executor.close()


async def test_c1_without_the_intent_mentions_are_still_answered(
    filled: Library, connect: Connect
) -> None:
    server = await connect(
        filled,
        bot_options={"message_content": False},
        message_content=False,
        forbidden_intents=1 << 15,
    )
    answer = await server.say("alice", f"{server.fake.mention} {QUESTION}")
    assert "94.2%" in text_of(answer)
    told = await server.fake.slash("alice", "help")
    assert "I can read only messages that mention me" in text_of((await told.wait_ack())["data"])


async def test_c1_a_wrong_token_is_told(filled: Library) -> None:
    executor = desk_of(filled)
    async with judged() as fake:
        for token in (TOKEN, "nonsense"):
            with pytest.raises(TokenError, match="Discord does not know this token"):
                await check_token(token, tell=lambda text: None)
        with pytest.raises(TokenError):
            await serve(TOKEN, lambda: make_bot(executor), tell=lambda text: None)
        await check_token(fake.token, tell=lambda text: None)
        assert fake.identifies == 0
    executor.close()


@pytest.mark.slow
async def test_c1_an_unreachable_gateway_is_tried_again_without_a_loop_of_identifies(
    filled: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.gateway.runner.FIRST_WAIT", 0.3)
    executor, told = desk_of(filled), []  # type: ignore[var-annotated]
    bots: list[PaperboyBot] = []

    def connect_again() -> PaperboyBot:
        bots.append(make_bot(executor, guild_ready_timeout=0.05))
        return bots[-1]

    async with judged(accepting=False) as fake:
        serving = asyncio.create_task(serve(fake.token, connect_again, tell=told.append))
        await fake.until(lambda: len(told) >= 2, 20)
        assert fake.identifies == 0
        assert told[0] == "Discord cannot be reached. Trying again in 0 s."
        fake.accepting = True
        await fake.until(lambda: bots and bots[-1].is_ready(), 20)
        assert fake.identifies == 1
        os.kill(os.getpid(), signal.SIGTERM)
        await asyncio.wait_for(serving, 10)
    executor.close()


def test_a_token_has_three_parts_and_begins_with_the_bots_id() -> None:
    assert looks_like_a_token(TOKEN)
    for other in ("nonsense", "a.b.c", "", "MTIz.x", "é.é.é"):
        assert not looks_like_a_token(other)
    assert checked_token(f" {TOKEN}\n") == TOKEN
    with pytest.raises(TokenError, match="set DISCORD_TOKEN"):
        checked_token(" ")
    with pytest.raises(TokenError, match="Discord does not know this token"):
        checked_token("two words")


@pytest.mark.parametrize("command", ["run", "start"])
def test_c1_a_nonsense_token_is_told_without_a_network_too(
    run: Callable[..., tuple[int, str, str]],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    command: str,
) -> None:
    monkeypatch.setenv("DISCORD_TOKEN", "nonsense")
    monkeypatch.setattr("discord.http.Route.BASE", "http://127.0.0.1:9")
    status, _, err = run("--data-dir", tmp_path, command)
    assert status == 1
    assert err.count("\n") == 1
    assert "Discord does not know this token" in err


def unchanged(text: str) -> str:
    return text


@pytest.mark.protection("bot.redaction.redacted", unchanged)
async def test_c2_no_token_is_logged_at_any_level(
    filled: Library, connect: Connect, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)  # of aiohttp, too, in which the fake logs its requests
    server = await connect(filled, token=TOKEN)
    fake = server.fake
    asked = await fake.slash("alice", "ask", question=QUESTION)
    await asked.wait_ack()
    await fake.until(lambda: finished(asked.original), 10)
    fake.fail_next += [("PATCH /webhooks", 0, {}, {})]  # the connection breaks
    broken = await fake.slash("alice", "ask", question=QUESTION)
    await broken.wait_ack()
    await fake.until(lambda: not fake.fail_next, 10)
    tree = server.bot.tree
    with pytest.MonkeyPatch.context() as patch:  # as if a request of a command had failed
        url = f"{fake.url}/api/v10/webhooks/1/{broken.token}/messages/nowhere"
        patch.setattr(server.bot.services.executor, "read", partial(refused, url))
        await fake.slash("alice", "search", text="herons")
        await fake.until(lambda: "/messages/nowhere" in caplog.text, 5)  # all but the token
    logging.getLogger("bot").error("token %s of %s", TOKEN, tree, stack_info=True)
    for token in (TOKEN, asked.token, broken.token):
        assert token not in caplog.text


async def refused(url: str, *_: Any, **__: Any) -> None:
    """Ask for a page that answers with an error; aiohttp's exception has the URL."""
    async with aiohttp.ClientSession(raise_for_status=True) as session, session.get(url):
        pass


@pytest.mark.protection("bot.redaction.redacted", unchanged)
@pytest.mark.parametrize(
    ("before", "secret", "after"),
    [
        ("POST /interactions/12/", "aW50ZXJhY3Rpb246MTI", "/callback"),
        ("url='https://discord.com/api/webhooks/1/", "a-b_c", "?wait=1'"),
        ("{'op': 2, 'd': {'token': '", "short", "', 'seq': 1}}"),
        ("Authorization: Bot ", TOKEN, ""),
        ("Bearer ", "hf_abcdefghijklmnop", " was sent"),
        ("it was ", TOKEN, "."),
        ("smtp: ", "pass-word-123", " was refused"),
        ("connecting to http://", "ann:p@ss", "@proxy.example:3128"),
    ],
)  # fmt: skip
def test_c2_a_secret_of_any_form_is_hidden_in_message_traceback_and_stack(
    before: str, secret: str, after: str, caplog: pytest.LogCaptureFixture
) -> None:
    text = f"{before}{secret}{after}"
    redact_logs(environment={"PAPERBOY_MAIL_PASSWORD": "pass-word-123", "EMPTY_KEY": ""})
    try:
        raise ValueError(text) from KeyError(text)
    except ValueError:
        logging.getLogger("aiohttp.client").exception("broken: %s", text)
    assert f"{before}[hidden]{after}" in caplog.records[-1].getMessage()
    assert text not in caplog.text
    assert caplog.text.count("[hidden]") >= 3
