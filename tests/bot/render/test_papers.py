"""Search results and cards as embeds."""

from dataclasses import replace

from bot.render.answer import answer_embeds, error_embed
from bot.render.comparison import comparison_embed
from bot.render.papers import SEARCH_PAGE, paper_card, search_embed
from rag.answering.comparison import compare
from rag.records import Chunk, Hit
from tests.bot.render.embed_checks import COVERAGE, NASTY, answer, complaints
from tests.discord_fake import Judge
from tests.papers import HERON


def test_untrusted_text_neither_pings_nor_links() -> None:
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


def test_a_card_links_to_the_code_of_the_record() -> None:
    embed = paper_card(replace(HERON, code_url="https://github.com/heron/net"))
    judge = Judge()
    judge.allowed_urls.add("https://github.com/heron/net")
    assert complaints([embed], judge) == []
    assert "[Code](<https://github.com/heron/net>)" in str(embed.to_dict())


def test_a_card_has_no_empty_field() -> None:
    embed = paper_card(replace(HERON, authors=("",), organization=" ", comment=""))
    assert all(field.value and field.value.strip() for field in embed.fields)
    assert "Authors" not in [field.name for field in embed.fields]
