"""The five parts of a paper."""

from dataclasses import replace

import pytest

from ingest.sources.full_text import parse_full_text
from ingest.sync import ingest
from rag.answering.explain import NAMES, Explanation, explain, topics_of
from rag.full_text.records import FullText, TextPassage
from rag.library import Library
from rag.records import Paper
from tests.papers import ListSource

FERRY = Paper(
    title="FerryPlan: Timetables that Survive Storms",
    abstract=(
        "Ferries are late when the wind turns. However, existing planners struggle with weather "
        "and ignore tides. We present FerryPlan, a planner that learns timetables from logs. It "
        "combines a tide model with a search by sampling storms instead of averages. Experiments "
        "show that FerryPlan reduces delays by 31% compared with the best planner."
    ),
    arxiv_id="2512.80001",
)
BODY = """Title: FerryPlan

URL Source: https://arxiv.org/html/2512.80001v1

Markdown Content:
## 1 Introduction

Islands depend on ferries every day of the year. However, current planners lack a model of the
weather and cannot react to storms, which makes their timetables fail in autumn.

## 2 Related Work

However, earlier planners for trains struggle with limited data and lack any notion of tides.

## 3 FerryPlan

FerryPlan consists of a tide model and a search module that samples storms by replaying logs.

## 4 Experiments

### 4.1 Results

FerryPlan reduces delays by 31% and outperforms the best planner on nine of ten routes.

| Planner | Delay |
| --- | --- |
| FerryPlan outperforms by 31% | 4.1 |

## 5 {last}

{limits}
"""
LIMITS = "Ice was never seen in the logs. A port with two berths would need another search."


@pytest.fixture
def library(filled: Library) -> Library:
    ingest(ListSource([FERRY]), filled)
    return filled


def said(explanation: Explanation) -> dict[str, list[tuple[str, str]]]:
    return {
        part.name: [(e.section, e.sentence) for e in part.sentences] for part in explanation.parts
    }


def read(library: Library, last: str = "Limitations", limits: str = LIMITS) -> Explanation:
    body = BODY.format(last=last, limits=limits).encode()
    library.full_texts.store(parse_full_text(body, "2512.80001", abstract=FERRY.abstract))
    return explain(FERRY, library.full_texts)


def test_an_abstract_gives_what_it_says(library: Library) -> None:
    explanation = explain(FERRY, library.full_texts)
    parts = said(explanation)
    assert tuple(parts) == NAMES
    assert [quotes[0][1].split()[:2] if quotes else [] for quotes in parts.values()] == [
        ["We", "present"], ["However,", "existing"], ["It", "combines"],
        ["Experiments", "show"], [],
    ]  # fmt: skip
    assert not explanation.is_whole
    assert explanation.unsaid == "The abstract does not say."


def test_each_part_is_quoted_from_its_section(library: Library) -> None:
    explanation = read(library)
    parts = said(explanation)
    assert [section for section, _ in parts["Why"]] == ["§1 Introduction"]
    assert parts["How it works"][1][0] == "§3 FerryPlan"
    assert parts["Results"][1][0] == "§4.1 Results"
    assert {section for section, _ in parts["Limits"]} == {"§5 Limitations"}
    sentences = [sentence for quotes in parts.values() for _, sentence in quotes]
    assert len(sentences) == len(set(sentences))
    assert not any("4.1" in sentence or "trains" in sentence for sentence in sentences)
    body = BODY.format(last="Limitations", limits=LIMITS).replace("\n", " ")
    assert all(sentence in f"{body} {FERRY.abstract}" for sentence in sentences)
    assert explanation.read.endswith("from the full text: 5 sections, 6 paragraphs.")


@pytest.mark.parametrize(
    ("limits", "is_said"),
    [
        ("Ferries will sail. We thank the captains for their logs and their patience.", False),
        ("However, our planner is still limited to one port and fails on ice.", True),
    ],
)
def test_limits_outside_their_own_section_must_say_so(
    library: Library, limits: str, *, is_said: bool
) -> None:
    parts = said(read(library, "Conclusion", limits))
    assert [section for section, _ in parts["Limits"]] == ["§5 Conclusion"] * is_said


@pytest.mark.parametrize(
    ("headings", "topics"),
    [
        (["1 Introduction", "2 Kites", "3 Results"], ["Why", "How it works", "Results"]),
        (["1 Introduction", "2 Related Work", "3 Tests"], ["Why", None, None]),
        (["1 Motivation", "2 Our Approach"], ["Why", "How it works"]),
        (["1 Introduction", "2 Search after a Failure", "3 Evaluation", "4 Failure Cases"],
         ["Why", "How it works", "Results", "Limits"]),
        (["1 Introduction", "2 Preliminaries", "3 Experiments", "4 Limitations of the Method"],
         ["Why", None, "Results", "Limits"]),
        (["A", "B"], [None, None]),
    ],
)  # fmt: skip
def test_headings_say_what_a_section_is_about(
    headings: list[str], topics: list[str | None]
) -> None:
    passages = tuple(TextPassage(str(n), (h,), "x") for n, h in enumerate(headings))
    assert topics_of(FullText("arxiv:1", passages, len(passages))) == topics


def test_a_paper_without_an_abstract_says_nothing(library: Library) -> None:
    empty = Paper(title="Nothing", abstract="", arxiv_id="2512.80002")
    assert all(not part.sentences for part in explain(empty, library.full_texts).parts)


REED = replace(
    FERRY,
    title="ReedLift: Moving Houses on Stilts",
    abstract=(
        "ReedLift is a crane that moves houses on stilts. Cranes on wheels often sink in mud, and "
        "boats hardly carry a roof. ReedLift stands on floats, which spread the weight. {result}"
    ),
)


@pytest.mark.parametrize(
    "result",
    [
        "ReedLift beats cranes on wheels in nine of ten marshes.",
        "Houses moved by ReedLift stood straight in every storm of the season.",
        "ReedLift is faster than all earlier cranes, and its plans are at https://reed.example.org.",
    ],
)
def test_an_abstract_without_we_is_explained_as_well(filled: Library, result: str) -> None:
    """What others lack is why, although it comes second, and the last sentence is the result."""
    paper = replace(REED, abstract=REED.abstract.format(result=result))
    parts = said(explain(paper, filled.full_texts))
    assert parts["Why"] == [
        ("", "Cranes on wheels often sink in mud, and boats hardly carry a roof.")
    ]
    assert parts["Results"] == [("", result)]


def test_what_others_lack_is_no_reason_in_the_second_half(filled: Library) -> None:
    last = "Earlier cranes hardly reach these figures."
    abstract = f"ReedLift moves houses. ReedLift has floats. ReedLift is light. {last}"
    parts = said(explain(replace(REED, abstract=abstract), filled.full_texts))
    assert not parts["Why"]
