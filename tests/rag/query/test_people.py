"""People named in requests as authors."""

from dataclasses import replace

import pytest

from ingest.sync import ingest
from rag.library import Library
from rag.query.people import People, PeopleIndex
from tests.papers import HERON, ListSource

PEOPLE = PeopleIndex(
    [
        "Ada Heronfield", "Ada B. Heronfield", "José Ibáñez", "Mo Li", "Wei Li", "Li Wei-Wei",
        "B. Zaro Marsh", "Tom Stork", "Ann Stork", "Jo Dora", "Kay He",
    ]
)  # fmt: skip


@pytest.mark.parametrize(
    ("text", "label", "names"),
    [
        ("papers by ada heronfield", "ada heronfield", ("Ada Heronfield", "Ada B. Heronfield")),
        ("what has Ada B. Heronfield written lately?", "Ada B. Heronfield", None),
        ("Heronfield's papers on birds", "Ada Heronfield", ("Ada Heronfield", "Ada B. Heronfield")),
        ("anything by heronfield?", "Ada Heronfield", ("Ada Heronfield", "Ada B. Heronfield")),
        ("stuff by jose ibanez on drones", "José Ibáñez", ("José Ibáñez",)),
        ("Zaro Marsh papers", "B. Zaro Marsh", ("B. Zaro Marsh",)),
        ("works of Wei-Wei Li", "Li Wei-Wei", ("Li Wei-Wei",)),
        ("did kay he publish anything new", "Kay He", ("Kay He",)),
        ("papers by Mo Li or Tom Stork", "Mo Li or Tom Stork", ("Mo Li", "Tom Stork")),
        ("and Tom Stork?", "Tom Stork", ("Tom Stork",)),
    ],
)
def test_people_are_found_by_name(text: str, label: str, names: tuple[str, ...] | None) -> None:
    found = PEOPLE.find(text)
    assert found is not None
    assert found.label == label
    assert names is None or found.names == names


@pytest.mark.parametrize(
    "text",
    [
        "papers by li",
        "difference between LoRA and Dora papers",
        "how do storks find a marsh?",
        "papers by nobody in particular",
        "what does Heronfield's JEPA paper claim about pixels",
        "is Tom Stork an author of HeronNet?",
    ],
)
def test_other_words_are_no_people(text: str) -> None:
    assert PEOPLE.find(text) is None


def test_common_words_are_no_family_names() -> None:
    people = PeopleIndex(["Cary Friday", "Da Yin"], {"friday"}.__contains__)
    assert people.find("papers by friday") is None
    assert people.find("how many papers by day in total") is None
    assert people.find("papers by cary friday") is not None


def test_new_authors_are_found_as_soon_as_they_are_stored(filled: Library) -> None:
    people = People(filled.retriever.keywords, filled.word_vectors)
    unknown = people.find("papers by Una Egret")
    assert unknown is not None
    assert not unknown.names
    ingest(ListSource([replace(HERON, arxiv_id="2501.00009", authors=("Una Egret",))]), filled)
    found = people.find("papers by una egret")
    assert found is not None
    assert found.names == ("Una Egret",)
