"""A withdrawn paper is marked wherever it is shown."""

from dataclasses import replace

import pytest
from discord import Embed

from bot.console.render import paper_text
from bot.json_rows import paper_row
from bot.render.answer import answer_embeds, sources
from bot.render.digest import digest_embeds, digest_mail
from bot.render.papers import link_card, paper_card, search_embed, similar_embed
from bot.render.recent import trending_embed
from rag.config import RagConfig
from rag.library import Library
from rag.pipeline import PaperQA
from rag.records import Chunk, Citation, Hit, Paper
from tests.bot.render.embed_checks import COVERAGE, complaints
from tests.bot.render.test_digest import digest_of
from tests.papers import HERON, TODAY

REASON = "This paper has been withdrawn by its authors because of an error in Table 2"
GONE = replace(HERON, comment=f"9 pages. {REASON}")


def shown(paper: Paper) -> dict[str, str]:
    """Return the text of everything that shows a paper."""
    hit = Hit(paper, Chunk("x", 1, "", ""), 1.0, 1.0, 0.0)
    embeds = {
        "search": search_embed("birds", [hit], COVERAGE),
        "similar": similar_embed([hit]),
        "card": paper_card(paper),
        "link card": link_card(paper, [], []),
        "nearest": paper_card(HERON, [paper]),
        "trending": trending_embed([paper], first=TODAY, last=TODAY),
        "digest": digest_embeds(digest_of(paper), COVERAGE)[0],
    }
    assert complaints(list(embeds.values())) == []
    plain, html = digest_mail(digest_of(paper), unsubscribe="x").iter_parts()
    return {name: text_of(embed) for name, embed in embeds.items()} | {
        "mail": plain.get_content(),
        "HTML mail": html.get_content(),
        "terminal": paper_text("1.", paper).plain,
        "sources": sources([Citation(1, paper, "x")]),
    }


def text_of(embed: Embed) -> str:
    return " ".join([embed.description or "", *(f"{f.name} {f.value}" for f in embed.fields)])


def test_a_withdrawn_paper_is_marked_wherever_it_is_shown() -> None:
    unmarked = [name for name, text in shown(GONE).items() if "withdrawn" not in text.casefold()]
    assert unmarked == []
    marked = [name for name, text in shown(HERON).items() if "withdrawn" in text.casefold()]
    assert marked == []


def test_cards_give_the_reason_and_other_comments() -> None:
    assert REASON in shown(GONE)["card"]
    assert REASON in shown(GONE)["link card"]
    assert (
        "Comment 9 pages, 3 figures" in shown(replace(HERON, comment="9 pages, 3 figures"))["card"]
    )
    assert paper_row(GONE)["comment"] == GONE.comment


@pytest.mark.parametrize(
    "question",
    ["how accurate is HeronNet?", "which papers count wading birds?", "who wrote HeronNet?"],
)
def test_answers_give_the_reason(filled: Library, question: str) -> None:
    filled.catalog.upsert([GONE])
    answer = PaperQA(filled, RagConfig(), today=lambda: TODAY).ask(question)
    assert f"[1] was withdrawn: “{REASON}" in answer.note
    [embed, *_] = answer_embeds(answer, question=question)
    assert REASON in str(embed.footer.text)


@pytest.mark.parametrize(
    "question",
    [
        "was HeronNet withdrawn?",
        "is arxiv 2501.00001 retracted?",
        "why has HeronNet been withdrawn?",
        "did they withdraw HeronNet?",
    ],
)
def test_whether_a_paper_was_withdrawn_is_answered_from_its_record(
    filled: Library, question: str
) -> None:
    qa = PaperQA(filled, RagConfig(), today=lambda: TODAY)
    answer = qa.ask(question)
    assert answer.text.startswith("No withdrawal of HeronNet is known. [1]")
    assert not answer.refused
    filled.catalog.upsert([GONE])
    assert qa.ask(question).text.startswith(f"HeronNet was withdrawn: “{REASON}")
