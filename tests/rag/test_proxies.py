"""Which proxy an address is reached through, by what the environment says."""

import os

import pytest

from rag.errors import ProxyError
from rag.proxies import exempt_this_machine, proxy_for, route, set_proxies

WEB = "https://huggingface.co/api"


@pytest.mark.parametrize(
    ("variables", "url", "proxy"),
    [
        ({"HTTPS_PROXY": "http://one.example:3128"}, WEB, "http://one.example:3128"),
        ({"https_proxy": "http://one.example:3128"}, WEB, "http://one.example:3128"),
        ({"HTTPS_PROXY": "http://one.example"}, WEB, "http://one.example:80"),
        ({"HTTPS_PROXY": "one.example:3128"}, WEB, "http://one.example:3128"),
        ({"HTTP_PROXY": "http://one.example:3128"}, WEB, ""),
        ({"HTTP_PROXY": "http://one.example:3128"}, "http://ollama.lan/v1",
         "http://one.example:3128"),
        ({"ALL_PROXY": "socks5h://two.example"}, WEB, "socks5h://two.example:1080"),
        ({"all_proxy": "SOCKS5://two.example:9050"}, WEB, "socks5://two.example:9050"),
        ({"ALL_PROXY": "socks5://two.example:1", "HTTPS_PROXY": "http://one.example:2"}, WEB,
         "http://one.example:2"),
        ({"HTTPS_PROXY": "http://one.example:1", "https_proxy": "http://two.example:2"}, WEB,
         "http://two.example:2"),
        ({"ALL_PROXY": "http://one.example:1"}, "wss://gateway.discord.gg",
         "http://one.example:1"),
        ({"HTTPS_PROXY": "http://one.example:1"}, "wss://gateway.discord.gg",
         "http://one.example:1"),
        ({"ALL_PROXY": "http://[fd00::7]:3128"}, WEB, "http://[fd00::7]:3128"),
        ({"ALL_PROXY": "  "}, WEB, ""),
        ({"ALL_PROXY": ""}, WEB, ""),
        ({}, WEB, ""),
    ],
)  # fmt: skip
def test_the_variables_name_the_proxy(
    monkeypatch: pytest.MonkeyPatch, variables: dict[str, str], url: str, proxy: str
) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    found = proxy_for(url)
    assert (found.url if found else "") == proxy


@pytest.mark.parametrize(
    "url",
    ["http://127.0.0.1:8080/v1", "http://127.3.2.1/v1", "http://localhost:1234/v1",
     "http://LOCALHOST/v1", "http://models.localhost/v1", "http://[::1]:8080/v1",
     "http://[::ffff:127.0.0.1]:8080/v1", "http://0.0.0.0:8080/v1"],
)  # fmt: skip
@pytest.mark.parametrize("value", ["http://one.example:1", "foo"])
def test_this_machine_is_reached_directly_whatever_is_set(
    monkeypatch: pytest.MonkeyPatch, url: str, value: str
) -> None:
    monkeypatch.setenv("ALL_PROXY", value)
    assert proxy_for(url) is None


@pytest.mark.parametrize(
    ("exempt", "url", "is_direct"),
    [
        ("huggingface.co", WEB, True),
        ("HuggingFace.co", WEB, True),
        (".huggingface.co", WEB, True),
        ("*.discord.com", "https://media.discord.com/", True),
        ("discord.com, huggingface.co", WEB, True),
        ("discord.com huggingface.co", WEB, True),
        ("face.co", WEB, False),
        ("huggingface.co:443", WEB, True),
        ("huggingface.co:8443", WEB, False),
        ("*", WEB, True),
        ("10.0.0.0/8", "http://10.11.12.13:8080/v1", True),
        ("10.0.0.0/8", "http://11.11.12.13:8080/v1", False),
        ("192.168.1.5", "http://192.168.1.5:8080/v1", True),
        ("192.168.1.5:8080", "http://192.168.1.5:8080/v1", True),
        ("fd00::/8", "http://[fd00::7]:8080/v1", True),
        ("[fd00::7]", "http://[fd00::7]:8080/v1", True),
        ("https://huggingface.co", WEB, True),
        ("[::1", WEB, False),
        ("..,,", WEB, False),
    ],
)
@pytest.mark.parametrize("name", ["NO_PROXY", "no_proxy"])
def test_no_proxy_exempts_domains_addresses_and_networks(
    monkeypatch: pytest.MonkeyPatch, name: str, exempt: str, url: str, *, is_direct: bool
) -> None:
    monkeypatch.setenv("ALL_PROXY", "http://one.example:1")
    monkeypatch.setenv(name, exempt)
    assert (proxy_for(url) is None) is is_direct


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("foo", "foo"),
        ("http://user:pass@host:notaport", "http://…@host:notaport"),
        ("http://host:99999", "http://host:99999"),
        ("http://host:0", "http://host:0"),
        ("http://", "http://"),
        ("http://us er:pass@ho st:80", "http://…@ho st:80"),
        ("user:p@ss/word@host", "…@host"),
        ("http://user:pa/ss@host:80", "http://…@host:80"),
        ("http://[fe80:80", "http://[fe80:80"),
        ("http://ho\nst:80\x1b[31m", "http://ho st:80 [31m"),
    ],
)
def test_what_is_no_address_is_told_without_the_password(
    monkeypatch: pytest.MonkeyPatch, value: str, shown: str
) -> None:
    monkeypatch.setenv("ALL_PROXY", value)
    with pytest.raises(ProxyError) as caught:
        proxy_for(WEB)
    assert str(caught.value) == (
        f"$ALL_PROXY is not the address of a proxy ({shown}): write one like "
        "http://proxy.example:3128 or socks5h://proxy.example:1080, or unset it."
    )


@pytest.mark.parametrize("value", ["socks://", "socks://host:1080", "socks4://host:1", "ftp://h:1",
                                   "://host:1", "htp://user:secret@host:1"])  # fmt: skip
def test_an_unknown_kind_of_proxy_is_told(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    monkeypatch.setenv("https_proxy", value)
    with pytest.raises(ProxyError) as caught:
        proxy_for(WEB)
    said = str(caught.value)
    assert said.startswith("$https_proxy names a kind of proxy that Paperboy does not know (")
    assert "write one like http://proxy.example:3128 or socks5h://" in said
    assert "secret" not in said


def test_the_password_is_only_in_the_address(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://ann:p%40ss%3A1@one.example:3128")
    proxy = proxy_for(WEB)
    assert proxy
    assert (proxy.user, proxy.password) == ("ann", "p@ss:1")
    assert proxy.url == "http://ann:p%40ss%3A1@one.example:3128"
    told = f"{proxy} {proxy!r} {route(WEB)} {set_proxies()}"
    assert "http://one.example:3128 ($HTTPS_PROXY)" in told
    assert "ann" not in told
    assert "ss" not in told.replace("passw", "")


def test_libraries_that_read_the_environment_reach_this_machine_directly_too(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("no_proxy", "example.org")
    monkeypatch.setenv("NO_PROXY", "")
    exempt_this_machine()
    assert os.environ["no_proxy"] == "example.org"
    monkeypatch.setenv("ALL_PROXY", "http://one.example:1")
    exempt_this_machine()
    assert (
        os.environ["NO_PROXY"] == os.environ["no_proxy"] == ("example.org,localhost,127.0.0.1,::1")
    )
