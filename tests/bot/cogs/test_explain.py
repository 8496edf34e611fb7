"""/explain: five parts of a paper, quoted from its sections or its abstract."""

from dataclasses import replace
from typing import Any

import pytest

from bot.render.explanation import explanation_embed
from bot.render.safe_text import EMBED_DESCRIPTION
from rag.answering.explain import NAMES, Explanation, Part
from rag.library import Library
from rag.records import Evidence
from tests.bot.cogs.test_whole_papers import private_words
from tests.discord_server import Connect, Server, buttons, choose, joined, judged, text_of
from tests.ingest.slow_hub import options, slow_hub
from tests.papers import HERON
from tests.rag.answering.test_full_text import TIDEWATER

SECTION = "[§5 Limitations](<https://arxiv.org/html/2511.70001>): “Tidewater was trained"


async def explained(server: Server, user: str = "alice", **used: Any) -> dict[str, Any]:
    """Use /explain; return the message once it shows the parts."""
    asked = await server.fake.slash(user, "explain", **used)
    await asked.wait_ack()
    return await server.fake.until(
        lambda: (m := asked.original) and m["embeds"] and "Limits" in text_of(m) and m, 10
    )


async def test_a_paper_is_read_and_quoted_section_by_section(
    papers: Library,
    connect: Connect,
) -> None:
    with slow_hub() as hub:
        server = await connect(papers, bot_options=options(hub.served.url))
        asked = await server.fake.slash("alice", "explain", paper="Tidewater")
        await server.quoted(asked)
        assert text_of(asked.original) == f"Reading “{TIDEWATER.title}” …"
        hub.go.set()
        await server.fake.until(lambda: "Limits" in text_of(asked.original))
        text = text_of(asked.original)
        assert all(f"**{name}**" in text for name in NAMES)
        assert SECTION in text
        assert text.endswith("from the full text: 15 sections, 26 paragraphs.")
        assert len(buttons(asked.original)) == 3
        await server.fake.until(lambda: not server.bot.services.receipts.unfinished())
        more = await server.say(
            "alice", "how many GPUs was it trained on?", reply_to=asked.original
        )
        assert "four A6000 GPUs" in text_of(more)
        again = await explained(server, "bob", paper=TIDEWATER.paper_id)
        assert text_of(again) == text
        assert len(hub.served.asked) == 1


@pytest.mark.parametrize(
    ("when", "answer", "reason"),
    [
        ("never", None, "alone: whole papers are not read."),
        ("asked", (404, {}, b""), "knows no paper 2511.70001."),
        ("always", (200, {}, b"<!doctype html>"), "sent a web page in place of the paper's text."),
    ],
)
async def test_what_is_not_read_is_explained_from_the_abstract_and_says_so(
    papers: Library,
    connect: Connect,
    when: str,
    answer: Any,
    reason: str,
) -> None:
    with slow_hub(answer) as hub:
        hub.go.set()
        server = await connect(papers, bot_options=options(hub.served.url, when))
        text = text_of(await explained(server, paper="Tidewater"))
        assert "Quoted word for word from the abstract alone" in text
        assert text.endswith(reason)
        assert "Abstract: “We present Tidewater" in text
        assert "**Limits**\n*The abstract does not say.*" in text
        assert len(hub.served.asked) == (when != "never")


async def test_it_counts_as_a_question(papers: Library, connect: Connect) -> None:
    server = await connect(papers, bot_options=options("http://127.0.0.1:9", "never"))
    await choose(server, person_per_hour=1)
    await explained(server, paper="Tidewater")
    refused = await server.fake.slash("alice", "explain", paper="Tidewater")
    assert "You have asked 1 question within an hour" in await private_words(server, refused)


async def test_a_bot_that_ends_while_it_reads_says_so_at_the_next_start(
    papers: Library,
) -> None:
    with slow_hub() as hub:
        async with judged() as fake:
            async with joined(fake, papers, bot_options=options(hub.served.url)) as server:
                asked = await fake.slash("alice", "explain", paper="Tidewater")
                await server.quoted(asked)
                receipts = server.bot.services.receipts
                (stored,) = await fake.until(receipts.unfinished)
                await server.bot.close()
                hub.go.set()
            receipts.save(  # as if it had been killed
                stored.message_id, channel_id=stored.channel_id, user_id=stored.user_id,
                event_id=stored.event_id, inquiry=stored.inquiry, receipt=stored.receipt,
                unfinished=stored.unfinished,
            )  # fmt: skip
            async with joined(fake, papers):
                await fake.until(lambda: not receipts.unfinished())
                assert asked.original
                assert "I was restarted" in text_of(asked.original)
                assert [custom_id.split(":")[1] for custom_id in buttons(asked.original)] == [
                    "again"
                ]


async def test_it_works_where_the_bot_is_not_a_member(
    papers: Library,
    connect: Connect,
) -> None:
    with slow_hub() as hub:
        hub.go.set()
        server = await connect(papers, bot_options=options(hub.served.url))
        channel = server.fake.add_foreign_channel("alice")
        assert SECTION in text_of(await explained(server, channel=channel, paper="Tidewater"))


def test_long_sentences_fit_into_one_embed() -> None:
    sentence = "We *count* [herons](x) and `egrets` in very long sentences. " * 40
    quotes = tuple(Evidence(HERON, sentence, n, 1.0, f"§{n} {'*A_b*' * 20}") for n in (1, 2))
    whole = Explanation(HERON, tuple(Part(name, quotes) for name in NAMES), 9, 61)
    for explanation in (whole, replace(whole, sections=0, note="x" * 5_000)):
        embed = explanation_embed(explanation)
        assert len(embed.description or "") <= EMBED_DESCRIPTION
        assert all(f"**{name}**" in (embed.description or "") for name in NAMES)
