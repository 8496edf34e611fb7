"""A paper's full text, parsed from Hugging Face's markdown."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.sources.full_text import (
    MAX_PASSAGES,
    MAX_WORDS,
    NoHtmlError,
    NotFullTextError,
    parse_full_text,
)
from rag.full_text.records import FullText
from tests.long_paper import long_paper

FOLDER = Path(__file__).parents[2] / "questions" / "full_text"
HEAD = "Title: T\n\nURL Source: https://arxiv.org/html/2511.70009\n\nMarkdown Content:\n"


def read(body: str, *, abstract: str = "") -> FullText:
    return parse_full_text((HEAD + body).encode(), "2511.70009", abstract=abstract)


def own_paper(arxiv_id: str) -> FullText:
    return parse_full_text((FOLDER / f"{arxiv_id}.md").read_bytes(), arxiv_id)


def texts(text: FullText) -> str:
    return "\n".join(passage.text for passage in text.passages)


def test_paragraphs_keep_their_headings_and_ids() -> None:
    text = own_paper("2511.70001")
    by_id = {passage.passage_id: passage for passage in text.passages}
    training = by_id["arxiv:2511.70001/§4.1#1"]
    assert training.headings == ("4 Experiments", "4.1 Training Details")
    assert training.section == "§4.1 Training Details"
    assert "3 × 10⁻⁴, which is warmed up" in training.text
    assert by_id["arxiv:2511.70001/§B#2"].text.split("\n")[1] == "Weight decay: 0.01"
    assert by_id["arxiv:2511.70001/§B#2"].caption.startswith("Table 4")
    assert own_paper("2511.70001") == text
    assert (text.sections, text.paragraphs) == (15, 26)


def test_references_banners_the_abstract_and_debris_are_left_out() -> None:
    text = texts(own_paper("2511.70001")) + texts(own_paper("2511.70004"))
    for absent in ("batch size of 256", "We present Tidewater", "useunder", "HTML conversions",
                   "x3.png", "failed: siunitx", "Denoising diffusion probabilistic"):  # fmt: skip
        assert absent not in text
    assert "fail on such minutes." in text  # without "[12]"
    assert "A sparse mask head" in text  # without the bullet
    assert "shaded rock" in text  # an appendix behind the references


def test_bare_headings_are_found_below_arxivs_banner() -> None:
    text = own_paper("2511.70003")
    assert text.passages[2].section == "§2.1 Collecting Cases"
    assert "Report Issue" not in texts(text)
    assert "64 GPUs" not in texts(text)


def test_underlined_headings_are_found() -> None:
    assert [p.section for p in own_paper("2511.70002").passages][:3] == [
        "§1 Introduction", "§1 Introduction", "§2.1 Search After a Failure",
    ]  # fmt: skip


def test_a_row_of_a_table_names_its_columns() -> None:
    rows = [p.text for p in own_paper("2511.70002").passages if p.is_table]
    assert "GripLadder; Office light: 91; Direct sun: 85; Dim light: 85; Mean: 87" in rows[0]


def test_an_abstract_without_a_heading_is_recognised() -> None:
    abstract = " ".join(f"word{n} thing{n}" for n in range(30)) + "."
    text = read(f"{abstract}\n\n## 1 Aim\n\nWe want to test this here.\n", abstract=abstract)
    assert texts(text) == "We want to test this here."


def test_long_paragraphs_are_cut_between_sentences() -> None:
    sentences = [f"Sentence number {n} has a few more words in it." for n in range(60)]
    text = read(f"## 1 Aim\n\n{' '.join(sentences)}\n")
    assert " ".join(p.text for p in text.passages) == " ".join(sentences)
    assert all(len(p.text.split()) <= MAX_WORDS and p.text.endswith(".") for p in text.passages)
    assert [p.passage_id for p in text.passages][:2] == [
        "arxiv:2511.70009/§1#1", "arxiv:2511.70009/§1#2",
    ]  # fmt: skip


def test_sections_of_the_same_name_have_different_ids() -> None:
    sections = [f"## {name}\n\n### Results\n\nOne of the two.\n\n" for name in ("1 A", "2 B")]
    ids = [p.passage_id for p in read("".join(sections)).passages]
    assert ids == ["arxiv:2511.70009/§results#1", "arxiv:2511.70009/§results~2#1"]


def test_the_number_of_passages_is_bounded() -> None:
    text = read("## 1 Aim\n\n" + "Four words stand here.\n\n" * (2 * MAX_PASSAGES))
    assert len(text.passages) == MAX_PASSAGES


@pytest.mark.parametrize(
    ("body", "error", "reason"),
    [
        ("<!DOCTYPE html><html>sign in</html>", NotFullTextError, "a web page"),
        ("hello", NotFullTextError, "something else"),
        ("", NotFullTextError, "something else"),
        (HEAD.replace("70009", "70008"), NotFullTextError, "another paper"),
        (HEAD, NoHtmlError, "no HTML"),
        (
            HEAD.replace("arxiv.org/html", "huggingface.co/papers") + "Only an abstract here.",
            NoHtmlError,
            "no HTML",
        ),
    ],
)
def test_other_answers_are_told_apart(body: str, error: type[Exception], reason: str) -> None:
    with pytest.raises(error, match=reason):
        parse_full_text(body.encode(), "2511.70009")


@settings(max_examples=60, deadline=None)
@given(st.text(alphabet="# \n|-*_[]()\\{}$^`>=123.abcXYZ•​", max_size=400))
def test_any_markdown_is_parsed(body: str) -> None:
    try:
        text = read(body)
    except NoHtmlError:
        return
    assert len({p.passage_id for p in text.passages}) == len(text.passages)
    assert all(p.text.strip() for p in text.passages)


@pytest.mark.slow
def test_of_a_long_paper_every_section_is_found_and_no_reference() -> None:
    body, headings = long_paper("2512.70009", 200)
    text = parse_full_text(body.encode(), "2512.70009")
    assert 190_000 < len(body.encode()) < 230_000
    assert list(dict.fromkeys(passage.headings[-1] for passage in text.passages)) == headings
    for absent in ("A study of subject", "HTML conversions", r"\mathcal"):
        assert absent not in texts(text)
    assert len({passage.passage_id for passage in text.passages}) == len(text.passages)
    assert parse_full_text(body.encode(), "2512.70009") == text


def questions() -> Iterator[tuple[Path, dict[str, Any]]]:
    """Give each question that names its section, with the file of its paper."""
    for name in ("full_text_more", "whole_papers"):
        for file in sorted((FOLDER.parent / name).glob("*.jsonl")):
            for line in file.read_text(encoding="utf-8").splitlines():
                row = json.loads(line)
                row["sections"] = row.get("sections") or list(filter(None, [row.get("section")]))
                if row["sections"]:
                    yield file.with_name(f"{row['paper'].removeprefix('arxiv:')}.md"), row


def test_what_is_asked_stands_below_the_sections_that_its_author_named() -> None:
    texts = {
        file: parse_full_text(file.read_bytes(), file.stem)
        for file in dict.fromkeys(file for file, _ in questions())
    }
    assert len(texts) >= 15
    asked = list(questions())
    missed = []
    for file, row in asked:
        patterns = row.get("answers") or [re.escape(part) for part in row["answer"].split("|")]
        below = {
            passage.headings[-1].casefold()
            for passage in texts[file].passages
            if any(re.search(p, passage.text, re.IGNORECASE) for p in patterns)
        }
        if not {section.casefold() for section in row["sections"]} & below:
            missed.append((file.stem, row["question"], sorted(below)))
    assert len(missed) <= 0.03 * len(asked), missed
