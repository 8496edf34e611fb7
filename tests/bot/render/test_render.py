"""What leaves for Discord: safe, linked and within its limits."""

import re
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.render.answer import FINISHED, REFUSED, UNFINISHED, answer_embeds, error_embed
from bot.render.comparison import comparison_embed
from bot.render.papers import SEARCH_PAGE, paper_card, search_embed
from bot.render.text import EMBED_DESCRIPTION, link, plain, shorten, split
from rag.answering.comparison import compare
from rag.records import Answer, Chunk, Citation, Coverage, Evidence, Hit, Paper, Question
from tests.discord_fake import Judge
from tests.papers import HERON, PASTRY, TODAY

COVERAGE = Coverage(4, None, None, 0)
NASTY = (
    "@everyone @here <@1234567890123456789> <@&1234567890123456789> <#123456789012345678> "
    "[a link](https://evil.example/a) [hf](<https://evil.example/b>) https://evil.example/c?d=e "
    "www.evil.example discord.gg/abcdef ```code``` `tick` ||spoiler|| # title\n> quote\n"
    "ftp://evil.example/f HTTPS://EVIL.EXAMPLE/G javascript://x \\`https://evil.example/h\\`"
)


def answer(text: str, *papers: Paper, **changes: object) -> Answer:
    made = Answer(
        question=Question(text="what?"), today=TODAY, standalone="what?", text=text, understood="",
        citations=tuple(Citation(n, paper, "quote") for n, paper in enumerate(papers, start=1)),
        hits=(), evidence=(Evidence(HERON, "quote", 1, 1.0),), refused=False, mode="extractive",
        coverage=COVERAGE, seconds=0.1,
    )  # fmt: skip
    return replace(made, **changes)  # type: ignore[arg-type]


def complaints(embeds: list[object], judge: Judge | None = None) -> list[str]:
    """Return what Discord's limits and our own rules say against a message with these embeds."""
    judge = judge or Judge()
    for embed in embeds:
        body = {
            "embeds": [embed.to_dict()],  # type: ignore[attr-defined]
            "allowed_mentions": {"parse": []},
        }
        judge.look("POST", "/channels/{c}/messages", body)
    return judge.complaints


def test_markers_and_sources_are_links_that_open_no_preview() -> None:
    (embed,) = answer_embeds(answer("Birds [1], cakes [2], nothing [3].", HERON, PASTRY))
    assert embed.description is not None
    assert embed.description.startswith(
        f"Birds [[1]](<{HERON.url}>), cakes [[2]](<{PASTRY.url}>), nothing \\[3\\]."
    )
    assert f"1. [{HERON.title}](<{HERON.url}>) · featured 2025-01-06" in embed.description
    assert "published 2025-02-20 · [arXiv](<https://arxiv.org/abs/2502.00003>)" in embed.description


def test_the_colour_says_whether_more_will_come() -> None:
    assert answer_embeds(answer("x"), doing="Writing …")[0].colour == UNFINISHED
    assert answer_embeds(answer("x", finished=False))[0].colour == UNFINISHED
    assert answer_embeds(answer("x"))[0].colour == FINISHED
    assert answer_embeds(answer("x", refused=True))[0].colour == REFUSED
    noted = answer_embeds(answer("x", note="The model died."))[0]
    assert noted.footer.text == "Quoted word for word. The model died."
    assert answer_embeds(answer("x", evidence=()))[0].footer.text == "From the catalogue."


def test_nothing_of_unknown_origin_pings_or_links() -> None:
    nasty = replace(
        HERON,
        title=NASTY,
        abstract=NASTY,
        tldr=NASTY,
        authors=(NASTY,),
        organization=NASTY,
        code_url="https://evil.example/)[x](https://y.example",
    )
    hit = Hit(nasty, Chunk("x", 1, NASTY, NASTY), 1.0, 1.0, 0.0)
    embeds = [
        *answer_embeds(answer(f"{NASTY} [1]", nasty), question=NASTY),
        error_embed(NASTY),
        paper_card(nasty, [nasty]),
        comparison_embed(compare([nasty, nasty])),
        search_embed(NASTY, [hit], COVERAGE, page=1, pages=3),
    ]
    assert complaints(list(embeds)) == []


def test_a_page_of_results_with_long_titles_fits() -> None:
    long = replace(HERON, title=f"Counting *{'wading birds ' * 30}*", arxiv_id=None)
    hit = Hit(long, Chunk("x", 1, NASTY, NASTY), 1.0, 1.0, 0.0)
    embed = search_embed("birds", [hit] * SEARCH_PAGE, COVERAGE)
    assert complaints([embed]) == []
    assert (embed.description or "").count("published") + (embed.description or "").count(
        "featured"
    ) == SEARCH_PAGE
    assert complaints([paper_card(long, [long] * 3)]) == []


def test_a_records_own_code_is_linked_on_its_card() -> None:
    embed = paper_card(replace(HERON, code_url="https://github.com/heron/net"))
    judge = Judge()
    judge.allowed_urls.add("https://github.com/heron/net")
    assert complaints([embed], judge) == []
    assert "[Code](<https://github.com/heron/net>)" in str(embed.to_dict())


def unescaped(text: str) -> str:
    """Return what a person reads."""
    return re.sub(r"\\([^a-zA-Z0-9\s])", r"\1", text)


@pytest.mark.parametrize(
    "text",
    [
        "50\\% of $x_1 * y_2$ ~ |a| with `code` and <b>",
        "# no title\n- no item\n> no quote\n1. no list",
        "e.g. [29] (i) a_b_c **bold**",
    ],
)
def test_people_read_the_words_as_they_stand(text: str) -> None:
    assert unescaped(plain(text)) == text
    assert plain("plain words, 3.5 of them") == "plain words, 3.5 of them"


def test_an_address_is_shown_as_code_with_its_full_stop_outside() -> None:
    assert plain("See https://x.example/a_b.") == "See `https://x.example/a_b`."
    assert plain("(www.x.example)") == "(`www.x.example`)"


def test_link_text_cannot_break_out_of_the_link() -> None:
    url = "https://huggingface.co/papers/1"
    assert link("a](https://evil.example) [b", url) == f"[a)(evil.example) (b](<{url}>)"


@given(st.text(max_size=300), st.integers(min_value=10, max_value=80))
def test_parts_fit_and_hold_every_word(text: str, limit: int) -> None:
    parts = split(text, limit)
    assert all(len(part) <= limit for part in parts)
    assert "".join("".join(parts).split()) == "".join(text.split())


def test_parts_end_where_it_hurts_least() -> None:
    text = "First line.\nSecond sentence is here. Third one follows it."
    assert split(text, 40) == ["First line.\nSecond sentence is here.", "Third one follows it."]
    assert split("word " * 30, 21) == ["word word word word"] * 7 + ["word word"]
    assert split("", 10) == [""]


def test_a_long_answer_becomes_several_messages() -> None:
    text = "\n".join(f"“A sentence that says a little, number {n}.” [1]" for n in range(120))
    embeds = answer_embeds(answer(text, HERON), question="q" * 2000)
    assert len(embeds) > 1
    assert all(len(embed.description or "") <= EMBED_DESCRIPTION for embed in embeds)
    assert complaints(list(embeds)) == []
    assert "".join(e.description or "" for e in embeds).count("number") == 120
    assert embeds[-1].footer.text == "Quoted word for word."


def test_shortening_ends_at_a_word() -> None:
    assert shorten("one two three", 8) == "one two…"
    assert shorten("one\n two", 80) == "one two"
    assert len(shorten("x" * 100, 10)) == 10
