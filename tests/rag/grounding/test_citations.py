import pytest

from rag.grounding.citations import check
from rag.records import Evidence, Passage
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


def test_a_citation_quotes_the_sentence_that_speaks_loudest() -> None:
    quiet, loud = Evidence(HERON, "Quiet.", 1, 0.2), Evidence(HERON, "Loud.", 2, 0.9)
    _, citations = check("So [1].", [Passage(1, HERON, (quiet, loud))])
    assert citations[0].quote == "Loud."
