from datetime import date

import pytest

from ingest.sources.paper_record import parse_paper, parse_record
from ingest.sources.source import LeftOut, SetAside
from rag.records import Paper
from rag.store.rows import format_time

GOOD = {"arxiv_id": "2501.00001v2", "title": "A  Title\nin two lines", "abstract": "Some text."}


def test_a_record_becomes_a_paper() -> None:
    paper = parse_paper(
        GOOD | {"authors": [{"name": "A. One"}, {"name": "B", "hidden": True}, "C"], "upvotes": 0},
        place="line 1",
    )
    assert isinstance(paper, Paper)
    assert paper.arxiv_id == "2501.00001"
    assert paper.title == "A Title in two lines"
    assert paper.authors == ("A. One", "C")
    assert paper.author_count == 2
    assert paper.upvotes == 0


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"title": None}, "title"),
        ({"title": "   "}, "title"),
        ({"abstract": ""}, "abstract"),
        ({"abstract": 5}, "abstract"),
        ({"arxiv_id": 2501.1}, "arxiv_id"),
        ({"arxiv_id": "abc"}, "'abc' is not an arXiv id"),
        ({"arxiv_id": 7}, "'7' is not an arXiv id"),
        ({"arxiv_id": "2401.1002"}, "ids of 2024 have five digits after the dot"),
        ({"arxiv_id": 2401.1002}, "a number loses zeros: write it as text"),
        ({"arxiv_id": "0704.00011"}, "ids of 2007 have four digits after the dot"),
        ({"arxiv_id": "2413.10020"}, "there is no month 13"),
        ({"arxiv_id": "9912.10020"}, "it would be of 2099"),
        ({"arxiv_id": "cs/0199017"}, "there is no month 99"),
        ({"arxiv_id": "0000.0000"}, "there is no month 0"),
        ({"arxiv_id": "https://arxiv.org/abs/2400.10020v1"}, "there is no month 0"),
        ({"abstract": "x" * 30_000}, "abstract"),
    ],
)
def test_an_invalid_field_sets_the_record_aside_with_a_reason(
    change: dict[str, object], says: str
) -> None:
    record = parse_paper(GOOD | change, place="line 7")
    assert isinstance(record, SetAside)
    assert says in record.reason
    assert record.record.startswith("line 7")


@pytest.mark.parametrize("record", [None, 3, "text", []])
def test_anything_but_an_object_is_set_aside(record: object) -> None:
    assert isinstance(parse_paper(record, place="line 7"), SetAside)


def test_control_characters_are_removed() -> None:
    paper = parse_paper(GOOD | {"abstract": "a\0b \ud800 c\x1b[31m"}, place="line 1")
    assert isinstance(paper, Paper)
    assert paper.abstract.encode()
    assert not set(paper.abstract) & {"\0", "\x1b"}


@pytest.mark.parametrize(
    ("written", "arxiv_id"),
    [
        ("astro-ph/0601001v3", "astro-ph/0601001"),
        (" 2510.01234 ", "2510.01234"),
        ("math.GT/0309136", "math/0309136"),
        ("arXiv:2510.01234v2", "2510.01234"),
        ("https://arxiv.org/pdf/2510.01234.pdf", "2510.01234"),
        (2401.10023, "2401.10023"),  # five digits: no zero was lost
        ("1401.1002", "1401.1002"),
        (" ", None),
        (None, None),
    ],
)
def test_an_id_has_one_form(written: object, arxiv_id: str | None) -> None:
    paper = parse_paper(GOOD | {"arxiv_id": written}, place="line 1")
    assert isinstance(paper, Paper)
    assert paper.arxiv_id == arxiv_id


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"upvotes": "many"}, "upvotes: "),
        ({"upvotes": -1}, "upvotes: "),
        ({"upvotes": 2**63}, "upvotes: "),
        ({"numComments": True}, "numComments: "),
        ({"author_count": 1.5}, "author_count: "),
        ({"authors": [{"nom": "A"}]}, "authors.0: "),
        ({"authors": 3}, "authors: "),
        ({"authors": ["A. One"] * 20_000}, "authors: "),
        ({"keywords": [["a"]]}, "keywords.0: "),
        ({"published_on": "2025-13-01"}, "published_on: "),
        ({"publishedAt": "03/11/2025"}, "publishedAt: 03/11/2025 can be read in two ways"),
        ({"featured_on": "9999-12-31"}, "featured_on: no paper is of 9999-12-31"),
        ({"published_on": "0001-01-01T00:00:00Z"}, "published_on: no paper is of 0001-01-01"),
        ({"organization": 5}, "organization: "),
        ({"tldr": "x" * 30_000}, "tldr: "),
        ({"abstract_source": "unknown"}, "abstract_source: "),
    ],
)
def test_an_odd_optional_value_is_left_out_and_never_costs_the_paper(
    change: dict[str, object], reason: str
) -> None:
    paper, left_out = parse_record(GOOD | change, place="line 7")
    assert paper == parse_paper(GOOD, place="line 7")
    assert isinstance(left_out, LeftOut)
    assert left_out.record == "line 7 (A Title in two lines)"
    assert left_out.reason.startswith(reason)


def test_several_odd_values_are_left_out_together_and_the_others_kept() -> None:
    odd = {"upvotes": "?", "published_on": "soon", "date_published": "2025-11-03", "tldr": "Short."}
    paper, *left_out = parse_record(GOOD | odd, place="line 7")
    assert isinstance(paper, Paper)
    assert (paper.published_on, paper.tldr) == (date(2025, 11, 3), "Short.")
    assert len(left_out) == 2


SNAPSHOT = {
    "id": "0705.0012",
    "submitter": "Ada Ng",
    "authors": "A. Ng (Univ. of Fens), P. Q. Reed and C.-D. Sedge, Jr",
    "title": "On the sway of\n  rope bridges",
    "comments": "12 pages",
    "journal-ref": None,
    "doi": "10.1234/fens.12",
    "license": None,
    "abstract": "  We measure the sway of rope bridges\nin wind.\n",
    "categories": "physics.gen-ph cs.CE",
    "versions": [
        {"version": "v1", "created": "Tue, 1 May 2007 19:18:42 GMT"},
        {"version": "v2", "created": "Fri, 4 May 2007 10:00:00 GMT"},
    ],
    "update_date": "2008-11-26",
    "authors_parsed": [["Ng", "A.", "", "Univ. of Fens"], ["Reed", "P. Q.", ""],
                       ["Sedge", "C. -D.", "Jr"]],
}  # fmt: skip


def test_a_record_of_arxivs_snapshot_is_read_as_it_is() -> None:
    assert list(parse_record(SNAPSHOT, place="line 1")) == [
        Paper(
            title="On the sway of rope bridges",
            abstract="We measure the sway of rope bridges in wind.",
            arxiv_id="0705.0012",
            authors=("A. Ng", "P. Q. Reed", "C.-D. Sedge Jr"),
            author_count=3,
            published_on=date(2007, 5, 1),
            comment="12 pages",
        )
    ]


@pytest.mark.parametrize("parsed", [None, "A. Ng", ["A. Ng"], [3]])
def test_names_in_a_text_are_taken_if_there_are_none_in_parts(parsed: object) -> None:
    paper = parse_paper(SNAPSHOT | {"authors_parsed": parsed, "versions": []}, place="line 1")
    assert isinstance(paper, Paper)
    assert paper.authors == ("A. Ng", "P. Q. Reed", "C.-D. Sedge Jr")
    assert paper.published_on is None  # the day of the last update says nothing about the first


def test_only_web_addresses_become_links() -> None:
    paper = parse_paper(GOOD | {"github": "javascript:alert(1)"}, place="line 1")
    assert isinstance(paper, Paper)
    assert paper.code_url is None


def test_texts_are_cleaned_and_what_was_received_is_kept() -> None:
    record = GOOD | {
        "title": 'Wader\u200bNet:\n W\\"ader Nets',
        "abstract": r"Count \emph{50\%} of birds.",
        "authors": [r"Andr\'e Nu\~nez", "J\u00adan Re\u202eed"],
        "github": "https://github.com/a--b/c~d",
    }
    paper = parse_paper(record, place="line 1")
    assert isinstance(paper, Paper)
    assert (paper.title, paper.raw_title) == (
        "WaderNet: Wäder Nets",
        'Wader\u200bNet: W\\"ader Nets',
    )
    assert (paper.abstract, paper.raw_abstract) == ("Count 50% of birds.", record["abstract"])
    assert paper.authors == ("André Nuñez", "Jan Reed")
    assert paper.code_url == record["github"]


def test_of_a_clean_text_nothing_else_is_kept() -> None:
    paper = parse_paper(GOOD | {"title": "Two\n lines"}, place="line 1")
    assert isinstance(paper, Paper)
    assert (paper.title, paper.raw_title, paper.raw_abstract) == ("Two lines", None, None)


@pytest.mark.parametrize("text", ["\u200b\u2060", "x" * 300_000, "\u200b" * 300_000])
def test_a_title_of_nothing_or_far_too_much_is_set_aside(text: str) -> None:
    assert isinstance(parse_paper(GOOD | {"title": text}, place="line 1"), SetAside)


@pytest.mark.parametrize(
    ("written", "is_taken"),
    [
        ("2025-12-05T10:00:00+00:00", True),
        ("0001-01-01T00:00:00+14:00", False),
        ("1999-12-31T23:59:59+00:00", False),
        ("9999-12-31T23:59:59-14:00", False),
        ("2025-12-05T10:00:00", False),
    ],
)
def test_a_sighting_is_of_a_time_that_can_be(written: str, *, is_taken: bool) -> None:
    paper = parse_paper(GOOD | {"seen_at": written}, place="line 1")
    assert isinstance(paper, Paper)
    assert (paper.seen_at is not None) == is_taken
    assert is_taken == (format_time(paper.seen_at) is not None)


@pytest.mark.parametrize("nothing", ["\u200b", "\x07", " \ufeff "])
def test_names_of_which_cleaning_leaves_nothing_are_left_out(nothing: str) -> None:
    record = {"authors": [nothing, "A. One"], "keywords": [nothing], "organization": nothing}
    paper = parse_paper(GOOD | record, place="line 1")
    assert isinstance(paper, Paper)
    assert (paper.authors, paper.author_count) == (("A. One",), 1)
    assert (paper.keywords, paper.organization) == ((), None)


@pytest.mark.parametrize(
    "address",
    ["https://", "http://", "https:///x", "https://?q=1", "http://#a", "https://:80/x", "https://a@",
     "https://[", "https:// /x"],
)  # fmt: skip
def test_an_address_without_a_host_is_none(address: str) -> None:
    paper = parse_paper({**GOOD, "github": address, "project_page": address}, place="1")
    assert isinstance(paper, Paper)
    assert (paper.code_url, paper.project_url) == (None, None)
