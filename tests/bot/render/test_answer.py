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
    assert answer_embeds(answer("x", evidence=()))[0].footer.text == "From the catalogue."


def test_a_long_answer_becomes_several_messages() -> None:
    text = "\n".join(f"“A sentence that says a little, number {n}.” [1]" for n in range(120))
    embeds = answer_embeds(answer(text, HERON), question="q" * 2000)
    assert len(embeds) > 1
    assert all(len(embed.description or "") <= EMBED_DESCRIPTION for embed in embeds)
    assert complaints(list(embeds)) == []
    assert "".join(e.description or "" for e in embeds).count("number") == 120
    assert embeds[-1].footer.text == "Quoted word for word."
