from dataclasses import replace

import pytest

from rag.text.names import is_name_in, name_key, name_missing_from_title, system_names
from tests.papers import HERON


@pytest.mark.parametrize(
    ("title", "abstract", "name"),
    [
        ("HeronNet: Counting", "We count herons.", "HeronNet"),
        ("Counting Herons", "We propose HeronNet, a detector.", "HeronNet"),
        ("Counting Herons", "We present a method termed Wader. Wader counts birds.", "Wader"),
        ("Deep Heron Counting Network", "A Deep Heron Counting Network (DHCN) counts.", "DHCN"),
        ("Counting Herons", "HeronNet sees herons. HeronNet counts them.", "HeronNet"),
        ("Herons", "Egret-LM maps reeds (MR). MR is hard. Egret-LM sees them.", "Egret-LM"),
        ("Counting", "HeronNet sees herons. Egrets are not seen.", None),
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


@pytest.mark.parametrize(
    ("spellings", "key"),
    [
        (["π0.7", r"$\pi_{0.7}$", "Pi 0.7", "pi-0.7", "PI0.7", "π₀.₇"], "pi0.7"),
        (["τ²-Mock", r"$\tau^2$-Mock", "tau2 mock", "Tau-squared Mock"], "tau2mock"),
        (["GPT-4o", "gpt 4o", "GPT4O"], "gpt4o"),
        (["Poincaré-Net", r"Poincar\'e Net", "poincarenet"], "poincarenet"),
        (["Łoś", "los", "LOS"], "los"),
        (["HeronNet", "heron net", "Heron-Net"], "heronnet"),
    ],
)
def test_all_spellings_of_a_name_have_one_key(spellings: list[str], key: str) -> None:
    assert {name_key(spelling) for spelling in spellings} == {key}


def test_other_numbers_are_other_names() -> None:
    assert len({name_key(name) for name in ("π0", "π0.5", "π0.7", "π05", "Pi")}) == 5
    assert not is_name_in("π0", "We present π0.7, a policy.")
    assert is_name_in("pi 0.7", "We present π0.7, a policy.")
