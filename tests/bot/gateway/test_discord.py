"""What people meet in Discord: commands, mentions, replies, threads."""

import asyncio
import re
from dataclasses import replace
from datetime import date
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from discord import app_commands

from bot.answers.live_message import EDIT_SECONDS
from bot.digest.records import tldr_of
from bot.gateway.runner import PERMISSIONS, invite_link
from bot.render.digest import MAX_TLDR, WITH_TLDR
from bot.render.text import plain, shorten
from ingest.config import FetchConfig
from ingest.open_source import open_source
from ingest.sync import ingest
from rag.library import Library
from rag.links import paper_url
from rag.llm.chat_models import ChatLlama
from rag.records import Paper
from tests.discord_fake import Judge
from tests.discord_server import MODEL_NAME, Connect, choose, openapi, text_of
from tests.papers import HERON, PASTRY, TIDAL, TODAY, ListSource, many

QUESTION = "how accurate is HeronNet compared with human counters?"
QUIET_SECONDS = 0.4  # in which an answer would have come


async def test_ask_quotes_at_once_and_then_writes_into_the_same_message(
    filled: Library, connect: Connect, load_chat: Any
) -> None:
    server = await connect(filled, chat=load_chat(max_tokens=900))
    asked = await server.fake.slash("alice", "ask", question=QUESTION, paper=HERON.paper_id)
    callback = await asked.wait_ack()
    assert callback["type"] == 5  # deferred
    assert asked.ack_ms < 300
    quoted = await server.fake.until(lambda: asked.original["embeds"] and asked.original, 2)
    assert "94.2%" in text_of(quoted)
    assert "“" in text_of(quoted)
    assert "Writing an answer" in text_of(quoted)
    assert quoted["embeds"][0]["title"] == QUESTION
    final = await server.fake.until(lambda: f"Written by {MODEL_NAME}" in text_of(quoted), 20)
    assert final
    written = text_of(asked.original)
    assert f"[[1]](<{HERON.url}>)" in written
    assert f"1. [{HERON.title}](<{HERON.url}>)" in written
    assert "“" not in written
    assert not asked.followups
    times = [time for time, _ in server.fake.edits(asked.message_id)]
    assert len(times) >= 2
    gaps = [b - a for a, b in pairwise(times)]
    assert min(gaps) >= 1.0


async def test_without_a_model_the_quoted_answer_is_the_answer(
    filled: Library, connect: Connect
) -> None:
    server = await connect(filled)
    answer = await server.ask(QUESTION)
    assert "94.2%" in text_of(answer)
    assert "Quoted word for word." in text_of(answer)
    assert len(server.fake.edits(answer["id"])) == 1


async def test_ask_about_one_paper_and_about_none_that_is_known(
    filled: Library, connect: Connect
) -> None:
    server = await connect(filled)
    answer = await server.ask("how long does training take?", paper=HERON.paper_id)
    assert "3 hours" in text_of(answer)
    refused = await server.ask("how long?", paper="no such paper")
    assert "I know no paper “no such paper”" in text_of(refused)


async def test_a_mention_a_reply_and_a_thread_go_on_with_the_conversation(
    filled: Library, connect: Connect
) -> None:
    server = await connect(filled)
    fake = server.fake
    first = await server.say("alice", f"{fake.mention} {QUESTION}")
    assert "94.2%" in text_of(first)
    second = await server.say("alice", "and how many hours of training?", reply_to=first)
    assert "3 hours" in text_of(second)
    assert "HeronNet" in text_of(second)
    third = await server.say("bob", "and on which benchmark was it?", reply_to=second, ping=False)
    assert "MarshCount" in text_of(third)
    thread = await fake.start_thread("alice", first)
    fourth = await server.say("alice", "and how many hours of training?", channel=thread)
    assert "3 hours" in text_of(fourth)


async def test_in_a_thread_people_are_told_apart(filled: Library, connect: Connect) -> None:
    server = await connect(filled)
    await choose(server, threads="always")
    fake = server.fake
    said = await fake.say("alice", f"{fake.mention} {QUESTION}")
    await fake.until(lambda: server.answers(), 5)
    thread = server.answers()[0]["channel_id"]
    assert fake.channels[thread]["owner_id"] == fake.bot["id"]
    assert thread == said["id"]
    bob = await server.say("bob", "what do bakers find in PastryBench?", channel=thread)
    assert "97%" in text_of(bob)
    alice = await server.say("alice", "and how many hours of training?", channel=thread)
    assert "3 hours" in text_of(alice)
    again = await server.say("bob", "and how many recipes does it have?", channel=thread)
    assert "1,200 recipes" in text_of(again)


async def test_a_direct_message_is_a_question(filled: Library, connect: Connect) -> None:
    server = await connect(filled)
    channel = await server.fake.open_dm("alice")
    answer = await server.say("alice", QUESTION, channel=channel)
    assert "94.2%" in text_of(answer)
    more = await server.say("alice", "and how many hours of training?", channel=channel)
    assert "3 hours" in text_of(more)


async def test_a_mention_that_replies_to_somebody_takes_their_words_along(
    filled: Library, connect: Connect
) -> None:
    server = await connect(filled)
    said = await server.fake.say("bob", "I read about HeronNet, the detector of wading birds")
    answer = await server.say(
        "alice", f"{server.fake.mention} how many hours does its training take?", reply_to=said
    )
    assert "3 hours" in text_of(answer)


async def test_what_is_not_meant_for_the_bot_is_left_alone(
    filled: Library, connect: Connect
) -> None:
    server = await connect(filled)
    fake = server.fake
    fake.add_user("another bot", bot=True)
    said = await fake.say("alice", QUESTION)
    await fake.say("another bot", f"{fake.mention} {QUESTION}")
    await fake.say("bob", QUESTION, reply_to=said)
    thread = await fake.start_thread("alice", said)
    await fake.say("alice", QUESTION, channel=thread)
    await asyncio.sleep(QUIET_SECONDS)
    assert server.answers() == []


async def test_a_mere_mention_gets_a_hint(filled: Library, connect: Connect) -> None:
    server = await connect(filled)
    answer = await server.say("alice", server.fake.mention)
    assert "Ask me something" in text_of(answer)


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


async def test_a_recorded_day_is_listed_by_its_upvotes(
    library: Library, connect: Connect, shared_data: Path
) -> None:
    path = shared_data / "hf_api" / "2025-12-05.json"
    with open_source(str(path), FetchConfig(), today=TODAY) as source:
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


async def test_trends_draws_a_topic_and_says_how_it_counted(
    filled: Library, connect: Connect
) -> None:
    server = await connect(filled)
    asked = await server.fake.slash("alice", "trends", topic="counting birds in drone videos")
    await asked.wait_ack()
    shown = await server.fake.until(lambda: asked.original["embeds"] and asked.original, 5)
    text = text_of(shown)
    assert "1 of 4 papers, 2024-11-04 to 2025-02-23." in text
    assert "Counted are papers whose abstract comes near" in str(shown["embeds"])
    (picture,) = shown["attachments"]
    assert picture["filename"] == "trend.png"
    assert "1 of 4 papers" in picture["description"]
    nothing = await server.fake.slash("alice", "trends", topic="😀")
    await nothing.wait_ack()
    await server.fake.until(lambda: nothing.original["embeds"], 5)
    assert "no word" in text_of(nothing.original)


async def test_autocomplete_knows_titles(filled: Library, connect: Connect) -> None:
    server = await connect(filled)
    asked = await server.fake.autocomplete("alice", "paper", "title", title="wading count")
    callback = await asked.wait_ack()
    assert asked.ack_ms < 300
    assert callback["data"]["choices"] == [{"name": HERON.title, "value": HERON.paper_id}]
    for command, option in (("paper", "title"), ("ask", "paper")):
        other = {"question": "what?"} if command == "ask" else {}
        asked = await server.fake.autocomplete("alice", command, option, **other, **{option: ""})
        names = [c["name"] for c in (await asked.wait_ack())["data"]["choices"]]
        assert names[0] == PASTRY.title  # the newest day first
        assert len(names) == 4


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


async def test_bad_input_gets_a_sentence(filled: Library, connect: Connect) -> None:
    server = await connect(filled)
    bad = await server.fake.slash("alice", "daily", date="tomorrow")
    await bad.wait_ack()
    await server.fake.until(lambda: bad.original["embeds"], 5)
    assert "'tomorrow' is not a day: write it like 2025-12-08." in text_of(bad.original)
    answer = await server.ask("?!")
    assert "There is no word in the question: ask in words." in text_of(answer)
    said = await server.say("alice", f"{server.fake.mention} 🐦")
    assert "Ask me something" in text_of(said)


async def test_whatever_goes_wrong_the_person_is_told(
    filled: Library, connect: Connect, monkeypatch: pytest.MonkeyPatch, caplog: Any
) -> None:
    server = await connect(filled)

    def broken(*args: object, **kwargs: object) -> None:
        raise RuntimeError("a secret path")

    monkeypatch.setattr(server.bot.desk.qa, "ask", broken)
    for answer in (
        await server.ask(QUESTION),
        await server.say("alice", f"{server.fake.mention} {QUESTION}"),
    ):
        text = text_of(answer)
        assert text == "Something went wrong on my side (RuntimeError). Please try again."
    assert "a secret path" in caplog.text


async def test_commands_are_synced_only_when_they_changed(
    filled: Library, connect: Connect
) -> None:
    first = await connect(filled)
    await first.bot.close()
    second = await connect(filled, token="another.token")
    synced = [entry for entry in second.fake.log if "/commands" in entry[0]]
    assert len(synced) == 1  # another fake, so another application
    names = {command.name for command in second.bot.tree.get_commands()}
    assert names == {
        "alerts", "ask", "catchup", "compare", "daily", "forget", "help", "paper", "save", "saved",
        "search", "setup", "status", "subscribe", "subscriptions", "thread", "trending", "trends",
        "unsubscribe", "weekly", "why", "Ask about this", "Explain this paper",
    }  # fmt: skip


def test_edits_are_a_little_over_a_second_apart() -> None:
    assert 1.0 < EDIT_SECONDS < 1.5


async def test_the_readme_names_every_command_and_just_the_permissions_needed(
    filled: Library, connect: Connect
) -> None:
    readme = (Path(__file__).parents[3] / "README.md").read_text(encoding="utf-8")
    server = await connect(filled)
    for command in server.bot.tree.get_commands():
        if isinstance(command, app_commands.ContextMenu):
            assert f"**{command.name}**" in readme
            continue
        assert isinstance(command, app_commands.Command)
        options = [p.name if p.required else f"[{p.name}]" for p in command.parameters]
        assert f"`{' '.join([f'/{command.name}', *options])}`" in readme
    assert f"permissions={PERMISSIONS.value}`" in readme
    assert f"permissions={PERMISSIONS.value}" in invite_link(1)
