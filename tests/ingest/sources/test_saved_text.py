import json
from datetime import date
from pathlib import Path

import pytest

from ingest.sources.saved_text import parse_saved_text
from ingest.sources.source import LeftOut, SetAside
from rag.records import Paper
from rag.text.clean import clean

TODAY = date(2026, 11, 21)

HEAD = """new

Get papers in your inbox!

Subscribe

Daily Papers

byAK and others

Dec 8

"""
BODY = """First Title: What Is It?

We study a thing, e.g. a small one. It works.

  • 6 authors
·
Jul 25, 2024 3

A Title Whose Paper Has No Details

Nobody knows how many people wrote this paper. It says so itself.

Third Title

The third abstract ends with a link https://example.org/x.

Crumb Lab
·
Oct 14

Fourth Title

The fourth abstract.

  • 1 author
·
Aug 23
"""


def papers(text: str, today: date = TODAY) -> list[Paper]:
    found = list(parse_saved_text(text, today=today))
    assert all(isinstance(record, Paper) for record in found)
    return [record for record in found if isinstance(record, Paper)]


def test_every_irregularity_of_a_page() -> None:
    first, second, third, fourth = papers(HEAD + BODY)
    assert first.title == "First Title: What Is It?"
    assert (first.author_count, first.comment_count) == (6, 3)
    assert first.published_on == date(2024, 7, 25)
    assert second.author_count is None
    assert second.published_on is None
    assert third.organization == "Crumb Lab"
    assert third.published_on == date(2025, 10, 14)
    assert third.abstract.endswith("https://example.org/x.")
    assert (fourth.author_count, fourth.organization) == (1, None)


def test_a_page_without_its_header() -> None:
    assert len(papers(BODY)) == 4


def test_a_page_without_any_year_is_of_the_last_year_that_fits() -> None:
    text = HEAD + "Only Title\n\nOnly abstract.\n\n  • 2 authors\n·\nNov 30\n"
    assert papers(text)[0].published_on == date(2025, 11, 30)
    assert papers(text, date(2026, 12, 24))[0].published_on == date(2026, 11, 30)


@pytest.mark.parametrize("cut", [BODY.index("The fourth"), len(BODY) - 9, len(BODY) - 2])
def test_a_cut_page_gives_the_complete_papers_and_names_the_last(cut: int) -> None:
    *whole, last = parse_saved_text(HEAD + BODY[:cut], today=TODAY)
    if cut == len(BODY) - 2:  # "Aug 2": nobody can see that a digit is missing
        assert isinstance(last, Paper)
    else:
        assert isinstance(last, SetAside)
        assert last.record == "Fourth Title"
    assert [record.title for record in whole if isinstance(record, Paper)] == [
        "First Title: What Is It?",
        "A Title Whose Paper Has No Details",
        "Third Title",
    ]


def test_a_page_cut_inside_an_organisation_names_the_paper_before_it() -> None:
    *_, last = parse_saved_text(HEAD + BODY[: BODY.index("Lab")], today=TODAY)
    assert isinstance(last, SetAside)
    assert last.record == "Third Title"


def test_a_day_that_does_not_exist_is_left_out() -> None:
    page = "T\n\nA.\n\n  • 2 authors\n·\nFeb 30, 2024\n"
    paper, left_out = parse_saved_text(page, today=TODAY)
    assert paper == Paper(title="T", abstract="A.", author_count=2)
    assert isinstance(left_out, LeftOut)
    assert (left_out.record, left_out.reason[:13]) == ("T", "published_on:")


def test_the_real_page_equals_its_hand_checked_parse(shared_data: Path) -> None:
    wanted = json.loads((shared_data / "seed" / "parsed.json").read_text(encoding="utf-8"))
    found = papers((shared_data / "seed" / "page.txt").read_text(encoding="utf-8"))
    assert len(found) == len(wanted) == 56
    for paper, gold in zip(found, wanted, strict=True):
        assert paper.title == clean(gold["title"])
        assert paper.abstract == clean(gold["abstract"])
        assert paper.author_count == gold["author_count"]
        assert paper.organization == gold["organization"]
        assert (paper.published_on and paper.published_on.isoformat()) == gold["published_on"]
        assert paper.comment_count == gold["comment_count"]
