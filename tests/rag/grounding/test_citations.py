from dataclasses import replace

import pytest

from rag.grounding.citations import check, renumber
from rag.records import Evidence, Passage
from rag.text.brackets import brackets_of
from tests.papers import HERON, PASTRY, TIDAL

PASSAGES = [
    Passage(n, paper, (Evidence(paper, f"What {paper.title} says.", 1, 1.0),))
    for n, paper in enumerate((HERON, TIDAL, PASTRY), start=1)
]


@pytest.mark.parametrize(
    ("written", "shown", "papers"),
    [
        ("Birds are counted [1].", "Birds are counted [1].", [HERON]),
        ("Birds [3], then tokens [1].", "Birds [1], then tokens [2].", [PASTRY, HERON]),
        ("Both do [1, 3].", "Both do [1][2].", [HERON, PASTRY]),
        ("All do [1-3].", "All do [1][2][3].", [HERON, TIDAL, PASTRY]),
        ("Twice [2]. Twice [2].", "Twice [1]. Twice [1].", [TIDAL]),
        ("Unknown [7] goes.", "Unknown goes.", []),
        ("Known of both [7, 2].", "Known of both [1].", [TIDAL]),
        ("No space[1].", "No space [1].", [HERON]),
        ("Other brackets【1】.", "Other brackets [1].", [HERON]),
        ("Linked [1](https://evil.example/x).", "Linked [1].", [HERON]),
        ("A [link](https://evil.example/x).", "A link.", []),
        ("The VLA [1](see above).", "The VLA [1](see above).", [HERON]),
        ("Still being written [1", "Still being written", []),
        ("Still being written [1].[", "Still being written [1].", [HERON]),
        ("", "", []),
    ],
)
def test_markers_are_checked_and_numbered_in_reading_order(
    written: str, shown: str, papers: list[object]
) -> None:
    text, citations = check(written, PASSAGES)
    assert text == shown
    assert [citation.paper for citation in citations] == papers
    assert [citation.n for citation in citations] == list(range(1, len(papers) + 1))


EGRET = replace(
    HERON,
    title="EgretScore: Scoring Nests",
    abstract="EgretScore extends [2] and scores nests in [0, 1] or [1, 3]. It is right, as in [1].",
)


@pytest.mark.parametrize(
    ("written", "shown", "papers"),
    [
        ("It scores in [0, 1] [1].", "It scores in [0, 1] [1].", [EGRET]),
        ("It extends [2] and scores [3].", "It extends [2] and scores [1].", [PASTRY]),
        ("EgretScore extends [2] [1].", "EgretScore extends [2] [1].", [EGRET]),
        ("Nests get a score or [1, 3] [1].", "Nests get a score or [1, 3] [1].", [EGRET]),
        ("It is right, as in [1].", "It is right, as in [1].", []),
        ("On a scale from [1, 9] [2].", "On a scale from [1, 9] [1].", [TIDAL]),
        ("Egrets [1, 3].", "Egrets [1][2].", [EGRET, PASTRY]),
    ],
)
def test_what_a_paper_has_in_brackets_is_text(
    written: str, shown: str, papers: list[object]
) -> None:
    passages = [
        Passage(n, paper, (Evidence(paper, "So.", 1, 1.0),))
        for n, paper in enumerate((EGRET, TIDAL, PASTRY), start=1)
    ]
    text, citations = check(written, passages)
    assert text == shown
    assert [citation.paper for citation in citations] == papers


def test_other_numbers_leave_a_papers_own_brackets_alone() -> None:
    own = brackets_of((EGRET,))
    text = "EgretScore extends [2] and scores nests [2][1]."
    assert renumber(text, {1: 5, 2: None}, own) == "EgretScore extends [2] and scores nests[5]."


def test_a_citation_quotes_the_sentence_that_speaks_loudest() -> None:
    quiet, loud = Evidence(HERON, "Quiet.", 1, 0.2), Evidence(HERON, "Loud.", 2, 0.9)
    _, citations = check("So [1].", [Passage(1, HERON, (quiet, loud))])
    assert citations[0].quote == "Loud."
