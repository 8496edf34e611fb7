"""Papers that are compared by their systems' names, which may be in their abstracts alone."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from bot.app import open_library
from ingest.sync import ingest
from rag.config import RagConfig
from rag.pipeline import PaperQA
from rag.query.compared import is_compared
from rag.records import Paper
from tests.papers import HERON, LOOM, PAPERS, PASTRY, TIDAL, TODAY, ListSource

REED = replace(
    HERON,
    title="Sparse Nests for Readable Reed Maps",
    abstract=(
        "ReedVLM makes maps of reeds readable. ReedVLM learns one nest for maps and words alike. "
        "Trained on 12 marshes, ReedVLM beats surveyors by 4 points."
    ),
    arxiv_id="2503.00001",
)
TERN = replace(
    HERON,
    title="Aligning Calls with Colonies by a Careful Agent",
    abstract=(
        "Fine-TERN aligns the calls of terns (COT), a colony task, with an agent. COT data is "
        "scarce. Fine-TERN plans before it listens, and needs 3 microphones."
    ),
    arxiv_id="2503.00002",
)
DRIFT = replace(
    HERON,
    title="Growing Rafts from Driftwood with Patience",
    abstract="We present Harbor, a patient builder. Harbor joins driftwood in 9 hours.",
    arxiv_id="2503.00003",
)
# So many have the word that it alone is no name.
AT_HARBORS = [
    replace(
        HERON, title=f"Gulls at Port {n}", abstract="A harbor has gulls.", arxiv_id=f"2504.0000{n}"
    )
    for n in range(1, 6)
]


@pytest.fixture(scope="module")
def qa(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PaperQA]:
    library = open_library(tmp_path_factory.mktemp("compared") / "data", RagConfig())
    ingest(ListSource([*PAPERS, REED, TERN, DRIFT, *AT_HARBORS]), library)
    yield PaperQA(library, RagConfig(), today=lambda: TODAY)
    library.close()


COMPARISONS = [
    ("compare ReedVLM and HeronNet", [REED, HERON]),
    ("compare PastryBench and ReedVLM", [PASTRY, REED]),
    ("ReedVLM versus Loom", [REED, LOOM]),
    ("difference between ReedVLM and HeronNet?", [REED, HERON]),
    ("what are the differences between HeronNet and Fine-TERN?", [HERON, TERN]),
    ("Fine-TERN vs. ReedVLM", [TERN, REED]),
    ("how does Fine-TERN differ from PastryBench?", [TERN, PASTRY]),
    ("compare HeronNet, ReedVLM and PastryBench", [HERON, REED, PASTRY]),
    ("HeronNet vs ReedVLM vs Fine-TERN", [HERON, REED, TERN]),
    ("please compare Tidal Attention with ReedVLM", [TIDAL, REED]),
    ("compare Harbor and Loom", [DRIFT, LOOM]),
    ("Loom versus Harbor?", [LOOM, DRIFT]),
    ("is ReedVLM better than HeronNet?", [REED, HERON]),
    ("Vergleiche ReedVLM mit HeronNet", [REED, HERON]),
    ("quelle est la différence entre Fine-TERN et HeronNet ?", [TERN, HERON]),
    ("comparison of reedvlm and heronnet", [REED, HERON]),
]


@pytest.mark.parametrize(("question", "papers"), COMPARISONS)
def test_each_side_of_a_comparison_is_found_and_quoted(
    qa: PaperQA, question: str, papers: list[Paper]
) -> None:
    assert list(qa.query.understand(question, TODAY).named) == papers
    answer = qa.ask(question)
    assert not answer.refused
    assert {citation.paper for citation in answer.citations} == set(papers)


@pytest.mark.parametrize(
    ("question", "unread", "papers"),
    [
        ("compare HeronNet and StorkGPT-9", ["StorkGPT-9"], [HERON]),
        ("MarshLM vs ReedVLM", ["MarshLM"], [REED]),
        ("difference between PastryBench, CakeQA and Loom", ["CakeQA"], [PASTRY, LOOM]),
    ],
)
def test_a_side_that_no_paper_is_about_is_said(
    qa: PaperQA, question: str, unread: list[str], papers: list[Paper]
) -> None:
    answer = qa.ask(question)
    assert answer.text.startswith(f"I have not read {unread[0]}.")
    assert [citation.paper for citation in answer.citations] == papers
    assert not answer.refused


@pytest.mark.parametrize(
    "question",
    [
        "how accurate is HeronNet compared with MarshCount?",  # which its abstract names
        "is 2501.00001 better than MarshCount?",
        "how does harbor traffic compare with road traffic?",
        "Is a harbor better than a port?",
        "compare memory and patience",
    ],
)
def test_words_that_are_compared_are_no_names(qa: PaperQA, question: str) -> None:
    request = qa.query.understand(question, TODAY)
    assert not request.unread
    assert set(request.named) <= {HERON}


@pytest.mark.parametrize(
    ("text", "name", "expected"),
    [
        ("compare Bridge and Loom", "Bridge", True),
        ("Bridge vs Loom", "Bridge", True),
        ("which is better, Loom or Bridge?", "Bridge", True),
        ("compare Bridge Street and Loom", "Bridge", False),
        ("what is Bridge?", "Bridge", False),
    ],
)
def test_a_side_is_a_whole_one(text: str, name: str, expected: bool) -> None:
    start = text.index(name)
    assert is_compared(text, start, start + len(name)) is expected
