import pytest

from ingest.sources.paper_record import parse_paper, plain_arxiv_id
from ingest.sources.source import SetAside
from rag.records import Paper

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
        ({"authors": "A. One"}, "authors"),
        ({"authors": [{"nom": "A"}]}, "authors"),
        ({"upvotes": "many"}, "upvotes"),
        ({"upvotes": -1}, "upvotes"),
        ({"published_on": "2025-13-01"}, "published_on"),
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


def test_old_and_new_ids() -> None:
    assert plain_arxiv_id("astro-ph/0601001v3") == "astro-ph/0601001"
    assert plain_arxiv_id(" 2510.01234 ") == "2510.01234"


def test_only_web_addresses_become_links() -> None:
    paper = parse_paper(GOOD | {"github": "javascript:alert(1)"}, place="line 1")
    assert isinstance(paper, Paper)
    assert paper.code_url is None
