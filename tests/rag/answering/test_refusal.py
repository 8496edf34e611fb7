"""What a refusal says, and the papers it names."""

from datetime import date

from rag.answering.refusal import MIN_COSINE, REFUSAL, refuse
from rag.records import Chunk, Coverage, Hit, Paper
from tests.papers import HERON, LOOM, PAPERS, TIDAL

COVERAGE = Coverage(4, date(2024, 11, 5), date(2025, 2, 20), 0)


def hit(paper: Paper, cosine: float = 0.9) -> Hit:
    return Hit(paper, Chunk(paper.paper_id, 0, paper.title), 1.0, cosine, 0.0)


def test_a_refusal_says_what_was_read_and_names_the_nearest_papers() -> None:
    text, citations = refuse(COVERAGE, [hit(HERON), hit(TIDAL)])
    assert text == (
        f"{REFUSAL} I have read 4 papers, 2024-11-05 to 2025-02-20. "
        f"The nearest: {HERON.title} [1]; {TIDAL.title} [2]."
    )
    assert [(c.n, c.paper, c.quote) for c in citations] == [
        (1, HERON, HERON.title),
        (2, TIDAL, TIDAL.title),
    ]


def test_only_three_papers_that_are_near_enough_are_named() -> None:
    far = hit(LOOM, MIN_COSINE - 0.01)
    _, citations = refuse(COVERAGE, [far, *map(hit, PAPERS), hit(LOOM)])
    assert [c.paper for c in citations] == [HERON, TIDAL, PAPERS[2]]
    text, citations = refuse(COVERAGE, [far])
    assert "nearest" not in text
    assert citations == ()


def test_a_refusal_names_the_filters_or_the_unknown_ids() -> None:
    text, _ = refuse(COVERAGE, [], filters="by A. One")
    assert f"{REFUSAL} I looked among the papers by A. One. I have read" in text
    text, _ = refuse(COVERAGE, [], unread="I have not read arXiv 2501.99999.")
    assert f"{REFUSAL} I have not read arXiv 2501.99999. I have read" in text


def test_an_empty_catalogue_is_told_how_to_get_papers() -> None:
    text, _ = refuse(Coverage(0, None, None, 0), [])
    assert text.endswith("I have read no papers yet. Bring some in: `paperboy ingest starter`.")


def test_a_paper_that_does_not_say_it_is_the_only_one_named() -> None:
    text, citations = refuse(COVERAGE, [hit(TIDAL)], silent_paper=HERON)
    assert text == f"{REFUSAL} The abstract of {HERON.title} [1] does not say it."
    assert [c.paper for c in citations] == [HERON]
