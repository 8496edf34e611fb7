"""Answers as embeds: linked citations, colours, footers and splitting."""

from bot.render.answer import FINISHED, REFUSED, UNFINISHED, answer_embeds
from bot.render.safe_text import EMBED_DESCRIPTION
from tests.bot.render.embed_checks import answer, complaints
from tests.papers import HERON, PASTRY


def test_citations_and_sources_are_links_without_previews() -> None:
    (embed,) = answer_embeds(answer("Birds [1], cakes [2], nothing [3].", HERON, PASTRY))
    assert embed.description is not None
    assert embed.description.startswith(
        f"Birds [[1]](<{HERON.url}>), cakes [[2]](<{PASTRY.url}>), nothing \\[3\\]."
    )
    assert f"1. [{HERON.title}](<{HERON.url}>) · featured 2025-01-06" in embed.description
    assert "published 2025-02-20 · [arXiv](<https://arxiv.org/abs/2502.00003>)" in embed.description


def test_the_colour_shows_whether_the_answer_is_finished() -> None:
    assert answer_embeds(answer("x"), doing="Writing …")[0].colour == UNFINISHED
    assert answer_embeds(answer("x", finished=False))[0].colour == UNFINISHED
    assert answer_embeds(answer("x"))[0].colour == FINISHED
    assert answer_embeds(answer("x", refused=True))[0].colour == REFUSED
    noted = answer_embeds(answer("x", note="The model died."))[0]
    assert noted.footer.text == "Quoted word for word. The model died."
    assert answer_embeds(answer("x", HERON, evidence=()))[0].footer.text == "From the catalogue."


def test_a_long_answer_becomes_several_messages() -> None:
    text = "\n".join(f"“A sentence that says a little, number {n}.” [1]" for n in range(120))
    embeds = answer_embeds(answer(text, HERON), question="q" * 2000)
    assert len(embeds) > 1
    assert all(len(embed.description or "") <= EMBED_DESCRIPTION for embed in embeds)
    assert complaints(list(embeds)) == []
    assert "".join(e.description or "" for e in embeds).count("number") == 120
    assert embeds[-1].footer.text == "Quoted word for word."


def test_a_list_links_its_titles_and_repeats_no_sources() -> None:
    text = (
        f"2 papers:\n{HERON.title} [1]\n  “It counts herons.”\n  2025-01-06 · 12 upvotes\n"
        f"PastryBench ({PASTRY.title}) [2]"
    )
    (embed,) = answer_embeds(answer(text, HERON, PASTRY))
    assert embed.description == (
        f"2 papers:\n**1.** [{HERON.title}](<{HERON.url}>)\n-# “It counts herons.”\n"
        f"-# 2025-01-06 · 12 upvotes\n**2.** PastryBench ([{PASTRY.title}](<{PASTRY.url}>))"
    )
    assert embed.footer.text == "From the catalogue."
    assert complaints([embed]) == []


def test_a_fact_of_one_paper_links_its_title_and_has_no_number() -> None:
    (embed,) = answer_embeds(answer(f"{HERON.title}: 12 upvotes [1].", HERON, evidence=()))
    link = f"[{HERON.title}](<{HERON.url}>)"
    assert embed.description == f"{link}: 12 upvotes [[1]](<{HERON.url}>)."


def test_quotes_and_refusals_that_mention_a_title_keep_their_sources() -> None:
    for text in (
        f"“{HERON.title} is a quote.” [1]",
        f"I found none. The nearest: {HERON.title} [1].",
    ):
        (embed,) = answer_embeds(answer(text, HERON))
        assert f"\n\n1. [{HERON.title}](<{HERON.url}>)" in (embed.description or "")


def test_small_talk_has_no_footer() -> None:
    (embed,) = answer_embeds(answer("You are welcome.", evidence=()))
    assert embed.footer.text is None
    (refusal,) = answer_embeds(answer("I only read papers.", evidence=(), refused=True))
    assert refusal.footer.text is None
