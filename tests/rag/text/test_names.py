from dataclasses import replace

import pytest

from rag.text.names import names_in, shown_name, stands_in, system_names
from tests.papers import HERON


@pytest.mark.parametrize(
    ("title", "abstract", "name"),
    [
        ("HeronNet: Counting", "We count herons.", "HeronNet"),
        ("Counting Herons", "We propose HeronNet, a detector.", "HeronNet"),
        ("Counting Herons", "We present a method termed Wader. Wader counts birds.", "Wader"),
        ("Deep Heron Counting Network", "A Deep Heron Counting Network (DHCN) counts.", "DHCN"),
        ("Counting", "We build on Large Language Models (LLMs) and CLIP.", None),
        ("Counting", "Large Heron Models (LHMs) fly. LHMs are slow.", None),
        ("Counting", "This is hard. We do it.", None),
        ("Vision-Language Counting", "A vision-language (V-L) model counts.", None),
    ],
)
def test_the_system_is_named_as_the_paper_names_it(
    title: str, abstract: str, name: str | None
) -> None:
    names = system_names(replace(HERON, title=title, abstract=abstract))
    assert (names[0] if names else None) == name


def test_a_name_is_shown_where_the_title_lacks_it() -> None:
    assert shown_name(HERON) == ""
    named = replace(HERON, title="Counting Herons", abstract="We propose HeronNet, a detector.")
    assert shown_name(named) == "HeronNet"


def test_names_and_where_they_stand() -> None:
    assert names_in("In Lyon, Llama-3-70B and GPT-4o beat LLMs of Meta") == [
        "Llama-3-70B", "GPT-4o", "Lyon", "Meta",
    ]  # fmt: skip
    assert names_in("Die Zahl der Reiher", language="de") == []
    assert names_in("Loom aligns clocks", ["Loom"]) == ["Loom"]
    assert stands_in("GPT-4", "we used GPT-4.")
    assert stands_in("GPT 4", "we used GPT-4")
    assert stands_in("EHR", "the electronic health record")
    assert not stands_in("GPT-4", "we used GPT-4o and GPT-45")
    assert not stands_in("Paris", "a comparison")
