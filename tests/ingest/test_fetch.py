import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from email.utils import format_datetime

import pytest

from ingest.config import FetchConfig
from ingest.fetch import Fetcher, FetchResult
from ingest.rate_limiter import RateLimit, RateLimiter
from rag.errors import SourceError
from tests.clock import FakeClock
from tests.ingest.hub import HANG, RESET, Hub, as_json, hub
from tests.ingest.hub import Answer as Reply

RULE = RateLimit(requests=500, seconds=300)


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def opened(clock: FakeClock) -> Iterator[Callable[..., Fetcher]]:
    fetchers = []

    def open_fetcher(server: Hub, **options: object) -> Fetcher:
        config = FetchConfig.model_validate({"timeout_seconds": 30} | options)
        fetcher = Fetcher(server.url, config, limit=RULE, limiter=RateLimiter(None, clock))
        fetchers.append(fetcher)
        return fetcher

    yield open_fetcher
    for fetcher in fetchers:
        fetcher.__exit__(None, None, None)


def in_turn(*answers: Reply) -> Callable[[str, dict[str, str]], Reply]:
    left = list(answers)
    return lambda *_: left.pop(0)


@pytest.mark.parametrize("status", [429, 503])
def test_the_fetcher_waits_for_retry_after(
    clock: FakeClock, opened: Callable[..., Fetcher], status: int
) -> None:
    when = format_datetime(datetime.fromtimestamp(clock.now() + 37 + 90, UTC), usegmt=True)
    answers = in_turn(
        as_json({}, status, Retry_After="37"), as_json({}, status, Retry_After=when), as_json([1])
    )
    with hub(answers) as server:
        assert opened(server).json("/x", {}) == [1]
    assert clock.slept == [37.0, 90.0]


def test_without_retry_after_the_wait_doubles(
    clock: FakeClock, opened: Callable[..., Fetcher]
) -> None:
    answers = in_turn(
        as_json({}, 500), as_json({}, 429), as_json({}, 503, Retry_After="soon"), as_json(1)
    )
    with hub(answers) as server:
        assert opened(server).json("/x", {}) == 1
    assert clock.slept == [1.0, 2.0, 4.0]


def test_nothing_is_requested_while_the_quota_is_used_up(
    clock: FakeClock, opened: Callable[..., Fetcher]
) -> None:
    answers = in_turn(
        as_json(1, RateLimit='"api";r=7;t=100'),
        as_json(2, RateLimit='"pages";r=3;t=9, "api";r=0;t=42'),
        as_json(3),
    )
    with hub(answers) as server:
        fetcher = opened(server)
        assert [fetcher.json("/x", {}) for _ in range(3)] == [1, 2, 3]
    assert clock.slept == [42.0]


def test_a_host_that_asks_for_hours_is_left_to_the_next_run(
    clock: FakeClock, opened: Callable[..., Fetcher]
) -> None:
    with hub(in_turn(as_json({}, 429, Retry_After="7300"), as_json(1))) as server:
        fetcher = opened(server)
        for says in ("for 2 hours", "for 2 hours"):
            with pytest.raises(SourceError, match=says):
                fetcher.json("/x", {})
        assert len(server.asked) == 1
        clock.time += 7300
        assert fetcher.json("/x", {}) == 1


def test_an_unchanged_answer_is_not_sent_again(
    opened: Callable[..., Fetcher],
) -> None:
    def answer(path: str, params: dict[str, str]) -> Reply:
        if params.get("If-None-Match") == 'W/"1"':
            return 304, {"ETag": 'W/"1"'}, b""
        return as_json([1], ETag='W/"1"')

    with hub(answer) as server:
        fetcher = opened(server)
        first = fetcher.get("/x", {}, json.loads)
        assert first == FetchResult([1], 'W/"1"')
        assert fetcher.get("/x", {}, json.loads, etag=first.etag) == FetchResult(None, 'W/"1"')
        assert fetcher.get("/x", {}, json.loads, etag="old").data == [1]


def test_a_304_without_an_etag_is_an_error(opened: Callable[..., Fetcher]) -> None:
    with hub(lambda *_: (304, {}, b"")) as server, pytest.raises(SourceError, match="304"):
        opened(server).json("/x", {})


@pytest.mark.parametrize("where", ["http://127.0.0.1:9/", "http://169.254.169.254/", "/y"])
def test_no_redirect_is_followed(opened: Callable[..., Fetcher], where: str) -> None:
    with hub(lambda *_: (302, {"Location": where}, b"")) as server:
        with pytest.raises(SourceError, match="answered 302"):
            opened(server).json("/x", {})
        assert [path for path, _ in server.asked] == ["/x"]


def test_half_an_answer_and_a_reset_are_requested_again(
    clock: FakeClock, opened: Callable[..., Fetcher]
) -> None:
    half = json.dumps([1, 2, 3]).encode()[:4]
    answers = in_turn(
        (200, {}, half),  # cut off, with a length that fits
        (200, {"Content-Length": "900"}, half),  # and with one that does not
        (RESET, {}, b""),  # the connection is reset
        as_json([1, 2, 3]),
    )
    with hub(answers) as server:
        assert opened(server).json("/x", {}) == [1, 2, 3]
    assert clock.slept == [1.0, 2.0, 4.0]


def test_a_request_without_an_answer_is_repeated(opened: Callable[..., Fetcher]) -> None:
    hangs: Iterator[Reply] = iter([(HANG, {}, b"")])
    with hub(lambda *_: next(hangs, as_json([1]))) as server:
        # Under load a good answer may be late too, and is asked for again.
        assert opened(server, timeout_seconds=0.5, attempts=20).json("/x", {}) == [1]
        assert len(server.asked) >= 2


def test_a_compressed_bomb_is_not_unpacked(opened: Callable[..., Fetcher]) -> None:
    import gzip

    bomb = gzip.compress(bytes(20_000_000))
    with (
        hub(lambda *_: (200, {"Content-Encoding": "gzip"}, bomb)) as server,
        pytest.raises(SourceError, match="more than"),
    ):
        opened(server, max_bytes=1_000_000).json("/x", {})
