"""/search, /daily, /paper and /status."""

import asyncio
import re
import threading
from contextlib import ExitStack
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from bot.render.digest import MAX_TLDR, WITH_TLDR
from bot.render.safe_text import plain
from ingest.config import FetchConfig
from ingest.resolve_source import resolve_source
from ingest.sync import index_sentences, ingest
from rag.digest.records import tldr_of
from rag.errors import ModelError
from rag.library import Library
from rag.links import paper_url
from rag.llm.chat_models import ChatLlama
from rag.records import Paper
from rag.text.shorten import shorten
from tests.bot.answers.slow_model import held
from tests.discord_fake import Judge
from tests.discord_server import MODEL_NAME, Connect, openapi, text_of
from tests.papers import HERON, PAPERS, TIDAL, TODAY, ListSource, many

EPHEMERAL = 1 << 6  # Discord's flag of a message that one person sees
QUIET_SECONDS = 0.4  # in which an answer would have come


def by_upvotes(paper: Paper) -> tuple[int, str]:
    return -(paper.upvotes or 0), paper.title.casefold()


async def test_daily_lists_the_papers_of_a_day_by_upvotes(
    library: Library, connect: Connect
) -> None:
    day = date(2025, 12, 4)
    papers = [replace(p, featured_on=day, upvotes=n * 7 % 50) for n, p in enumerate(many(60))]
    ingest(ListSource(papers), library)
    server = await connect(library)
    shown = await server.fake.slash("alice", "daily", date="2025-12-04")
    await shown.wait_ack()

    def listed() -> str:
        messages = [shown.original, *(server.fake.messages[m] for m in shown.followups)]
        return "\n".join(text_of(message) for message in messages)

    await server.fake.until(lambda: listed().count("▲") == 60, 10)
    text = listed()
    expected = sorted(papers, key=by_upvotes)
    places = [text.index(f"(<{paper.url}>)") for paper in expected]
    votes = [int(n) for n in re.findall(r"▲ (\d+)", text)]
    assert len(places) == len(votes) == 60
    assert votes == sorted(votes, reverse=True)
    assert "Daily Papers of Thursday, 2025-12-04: 60" in text
    empty = await server.fake.slash("alice", "daily", date="2025-12-06")
    await empty.wait_ack()
    await server.fake.until(lambda: empty.original["embeds"], 5)
    assert "These are from Thursday, 2025-12-04" in text_of(empty.original)


async def test_daily_shows_the_list_first_and_then_a_brief_above_it(
    library: Library, connect: Connect
) -> None:
    ingest(ListSource([replace(paper, featured_on=TODAY) for paper in PAPERS]), library)
    brief = (
        "HeronNet counts herons in drone video [2]. Tidal Attention lets a model forget tokens [1]."
    )
    chat = held(brief)
    server = await connect(library, chat=chat)
    shown = await server.fake.slash("alice", "daily")
    await server.fake.until(lambda: shown.original and shown.original["embeds"], 10)
    before = shown.original
    assert not before["content"]
    chat.go.set()
    await server.fake.until(lambda: shown.original["content"], 10)
    assert shown.original["content"] == plain(brief)
    assert text_of(shown.original) == text_of(before)
    assert shown.original["attachments"] == before["attachments"]
    assert shown.original["components"] == before["components"]


@pytest.mark.slow
async def test_a_recorded_day_is_listed_by_its_upvotes(
    library: Library, connect: Connect, shared_data: Path
) -> None:
    path = shared_data / "hf_api" / "2025-12-05.json"
    with resolve_source(str(path), FetchConfig(), today=TODAY) as source:
        ingest(source, library)
    papers = sorted(library.catalog.featured(date(2025, 12, 5)), key=by_upvotes)
    assert len(papers) > 10
    code = [paper.code_url for paper in papers if paper.code_url]
    assert code
    server = await connect(library, judge=Judge(openapi(), allowed_urls=code))
    shown = await server.fake.slash("alice", "daily", date="2025-12-05")
    await shown.wait_ack()
    await server.fake.until(lambda: shown.original["embeds"], 5)
    await asyncio.sleep(QUIET_SECONDS)
    messages = [shown.original, *(server.fake.messages[m] for m in shown.followups)]
    text = "\n".join(text_of(message) for message in messages)
    places = [text.index(f"(<https://huggingface.co/papers/{p.arxiv_id}>)") for p in papers]
    assert places == sorted(places)
    votes = [int(n) for n in re.findall(r"▲ (\d+)", text)]
    assert votes == [p.upvotes for p in papers]
    assert votes == sorted(votes, reverse=True)
    for paper in papers[:WITH_TLDR]:
        assert plain(shorten(tldr_of(paper), MAX_TLDR)) in text
    (picture,) = shown.original["attachments"]
    assert picture["filename"] == "topics.png"
    assert picture["description"].startswith("Map of 26 Daily Papers of Friday, 2025-12-05")


@pytest.mark.parametrize(
    "typed", [TIDAL.paper_id, "wading birds", paper_url(TIDAL.arxiv_id, ""), "Tidal"]
)
async def test_paper_shows_a_card(filled: Library, connect: Connect, typed: str) -> None:
    server = await connect(filled)
    shown = await server.fake.slash("alice", "paper", title=typed)
    await shown.wait_ack()
    await server.fake.until(lambda: shown.original["embeds"], 5)
    paper = HERON if typed == "wading birds" else TIDAL
    embed = shown.original["embeds"][0]
    assert embed["title"] == paper.title
    assert embed["url"] == paper.url
    near = embed["fields"][-1]
    assert near["name"] == "Nearest papers"
    assert near["value"].count("published") + near["value"].count("featured") == 3
    assert paper.title not in near["value"]


async def test_the_status_tells_how_many_are_answered_and_how_many_wait(
    filled: Library, connect: Connect, load_chat: Any
) -> None:
    server = await connect(filled, chat=load_chat(sequences=2))
    writer = server.bot.services.executor.qa.writer
    assert writer
    cancel = threading.Event()

    def wait_in_vain() -> None:
        with pytest.raises(ModelError), writer.queue.wait_for_turn(cancel=cancel):
            pass

    async def status() -> str:
        asked = await server.fake.slash("alice", "status")
        await asked.wait_ack()
        await server.fake.until(lambda: asked.original["embeds"], 5)
        return text_of(asked.original)

    with ExitStack() as served:
        for told in ("1 answer is being written", "2 answers are being written"):
            served.enter_context(writer.queue.wait_for_turn())
            assert f"{MODEL_NAME}; {told}" in await status()
        waiting = asyncio.create_task(asyncio.to_thread(wait_in_vain))
        while len(writer.queue) < 3:
            await asyncio.sleep(0.01)
        assert f"{MODEL_NAME}; 1 wait for their answer" in await status()
        cancel.set()
        await waiting


async def test_search_help_and_status(filled: Library, connect: Connect, load_chat: Any) -> None:
    chat: ChatLlama = load_chat()
    server = await connect(filled, chat=chat)
    fake = server.fake
    found = await fake.slash("alice", "search", text="counting birds")
    await found.wait_ack()
    await fake.until(lambda: found.original["embeds"], 5)
    assert f"1. [{HERON.title}](<{HERON.url}>)" in text_of(found.original)
    told = await fake.slash("alice", "help")
    text = text_of({"embeds": (await told.wait_ack())["data"]["embeds"]})
    for usage in ("/ask question [paper]", "/search text", "/paper title", "/daily [date]"):
        assert usage in text
    asked = await fake.slash("alice", "status")
    await asked.wait_ack()
    await fake.until(lambda: asked.original["embeds"], 5)
    assert "4 papers" in text_of(asked.original)
    assert f"{MODEL_NAME}; nobody waits" in text_of(asked.original)


async def test_the_status_counts_the_papers_whose_sentences_are_encoded(
    library: Library, connect: Connect
) -> None:
    ingest(ListSource(), library)
    server = await connect(library)

    async def status() -> str:
        asked = await server.fake.slash("alice", "status")
        await asked.wait_ack()
        await server.fake.until(lambda: asked.original["embeds"], 5)
        return text_of(asked.original)

    assert "0 of 4 papers; the rest follow while nobody asks" in await status()
    index_sentences(library, progress=lambda *_: None)
    assert "Sentence vectors" not in await status()


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("a", "“a” is too short for a part of a title"),
        ("of", "“of” is too short for a part of a title"),
        (".", "There is no word in that"),
        ("<@1>", "There is no word in that"),
        ("<:heron:12>", "There is no word in that"),
        ("🐦", "There is no word in that"),
        ("   ", "There is no word in that"),
    ],
)
async def test_what_names_no_paper_is_refused_to_the_asker_alone(
    filled: Library, connect: Connect, typed: str, said: str
) -> None:
    server = await connect(filled)
    for command, options in (("paper", {"title": typed}), ("compare", {"first": "Loom"})):
        if command == "compare":
            options["second"] = typed
        asked = await server.fake.slash("alice", command, **options)
        await server.quoted(asked)
        assert asked.original is not None
        assert asked.original["flags"] & EPHEMERAL
        text = text_of(asked.original)
        assert text == f"{said}: type a part of the paper's title, its arXiv id or a link."
