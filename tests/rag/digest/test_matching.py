"""Which papers match a wish."""

from dataclasses import replace

import pytest

from rag.digest.matching import matching_papers
from rag.digest.records import Wish
from rag.library import Library
from tests.papers import HERON, PASTRY, TIDAL

ADA = replace(HERON, authors=("Ada Lovelace", "Bao Nguyễn"))
LAB = replace(PASTRY, organization="Crumb Lab of Bread")


@pytest.mark.parametrize(
    ("name", "matches"),
    [
        ("lovelace", True),
        ("A. Lovelace", True),
        ("Lovelace Ada", True),
        ("B. Lovelace", False),
        ("Love", False),
        ("nguyễn", True),
        ("bao nguyen", True),
        ("lovelace, ada", True),
        ("Ada Lovelace Jr.", True),
        ("ada", True),
        ("Ada Love", False),
        ("", False),
    ],
)
def test_an_author_matches_by_words_and_initials(
    library: Library, name: str, matches: bool
) -> None:
    reasons = matching_papers(library, [ADA, TIDAL], Wish(authors=(name,)))
    person = "Bao Nguyễn" if "nguy" in name else "Ada Lovelace"
    expected = {ADA.paper_id: f"because {person} is an author"} if matches else {}
    assert reasons == expected


@pytest.mark.parametrize(
    ("name", "matches"),
    [("crumb", True), ("bread crumb", True), ("crumbs lab", False), ("", False)],
)
def test_an_organisation_matches_by_all_words(library: Library, name: str, matches: bool) -> None:
    reasons = matching_papers(library, [LAB, TIDAL], Wish(organizations=(name,)))
    assert reasons == ({LAB.paper_id: "because it is from Crumb Lab of Bread"} if matches else {})


def test_the_upvotes_must_suffice_and_one_other_criterion(filled: Library) -> None:
    papers = filled.catalog.papers()
    assert set(matching_papers(filled, papers, Wish(min_upvotes=12))) == {
        HERON.paper_id, TIDAL.paper_id,
    }  # fmt: skip
    wish = Wish(topics=("counting birds",), organizations=("crumb",))
    assert matching_papers(filled, papers, wish) == {
        HERON.paper_id: "because it is about counting birds",
        PASTRY.paper_id: "because it is from Crumb Lab",
    }
    assert matching_papers(filled, papers, replace(wish, min_upvotes=8)) == {
        HERON.paper_id: "because it is about counting birds",
    }
