import itertools
import json
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from xml.sax.saxutils import escape

import pytest

from ingest.config import FetchConfig
from ingest.resolve_source import resolve_source
from ingest.sources.arxiv import Feed, parse_arxiv_spec, parse_feed
from ingest.sources.source import PageEnd, ReadRecord, SetAside
from ingest.sync import ingest
from rag.errors import SourceError
from rag.library import Library
from rag.records import Paper
from tests.clock import FakeClock
from tests.ingest.hub import Answer, hub
from tests.papers import HERON, ListSource

TODAY = date(2025, 12, 8)


def entry(number: int, **changes: str) -> str:
    fields = {
        "id": f"http://arxiv.org/abs/2512.{number or 77_777:05d}v2",
        "title": f"Paper\n  {number} & more",
        "summary": "  An abstract\nin two lines.",
        "published": "2025-12-01T10:00:00Z",
    } | changes
    inner = "".join(f"<{name}>{escape(text)}</{name}>" for name, text in fields.items())
    return f"<entry>{inner}<author><name>A. One</name></author></entry>"


def feed(*entries: str, total: int | None = None) -> bytes:
    total = len(entries) if total is None else total
    return (
        "<?xml version='1.0' encoding='UTF-8'?>"
        '<feed xmlns:o="http://a9.com/-/spec/opensearch/1.1/" xmlns="http://www.w3.org/2005/Atom">'
        f"<o:totalResults>{total}</o:totalResults>{''.join(entries)}</feed>"
    ).encode()


def error_feed(says: str) -> bytes:
    return feed(entry(1, id=f"https://arxiv.org/api/errors#{says}", title="Error", summary=says))


def fetch(what: str, url: str, **options: object) -> list[ReadRecord]:
    config = FetchConfig.model_validate({"arxiv_url": url, "timeout_seconds": 30} | options)
    with resolve_source(what, config, today=TODAY) as source:
        return [r for r in source.records() if not isinstance(r, PageEnd)]


def test_an_entry_has_its_comment_and_the_time_of_the_answer() -> None:
    comment = (
        "<arxiv:comment xmlns:arxiv='http://arxiv.org/schemas/atom'>12\n pages</arxiv:comment>"
    )
    (paper,) = parse_feed(feed(entry(7).replace("<author>", f"{comment}<author>"))).records
    assert isinstance(paper, Paper)
    assert paper.comment == "12 pages"
    assert paper.seen_at
    assert abs(datetime.now(UTC) - paper.seen_at) < timedelta(minutes=1)


def test_an_entry_is_a_paper() -> None:
    (paper,) = parse_feed(feed(entry(7))).records
    assert paper == Paper(
        title="Paper 7 & more",
        abstract="An abstract in two lines.",
        arxiv_id="2512.00007",
        authors=("A. One",),
        author_count=1,
        published_on=date(2025, 12, 1),
    )


def test_old_ids_keep_their_archive() -> None:
    (paper,) = parse_feed(feed(entry(1, id="http://arxiv.org/abs/astro-ph/0601001v1"))).records
    assert isinstance(paper, Paper)
    assert paper.arxiv_id == "astro-ph/0601001"


@pytest.mark.parametrize(
    ("what", "ids", "query"),
    [
        ("2510.01234", ["2510.01234"], ""),
        ("2510.01234v3", ["2510.01234"], ""),
        ("astro-ph/0601001,2510.01234,2510.01234v1", ["astro-ph/0601001", "2510.01234"], ""),
        ("math.GT/0309136, https://arxiv.org/abs/math/0309136v2", ["math/0309136"], ""),
        ("https://huggingface.co/papers/2510.01234", ["2510.01234"], ""),
        ("search:cat:cs.CL", [], "cat:cs.CL"),
        ("search: au:Ng AND ti:graphs ", [], "au:Ng AND ti:graphs"),
        ('search:"video agents"', [], "all:video AND all:agents"),
    ],
)
def test_specs_and_what_they_request(what: str, ids: list[str], query: str) -> None:
    assert parse_arxiv_spec(what) == (ids, query)


@pytest.mark.parametrize(
    "what",
    [
        "",
        "abc",
        "2510.1",
        "2413.10020",
        "cs/0199017",
        "0000.0000",
        "search:",
        "search: ",
        f"search:{'x' * 2000}",
        "2510.01234,",
    ],
)
def test_an_invalid_spec_is_one_sentence(what: str) -> None:
    with pytest.raises(SourceError, match="arxiv:") as caught:
        parse_arxiv_spec(what)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"<feed",
        b"<html><body>busy</body></html>",
        feed(entry(1))[:-40],
        feed(entry(1)).replace(
            b"<feed", b'<!DOCTYPE f [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;&a;">]><feed'
        ),
    ],
)
def test_anything_but_atom_is_refused_even_entity_bombs(data: bytes) -> None:
    with pytest.raises(ValueError, match=r".") as caught:
        parse_feed(data)
    assert not isinstance(caught.value, SourceError)


def test_requests_are_three_seconds_apart_on_one_connection(clock: FakeClock) -> None:
    times: list[float] = []

    def answer(path: str, params: dict[str, str]) -> Answer:
        times.append(clock.now())
        start, size = int(params["start"]), int(params["max_results"])
        return 200, {}, feed(*(entry(n) for n in range(start, start + size)), total=1_000)

    with hub(answer) as server:
        papers = fetch("arxiv:search:cat:cs.CL", server.url, arxiv_papers=250)
        assert [(p["start"], p["max_results"]) for _, p in server.asked] == [
            ("0", "100"), ("100", "100"), ("200", "50"),
        ]  # fmt: skip
        assert {p["search_query"] for _, p in server.asked} == {"cat:cs.CL"}
        assert server.connections == 1
    assert len({p.arxiv_id for p in papers if isinstance(p, Paper)}) == len(papers) == 250
    assert [b - a for a, b in itertools.pairwise(times)] == [3.0, 3.0]


def test_an_empty_page_is_requested_again_and_a_short_one_continued(clock: FakeClock) -> None:
    answers = [feed(total=3), feed(entry(1), total=3), feed(total=3), feed(entry(2), entry(3))]
    answers[-1] = feed(entry(2), entry(3), total=3)
    with hub(lambda *_: (200, {}, answers.pop(0))) as server:
        papers = fetch("arxiv:search:herons", server.url)
        assert [p["start"] for _, p in server.asked] == ["0", "0", "1", "1"]
    assert len(papers) == 3


def test_a_page_that_stays_empty_is_an_error(clock: FakeClock) -> None:
    with (
        hub(lambda *_: (200, {}, feed(total=7))) as server,
        pytest.raises(SourceError, match="empty page of 7 papers"),
    ):
        fetch("arxiv:search:herons", server.url, attempts=3)
    assert len(server.asked) == 3


@pytest.mark.parametrize(
    ("what", "answer", "says"),
    [
        ("2510.01234", (200, {}, feed()), "arXiv has no paper 2510.01234"),
        ("search:herons", (200, {}, feed()), "finds nothing"),
        ("search:cat:", (400, {}, error_feed("bad query")), r"\(bad query\)"),
        ("search:cat:", (200, {}, error_feed("bad query")), r"\(bad query\)"),
        ("2510.01234", (400, {}, b"<html>"), "broken answer"),
        ("2510.01234", (404, {}, b""), "answered 404"),
        ("2510.01234", (302, {"Location": "http://127.0.0.1:9/"}, b""), "answered 302"),
    ],
)
def test_every_error_is_one_sentence(
    clock: FakeClock, what: str, answer: Answer, says: str
) -> None:
    with hub(lambda *_: answer) as server, pytest.raises(SourceError, match=says) as caught:
        fetch(f"arxiv:{what}", server.url, attempts=2)
    assert "\n" not in str(caught.value)


def test_an_unknown_id_is_set_aside_alone(clock: FakeClock) -> None:
    with hub(lambda *_: (200, {}, feed(entry(2)))) as server:
        found = fetch("arxiv:2512.00001,2512.00002", server.url)
        assert server.asked[0][1]["id_list"] == "2512.00001,2512.00002"
    assert [type(record) for record in found] == [Paper, SetAside]


def test_one_paper_is_ingested(clock: FakeClock, library: Library) -> None:
    ingest(ListSource([HERON]), library)
    with hub(lambda *_: (200, {}, feed(entry(7)))) as server:
        config = FetchConfig(arxiv_url=server.url)
        with resolve_source("arxiv:2512.00007", config, today=TODAY, library=library) as source:
            report = ingest(source, library)
    assert (report.upserted.new, report.embedded) == (1, 1)
    assert library.catalog.get(["arxiv:2512.00007"])


# -- recorded answers ----------------------------------------------------------------------

PAPERS_IN = {"q_testing_s0_m100": 100, "id_0000.0000": 0, "id_0808.05394_s0": 0, "id_abc": 0}


@pytest.fixture
def recorded(shared_data: Path) -> dict[str, tuple[int, bytes]]:
    answers = {}
    for path in sorted((shared_data / "arxiv_api" / "fixtures").glob("*.json")):
        answer = json.loads(path.read_text(encoding="utf-8"))
        answers[path.stem] = (answer["status_code"], answer["body"].encode("latin-1"))
    return answers


def wanted_of(name: str) -> int:
    """Return how many papers a recorded answer holds, which its name tells."""
    for start, count in PAPERS_IN.items():
        if name.startswith(start):
            return count
    return 1 if name.startswith("id_") else int(name.split("_m")[1].split("_")[0])


def test_recorded_answers_give_all_their_papers(recorded: dict[str, tuple[int, bytes]]) -> None:
    assert len(recorded) == 20
    feeds = {name: parse_feed(body) for name, (_, body) in recorded.items()}
    for name, found in feeds.items():
        papers = [record for record in found.records if isinstance(record, Paper)]
        assert len(papers) == len(found.records) == wanted_of(name), name
        assert all(p.abstract and p.authors and p.published_on and p.arxiv_id for p in papers)
        assert "\ufffd" not in str(papers)
    asked_once = feeds["q_testing_s0_m100_cfe7536492ca"].records
    pages = [f.records for name, f in feeds.items() if name.startswith("q_testing_s0_m1")]
    assert all(set(page) <= set(asked_once) for page in pages)
    assert feeds["id_abc_s0_m100_b79c8dcf6bc3"] == Feed((), 0, "incorrect id format for abc")


@pytest.mark.parametrize(
    ("asked", "name", "says"),
    [
        ("astro-ph/0601001", "id_astro-ph_0601001_s0_m100_3150dca9dc76", ""),
        ("2104.12255v1", "id_2104.12255v1_s0_m100_6ae69987ffe1", ""),
        ("search:testing", "q_testing_s0_m100_cfe7536492ca", ""),
        ("2512.00001", "id_0000.0000_s0_m100_8b51d9633a68", "no paper 2512.00001"),
        ("search:abc", "id_abc_s0_m100_b79c8dcf6bc3", "incorrect id format"),
    ],
)
def test_recorded_answers_over_http(
    clock: FakeClock,
    recorded: dict[str, tuple[int, bytes]],
    make_library: Callable[..., Library],
    asked: str,
    name: str,
    says: str,
) -> None:
    status, body = recorded[name]
    with hub(lambda *_: (status, {}, body)) as server:
        if says:
            with pytest.raises(SourceError, match=says):
                fetch(f"arxiv:{asked}", server.url)
            return
        found = fetch(f"arxiv:{asked}", server.url, arxiv_papers=100)
    library = make_library()
    assert library.catalog.upsert(p for p in found if isinstance(p, Paper)).new == len(found)
