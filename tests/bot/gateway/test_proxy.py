"""The bot reaches Discord through proxies on 127.0.0.1, the gateway's web socket too."""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Literal

import pytest

from bot.cli import main
from bot.gateway.runner import check_token
from rag.library import Library
from tests.discord_fake import FakeDiscord, Judge
from tests.discord_server import joined, openapi, text_of
from tests.fake_proxy import fake_proxy
from tests.papers import HERON

Kind = Literal["http", "socks5"]


@asynccontextmanager
async def named_discord() -> AsyncIterator[FakeDiscord]:
    """Start a Discord that only a proxy can find: discord.example."""
    judge = Judge(openapi())
    async with FakeDiscord(judge=judge) as fake:
        world = fake.world
        world.url = world.url.replace("127.0.0.1", "discord.example")
        world.ws_url = world.ws_url.replace("127.0.0.1", "gateway.discord.example")
        fake.point_discord_py()
        yield fake
    assert judge.complaints == []


@pytest.mark.parametrize(
    ("kind", "variable", "scheme"),
    [("http", "HTTP_PROXY", "http"), ("http", "all_proxy", "http"),
     ("socks5", "ALL_PROXY", "socks5"), ("socks5", "http_proxy", "socks5h")],
)  # fmt: skip
async def test_requests_and_the_gateway_go_through_the_proxy(
    filled: Library, monkeypatch: pytest.MonkeyPatch, kind: Kind, variable: str, scheme: str
) -> None:
    with fake_proxy(kind, login=("ann", "s3cret")) as proxy:
        monkeypatch.setenv(variable, proxy.url(scheme))
        async with named_discord() as fake, joined(fake, filled) as server:
            answer = await server.ask("how accurate is HeronNet compared with human counters?")
        assert HERON.title in text_of(answer)
        assert proxy.hosts == {"discord.example", "gateway.discord.example"}
        assert proxy.tunnels == (len(proxy.asked) if kind == "http" else 0)


async def test_without_a_proxy_for_it_discord_is_reached_directly(
    filled: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    with fake_proxy("http") as proxy:
        monkeypatch.setenv("ALL_PROXY", proxy.url())
        async with FakeDiscord(judge=Judge(openapi())) as fake:
            fake.point_discord_py()  # on 127.0.0.1
            async with joined(fake, filled) as server:
                await server.ask("what is HeronNet?")
        assert proxy.asked == []


async def test_a_proxy_that_lets_nobody_through_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    token = "MTIzNDU2Nzg5MDEyMzQ1Njc4.abcdef.abcdefghijklmnopqrstuvwxyz0"
    told: list[str] = []
    for kind, refusal, words in (("http", "407 No", "407"), ("socks5", "5", "refused")):
        with fake_proxy(kind, refusal=refusal) as proxy:  # type: ignore[arg-type]
            monkeypatch.setenv("ALL_PROXY", proxy.url().replace("//", "//ann:s3cret@"))
            async with named_discord():
                await check_token(token, tell=told.append)
                assert told[-1].startswith(
                    f"Discord cannot be reached through the proxy {kind}://127.0.0.1:{proxy.port} "
                    "($ALL_PROXY), which says “"
                )
                assert words in told[-1]
    async with named_discord():  # the proxy is gone
        await check_token(token, tell=told.append)
    assert told[-1] == (
        f"Discord cannot be reached through the proxy socks5://127.0.0.1:{proxy.port} ($ALL_PROXY)."
    )
    assert "s3cret" not in "".join(told)


@pytest.mark.parametrize("value", ["foo", "socks://", "http://ann:s3cret@host:notaport",
                                   "socks4://host:1"])  # fmt: skip
@pytest.mark.parametrize("command", ["start", "run"])
def test_the_bot_ends_with_a_sentence_about_an_odd_proxy(
    capfd: pytest.CaptureFixture[str],
    tmp_path: os.PathLike[str],
    monkeypatch: pytest.MonkeyPatch,
    value: str,
    command: str,
) -> None:
    monkeypatch.setenv("DISCORD_TOKEN", "MTIzNDU2Nzg5MDEyMzQ1Njc4.abcdef.abcdefghijklmnopqrstuvw0")
    monkeypatch.setenv("ALL_PROXY", value)
    assert main(["--data-dir", str(tmp_path), command]) == 1
    said = capfd.readouterr().err.strip()
    assert said.startswith("paperboy: $ALL_PROXY ")
    assert said.endswith("or unset it.")
    assert len(said.splitlines()) == 1
    assert "s3cret" not in said
