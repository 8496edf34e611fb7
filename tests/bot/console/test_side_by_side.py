"""Quoted and written answers side by side: the figures and the page."""

from dataclasses import replace
from datetime import date
from typing import Any

from bot.console.pairs_page import pairs_page
from bot.console.side_by_side import Pair, compare_figures, comparison_lines, pair_row
from rag.records import Answer, Citation, Coverage, Evidence, Question, Writing
from tests.papers import HERON, PASTRY, TODAY

QUOTED = Answer(
    question=Question(text="how accurate is <HeronNet>?"),
    today=TODAY,
    standalone="",
    understood="",
    text="“HeronNet reaches 94.2%.” [1]",
    citations=(Citation(1, HERON, "HeronNet reaches 94.2%."),),
    hits=(),
    evidence=(Evidence(HERON, "HeronNet reaches 94.2%.", 0, 1.0),),
    refused=False,
    mode="extractive",
    coverage=Coverage(4, date(2024, 11, 5), date(2025, 2, 20), 0),
    seconds=0.5,
)
ITEM = {"id": 1, "gold_titles": [HERON.title], "must_contain": ["94.2"]}


def writing(text: str, *, stayed: str = "", removed: int = 0, tokens: int = 10) -> Writing:
    return Writing(raw=text, seconds=2.0, tokens=tokens, kept_quotes=stayed, removed=removed)


def written(text: str, **changes: Any) -> Pair:
    final = replace(
        QUOTED, text=text, mode="generated", seconds=2.5, writing=writing(text), **changes
    )
    return Pair(ITEM, QUOTED, final, asked=True)


RIGHT = written("HeronNet is right in 94.2% of the cases, the authors write [1].")
WRONG = written(
    "Bakers find most of the errors, and models find others",
    citations=(Citation(1, PASTRY, "x"),),
)
STAYED = Pair(
    ITEM,
    QUOTED,
    replace(
        QUOTED,
        seconds=1.5,
        note="What the model wrote was not readable.",
        writing=writing("HeronNet counts <script>s of", stayed="unreadable", removed=2, tokens=40),
    ),
    asked=True,
)
FAILED = Pair(ITEM, QUOTED, replace(QUOTED, note="The model died."), asked=True)
NOT_ASKED = Pair(ITEM, QUOTED, QUOTED, asked=False)
BRIEF = written(
    f"The papers count birds and test recipes [1].\n\n{QUOTED.text}", brief_from=QUOTED.evidence
)


def test_what_became_of_the_written_answers_is_counted() -> None:
    figures = compare_figures([RIGHT, WRONG, STAYED, FAILED, NOT_ASKED, BRIEF])
    side = figures["answerable"]["written"]
    assert side["asked"] == 5
    assert side["replaced"] == 3
    assert side["stayed"] == 2
    assert (side["stayed: unreadable"], side["stayed: failed"]) == (1, 1)
    assert side["unreadable"] == 1  # WRONG, which has no end
    assert side["unreadable before the checks"] == 2
    assert side["removed sentences"] == 2
    assert side["tokens"] == 10
    assert side["answer right"] == round(5 / 6, 4)
    assert side["gold cited"] == side["citations right"] == round(5 / 6, 4)
    assert side["seconds"] == 2.0
    quoted = figures["answerable"]["quoted"]
    assert (quoted["questions"], quoted["answer right"], quoted["seconds"]) == (6, 1.0, 0.5)
    assert "asked" not in quoted
    assert figures["all"]["written"]["asked"] == 5


def test_only_the_brief_above_a_list_counts_as_written() -> None:
    assert BRIEF.written == "The papers count birds and test recipes [1]."


def test_a_refusal_of_the_model_takes_the_place_of_the_quotes() -> None:
    refused = written("No paper says it.", refused=True, citations=())
    assert (refused.replaced, refused.stayed, refused.written) == (True, "", "")
    figures = compare_figures([refused])["answerable"]["written"]
    assert (figures["replaced"], figures["unreadable"], figures["answer right"]) == (1, 0, 0.0)


def test_each_kind_of_question_has_a_table() -> None:
    known = replace(RIGHT, item={"gold_arxiv_id": HERON.arxiv_id, "gold_title": HERON.title})
    lines = comparison_lines(compare_figures([RIGHT, known]))
    heads = [line.split() for line in lines if line and not line.startswith(" ")]
    assert heads == [[kind, "quoted", "written"] for kind in ("answerable", "known-item", "all")]
    assert "  answer right                     1.000     1.000" in lines
    assert "  asked                                –         1" in lines


def test_a_row_names_what_the_model_did() -> None:
    row = pair_row(STAYED)
    assert (row["id"], row["stayed"], row["removed"], row["tokens"]) == (1, "unreadable", 2, 40)
    assert (row["raw_unreadable"], row["unreadable"]) == ("shapeless", "")
    assert row["written"]["figures"]["answer right"] == 1.0


def test_the_page_escapes_everything_and_loads_nothing() -> None:
    pairs = [RIGHT, WRONG, STAYED, FAILED, NOT_ASKED]
    html = pairs_page(pairs, compare_figures(pairs), model="<b>model</b>")
    assert html.count("<article>") == 5
    assert "how accurate is &lt;HeronNet&gt;?" in html
    assert "HeronNet counts &lt;script&gt;s of" in html
    assert "&lt;b&gt;model&lt;/b&gt;" in html
    assert "<script" not in html
    assert "src=" not in html
    assert "<link" not in html
    assert "default-src &#x27;none&#x27;" in html
    assert 'name="viewport"' in html
    assert "unreadable. What the model wrote was not readable." in html
    assert "failed. The model died." in html
    assert "The model is not asked about this." in html
    assert "shown, but unreadable (unfinished)." in html
    assert f'<a href="{HERON.url}">{HERON.title}</a>' in html
