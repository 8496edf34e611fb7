"""The proxies that the environment names, and which of them an address is reached through.

`HTTP_PROXY`, `HTTPS_PROXY`, `ALL_PROXY` and `NO_PROXY` count in lower case and in upper case, the
lower one first, as for curl; without them, so do the system's settings on macOS and Windows. This
machine is never reached through a proxy.
"""

import contextlib
import ipaddress
import os
import re
import socket
from dataclasses import dataclass, field
from urllib.parse import SplitResult, quote, unquote, urlsplit
from urllib.request import getproxies, getproxies_environment, proxy_bypass

from rag.errors import ProxyError, first_line
from rag.text.shorten import shorten

PORTS = {"http": 80, "https": 443, "socks5": 1080, "socks5h": 1080}  # if a proxy names none
WEB_SOCKETS = {"ws": "http", "wss": "https"}
HOST = re.compile(r"[\w.-]+|[0-9a-f:]+", re.ASCII | re.IGNORECASE)  # a name, or an IPv6 address
CONNECT_SECONDS = 5.0
MAX_SHOWN = 80  # characters of what somebody wrote, or of a proxy's own words
THIS_MACHINE = ("localhost", "127.0.0.1", "::1")
EXAMPLES = "http://proxy.example:3128 or socks5h://proxy.example:1080"


@dataclass(frozen=True, slots=True)
class Proxy:
    """A proxy and the variable that names it; as a text it has neither user nor password."""

    variable: str
    scheme: str
    host: str
    port: int
    user: str = field(default="", repr=False)
    password: str = field(default="", repr=False)

    @property
    def url(self) -> str:
        """The whole address, password and all."""
        login = f"{quote(self.user, safe='')}:{quote(self.password, safe='')}@" if self.user else ""
        return f"{self.scheme}://{login}{self._place}"

    def connection_problem(self) -> str:
        """Return why nothing connects to the proxy; "" if something does."""
        try:
            socket.create_connection((self.host, self.port), CONNECT_SECONDS).close()
        except OSError as error:
            return error.strerror or str(error)
        return ""

    @property
    def _place(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"

    def __str__(self) -> str:
        return f"{self.scheme}://{self._place} (${self.variable})"


def proxy_for(url: str) -> Proxy | None:
    """Return the proxy through which the address is reached; None without one.

    Raises ProxyError if what is set cannot be a proxy.
    """
    parts = urlsplit(url)
    scheme = WEB_SOCKETS.get(parts.scheme, parts.scheme)
    if is_loopback(parts.hostname or "") or _is_exempt(parts, PORTS.get(scheme, 0)):
        return None
    return _proxy_of(scheme) or _proxy_of("all")


def set_proxies() -> list[Proxy]:
    """Return all proxies that are set. Raises ProxyError for the first that cannot be one."""
    found = [_proxy_of(kind) for kind in ("http", "https", "all")]
    return [proxy for proxy in found if proxy]


def exempt_hosts() -> str:
    """Return what NO_PROXY says."""
    return getproxies().get("no", "").strip()


def exempt_this_machine() -> None:
    """Add this machine to NO_PROXY, for libraries that read the environment themselves.

    Raises ProxyError if they would meet something that cannot be a proxy.
    """
    if set_proxies() and getproxies_environment():
        exempt = [entry for entry in re.split(r"[,\s]+", exempt_hosts()) if entry]
        exempt += [host for host in THIS_MACHINE if host not in exempt]
        os.environ["NO_PROXY"] = os.environ["no_proxy"] = ",".join(exempt)


def route(url: str, error: Exception | None = None) -> str:
    """Return " through the proxy …" for a sentence about an address that was not reached.

    The proxy's own words (of `error`) are added. Empty if no proxy is in the way.
    """
    proxy = proxy_for(url)
    if proxy is None:
        return ""
    said = _shown(first_line(error)) if error else ""
    return f" through the proxy {proxy}" + (f", which says “{said}”" if said else "")


def is_loopback(host: str) -> bool:
    """Return whether the host is this machine."""
    with contextlib.suppress(ValueError):
        address = ipaddress.ip_address(host)
        address = getattr(address, "ipv4_mapped", None) or address
        return address.is_loopback or address.is_unspecified
    return host.casefold() == "localhost" or host.casefold().endswith(".localhost")


def _is_exempt(parts: SplitResult, default_port: int) -> bool:
    """Return whether NO_PROXY, or else the system, says to reach the host directly."""
    host = (parts.hostname or "").rstrip(".")
    exempt = exempt_hosts()
    if not exempt:
        return bool(proxy_bypass(host))
    port = str(parts.port or default_port)
    return any(_fits(entry, host, port) for entry in re.split(r"[,\s]+", exempt.lower()))


def _fits(entry: str, host: str, port: str) -> bool:
    """Return whether an entry means the host: *, a domain, an address or a network of them."""
    if entry == "*":
        return True
    with contextlib.suppress(ValueError):
        return ipaddress.ip_address(host) in ipaddress.ip_network(entry.strip("[]"), strict=False)
    entry = entry.rpartition("://")[2]
    name, _, wanted = entry.rpartition(":") if re.search(r":\d+$", entry) else (entry, "", port)
    domain = name.removeprefix("*").strip(".")
    return bool(domain) and wanted == port and (host == domain or host.endswith(f".{domain}"))


def _proxy_of(kind: str) -> Proxy | None:
    """Return the proxy that is set for "http", "https" or "all"."""
    value = getproxies().get(kind, "").strip()
    if not value:
        return None
    names = (f"{kind}_proxy", f"{kind}_proxy".upper())
    return _read(next((name for name in names if os.environ.get(name)), names[1]), value)


def _read(variable: str, value: str) -> Proxy:
    has_scheme = "://" in value
    try:
        parts = urlsplit(value if has_scheme else f"http://{value}")
        port = parts.port
    except ValueError:
        raise _no_address(variable, value) from None  # its text may hold the password
    if parts.scheme not in PORTS:
        raise ProxyError(
            f"${variable} names a kind of proxy that Paperboy does not know "
            f"({_without_login(value)}): write one like {EXAMPLES}, or unset it."
        )
    # A bare name is more often a slip than a proxy at port 80.
    if not HOST.fullmatch(parts.hostname or "") or port == 0 or not (port or has_scheme):
        raise _no_address(variable, value)
    return Proxy(
        variable=variable,
        scheme=parts.scheme,
        host=parts.hostname or "",
        port=port or PORTS[parts.scheme],
        user=unquote(parts.username or ""),
        password=unquote(parts.password or ""),
    )


def _no_address(variable: str, value: str) -> ProxyError:
    return ProxyError(
        f"${variable} is not the address of a proxy ({_without_login(value)}): write one like "
        f"{EXAMPLES}, or unset it."
    )


def _without_login(value: str) -> str:
    """Return an address, however odd, without what may be a user and a password."""
    scheme, separator, rest = value.partition("://")
    start, rest = (f"{scheme}{separator}", rest) if separator else ("", value)
    login, _, place = rest.rpartition("@")
    return _shown(f"{start}{'…@' if login else ''}{place}")


def _shown(text: str) -> str:
    """Return one printable line of at most MAX_SHOWN characters."""
    return shorten("".join(c if c.isprintable() else " " for c in text), MAX_SHOWN)
