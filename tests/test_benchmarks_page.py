"""docs/benchmarks.md is written section by section."""

from importlib.util import find_spec

from tests.benchmarks.__main__ import NAMES, PAGE, with_section


def test_a_section_is_put_in_its_place_and_the_others_stay() -> None:
    page = with_section("", "model", "about the model")
    page = with_section(page, "startup", "first\n\n```text\n# a line\n```")
    page = with_section(page, "model", "measured again")

    assert page.index("## startup\n\nfirst") < page.index("## model\n\nmeasured again")
    assert "about the model" not in page
    assert with_section(page, "model", "measured again") == page


def test_every_section_of_the_page_is_a_benchmark_that_exists() -> None:
    assert all(find_spec(f"tests.benchmarks.{name}") for name in NAMES)
    text = PAGE.read_text(encoding="utf-8") if PAGE.exists() else ""
    assert [line[3:] for line in text.splitlines() if line.startswith("## ")] == [
        name for name in NAMES if f"\n## {name}\n" in text
    ]
