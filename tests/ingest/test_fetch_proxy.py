"""Fetching through real proxies on 127.0.0.1, which know the host's invented name."""

import gc
from collections.abc import Iterator
from datetime import date
from typing import Literal

import pytest

from ingest.config import FetchConfig
from ingest.fetch import Fetcher
from ingest.rate_limiter import RateLimit, RateLimiter
from ingest.resolve_source import resolve_source
from ingest.sources.source import PageEnd
from rag.errors import SourceError
from tests.clock import FakeClock
from tests.fake_proxy import FakeProxy, fake_proxy
from tests.ingest.hub import Hub, as_json, hub

Kind = Literal["http", "socks5"]
KINDS: list[Kind] = ["http", "socks5"]
# httpcore leaves the connection to a SOCKS proxy that refuses to the garbage collector.
LOOSE = "ignore:unclosed <socket:ResourceWarning"
FEED = """<feed xmlns="http://www.w3.org/2005/Atom"
 xmlns:opensearch="http://a9.com/-/spec/opensearch/1.1/">
<opensearch:totalResults>1</opensearch:totalResults>
<entry><id>http://arxiv.org/abs/2501.00001v1</id><title>Herons in marshes</title>
<summary>Herons wade in shallow marshes and wait for fish.</summary>
<published>2025-01-02T00:00:00Z</published><author><name>Ann Egret</name></author></entry></feed>"""


@pytest.fixture
def server() -> Iterator[Hub]:
    with hub(lambda *_: as_json([1])) as served:
        yield served


@pytest.fixture(params=KINDS)
def proxy(request: pytest.FixtureRequest) -> Iterator[FakeProxy]:
    with fake_proxy(request.param) as served:
        yield served


def named(server: Hub, host: str = "papers.example") -> str:
    """Return the server's address under an invented name."""
    return server.url.replace("127.0.0.1", host)


def fetched(url: str, **options: object) -> object:
    config = FetchConfig.model_validate({"timeout_seconds": 5, "attempts": 1} | options)
    limit = RateLimit(requests=500, seconds=300)
    with Fetcher(url, config, limit=limit, limiter=RateLimiter(None, FakeClock())) as fetcher:
        return fetcher.json("/x", {})


@pytest.mark.parametrize("variable", ["HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"])
def test_a_page_comes_through_the_proxy(
    server: Hub, proxy: FakeProxy, monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    monkeypatch.setenv(variable, proxy.url())
    assert fetched(named(server)) == [1]
    assert proxy.asked == [named(server).removeprefix("http://")]


@pytest.mark.slow
@pytest.mark.filterwarnings(LOOSE)
def test_socks5h_and_a_password_are_understood(
    server: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    for kind, scheme in (("http", "http"), ("socks5", "socks5h")):
        with fake_proxy(kind, login=("ann", "s3cret")) as proxy:  # type: ignore[arg-type]
            monkeypatch.setenv("ALL_PROXY", proxy.url(scheme))
            assert fetched(named(server)) == [1]
            assert len(proxy.asked) == 1
            monkeypatch.setenv("ALL_PROXY", proxy.url(scheme).replace("s3cret", "wrong-one"))
            with pytest.raises(SourceError) as caught:
                fetched(named(server))
            said = str(caught.value)
            assert f"through the proxy {scheme}://127.0.0.1:{proxy.port} ($ALL_PROXY)" in said
            assert "wrong-one" not in said
            del caught
            gc.collect()


def test_an_https_address_is_reached_by_connect(
    server: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    with fake_proxy("http") as proxy:
        monkeypatch.setenv("HTTPS_PROXY", proxy.url())
        with pytest.raises(SourceError, match="cannot be reached through the proxy"):
            fetched(named(server).replace("http:", "https:"))  # no TLS there
        assert proxy.tunnels == len(proxy.asked) == 1


def test_this_machine_and_exempt_hosts_are_reached_directly(
    server: Hub, proxy: FakeProxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ALL_PROXY", proxy.url())
    assert fetched(server.url) == [1]
    assert fetched(named(server, "localhost")) == [1]
    monkeypatch.setenv("no_proxy", "papers.example")
    with pytest.raises(SourceError) as caught:
        fetched(named(server))  # nothing here knows the name
    assert "proxy" not in str(caught.value)
    assert proxy.asked == []


@pytest.mark.slow
@pytest.mark.filterwarnings(LOOSE)
def test_a_proxy_that_refuses_is_named(server: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    with fake_proxy("socks5", refusal="2") as proxy:
        monkeypatch.setenv("ALL_PROXY", proxy.url())
        with pytest.raises(SourceError) as caught:
            fetched(named(server))
    said = str(caught.value)
    assert f"through the proxy socks5://127.0.0.1:{proxy.port} ($ALL_PROXY), which says “" in said
    del caught
    gc.collect()
    with pytest.raises(SourceError, match=r"through the proxy socks5://127\.0\.0\.1:\d+"):
        fetched(named(server))  # it is gone


@pytest.mark.parametrize("value", ["foo", "socks://", "http://ann:s3cret@host:notaport",
                                   "socks4://host:1"])  # fmt: skip
def test_an_odd_value_is_told_in_a_sentence(
    server: Hub, monkeypatch: pytest.MonkeyPatch, value: str
) -> None:
    monkeypatch.setenv("ALL_PROXY", value)
    with pytest.raises(SourceError, match=r"^\$ALL_PROXY .*write one like http://.*unset it\.$"):
        fetched(named(server))
    assert server.asked == []
    assert fetched(server.url) == [1]


def test_hugging_face_and_arxiv_are_reached_through_the_proxy(
    proxy: FakeProxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ALL_PROXY", proxy.url())
    paper = {"paper": {"id": "2501.00001", "title": "Herons in marshes", "summary": "They wade."}}
    feed = {"Content_Type": "application/atom+xml"}
    with (
        hub(lambda *_: as_json([paper])) as hugging_face,
        hub(lambda *_: (200, feed, FEED.encode())) as arxiv,
    ):
        config = FetchConfig(
            huggingface_url=named(hugging_face, "hf.example"), arxiv_url=named(arxiv, "ax.example")
        )
        for spec, host in (("hf:2025-01-03", "hf.example"), ("arxiv:2501.00001", "ax.example")):
            with resolve_source(spec, config, today=date(2025, 1, 6)) as source:
                records = [r for r in source.records() if not isinstance(r, PageEnd)]
            assert len(records) == 1
            assert proxy.asked[-1].startswith(f"{host}:")
