"""Whatever a source sends or does: the rest comes in, once, at a polite pace."""

import contextlib
import gzip
import itertools
import json
import socket
import threading
import time
import tracemalloc
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import httpx
import pytest
from tenacity import stop_after_attempt

from ingest.config import FetchConfig, IngestConfig
from ingest.rate_limiter import MAX_PAUSE_SECONDS, BusyError, RateLimit, RateLimiter
from ingest.report import IngestReport, SyncReport
from ingest.resolve_source import resolve_source
from ingest.sources.arxiv import parse_feed
from ingest.sources.files import MAX_BYTES, MAX_LINES_BYTES, FileSource
from ingest.sources.hf_daily import MAX_ITEMS, parse_daily, parse_hf_spec
from ingest.sources.saved_html import parse_saved_html
from ingest.sources.saved_text import parse_saved_text
from ingest.sources.source import MAX_LABEL, SetAside
from ingest.sync import ingest, sync
from rag.digest.days import DayError, parse_day, parse_week, period_days
from rag.errors import SourceError
from rag.library import Library
from rag.records import Paper
from tests.both_steps import ingest_both
from tests.clock import FakeClock
from tests.ingest.daily_hub import Days, item
from tests.ingest.hub import HANG, RESET, Answer, Hub, as_json, hub
from tests.ingest.sources.test_arxiv import entry, feed
from tests.papers import HERON, ListSource

TODAY = date(2025, 12, 11)  # a Thursday
WEEK = [TODAY - timedelta(days=n) for n in range(4)]
RULE = RateLimit(requests=500, seconds=300)
QUIET = RateLimit(requests=1, seconds=3, one_connection=True)


@pytest.fixture(autouse=True)
def still(clock: FakeClock) -> None:
    """No test waits for real."""


@pytest.fixture
def days(clock: FakeClock) -> Days:
    """Two papers on each of four days, the newest first."""
    clock.time = datetime(2025, 12, 11, 12, tzinfo=UTC).timestamp()
    filled = Days()
    for n, day in enumerate(WEEK):
        filled.put(day, [item(10 * n + k) for k in range(2)])
    return filled


def run_sync(library: Library, server: Hub, **options: object) -> SyncReport:
    fetch = {"huggingface_url": server.url, "attempts": 2} | options
    config = IngestConfig.model_validate({"fetch": fetch, "sync": {"count_days": 4}})
    return sync(library, config, today=TODAY)


def run_ingest(spec: str, library: Library, server: Hub, **options: object) -> IngestReport:
    addresses = {"huggingface_url": server.url, "arxiv_url": server.url}
    config = FetchConfig.model_validate(addresses | {"attempts": 4} | options)
    with resolve_source(spec, config, today=TODAY, library=library) as source:
        return ingest(source, library)


def papers_of(records: Any) -> list[Paper]:
    return [record for record in records if isinstance(record, Paper)]


def set_aside_of(records: Any) -> list[SetAside]:
    return [record for record in records if isinstance(record, SetAside)]


# -- I1 to I4 --------------------------------------------------------------------------------------


@pytest.mark.protection("rag.store.upsert._matching_rows", lambda *_: [])
def test_i1_a_paper_of_four_sources_is_one_paper_with_the_newest_text(library: Library) -> None:
    page = f"Dec 8\n\n{HERON.title}\n\n{HERON.abstract[:80]}\n\n• 3 authors\n\n·\n\nJan 2, 2025 3\n"
    hf = {
        "paper": {"id": "2501.00001", "title": HERON.title, "summary": HERON.abstract, "upvotes": 5}
    }
    newest = "HeronNet counts cranes. It also counts storks, at night."
    second = entry(
        1, id="http://arxiv.org/abs/2501.00001v2", title=HERON.title.upper(), summary=newest
    )
    for records in (
        parse_saved_text(page.replace("\n\n·\n\n", "\n·\n"), today=TODAY),
        parse_daily([hf], day=date(2025, 1, 6)),
        parse_feed(feed(second)).records,
    ):
        (paper,) = papers_of(records)
        ingest_both(ListSource([paper]), library)
    (kept,) = library.catalog.papers()
    assert (kept.arxiv_id, kept.abstract, kept.upvotes) == ("2501.00001", newest, 5)
    assert (kept.featured_on, kept.published_on) == (date(2025, 1, 6), date(2025, 12, 1))
    ids = (
        library.index.vectors.abstracts.get()["ids"] + library.index.vectors.sentences.get()["ids"]
    )
    assert sorted(ids) == [f"arxiv:2501.00001#{n}" for n in range(3)]  # no stale chunk


FAULTS = {
    "429": as_json({}, 429, Retry_After="37"),
    "503": as_json({}, 503),
    "hang": (HANG, {}, b""),
    "reset": (RESET, {}, b""),
}


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.protection("ingest.fetch.stop_after_attempt", lambda _: stop_after_attempt(1))
def test_i2_a_fault_on_a_page_is_waited_for_and_everything_comes_once(
    clock: FakeClock, fake_library: Library, fault: str
) -> None:
    days = Days(lists={"2025-11": [item(n) for n in range(250)]})
    days.faults = [lambda *_: None, FAULTS[fault]]
    with hub(days) as server:
        run_ingest("hf:2025-11", fake_library, server, timeout_seconds=0.3)
        assert [params["p"] for _, params in server.asked] == ["0", "1", "1", "2"]
    assert fake_library.catalog.coverage().papers == 250
    assert clock.slept == [37.0 if fault == "429" else 1.0]


@pytest.mark.protection("ingest.rate_limiter.RateLimiter._take", lambda *_: 0.0)
def test_i2_arxiv_is_asked_every_three_seconds_on_one_connection(
    clock: FakeClock, fake_library: Library
) -> None:
    times: list[float] = []

    def answer(path: str, params: dict[str, str]) -> Answer:
        times.append(clock.now())
        numbers = range(int(params["start"]), int(params["start"]) + 100)
        return 200, {}, feed(*map(entry, numbers), total=300)

    with hub(answer) as server:
        run_ingest("arxiv:search:cat:cs.CL", fake_library, server, arxiv_papers=300)
        assert server.connections == 1
    assert len(times) == 3
    assert all(later - earlier >= 3 for earlier, later in itertools.pairwise(times))


DRIPS = {
    "continue": (b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
    "headers": (b"HTTP/1.1 200 OK\r\n", b"X-A: b\r\n"),
    "body": (b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n", b" "),
    "body without a length": (b"HTTP/1.1 200 OK\r\n\r\n[", b" "),
}
DRIP_SECONDS = 3.0  # of a host that would go on for ever


@contextlib.contextmanager
def dripping(first: bytes, again: bytes) -> Iterator[str]:
    """Serve answers that never end, a few bytes every 0.05 seconds."""
    ended = threading.Event()

    def drip(connection: socket.socket) -> None:
        ends_at = time.monotonic() + DRIP_SECONDS
        with connection, contextlib.suppress(OSError):
            connection.recv(65_536)
            connection.sendall(first)
            while time.monotonic() < ends_at and not ended.wait(0.05):
                connection.sendall(again)

    def serve() -> None:
        with contextlib.suppress(OSError):
            while not ended.is_set():
                threading.Thread(target=drip, args=(listener.accept()[0],), daemon=True).start()

    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=serve, daemon=True).start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        ended.set()


@pytest.mark.parametrize("drip", DRIPS)
@pytest.mark.protection("ingest.deadline.shut_down", lambda connection: None)
def test_i2_a_host_that_sends_a_little_at_a_time_holds_no_request(
    clock: FakeClock, fake_library: Library, monkeypatch: pytest.MonkeyPatch, drip: str
) -> None:
    monkeypatch.setattr("ingest.fetch.MAX_TIMEOUTS", 3)
    with dripping(*DRIPS[drip]) as url:
        config = FetchConfig(huggingface_url=url, timeout_seconds=0.4, attempts=1)
        began = time.monotonic()
        with (
            pytest.raises(SourceError, match="did not answer in time"),
            resolve_source("hf:2025-12-01", config, today=TODAY, library=fake_library) as source,
        ):
            ingest(source, fake_library)
        assert 1.2 <= time.monotonic() - began < 2.7


@pytest.mark.protection("ingest.sources.arxiv.plausible", lambda feed, start: feed)
def test_i3_an_empty_page_of_arxiv_is_no_end_of_the_list(
    clock: FakeClock, fake_library: Library
) -> None:
    pages = [feed(*map(entry, range(100)), total=103), feed(total=103)]
    pages.append(feed(*map(entry, range(100, 103)), total=103))
    with hub(lambda *_: (200, {}, pages.pop(0))) as server:
        run_ingest("arxiv:search:cat:cs.CL", fake_library, server)
    assert fake_library.catalog.coverage().papers == 103
    assert 1.0 in clock.slept  # it was tried again, after a while


@pytest.mark.protection("ingest.sources.hf_daily.Query.should_have_papers", False)
def test_i3_an_empty_weekday_is_asked_again_and_called_empty_so_far(
    clock: FakeClock, fake_library: Library, days: Days
) -> None:
    days.put(WEEK[1], [])
    with hub(days) as server:
        report = run_sync(fake_library, server)
        asked = [params["date"] for _, params in server.asked]
    assert asked.count(WEEK[1].isoformat()) == 2
    assert "empty so far: hf:2025-12-10" in str(report)


@pytest.mark.protection("ingest.sources.paper_record.ValidationError", ZeroDivisionError)
@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"title": None}, "title: "),
        ({"summary": ["no", "text"]}, "summary: "),
        ({"id": 7}, "id: "),
        ({"id": "2413.10020"}, "id: "),
        ({"id": 2512.1}, "id: "),
    ],
)
def test_i4_a_record_that_does_not_fit_is_shown_with_its_reason(
    clock: FakeClock, fake_library: Library, changes: dict[str, object], reason: str
) -> None:
    days = Days(lists={"2025-12-01": [item(1), item(2, **changes), item(3)]})
    with hub(days) as server:
        report = run_ingest("hf:2025-12-01", fake_library, server)
    assert fake_library.catalog.coverage().papers == 2
    assert reason in report.reasons()[0]
    assert reason in fake_library.catalog.all_set_aside()[0][2]


@pytest.mark.protection("ingest.sources.paper_record.ValidationError", ZeroDivisionError)
@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"upvotes": "many"}, "upvotes: "),
        ({"authors": {"name": 1}}, "authors.0: "),
        ({"publishedAt": "soon"}, "publishedAt: "),
        ({"ai_keywords": {"a": 1}}, "ai_keywords: "),
    ],
)
def test_i4_an_odd_optional_value_is_left_out_with_its_reason(
    clock: FakeClock, fake_library: Library, changes: dict[str, object], reason: str
) -> None:
    days = Days(lists={"2025-12-01": [item(1), item(2, **changes), item(3)]})
    with hub(days) as server:
        report = run_ingest("hf:2025-12-01", fake_library, server)
    assert fake_library.catalog.coverage().papers == 3
    assert "1 value left out" in str(report)
    assert reason in report.reasons()[0]
    assert fake_library.catalog.all_set_aside() == []


# -- I5: bombs and bad bytes -----------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.protection("ingest.fetch.is_too_large", lambda body, most: False)
def test_i5_an_answer_of_200_megabytes_is_not_kept(
    clock: FakeClock, fake_library: Library, days: Days
) -> None:
    bomb = gzip.compress(b"[" + b" " * 200_000_000 + b"]")
    days.faults = [(200, {"Content-Encoding": "gzip"}, bomb)]
    _ = fake_library.index  # what is imported for it is not counted
    tracemalloc.start()
    try:
        with hub(days) as server:
            report = run_sync(fake_library, server)
        assert tracemalloc.get_traced_memory()[1] < 150_000_000
    finally:
        tracemalloc.stop()
    assert (report.new, report.set_aside) == (6, 1)  # that day's list alone


def plain_fromstring(text: str, forbid_dtd: bool = False) -> ElementTree.Element:
    return ElementTree.fromstring(text)


@pytest.mark.protection("ingest.sources.arxiv.fromstring", plain_fromstring)
def test_i5_entities_are_refused_before_they_grow() -> None:
    bomb = feed(entry(1)).replace(b"<feed", b"<!DOCTYPE x [<!ENTITY a 'aaaa'>]><feed")
    with pytest.raises(ValueError, match="DTDForbidden"):
        parse_feed(bomb)


BAD = (b"\xff\xfe", b"\\u0000", b"\\ud800", "\x9b31m".encode())


@pytest.mark.protection("ingest.untrusted.decode", bytes.decode)
@pytest.mark.protection("ingest.sources.paper_record.clean", str.strip)
def test_i5_bad_bytes_spoil_only_their_own_place(clock: FakeClock, fake_library: Library) -> None:
    body = json.dumps([item(n) for n in range(len(BAD))]).encode()
    for number, bad in enumerate(BAD):
        body = body.replace(b"abstract of paper %d" % number, b"ab%s of paper %d" % (bad, number))
    with hub(lambda *_: (200, {}, body)) as server:
        run_ingest("hf:2025-12-01", fake_library, server)
    papers = {paper.arxiv_id: paper for paper in fake_library.catalog.papers()}
    assert len(papers) == len(BAD)
    for number in range(len(BAD)):
        text = papers[f"2512.{number or 77_777:05d}"].abstract
        assert text.startswith("The ab")
        assert text.endswith(f" of paper {number}.")
        assert text.isprintable()


@pytest.mark.protection("ingest.sources.arxiv.decode_xml", lambda data: data)
@pytest.mark.parametrize("bad", [b"\xff", b"\x00", b"\x1b", b"\xed\xa0\x80"])
def test_i5_bad_bytes_in_atom_spoil_only_their_own_place(bad: bytes) -> None:
    page = feed(*map(entry, range(3))).replace(b"An abstract", b"An abs%stract" % bad, 1)
    assert len(papers_of(parse_feed(page).records)) == 3


SHAPES = {
    "page.html": b"<a" + b" x='y'" * 400_000 + b">",
    "mixed.html": (b"<a data-target=DailyPapers" + b" x='y'" * 1_000 + b">") * 300,
    "bare.html": b"<a" + b" x" * 400_000 + b">",
}


@pytest.mark.protection("ingest.sources.saved_html.has_many_attributes", lambda text, start: False)
@pytest.mark.parametrize("name", ["page.html", "bare.html"])
def test_i5_a_tag_with_millions_of_attributes_takes_little_memory(
    tmp_path: Path, name: str
) -> None:
    assert peak_of(tmp_path / name, SHAPES[name]) < 8 * len(SHAPES[name])


def test_i5_neither_do_many_such_tags(tmp_path: Path) -> None:
    assert peak_of(tmp_path / "mixed.html", SHAPES["mixed.html"]) < 8 * len(SHAPES["mixed.html"])


def peak_of(path: Path, data: bytes) -> int:
    """Return the most bytes that Python holds while the file is read; it has no papers."""
    path.write_bytes(data)
    tracemalloc.start()
    try:
        with pytest.raises(SourceError, match="no papers were found"):
            papers_of(FileSource(path, today=TODAY).records())
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_i5_a_tag_with_many_attributes_hides_no_other(tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    props = json.dumps({"dailyPapers": [item(1)]}).replace("'", "&#39;")
    page.write_text(
        f"<a{' x=1' * 1_000}><div data-target='DailyPapers' data-props='{props}'></div>"
    )
    assert len(papers_of(FileSource(page, today=TODAY).records())) == 1


@pytest.mark.protection("ingest.sources.files.most_bytes", lambda path: 2**40)
@pytest.mark.parametrize("suffix", [".html", ".txt", ".json", ".jsonl"])
def test_i5_a_file_that_is_too_large_is_not_read(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"large{suffix}"
    with path.open("wb") as file:
        file.write(b'[{"":[]}')
        file.truncate(MAX_LINES_BYTES + 1 if suffix == ".jsonl" else MAX_BYTES + 1)  # sparse
    with pytest.raises(SourceError, match=r"larger than (32|512) MB"):
        next(iter(FileSource(path, today=TODAY).records()))


@pytest.mark.protection("ingest.sources.files.MAX_LINE_BYTES", 2**40)
@pytest.mark.parametrize("line", [b"[" + b'{"":[]},' * 900_000, b"x" * 12_000_000])
def test_i5_a_line_of_megabytes_is_set_aside_unread(tmp_path: Path, line: bytes) -> None:
    path = tmp_path / "list.jsonl"
    good = json.dumps(item(1)).encode()
    path.write_bytes(b"\n".join([good, line, json.dumps(item(2)).encode(), line]))
    records = list(FileSource(path, today=TODAY).records())
    assert len(papers_of(records)) == 2
    assert [(r.record, r.reason) for r in set_aside_of(records)] == [
        ("line 2", "longer than 4 MB"), ("line 4", "longer than 4 MB")
    ]  # fmt: skip


@pytest.mark.protection("ingest.untrusted.MAX_VALUES", 2**40)
@pytest.mark.parametrize("record", ["[]", '{"":0}', '{"a":[]}', "1"])
def test_i5_json_of_too_many_values_is_not_parsed(tmp_path: Path, record: str) -> None:
    path = tmp_path / "list.json"
    path.write_text(f"[{','.join([record] * 1_000_001)}]")
    tracemalloc.start()
    try:
        with pytest.raises(SourceError, match="more than 1,000,000 values: split it"):
            next(iter(FileSource(path, today=TODAY).records()))
        assert tracemalloc.get_traced_memory()[1] < 5 * path.stat().st_size
    finally:
        tracemalloc.stop()


@pytest.mark.protection("ingest.report.MAX_KEPT", 2**40)
def test_i5_the_first_thousand_that_are_set_aside_are_kept_and_the_others_counted(
    tmp_path: Path, fake_library: Library
) -> None:
    path = tmp_path / "list.jsonl"
    path.write_text("1\nx\n" * 10_000 + json.dumps(item(1)))
    report = ingest(FileSource(path, today=TODAY), fake_library)
    assert report.upserted.new == 1
    assert "20,000 set aside" in str(report)
    assert report.reasons()[-1].startswith("… and 9,995 more: ")
    assert "and 9,999 more like it" in report.damage
    stored = fake_library.catalog.all_set_aside()
    assert len(stored) == 1_001
    assert ("list.jsonl", "…", "and 19,000 more") in stored
    assert len(report.set_aside.first) == 1_000


@pytest.mark.protection("ingest.sources.source.label", str)
@pytest.mark.parametrize(
    "page",
    [
        "t" * 5_000_000 + "\n\nText.\n\n",
        "t" * 5_000_000 + "\n\n\u2022 3 authors\n\u00b7\nJan 2, 2025 3\n",
    ],
)
def test_i5_what_is_set_aside_has_a_short_name(page: str) -> None:
    records = set_aside_of(parse_saved_text(page, today=TODAY))
    assert records
    assert all(len(r.record) <= MAX_LABEL and len(r.reason) <= MAX_LABEL for r in records)


@pytest.mark.protection("ingest.sources.files.clean_characters", str)
def test_i5_the_name_of_a_file_forges_no_line(tmp_path: Path) -> None:
    path = tmp_path / "a\nStored 9,999 papers.jsonl"
    assert FileSource(path, today=TODAY).name == "a Stored 9,999 papers.jsonl"


# -- I7: links and redirects -----------------------------------------------------------------------


@pytest.mark.protection(
    "ingest.fetch.httpx.Client",
    lambda **options: REAL_CLIENT(**options | {"follow_redirects": True}),
)
@pytest.mark.parametrize("status", [301, 302, 307])
def test_i7_no_redirect_and_no_link_of_a_record_is_followed(
    clock: FakeClock, fake_library: Library, status: int
) -> None:
    with hub(lambda *_: as_json([])) as private:
        links = {"githubRepo": f"{private.url}/code", "projectPage": f"{private.url}/page"}
        with hub(lambda *_: as_json([item(1, **links)])) as server:
            run_ingest("hf:2025-12-01", fake_library, server)
        with (
            hub(lambda *_: (status, {"Location": f"{private.url}/"}, b"")) as server,
            pytest.raises(SourceError, match=f"answered {status}"),
        ):
            run_ingest("hf:2025-12-02", fake_library, server)
        assert private.asked == []
        assert private.connections == 0


REAL_CLIENT = httpx.Client


# -- I8: bounds ------------------------------------------------------------------------------------


HOSTILE: list[dict[str, Any]] = [
    {"upvotes": 2**63},
    {"upvotes": -1},
    {"submittedOnDailyAt": "9999-12-31", "publishedAt": "9999-12-31"},
    {"publishedAt": "0001-01-01"},
    {"authors": ["A. One"] * 100_000},
    {"ai_keywords": ["k" * 100_000]},
    {"organization": {"name": "o" * 100_000}},
    {"ai_summary": "s" * 100_000},
]


@pytest.mark.protection("ingest.sources.paper_record.ValidationError", ZeroDivisionError)
@pytest.mark.protection("ingest.sources.paper_record.is_possible_day", lambda day: True)
def test_i8_a_hostile_record_leaves_the_others_and_every_command(
    clock: FakeClock, library: Library, run: Callable[..., tuple[int, str, str]]
) -> None:
    records = [item(n, **changes) for n, changes in enumerate(HOSTILE)]
    body = json.dumps([*records, item(100)]).replace("-1,", f"{'9' * 6_000},").encode()
    with hub(lambda *_: (200, {}, body)) as server:
        report = run_ingest("hf:latest", library, server)
    assert report.upserted.new == len(HOSTILE) + 1
    odd = {change.split(".")[0] for changes in HOSTILE for change in changes}
    assert {left_out.reason.split(":")[0].split(".")[0] for left_out in report.left_out} == odd
    assert all((p.upvotes or 0) <= 100 for p in library.catalog.papers())
    folder = library.folder
    library.close()
    for command in (["daily"], ["daily", "--week"], ["trends", "paper"], ["papers"]):
        status, out, err = run("--data-dir", folder, *command)
        assert status == 0, err
        assert "9999" not in out


@pytest.mark.protection(
    "ingest.sources.hf_daily.parse_daily.__kwdefaults__",
    {"day": None, "place": "answer", "most": 10**9},
)
def test_i8_of_a_page_with_100_000_items_the_first_are_read() -> None:
    records = list(parse_daily([item(1)] * 100_000))
    assert len(papers_of(records)) == MAX_ITEMS
    assert "100,000 papers" in set_aside_of(records)[0].reason


@pytest.mark.parametrize(
    "answer",
    [
        (200, {}, b"<html>"),
        (200, {}, b'[{"paper": '),
        (200, {}, b"[" * 100_000),
        (200, {}, b'{"error": "no"}'),
        (404, {}, b""),
        (500, {}, b""),
        (200, {}, b" " * 60_000),
    ],
)
@pytest.mark.protection("ingest.sources.hf_daily.PageError", ZeroDivisionError)
def test_i8_a_page_that_stays_broken_leaves_the_other_days(
    clock: FakeClock, fake_library: Library, days: Days, answer: Answer
) -> None:
    def fault(path: str, params: dict[str, str]) -> Answer:
        is_broken = params.get("date") == WEEK[1].isoformat() and not well
        return answer if is_broken else days(path, params)

    well: list[bool] = []
    with hub(fault) as server:
        report = run_sync(fake_library, server, max_bytes=50_000)
        assert (report.new, report.set_aside) == (6, 1)
        assert fake_library.catalog.all_set_aside()[0][1] == "hf:2025-12-10"
        well.append(True)
        assert run_sync(fake_library, server).new == 2  # the next run asks for that day again
    assert fake_library.catalog.all_set_aside() == []


def test_i8_a_host_that_answers_no_page_is_an_error(
    clock: FakeClock, fake_library: Library, days: Days
) -> None:
    with hub(lambda *_: as_json({}, 404)) as server:
        with pytest.raises(SourceError, match="answered 404"):
            run_sync(fake_library, server)
        assert len(server.asked) == 2


@pytest.mark.protection("ingest.fetch._etag", lambda headers: headers.get("ETag", ""))
def test_i8_an_etag_that_cannot_be_sent_back_is_not_kept(
    clock: FakeClock, fake_library: Library
) -> None:
    with hub(lambda *_: as_json([item(1)], ETag='"\xe9"')) as server:
        for _ in range(2):
            assert run_ingest("hf:2025-12-01", fake_library, server).read == 1


@pytest.mark.protection("ingest.arxiv_ids.PageError", ZeroDivisionError)
def test_i8_a_title_that_cannot_be_searched_leaves_the_others(
    clock: FakeClock, fake_library: Library, days: Days
) -> None:
    fake_library.catalog.upsert([Paper(title=f"Title {n}", abstract="Text.") for n in range(3)])

    def answer(path: str, params: dict[str, str]) -> Answer:
        return as_json({}, 400) if params.get("q") == "Title 1" else days(path, params)

    with hub(answer) as server:
        run_sync(fake_library, server)
        asked = [params["q"] for _, params in server.asked if "q" in params]
    assert asked == ["Title 0", "Title 1", "Title 2"]


@pytest.mark.parametrize("number", ["\u00b2", "9" * 5_000, "-1", "1e9"])
@pytest.mark.protection("ingest.sources.arxiv.whole_number", int)
def test_i8_a_total_that_is_no_number_leaves_the_entries(number: str) -> None:
    page = feed(*map(entry, range(3))).replace(
        b">3</o:total", b">" + number.encode() + b"</o:total"
    )
    found = parse_feed(page)
    assert (len(found.records), found.total) == (3, 3)


def test_i8_counts_and_days_of_a_saved_page_are_bounded() -> None:
    digits = "9" * 5_000
    page = f"Dec 8\n\nA title\n\nAn abstract.\n\n• {digits} authors\n·\nDec 31, 9999 {digits}\n\n"
    page += "Another title\n\nAnother abstract.\n\n• 2 authors\n·\nNov 3 2\n"
    papers = papers_of(parse_saved_text(page, today=TODAY))
    assert [(paper.title, paper.published_on) for paper in papers] == [
        ("A title", None), ("Another title", date(2025, 11, 3))
    ]  # fmt: skip
    assert papers[0].author_count is None
    (html,) = parse_saved_html(
        "<div data-target='DailyPapers' data-props='"
        + json.dumps({"date": "9999-12-31", "dailyPapers": [item(1)]})
        + "'></div>"
    )
    assert isinstance(html, Paper)


@pytest.mark.protection("rag.digest.days._bounded", lambda day: day)
@pytest.mark.parametrize("text", ["9999-12-31", "0001-01-01", "1899-12-31", "2200-01-01"])
def test_i8_days_that_people_type_are_bounded(text: str) -> None:
    with pytest.raises(DayError, match="name a day from 1900-01-01 to 2199-12-31"):
        parse_day(text)


@pytest.mark.parametrize(
    "arguments",
    [
        ["daily", "9999-12-31", "--week"],
        ["search", "herons", "--since", "0001-01-01"],
        ["ask", "herons?", "--today", "9999-12-31"],
        ["ingest", "hf:9999-W52"],
        ["ingest", "hf:9999-12"],
    ],
)
@pytest.mark.protection("rag.digest.days._bounded", lambda day: day)
def test_i8_a_far_day_in_a_command_is_refused_in_a_sentence(
    run: Callable[..., tuple[int, str, str]], tmp_path: Path, arguments: list[str]
) -> None:
    status, _, err = run("--data-dir", tmp_path, *arguments)
    assert status in (1, 2)
    assert "1900" in err or "is not a known day" in err
    with pytest.raises(DayError):
        parse_week("9999-W52")
    with pytest.raises(SourceError, match="is not a known day"):
        parse_hf_spec("0001-01-01..9999-12-31")


def test_i8_every_day_that_can_be_typed_has_a_week_and_a_month() -> None:
    for day in (date(1900, 1, 1), date(2199, 12, 31)):
        assert parse_day(day.isoformat()) == day
        for period in ("day", "week", "month"):
            first, last = period_days(period, day)
            assert first <= day <= last


# -- I9: pauses ------------------------------------------------------------------------------------


YEAR = 365 * 86_400
LONG_PAUSES = [
    (429, {"Retry_After": str(10 * YEAR)}),
    (503, {"Retry_After": "9" * 400}),
    (429, {"Retry_After": "Fri, 31 Dec 9999 23:59:59 GMT"}),
    (200, {"RateLimit": f'"api";r=0;t={YEAR}'}),
    (429, {"RateLimit": f'"api";r=0;t={"9" * 400}'}),
]


@pytest.mark.parametrize(("status", "headers"), LONG_PAUSES)
@pytest.mark.protection("ingest.rate_limiter.bounded_pause", lambda seconds: seconds)
def test_i9_a_host_is_asked_again_after_a_day_whatever_it_wants(
    clock: FakeClock, fake_library: Library, status: int, headers: dict[str, str]
) -> None:
    answers = [as_json([item(1)], status, **headers)]
    with hub(lambda *_: answers.pop(0) if answers else as_json([item(2)])) as server:
        with contextlib.suppress(SourceError):
            run_ingest("hf:2025-12-01", fake_library, server)
        with pytest.raises(SourceError, match="allows no request for"):
            run_ingest("hf:2025-12-02", fake_library, server)
        assert len(server.asked) == 1  # the pause is honoured
        clock.time += MAX_PAUSE_SECONDS
        assert run_ingest("hf:2025-12-02", fake_library, server).upserted.new == 1


ODD_PAUSES = [
    "\u00b2",
    "\u0663",
    "-5",
    "nan",
    "1e9",
    "",
    " ",
    "Mon, 99 Foo 2025",
    "0 0 0 0",
    "x" * 9_000,
]


def test_i9_a_retry_after_that_says_nothing_is_passed_over(
    clock: FakeClock, fake_library: Library
) -> None:
    for number, text in enumerate(ODD_PAUSES):
        answers = [(429, {"Retry-After": text.encode().decode("latin-1")}, b""), as_json([item(1)])]
        with hub(lambda *_, left=answers: left.pop(0)) as server:
            run_ingest(f"hf:2025-12-{number + 1:02d}", fake_library, server)
    assert clock.slept.count(1.0) == len(ODD_PAUSES)


@pytest.mark.protection("ingest.rate_limiter.bounded_pause", lambda seconds: seconds)
def test_i9_a_pause_that_was_stored_by_a_wrong_clock_is_forgotten(clock: FakeClock) -> None:
    limiter = RateLimiter(None, clock)
    clock.time += YEAR
    limiter.pause("host", 60)
    clock.time -= YEAR
    with limiter.turn("host", RULE, max_wait=0):
        pass
    limiter.pause("host", 60)
    with pytest.raises(BusyError), limiter.turn("host", RULE, max_wait=0):
        pass
    limiter.close()


def test_i9_the_pause_ends_for_every_process(tmp_path: Path, clock: FakeClock) -> None:
    limiter = RateLimiter(None, clock)
    limiter.pause("host", 60)
    limiter.pause("host", 10)  # the longer one holds …
    clock.time += 59
    with pytest.raises(BusyError), limiter.turn("host", QUIET, max_wait=0):
        pass
    clock.time += 1  # … and ends
    with limiter.turn("host", QUIET, max_wait=0):
        pass
    limiter.close()
