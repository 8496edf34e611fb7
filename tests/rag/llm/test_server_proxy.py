"""Model servers behind proxies on 127.0.0.1, and one on this machine, which needs none."""

from collections.abc import Iterator
from contextlib import closing

import pytest
from langchain_core.messages import HumanMessage

from rag.config import ModelConfig
from rag.errors import ModelError
from rag.llm.chat_models import ChatServer, load_chat_model
from tests.fake_proxy import FakeProxy, fake_proxy
from tests.models.openai_server import OpenAIServer

TEXT = "Herons wade in shallow marshes [1]."


@pytest.fixture
def server() -> Iterator[OpenAIServer]:
    with closing(OpenAIServer(TEXT)) as server:
        server.start()
        yield server


@pytest.fixture(params=["http", "socks5"])
def proxy(request: pytest.FixtureRequest) -> Iterator[FakeProxy]:
    with fake_proxy(request.param) as served:
        yield served


def named(server: OpenAIServer) -> str:
    return server.url.replace("127.0.0.1", "models.example")


def answer(url: str) -> str:
    chat = load_chat_model(ModelConfig(server_url=url))
    assert isinstance(chat, ChatServer)
    with closing(chat.server):
        return str(chat.invoke([HumanMessage("hello")]).text)


def failure(url: str) -> str:
    with pytest.raises(ModelError) as caught:
        answer(url)
    return str(caught.value)


@pytest.mark.parametrize("variable", ["HTTP_PROXY", "all_proxy"])
def test_a_server_elsewhere_is_reached_through_the_proxy(
    server: OpenAIServer, proxy: FakeProxy, monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    monkeypatch.setenv(variable, proxy.url())
    assert answer(named(server)) == TEXT
    assert set(proxy.asked) == {f"models.example:{server.port}"}


def test_a_server_on_this_machine_is_reached_directly(
    server: OpenAIServer, proxy: FakeProxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ALL_PROXY", proxy.url())
    assert answer(server.url) == TEXT
    assert answer(server.url.replace("127.0.0.1", "localhost")) == TEXT
    assert proxy.asked == []
    monkeypatch.setenv("ALL_PROXY", "foo")
    assert answer(server.url) == TEXT


def test_a_proxy_in_the_way_is_named_by_its_variable(
    server: OpenAIServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    with fake_proxy("http", refusal="403 Forbidden") as proxy:
        monkeypatch.setenv("HTTP_PROXY", proxy.url())
        said = failure(named(server).replace("http:", "https:").replace("/v1", "/v2"))
        assert "the model server cannot be reached" in said  # no proxy for https
        monkeypatch.setenv("HTTPS_PROXY", proxy.url())
        assert failure(named(server).replace("http:", "https:")) == (
            "the model server cannot be reached through the proxy of $HTTPS_PROXY (“403 Forbidden”)"
            ": correct $HTTPS_PROXY, name the server in $NO_PROXY, or change [rag.model] "
            "server_url."
        )
    assert "through the proxy of $HTTP_PROXY" in failure(named(server))  # it is gone


def test_an_odd_proxy_is_told_in_a_sentence(
    server: OpenAIServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ALL_PROXY", "http://ann:s3cret@host:notaport")
    said = failure(named(server))
    assert said.startswith("$ALL_PROXY is not the address of a proxy (http://…@host:notaport)")


def test_a_provider_with_an_odd_proxy_is_told_in_a_sentence(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "none")
    monkeypatch.setenv("ALL_PROXY", "socks://host:1080")
    with pytest.raises(ModelError, match=r"^\$ALL_PROXY names a kind of proxy"):
        load_chat_model(ModelConfig(provider="openai:gpt-5-mini"))
