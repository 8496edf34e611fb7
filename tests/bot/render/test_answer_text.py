"""The text of an answer on Discord: small lines, blocks of code, and links from the record."""

from dataclasses import replace

from bot.render.answer_text import discord_text, lines_of, lists_papers
from bot.render.parts import FENCE, split
from rag.records import Citation, Paper
from tests.papers import HERON, PASTRY


def cited(*papers: Paper) -> tuple[Citation, ...]:
    return tuple(Citation(n, paper, "quote") for n, paper in enumerate(papers, start=1))


def test_subordinate_lines_are_small_and_escaped() -> None:
    text = discord_text("“First.” [1]\n  “*Second* – # no title.” [1]\n  - no bullet", cited(HERON))
    first, second, third = text.splitlines()
    assert first.startswith("“First.” [[1]]")
    assert second.startswith(r"-# “\*Second\* – # no title.” [[1]]")
    assert third == r"-# \- no bullet"


def test_small_lines_stay_small_when_a_text_is_split() -> None:
    text = "\n".join(f"  line {n} of several words" for n in range(300))
    parts = split(discord_text(text, ()), 4_096)
    assert len(parts) > 1
    assert all(line.startswith("-# line") for part in parts for line in part.splitlines())


def test_a_block_of_code_cannot_be_closed_from_inside() -> None:
    text = discord_text(f"BibTeX:\n{FENCE}\n@misc{{a_b*,\n  x = ```evil``` [1]\n{FENCE}\nDone", ())
    lines = text.splitlines()
    assert [n for n, line in enumerate(lines) if line == FENCE] == [1, 4]
    assert lines[2] == "@misc{a_b*,"
    assert text.count(FENCE) == 2
    assert discord_text(f"{FENCE}\nleft open", ()) == f"{FENCE}\nleft open\n{FENCE}"


def test_a_papers_own_brackets_are_no_links() -> None:
    egret = replace(HERON, abstract="It extends [2] and scores nests in [0, 1].")
    line = "“It extends [2] and scores nests in [0, 1].” [1]"
    text = discord_text(f"{line}\n“Tokens.” [2]", cited(egret, PASTRY))
    assert text.count("](<") == 2
    assert text.startswith(r"“It extends \[2\] and scores nests in \[0, 1\].” [[1]](<")
    assert f"[[2]](<{PASTRY.url}>)" in text.splitlines()[1]


def test_lines_inside_a_block_of_code_keep_their_indentation() -> None:
    assert [*lines_of(f"{FENCE}\n  a\n{FENCE}\n  b")] == [("  a", "code"), ("b", "small")]


def test_only_addresses_in_the_record_of_a_cited_paper_become_links() -> None:
    paper = replace(HERON, code_url="https://github.com/a/heron")
    text = discord_text(
        "“Code: https://github.com/a/heron.” Not https://github.com/a/heron2 or https://evil.example",
        cited(paper),
    )
    assert "“Code: [github.com/a/heron](<https://github.com/a/heron>).”" in text
    assert "`https://github.com/a/heron2`" in text
    assert "`https://evil.example`" in text


def test_a_list_has_a_line_for_each_of_its_papers() -> None:
    both = f"{HERON.title} [1]\n{PASTRY.title} [2]"
    assert lists_papers(both, cited(HERON, PASTRY))
    assert not lists_papers(f"{HERON.title} [1]\n“A quote.” [2]", cited(HERON, PASTRY))
    assert not lists_papers("Hello", ())


def test_the_fact_code_links_the_repository_of_its_paper() -> None:
    papers = (replace(HERON, code_url="https://github.com/a/heron"), PASTRY)
    text = f"{HERON.title} [1]\n  2025-01-06 · code\n{PASTRY.title} [2]\n  7 upvotes · code"
    lines = discord_text(text, cited(*papers)).splitlines()
    assert lines[1] == "-# 2025-01-06 · [code](<https://github.com/a/heron>)"
    assert lines[3] == "-# 7 upvotes · code"
