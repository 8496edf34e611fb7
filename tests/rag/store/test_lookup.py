"""Papers by what a person types."""

from dataclasses import replace

import pytest

from ingest.sync import ingest
from rag.errors import QuestionError
from rag.library import Library
from rag.store.keywords import KeywordIndex
from rag.store.lookup import find_paper, papers_named_in, require_paper, suggest_papers
from tests.papers import HERON, LOOM, PAPERS, PASTRY, TIDAL, ListSource, many

HIDDEN = replace(
    TIDAL,
    title="Forgetting by Design",
    abstract="We propose ReadME-Net, a reader. It beats HeronNet. ReadME-Net is small.",
    arxiv_id="2503.00003",
)


@pytest.fixture
def stocked(library: Library) -> Library:
    ingest(ListSource([*PAPERS, HIDDEN]), library)
    return library


@pytest.mark.parametrize(
    ("typed", "paper"),
    [
        (HERON.paper_id, HERON),
        ("https://arxiv.org/pdf/2502.00003v2", PASTRY),
        ("wading birds", HERON),
        ("HeronNet", HERON),
        ("heronnet", HERON),
        ("Loom", LOOM),
        ("ReadME-Net", HIDDEN),
        ("readme-n", HIDDEN),
        ("forgetting by", HIDDEN),
        ("nothing of the kind", None),
        ("", None),
        ("%", None),
    ],
)
def test_a_paper_is_found_by_what_it_is_called(stocked: Library, typed: str, paper: object) -> None:
    assert find_paper(stocked.catalog, typed) == paper


def test_names_are_suggested_after_titles(stocked: Library) -> None:
    assert suggest_papers(stocked.catalog, "ReadM", limit=5) == [HIDDEN]
    assert suggest_papers(stocked.catalog, "Heron", limit=5) == [HERON, HIDDEN]
    assert suggest_papers(stocked.catalog, "re", limit=5) != []
    assert suggest_papers(stocked.catalog, "  ", limit=2) == stocked.catalog.latest_papers(2)


def test_an_unknown_paper_is_an_error(stocked: Library) -> None:
    with pytest.raises(QuestionError, match="I know no paper “no such”: choose one"):
        require_paper(stocked.catalog, "no such")


# -- papers named in a question ------------------------------------------------------------


@pytest.mark.parametrize(
    ("question", "papers"),
    [
        ("HeronNet or PastryBench?", [HERON, PASTRY]),
        ("what does heronnet do?", [HERON]),
        ("arxiv 2502.00002v3", [TIDAL]),
        ("see https://huggingface.co/papers/2502.00002.", [TIDAL]),
        ("is Loom slow?", [LOOM]),
        ("which model counts birds?", []),
        ("9999.99999 and CLIP", []),
    ],
)
def test_papers_are_recognised_by_name_id_and_link(
    filled: Library, question: str, papers: list[object]
) -> None:
    keywords = KeywordIndex(filled.catalog.database)
    assert papers_named_in(question, filled.catalog, keywords) == papers


def test_a_name_shared_by_many_papers_names_none(library: Library) -> None:
    same = [replace(p, title=f"HeronNet: {p.title}") for p in many(8)]
    ingest(ListSource(same), library)
    keywords = KeywordIndex(library.catalog.database)
    assert papers_named_in("how good is HeronNet?", library.catalog, keywords) == []
