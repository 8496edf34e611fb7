"""arXiv ids: which texts name a paper, which cannot, and which only look like it."""

from datetime import UTC, datetime

import pytest

from rag.arxiv_id import (
    blank_ids,
    find_ids,
    find_mentions,
    impossible_ids,
    read_arxiv_id,
    year_of,
)

NEXT_YEAR = datetime.now(UTC).year + 1


@pytest.mark.parametrize(
    ("typed", "arxiv_id"),
    [
        ("2510.01234", "2510.01234"),
        (" 2510.01234v3 ", "2510.01234"),
        ("2510.01234V12", "2510.01234"),
        ("0704.0001", "0704.0001"),
        ("1412.9999v1", "1412.9999"),
        ("1501.00001", "1501.00001"),
        ("cs/0112017", "cs/0112017"),
        ("hep-th/9711200", "hep-th/9711200"),
        ("HEP-TH/9711200v2", "hep-th/9711200"),
        ("math.GT/0309136", "math/0309136"),
        ("math/0309136v1", "math/0309136"),
        ("cond-mat.str-el/0504001", "cond-mat/0504001"),
        ("q-bio/0703999", "q-bio/0703999"),
        ("arXiv:2510.01234", "2510.01234"),
        ("arxiv: hep-th/9711200v3", "hep-th/9711200"),
        ("arXiv:math.GT/0309136", "math/0309136"),
        ("10.48550/arXiv.2510.01234", "2510.01234"),
        ("https://arxiv.org/abs/2510.01234", "2510.01234"),
        ("http://www.arxiv.org/abs/2510.01234v2?context=cs#S1", "2510.01234"),
        ("https://arxiv.org/pdf/2510.01234v2.pdf", "2510.01234"),
        ("https://arxiv.org/pdf/cs/0112017.pdf", "cs/0112017"),
        ("https://arxiv.org/html/2510.01234v1#S3.SS1", "2510.01234"),
        ("arxiv.org/abs/math.GT/0309136v2", "math/0309136"),
        ("https://export.arxiv.org/abs/hep-th/9711200", "hep-th/9711200"),
        ("https://huggingface.co/papers/2510.01234#community", "2510.01234"),
        ("https://hf.co/papers/2510.01234", "2510.01234"),
        ("https://www.alphaxiv.org/abs/2510.01234v1", "2510.01234"),
        ("https://alphaxiv.org/overview/2510.01234", "2510.01234"),
        ("https://ar5iv.org/abs/2510.01234", "2510.01234"),
        ("https://ar5iv.labs.arxiv.org/html/cs/0112017", "cs/0112017"),
        ("https://doi.org/10.48550/arXiv.2510.01234", "2510.01234"),
        ("https://dx.doi.org/10.48550/arxiv.hep-th/9711200", "hep-th/9711200"),
        ("HTTPS://ARXIV.ORG/ABS/2510.01234", "2510.01234"),
        ("https://arxiv.org/abs/hep-th%2F9711200", "hep-th/9711200"),
    ],
)
def test_an_id_or_a_link_alone(typed: str, arxiv_id: str) -> None:
    assert read_arxiv_id(typed) == arxiv_id
    assert find_ids(f"Sum up {typed}, please") == [arxiv_id]
    assert read_arxiv_id(arxiv_id) == arxiv_id


@pytest.mark.parametrize(
    ("typed", "why"),
    [
        ("2401.1002", "ids of 2024 have five digits"),
        ("2401.1", "ids of 2024 have five digits"),
        ("2401.100201", "ids of 2024 have five digits"),
        ("0704.00011", "ids of 2007 have four digits"),
        ("2413.10020", "no month 13"),
        ("0000.0000", "no month 0"),
        ("9912.10020", "it would be of 2099"),
        (f"{NEXT_YEAR % 100 + 1:02d}01.00001", f"it would be of {NEXT_YEAR + 1}"),
        ("0703.0001", "begin in April 2007"),
        ("2401.00000", "numbered from 1"),
        ("cs/0199017", "no month 99"),
        ("cs/0113017", "no month 13"),
        ("hep-th/0704001", "August 1991 to March 2007"),
        ("hep-th/9107001", "August 1991 to March 2007"),
        ("hep-th/9711000", "numbered from 1"),
        ("foo-bar/9711200", "no archive foo-bar"),
        ("https://arxiv.org/abs/2413.10020", "no month 13"),
        ("https://arxiv.org/pdf/2401.1.pdf", "ids of 2024 have five digits"),
        ("arXiv:cs/0199017", "month 99"),
        ("https://doi.org/10.48550/arXiv.foo/0112017", "no archive foo"),
    ],
)
def test_an_id_that_no_paper_can_have_says_why(typed: str, why: str) -> None:
    with pytest.raises(ValueError, match="cannot be an arXiv id") as caught:
        read_arxiv_id(typed)
    assert why in str(caught.value)
    assert find_ids(f"Sum up {typed}, please") == []


@pytest.mark.parametrize(
    "text",
    ["", "abc", "2401", "cs.CL", "2510.01234 2510.01235", "see 2510.01234", "cs/01120", "1.5"],
)
def test_what_is_no_id_alone(text: str) -> None:
    with pytest.raises(ValueError, match="is not an arXiv id"):
        read_arxiv_id(text)


def test_an_id_may_be_of_next_year_since_clocks_differ() -> None:
    assert read_arxiv_id(f"{NEXT_YEAR % 100:02d}12.00001")


@pytest.mark.parametrize(
    "text",
    [
        "and/or 0112017",
        "and/or/0112017",
        "a loss of 0.9512 or 2048.1024",
        "1024.4096 against 12510.01234, 2510.012345 and 2510.01234.5",
        "12.2510.01234 seconds",
        "TCP/0112017 and ISBN/9711200",
        "https://example.org/math/0309136",
        "stats/0309136 in foo.cs/0112017",
        "the year 2024.5 and version 2401.1",
        "x2510.01234 and 2510.01234b",
        "https://evil-arxiv.org/abs/foo/0112017",
        "https://arxiv.org.evil.com/abs/2509.10004",
        "https://notarxiv.org/abs/2509.10004",
        "notarxiv.org/abs/2509.10004",
        "https://arxiv.org@evil.com/abs/2509.10004",
        "http://arxiv.org:80@evil.com/pdf/2509.10004v2",
        "https://huggingface.co.evil.io/papers/2509.10004",
        "https://my-ar5iv.org/abs/2509.10004",
        "https://arxiv.org.evil.com/abs/cs/0112017",
    ],
)
def test_numbers_and_words_that_are_no_ids(text: str) -> None:
    assert find_ids(text) == []
    assert impossible_ids(text) == []


@pytest.mark.parametrize(
    ("text", "ids"),
    [
        ("https://arxiv.org:443/abs/2510.01234", ["2510.01234"]),
        ("https://cn.arxiv.org/x/2510.01234", ["2510.01234"]),
        ("https://arxiv-sanity.example/2510.01234", ["2510.01234"]),
        ("arxiv 2510.01234v3, and 0704.0001.", ["2510.01234", "0704.0001"]),
        ("2510.01234,2510.01235;cs/0112017/hep-th", ["2510.01234", "2510.01235", "cs/0112017"]),
        ("(see [this](https://arxiv.org/abs/cs/0112017v2))", ["cs/0112017"]),
        ("2502.00003, again 2502.00003.", ["2502.00003"]),
        ("论文2510.01234讲了什么", ["2510.01234"]),
        ("arXiv2510.01234 [cs.CL]", ["2510.01234"]),
        ("compare cs/0112017 and arXiv:math.GT/0309136?", ["cs/0112017", "math/0309136"]),
        ("https://t.example/?u=https%3A%2F%2Farxiv.org%2Fabs%2F2510.01234&x=1", ["2510.01234"]),
        ("https://mirror.example/papers/2510.01234", ["2510.01234"]),
        ("**2510.01234** and _hep-th/9711200_", ["2510.01234", "hep-th/9711200"]),
    ],
)
def test_ids_in_a_text(text: str, ids: list[str]) -> None:
    assert find_ids(text) == ids


@pytest.mark.parametrize(
    ("text", "sentences"),
    [
        ("what does 2401.1002 say?", ["2401.1002 cannot be an arXiv id: ids of 2024 have five"]),
        ("what is cs/0199017?", ["cs/0199017 cannot be an arXiv id: there is no month 99"]),
        ("arXiv:2413.10020", ["2413.10020 cannot be an arXiv id: there is no month 13"]),
        ("2510.01234", []),
    ],
)
def test_ids_that_cannot_exist_are_told(text: str, sentences: list[str]) -> None:
    found = impossible_ids(text)
    assert len(found) == len(sentences)
    assert all(f.startswith(s) for f, s in zip(found, sentences, strict=True))


def test_a_mention_spans_its_link_and_no_more() -> None:
    text = "读(https://arxiv.org/pdf/2510.01234v2.pdf?x=1)和cs/0112017吧 hf.co/papers/2510.00001"
    spans = [text[m.start : m.end] for m in find_mentions(text)]
    assert spans == [
        "https://arxiv.org/pdf/2510.01234v2.pdf?x=1", "cs/0112017", "hf.co/papers/2510.00001",
    ]  # fmt: skip
    assert blank_ids(text).split() == ["读(", ")和", "吧"]
    assert len(blank_ids(text)) == len(text)


def test_links_are_those_of_sites_with_a_page_for_each_paper() -> None:
    text = "2510.00001 arxiv:2510.00002 https://x.example/2510.00003 arxiv.org/abs/2510.00004"
    assert [m.arxiv_id for m in find_mentions(text) if m.in_link] == ["2510.00004"]


@pytest.mark.parametrize(
    ("arxiv_id", "year"),
    [("2510.01234", 2025), ("0704.0001", 2007), ("cs/0112017", 2001), ("hep-th/9711200", 1997)],
)
def test_an_id_begins_with_its_year(arxiv_id: str, year: int) -> None:
    assert year_of(arxiv_id) == year


@pytest.mark.parametrize("piece", ["a", "0", "2510.", "/", "arxiv.org/", "www.", "cs/", "%2f", "-"])
def test_long_texts_take_a_time_in_proportion(piece: str) -> None:
    assert isinstance(find_ids(piece * 20_000), list)
