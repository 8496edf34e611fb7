import socket
from datetime import date
from pathlib import Path

import pytest

from ingest.config import FetchConfig
from ingest.resolve_source import resolve_source
from ingest.sources.hf_daily import parse_hf_spec
from ingest.sources.source import PageEnd, ReadRecord, SetAside
from ingest.sync import ingest
from rag.errors import SourceError
from rag.library import Library
from rag.records import Paper
from tests.ingest.hub import Answer, as_json, hub

TODAY = date(2025, 12, 8)


def item(number: int, **changes: object) -> dict[str, object]:
    paper = {
        "id": f"2512.{number or 77_777:05d}",  # arXiv counts from 1
        "title": f"Paper {number}",
        "summary": "An abstract\nin two lines.",
        "authors": [{"name": "A. One", "hidden": False}],
        "publishedAt": "2025-12-01T10:00:00.000Z",
        "upvotes": number,
    }
    return {"paper": paper | changes, "publishedAt": "2020-01-01T00:00:00.000Z", "numComments": 2}


def fetch(what: str, url: str, **options: object) -> list[ReadRecord]:
    config = FetchConfig.model_validate(
        {"huggingface_url": url, "backoff_seconds": 0.01, "timeout_seconds": 30} | options
    )
    with resolve_source(what, config, today=TODAY) as source:
        return [r for r in source.records() if not isinstance(r, PageEnd)]


@pytest.mark.parametrize(
    ("what", "params"),
    [
        ("2025-12-04", [{"date": "2025-12-04"}]),
        ("2025-12-06", [{"date": "2025-12-06"}]),  # a Saturday, asked for by itself
        ("2025-12-05..2025-12-08", [{"date": "2025-12-05"}, {"date": "2025-12-08"}]),
        ("2025-W49", [{"week": "2025-W49"}]),
        ("2025-12", [{"month": "2025-12"}]),
        ("2025-11..2026-01", [{"month": "2025-11"}, {"month": "2025-12"}, {"month": "2026-01"}]),
        ("latest", [{}]),
        ("trending", [{"sort": "trending"}]),
        ("search:video agents", [{"q": "video agents"}]),
    ],
)
def test_specs_and_what_they_request(what: str, params: list[dict[str, str]]) -> None:
    assert [dict(query.params) for query in parse_hf_spec(what)] == params


@pytest.mark.parametrize(
    "what",
    ["", "yesterday", "2025-13-01", "2025-02-30", "2025-W60", "2025-12-09..2025-12-01",
     "2025-13", "search:", "2025-W49..2025-W50", "2025-12-01..2025-13"],
)  # fmt: skip
def test_an_invalid_spec_lists_the_valid_forms(what: str) -> None:
    with pytest.raises(SourceError) as caught:
        parse_hf_spec(what)
    assert "hf:" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_pages_are_read_to_the_end_with_the_requested_day() -> None:
    pages = {"0": [item(n) for n in range(100)], "1": [item(100)]}
    with hub(lambda path, params: as_json(pages.get(params["p"], []))) as server:
        found = fetch("hf:2025-12-04", server.url)
        assert [params["p"] for _, params in server.asked] == ["0", "1"]
    papers = [record for record in found if isinstance(record, Paper)]
    assert len(papers) == 101
    assert papers[3].featured_on == date(2025, 12, 4)
    assert papers[3].published_on == date(2025, 12, 1)
    assert papers[3].abstract == "An abstract in two lines."
    assert (papers[0].upvotes, papers[0].comment_count) == (0, 2)


def test_a_busy_server_is_asked_again_without_duplicates() -> None:
    calls = 0

    def answer(path: str, params: dict[str, str]) -> Answer:
        nonlocal calls
        calls += 1
        if calls == 1:
            return as_json({}, 429, Retry_After="0")
        if calls == 2:
            return as_json({}, 503)
        if calls == 3:
            return 200, {}, b'[{"paper": '
        return as_json([item(1)])

    with hub(answer) as server:
        assert len(fetch("hf:latest", server.url)) == 1
    assert calls == 4


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        (as_json({"error": "bad date"}, 400), "answered 400"),
        (as_json({}, 500), "answered 500"),
        (as_json({"error": "odd"}), "not a list"),
        ((302, {"Location": "http://127.0.0.1:9/"}, b""), "answered 302"),
        ((200, {}, b"[" + b" " * 5_000), "more than"),
    ],
)
def test_every_error_is_one_sentence(answer: Answer, says: str) -> None:
    with hub(lambda *_: answer) as server, pytest.raises(SourceError, match=says) as caught:
        fetch("hf:latest", server.url, attempts=2, max_bytes=4_000)
    assert "\n" not in str(caught.value)


def test_an_unreachable_server_is_one_sentence() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # bound but not listening: connections are refused
        url = f"http://127.0.0.1:{taken.getsockname()[1]}"
        with pytest.raises(SourceError, match="cannot be reached"):
            fetch("hf:latest", url, attempts=2)


def test_an_invalid_record_is_set_aside_alone() -> None:
    with hub(lambda *_: as_json([item(1), item(2, title=None), {"paper": 3}])) as server:
        kinds = [type(record) for record in fetch("hf:latest", server.url)]
    assert kinds == [Paper, SetAside, SetAside]


@pytest.mark.parametrize("day", ["2024-05-27", "2024-08-01", "2025-10-10", "2026-08-21"])
def test_recorded_days_are_stored_completely(
    shared_data: Path, fake_library: Library, day: str
) -> None:
    recorded = (shared_data / "hf_api" / f"{day}.json").read_bytes()

    def answer(path: str, params: dict[str, str]) -> Answer:
        assert path == "/api/daily_papers"
        assert params["date"] == day
        return 200, {}, recorded if params["p"] == "0" else b"[]"

    with hub(answer) as server:
        config = FetchConfig(huggingface_url=server.url)
        for attempt in range(2):
            with resolve_source(f"hf:{day}", config, today=TODAY) as source:
                report = ingest(source, fake_library) if attempt == 0 else None
                if report is None:
                    upserted = fake_library.catalog.upsert(
                        r for r in source.records() if isinstance(r, Paper)
                    )
                    assert upserted.new == upserted.changed == 0
                else:
                    assert not report.set_aside
                    assert report.read == report.embedded > 5
    ordered = fake_library.catalog.featured(date.fromisoformat(day))
    assert len(ordered) == fake_library.catalog.coverage().papers
    upvotes = [paper.upvotes or 0 for paper in ordered]
    assert upvotes == sorted(upvotes, reverse=True)
