"""Papers named in requests, with the sample papers and some more."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from ingest.sync import ingest
from rag.library import Library
from rag.query.paper_names import PaperNames
from rag.records import Paper
from tests.papers import HERON, LOOM, PASTRY, TIDAL, ListSource, many

QUESTIONS = Path(__file__).parents[2] / "questions" / "names.jsonl"


def paper(number: int, title: str, abstract: str = "We study dunes and sand.") -> Paper:
    return replace(HERON, title=title, abstract=abstract, arxiv_id=f"2503.{number:05d}")


WEAVER = paper(1, "ReedWeaver: Nests from Instructions")
MEMORY = paper(2, "Memory: A Study of Storks")
O_MARSH = paper(3, "O-Marsh v2: Omnivores of the Marsh")
LONG = paper(4, "What Do Waders See? On Counting Reeds without Labels")
QUIET = paper(5, "Soft Adaptive Plumage Optimization")
HIDDEN = paper(6, "Nesting by Design", "We propose ReadME-Net, a nest. ReadME-Net is small.")
REPORT = paper(7, "Egret-Image Technical Report")
MORE = (REPORT, WEAVER, MEMORY, O_MARSH, LONG, QUIET, HIDDEN)


@pytest.fixture
def names(filled: Library) -> PaperNames:
    ingest(ListSource(MORE), filled)
    return PaperNames(filled.catalog, filled.retriever.keywords, filled.word_vectors)


@pytest.mark.parametrize(
    ("request_text", "papers"),
    [
        ("HeronNet or PastryBench?", [HERON, PASTRY]),
        ("what does heronnet do?", [HERON]),
        ("heron net authors", [HERON]),
        ("tldr pastry-bench", [PASTRY]),
        ("reed weaver, please explain", [WEAVER]),
        ("o marsh v2 code", [O_MARSH]),
        ("soft adaptive plumage optimization eli5", [QUIET]),
        ("tidal attention: forgetting on purpose", [TIDAL]),
        ("what do waders see?", [LONG]),
        ("who wrote on counting reeds without labels", [LONG]),
        ("what is readme-net", [HIDDEN]),
        ("PastryBnech results", [PASTRY]),
        ("is Loom slow?", [LOOM]),
        ("the loom paper", [LOOM]),
        ("“Loom”?", [LOOM]),
        ("the memory paper", [MEMORY]),
        ("egret-image vs heronnet", [REPORT, HERON]),
        ("arxiv 2502.00002v3", [TIDAL]),
        ("see https://huggingface.co/papers/2502.00002.", [TIDAL]),
    ],
)
def test_papers_are_found_as_people_name_them(
    names: PaperNames, request_text: str, papers: list[Paper]
) -> None:
    assert names.find(request_text) == papers


@pytest.mark.parametrize(
    "request_text",
    [
        "which model counts birds?",
        "papers about memory",
        "where does memory end",
        "how do models forget on purpose",
        "soft optimization of plumage",
        "HeronNet2 and HeronNet-XL",
        "O-Marsh v3",
        "9999.99999 and CLIP",
        "what do storks see at night",
    ],
)
def test_ordinary_words_and_other_versions_name_no_paper(
    names: PaperNames, request_text: str
) -> None:
    assert names.find(request_text) == []


def test_a_name_shared_by_many_papers_names_none(library: Library) -> None:
    same = [replace(p, title=f"HeronNet: {p.title}") for p in many(8)]
    ingest(ListSource(same), library)
    names = PaperNames(library.catalog, library.retriever.keywords, library.word_vectors)
    assert names.find("how good is HeronNet?") == []


def test_new_papers_are_found_as_soon_as_they_are_stored(
    names: PaperNames, filled: Library
) -> None:
    assert names.find("dune buggy bench") == []
    buggy = paper(9, "DuneBuggyBench: Driving on Sand")
    ingest(ListSource([buggy]), filled)
    assert names.find("dune buggy bench") == [buggy]


def test_the_written_requests_name_papers_by_arxiv_id() -> None:
    rows = [json.loads(line) for line in QUESTIONS.read_text(encoding="utf-8").splitlines()]
    assert len({row["text"] for row in rows}) == len(rows)
    assert sum(bool(row["papers"]) for row in rows) >= 60
    assert sum(not row["papers"] for row in rows) >= 60


GREEK = (
    paper(20, "π0.7: a Policy for Reeds", "We present π0.7. π0.7 folds reeds."),
    paper(21, "τ²-Marsh: Ponds with Two Controls", "τ²-Marsh is a benchmark."),
    paper(22, "Poincaré-Net: Curved Marshes", "Poincaré-Net bends."),
    paper(23, "Łoś-β: Moose", "Łoś-β counts moose."),
    paper(24, "GPT-4x: Geese", "GPT-4x counts geese."),
)


@pytest.fixture
def greek(library: Library) -> PaperNames:
    ingest(ListSource([*GREEK, *MORE]), library)
    return PaperNames(library.catalog, library.retriever.keywords, library.word_vectors)


@pytest.mark.parametrize(
    ("typed", "named"),
    [
        ("what is π0.7?", GREEK[0]),
        ("what is pi0.7?", GREEK[0]),
        ("pi 0.7", GREEK[0]),
        ("Pi-0.7 results", GREEK[0]),
        (r"does $\pi_{0.7}$ fold?", GREEK[0]),
        ("pi07 code", GREEK[0]),
        ("tau2-marsh", GREEK[1]),
        ("tau-squared marsh", GREEK[1]),
        (r"$\tau^2$-Marsh", GREEK[1]),
        ("Tau 2 Marsh", GREEK[1]),
        ("poincare net authors", GREEK[2]),
        ("Poincaré-Net", GREEK[2]),
        ("los beta", GREEK[3]),
        ("gpt 4x", GREEK[4]),
        ("GPT4X", GREEK[4]),
    ],
)
def test_a_name_is_found_in_every_spelling(greek: PaperNames, typed: str, named: Paper) -> None:
    assert greek.find(typed) == [named]
    assert greek.unread(typed) == []


@pytest.mark.parametrize(
    ("typed", "unread"),
    [
        ("what is Pi 0.6?", "Pi 0.6"),
        ("pi0 results", "pi0"),
        ("π0.75", "π0.75"),
        ("does tau-marsh have ponds?", "tau-marsh"),
        ("tau3-marsh", "tau3-marsh"),
        ("gpt 5x", "gpt 5x"),
        ("ReedWeaver2", "ReedWeaver2"),
    ],
)
def test_a_near_name_names_no_paper(greek: PaperNames, typed: str, unread: str) -> None:
    assert greek.find(typed) == []
    assert greek.unread(typed) == [unread]


@pytest.mark.parametrize(
    "typed", ["reeds in 2025", "top 3 on memory", "what does pi mean?", "policy 7", "memory 2025"]
)
def test_other_words_and_numbers_are_no_near_names(greek: PaperNames, typed: str) -> None:
    assert greek.unread(typed) == []


def test_names_are_written_as_their_papers_write_them(greek: PaperNames) -> None:
    assert greek.as_written("does pi 0.7 beat reed weaver?") == "does π0.7 beat ReedWeaver?"
    assert greek.as_written("Poincare-Net?") == "Poincare-Net?"
