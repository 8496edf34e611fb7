"""What a refusal says, and the papers it names."""

from datetime import date

import pytest

from rag.answering.refusal import (
    MIN_COSINE,
    REFUSAL,
    is_refusal,
    refuse,
    without_disclaimers,
)
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


@pytest.mark.parametrize(
    ("text", "is_one"),
    [
        (REFUSAL, True),
        (f"“{REFUSAL}” [1]", True),
        (f"{REFUSAL[:-1]} question.", True),
        (f"{REFUSAL} None of the passages names a price.", True),
        (f"{REFUSAL[:-1]}: the abstracts do not mention it.", True),
        (f"{REFUSAL} However, Loom aligns streams [1].", False),
        (f"{REFUSAL} They do not name a price, but Loom aligns streams [1].", False),
        (f"{REFUSAL[:-1]} better than Loom [1].", False),
        (f"The rule is to write “{REFUSAL}”", False),
        (f"Loom aligns streams [1]. {REFUSAL}", False),
        ("", False),
    ],
)
def test_a_refusal_is_one_as_a_whole(text: str, is_one: bool) -> None:
    assert is_refusal(text) is is_one


@pytest.mark.parametrize(
    ("text", "rest"),
    [
        (
            "The passages don’t say what it costs, but it cuts the drift [1].",
            "It cuts the drift [1].",
        ),
        (
            "Although no abstract names a price, Loom aligns streams [1].",
            "Loom aligns streams [1].",
        ),
        (f"{REFUSAL[:-1]} in full, but Loom is small [1]. So.", "Loom is small [1]. So."),
    ],
)
def test_what_the_abstracts_do_not_say_is_left_out(text: str, rest: str) -> None:
    assert without_disclaimers(text) == rest


@pytest.mark.parametrize(
    "text",
    [
        "Loom is fast, but it is not exact [1].",
        "The paper does not use labels, but aligns streams [1].",
        "While herons fly, egrets do not [1].",
        "The abstracts do not name a price.",
    ],
)
def test_what_the_abstracts_may_say_stays(text: str) -> None:
    assert without_disclaimers(text) == text
