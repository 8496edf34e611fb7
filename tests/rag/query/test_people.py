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


SPELLINGS = PeopleIndex(
    [
        "Władysław Żurek", "Åsa Sjöberg", "Élodie Crépin", "Ruud van der Plas", "Inés de la Vega",
        "Nadia al-Karim", "Otto von Ruhr", "Fiona McBride", "Earl Dunn Jr.", "Ross Dane III",
        "Jean-Luc Fabre", "Kim Soo-Ah", "May Tern", "August Rail", "June Plover", "Seán O'Dowd",
        "Rosa Pérez-Luna", "Iris B. Vale", "Iris C. Vale", "Gert Plas", "Bjørn Sømme",
        "Vanja Đerić",
    ]
)  # fmt: skip


@pytest.mark.parametrize(
    ("typed", "name"),
    [
        ("władysław żurek", "Władysław Żurek"),
        ("Wladyslaw Zurek", "Władysław Żurek"),
        ("Asa Sjoberg", "Åsa Sjöberg"),
        ("Aasa Sjoeberg", "Åsa Sjöberg"),
        ("Bjoern Soemme", "Bjørn Sømme"),
        ("bjorn somme", "Bjørn Sømme"),
        ("Vanja Djeric", "Vanja Đerić"),
        ("elodie crepin", "Élodie Crépin"),
        ("Crépin, Élodie", "Élodie Crépin"),
        ("ruud van der plas", "Ruud van der Plas"),
        ("Plas, Ruud van der", "Ruud van der Plas"),
        ("van der Plas", "Ruud van der Plas"),
        ("R. van der Plas", "Ruud van der Plas"),
        ("Ines de la Vega", "Inés de la Vega"),
        ("Nadia Alkarim", "Nadia al-Karim"),
        ("Otto Von Ruhr", "Otto von Ruhr"),
        ("fiona mcbride", "Fiona McBride"),
        ("F McBride", "Fiona McBride"),
        ("Earl Dunn", "Earl Dunn Jr."),
        ("Earl Dunn, Jr.", "Earl Dunn Jr."),
        ("ross dane iii", "Ross Dane III"),
        ("J.-L. Fabre", "Jean-Luc Fabre"),
        ("JL Fabre", "Jean-Luc Fabre"),
        ("Jean Luc Fabre", "Jean-Luc Fabre"),
        ("Soo-Ah Kim", "Kim Soo-Ah"),
        ("Sean ODowd", "Seán O'Dowd"),
        ("Rosa Perez Luna", "Rosa Pérez-Luna"),
        ("Pérez-Luna", "Rosa Pérez-Luna"),
        ("may tern", "May Tern"),
        ("Zurek", "Władysław Żurek"),
    ],
)
def test_every_spelling_of_a_name_means_the_person(typed: str, name: str) -> None:
    for wording in (
        "papers by {}",
        "Which papers did {} write?",
        "what has {} published lately?",
        "{}'s papers",
        "anything from {}?",
        "papers of {} about birds",
    ):
        found = SPELLINGS.find(wording.format(typed))
        assert found is not None, wording
        assert found.names == (name,)
        assert found.label == name


def test_a_name_is_no_other_person() -> None:
    found = SPELLINGS.find("papers by Iris B. Vale")
    assert found is not None
    assert found.names == ("Iris B. Vale",)
    for typed in ("Iris D. Vale", "Gert van der Plas", "Mayo Tern"):
        other = SPELLINGS.find(f"papers by {typed}")
        assert other is not None
        assert not other.names


def test_an_unknown_name_is_said_with_similar_ones() -> None:
    found = SPELLINGS.find("papers by fiona macbride")
    assert found is not None
    assert (found.label, found.names, found.alike) == ("fiona macbride", (), ("Fiona McBride",))
    assert SPELLINGS.find("papers by many large teams") is None


def test_too_many_people_of_one_name_are_named() -> None:
    people = PeopleIndex([f"{first} Heron" for first in "Abe Ada Amy Ann Art Axl".split()])
    found = people.find("papers by A. Heron")
    assert found is not None
    assert (found.label, found.names, len(found.alike)) == ("A. Heron", (), 6)


@pytest.mark.parametrize(
    "text",
    [
        "papers by Otto von Ruhr and May Tern",
        "papers that Otto von Ruhr and May Tern wrote",
        "which papers did Otto von Ruhr write with May Tern?",
        "anything from O. von Ruhr & Tern, May",
    ],
)
def test_two_people_are_wanted_together(text: str) -> None:
    found = SPELLINGS.find(text)
    assert found is not None
    assert found.parts == (("Otto von Ruhr",), ("May Tern",))
    assert found.together
    assert found.label == "Otto von Ruhr and May Tern"


def test_names_are_hidden_from_what_reads_words() -> None:
    text = "papers from May Tern since May 2025, or by august rail?"
    hidden = SPELLINGS.hide(text)
    assert hidden.text == "papers from PERSON0 since May 2025, or by PERSON1?"
    assert hidden.shown(hidden.text) == text
    assert hidden.has_inside("Tern")
    assert not hidden.has_inside("May Tern Lab")


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


@pytest.mark.parametrize("text", ["papers by Reed", "Reed's papers", "what did Reed write?"])
def test_a_family_name_that_one_author_has_alone_means_all_who_have_it(text: str) -> None:
    found = PeopleIndex(["Reed", "Ada Reed", "Tom Reed", "Jo Dora"]).find(text)
    assert found is not None
    assert set(found.names) == {"Reed", "Ada Reed", "Tom Reed"}
    assert "Ada Reed" in found.label


def test_a_family_name_of_many_is_asked_about_though_one_has_it_alone() -> None:
    names = ["Reed", *(f"{given} Reed" for given in ("Ada", "Bo", "Cy", "Di", "Ed", "Flo"))]
    found = PeopleIndex(names).find("papers by Reed")
    assert found is not None
    assert found.names == ()
    assert set(found.alike) == set(names)


def test_an_author_of_a_single_name_is_found_by_it() -> None:
    found = PeopleIndex(["Heronix", "Jo Dora"]).find("papers by Heronix")
    assert found is not None
    assert found.names == ("Heronix",)


def test_new_names_are_added_and_old_ones_leave() -> None:
    people = PeopleIndex(["Ada Reed"])
    text = "papers by Ada Reed and Bo Dora"
    assert list(people.hide(text).names.values()) == ["Ada Reed"]
    people.update(["Ada Reed", "Bo Dora"])
    assert list(people.hide(text).names.values()) == ["Ada Reed", "Bo Dora"]
    people.update(["Bo Dora"])
    assert list(people.hide(text).names.values()) == ["Bo Dora"]
