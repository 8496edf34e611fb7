from dataclasses import replace

import pytest

from rag.text.names import name_missing_from_title, system_names
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
def test_the_system_has_the_name_that_the_paper_gives_it(
    title: str, abstract: str, name: str | None
) -> None:
    names = system_names(replace(HERON, title=title, abstract=abstract))
    assert (names[0] if names else None) == name


def test_a_name_is_shown_where_the_title_lacks_it() -> None:
    assert name_missing_from_title(HERON) == ""
    named = replace(HERON, title="Counting Herons", abstract="We propose HeronNet, a detector.")
    assert name_missing_from_title(named) == "HeronNet"
