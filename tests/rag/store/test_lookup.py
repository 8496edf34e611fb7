"""Papers by what a person types."""

from dataclasses import replace

import pytest

from ingest.sync import ingest
from rag.errors import QuestionError
from rag.library import Library
from rag.store.lookup import find_paper, require_paper, suggest_papers
from tests.papers import HERON, LOOM, PAPERS, PASTRY, TIDAL, ListSource

HIDDEN = replace(
    TIDAL,
    title="Forgetting by Design",
    abstract="We propose ReadME-Net, a reader. It beats HeronNet. ReadME-Net is small.",
    arxiv_id="2503.00003",
)
OLD = replace(TIDAL, title="A Census of Kites", abstract="It counts.", arxiv_id="cs/0112017")
SHORT = replace(TIDAL, title="Oz: Seeing in Mist", abstract="It sees.", arxiv_id="2503.00004")
CHINESE = replace(TIDAL, title="数鹭", abstract="It counts.", arxiv_id="2503.00005")


@pytest.fixture
def stocked(library: Library) -> Library:
    ingest(ListSource([*PAPERS, HIDDEN, OLD, SHORT, CHINESE]), library)
    return library


@pytest.mark.parametrize(
    ("typed", "paper"),
    [
        (HERON.paper_id, HERON),
        ("https://arxiv.org/pdf/2502.00003v2", PASTRY),
        ("arXiv:2502.00003v1", PASTRY),
        ("https://doi.org/10.48550/arXiv.2502.00003", PASTRY),
        ("https://www.alphaxiv.org/abs/0112017", None),
        ("cs.AI/0112017v2", OLD),
        ("https://arxiv.org/pdf/cs/0112017.pdf", OLD),
        ("hep-th/9711200", None),
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
        ("a", None),
        ("to", None),
        ("Oz", SHORT),
        ("oz", SHORT),
        ("鹭", CHINESE),
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


@pytest.mark.parametrize("typed", ["2401.1002", "https://arxiv.org/abs/2413.10020", "cs/0199017"])
def test_an_id_that_no_paper_can_have_is_an_error_that_says_why(
    stocked: Library, typed: str
) -> None:
    with pytest.raises(QuestionError, match=r"cannot be an arXiv id: .*; check it"):
        require_paper(stocked.catalog, typed)
