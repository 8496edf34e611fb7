"""The parsers take anything: hypothesis edits what they know, and sizes grow.

`make fuzz` does the same for longer, guided by coverage (tests/fuzz).
"""

import time

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from ingest.sources.saved_html import _Props
from ingest.sources.source import SetAside
from tests.fuzz.targets import TARGETS, check

SEEDS = {
    "html": (
        "<html><div data-target='DailyPapers' data-props='"
        '{"date": "2025-12-08", "dailyPapers": [{"paper": {"id": "2501.00001", "title": "T", '
        '"summary": "A.", "upvotes": 3}}]}\'></div>'
    ),
    "text": "Dec 8\n\nTitle\n\nAn abstract.\n\n• 6 authors\n·\nJul 25, 2024 3\n\nOther\n\nMore.\n",
    "daily": '[{"paper": {"id": "2501.00001", "title": "T", "summary": "A."}, "numComments": 2}]',
    "atom": (
        '<feed xmlns="http://www.w3.org/2005/Atom"><entry><id>http://arxiv.org/abs/2501.00001</id>'
        "<title>T</title><summary>A.</summary><published>2025-01-01T00:00:00Z</published>"
        "<author><name>A. One</name></author></entry></feed>"
    ),
    "lines": '{"title": "T", "abstract": "A.", "published_on": "2025-01-01", "upvotes": 3}\n{}\n',
    "list": '[{"title": "T", "abstract": "A.", "authors": ["A. One"], "keywords": ["k"]}]',
    "markdown": (
        "Title: T\n\nURL Source: https://arxiv.org/html/2501.00001\n\nMarkdown Content:\n"
        "## 1 Method\n\nWe train ∼\\sim 3 hours on x_{i}x_{i} two GPUs.\n\n"
        "| a | b |\n| --- | --- |\n| rate | 3e-4 |\n\n## References\n\n- R.\n"
    ),
}
MARKDOWN = (
    "URL Source: https://arxiv.org/html/2501.00001\nMarkdown Content:\n"  # what it begins with
)
PIECES = (
    *"<>&;'\"[]{}:,\\•·\n\0\x1b\x85\u2028\ud7ff²٣",
    *("<![", "<!--", "]]>", "&#x0;", "&#xD800;", "\\ud800", "9" * 30, "9" * 5_000, "-1", "1e999"),
    *("null", "true", "NaN", "[[[[", "9999-12-31", "0000-00-00", "Feb 30", " authors", "Dec 8"),
)
EDITS = st.lists(
    st.tuples(
        st.integers(0, 400), st.integers(0, 12), st.sampled_from(PIECES) | st.text(max_size=8)
    ),
    max_size=6,
)


@pytest.mark.parametrize("name", TARGETS)
@settings(max_examples=150, deadline=None, derandomize=True)
@given(edits=EDITS, junk=st.binary(max_size=4))
@example(edits=[(0, 0, "<![<")], junk=b"")
def test_i5_no_edit_of_what_a_parser_knows_breaks_it(
    name: str, edits: list[tuple[int, int, str]], junk: bytes
) -> None:
    assert check(name, SEEDS[name].encode())
    text = SEEDS[name]
    for start, length, piece in edits:
        text = text[:start] + piece + text[start + length :]
    data = text.encode("utf-8", "surrogatepass")
    check(name, data + junk)
    check(name, data[: len(data) // 2] + junk + data[len(data) // 2 :])


@pytest.mark.parametrize("name", TARGETS)
@settings(max_examples=60, deadline=None, derandomize=True)
@given(data=st.binary(max_size=200))
def test_i5_no_bytes_break_a_parser(name: str, data: bytes) -> None:
    check(name, data)


def give_up(self: _Props, i: int) -> int:
    raise AssertionError("expected name token")  # as Python's own does for "<![<"


@pytest.mark.protection("ingest.sources.saved_html._Props.parse_html_declaration", give_up)
def test_i5_a_declaration_that_python_gives_up_on_leaves_the_papers() -> None:
    assert check("html", b"<![<" + SEEDS["html"].encode() + b"<!x>") == 1


GROWING = {
    "html": ("<!--", "<a", "<a b='", "</", "&#", "&amp", "<![", "<?", "<script>", "<a b='c' "),
    "text": ("\n\n", "• ", "·\n", "9 authors", "A title\n\nAn abstract.\n\n", "•*· ", ",9", "\t"),
    "daily": ("[", '{"a":', "[1,", "\\", "9", '"\\u0020'),
    "atom": ("<a>", "<feed><entry>", "&amp;", "<a b='c'/>", "<!"),
    "lines": ("{}\n", "\n", "[", '{"title":"', "9"),
    "list": ("[", "{},", "1,"),
    "markdown": (
        "# a\n\none two three four\n\n",
        "a\n==\n",
        "|a|b|\n|-|-|\n",
        "> ",
        "- ",
        "[a](b",
        "[[a]",
        "\\a{",
        "x_{i}",
        "**a",
        "1.1A\n\n",
        "word ",
        "\\sim",
        "start_A ",
        "$",
        "(",
        "<a ",
    ),
}
SMALL, FACTOR = 60_000, 8
NOISE_SECONDS = 0.05  # what a machine under load adds


def seconds(name: str, piece: str, size: int) -> float:
    """Return the fastest of three readings, in seconds of this process."""
    head = MARKDOWN if name == "markdown" else ""
    data = (head + piece * (size // len(piece))).encode()
    times = []
    for _ in range(3):
        started = time.process_time()
        check(name, data)
        times.append(time.process_time() - started)
    return min(times)


@pytest.mark.parametrize(
    ("name", "piece"), [(name, piece) for name, pieces in GROWING.items() for piece in pieces]
)
def test_i5_time_grows_with_the_input_and_no_faster(name: str, piece: str) -> None:
    small, large = seconds(name, piece, SMALL // FACTOR), seconds(name, piece, SMALL)
    # Twice what a linear parser takes; a quadratic one takes eight times that.
    assert large <= 2 * FACTOR * small + NOISE_SECONDS


@pytest.mark.slow
def test_i5_a_quadratic_parser_would_be_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    def quadratic(data: bytes) -> list[SetAside]:
        for end in range(0, len(data), 20):
            data[:end].replace(b"a", b"b")
        return []

    monkeypatch.setitem(TARGETS, "lines", quadratic)
    small, large = seconds("lines", "a", SMALL // FACTOR), seconds("lines", "a", SMALL)
    assert large > 2 * FACTOR * small + NOISE_SECONDS
