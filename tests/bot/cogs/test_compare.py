"""Papers side by side: the command, the slash command, the embed."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from bot.render.comparison import BLANK, comparison_embed
from bot.render.safe_text import EMBED_FIELD, EMBED_TOTAL
from ingest.config import FetchConfig
from ingest.resolve_source import resolve_source
from rag.answering.comparison import compare
from rag.library import Library
from rag.records import Paper
from rag.store.lookup import require_paper
from tests.discord_server import Connect, text_of
from tests.papers import HERON, LOOM, PASTRY, TIDAL, TODAY

Run = Callable[..., tuple[int, str, str]]


async def test_papers_are_put_side_by_side(filled: Library, connect: Connect) -> None:
    server = await connect(filled)
    shown = await server.fake.slash("alice", "compare", first="HeronNet", second=PASTRY.paper_id)
    await server.quoted(shown)
    text = text_of(shown.original)
    assert f"1. [{HERON.title}](<{HERON.url}>)" in text
    assert f"2. [{PASTRY.title}](<{PASTRY.url}>)" in text
    assert "**HeronNet**: “HeronNet reaches 94.2%" in text
    assert f"Code: **HeronNet**: {BLANK}\n**PastryBench**: {BLANK}" in text


async def test_who_is_compared_is_said_where_it_is_no_paper_or_the_same(
    filled: Library, connect: Connect
) -> None:
    server = await connect(filled)
    for second, says in (
        ("no such thing", "I know no paper “no such thing”: choose one that is suggested."),
        ("wading birds", f"“{HERON.title}” is named twice: compare it with another paper."),
    ):
        shown = await server.fake.slash("alice", "compare", first="HeronNet", second=second)
        await server.quoted(shown)
        assert text_of(shown.original) == says


async def test_systems_are_suggested_by_name(filled: Library, connect: Connect) -> None:
    server = await connect(filled)
    for option in ("first", "second", "third", "fourth"):
        asked = await server.fake.autocomplete("alice", "compare", option, **{option: "heronn"})
        choices = (await asked.wait_ack())["data"]["choices"]
        assert choices == [{"name": HERON.title, "value": HERON.paper_id}]


def test_systems_of_the_saved_page_are_compared_by_name(
    library: Library, shared_data: Path
) -> None:
    page = str(shared_data / "seed" / "page.txt")
    with resolve_source(page, FetchConfig(), today=TODAY) as source:
        library.catalog.upsert(p for p in source.records() if isinstance(p, Paper))
    papers = [require_paper(library.catalog, name) for name in ("LexVLA", "HCG-LVLM", "EE-MLLM")]
    rows = dict(compare(papers).rows)
    assert [quote.count(name) > 0 for quote, name in zip(
        rows["What it is"], ("LexVLA", "HCG-LVLM", "EE-MLLM"), strict=True
    )] == [True] * 3  # fmt: skip
    assert "trained on the CC-12M multi-modal dataset, outperforms" in rows["Results"][0]
    assert "HCG-LVLM consistently outperforms" in rows["Results"][1]
    assert rows["Code"] == ("", "", "")


def test_four_long_papers_fit_into_one_embed() -> None:
    long = " ".join(f"We present a *very* long detector of [birds] {n} by hand" for n in range(80))
    said = f"{long}. Experiments show that it outperforms {long} by 3.5%. {long} is limited."
    papers = [
        replace(paper, title=f"{paper.title} {long}"[:300], abstract=said, arxiv_id=None)
        for paper in (HERON, TIDAL, PASTRY, LOOM)
    ]
    embed = comparison_embed(compare(papers))
    assert len(embed) <= EMBED_TOTAL
    assert all(len(field.value or "") <= EMBED_FIELD for field in embed.fields)
    assert len(embed.fields) == 6


def test_the_command_prints_the_table(run: Run, starter_folder: Path) -> None:
    first, second = "2407.17827", "Hierarchical Contextual Grounding"
    status, out, _ = run("--data-dir", starter_folder, "compare", first, second)
    assert status == 0
    assert "quoted from Paperboy's summary of it" in out
    assert out.index("What it is") < out.index("Results") < out.index("Code")
    status, out, _ = run("--data-dir", starter_folder, "compare", first, second, "--json")
    (table,) = [json.loads(line) for line in out.splitlines()]
    assert [paper["n"] for paper in table["papers"]] == [1, 2]
    assert table["papers"][0]["paper_id"] == "arxiv:2407.17827"
    assert all(len(row["quotes"]) == 2 for row in table["rows"])
    assert {"aspect": "Code", "quotes": [None, None]} in table["rows"]


def test_two_to_four_papers_are_compared(run: Run, starter_folder: Path) -> None:
    for papers in (["one"], list("abcde")):
        status, _, err = run("--data-dir", starter_folder, "compare", *papers)
        assert status == 2
        assert "2 to 4 papers can be compared: name that many." in err
    status, _, err = run("--data-dir", starter_folder, "compare", "LexVLA", "no such paper")
    assert status == 2
    assert "I know no paper “no such paper”" in err
