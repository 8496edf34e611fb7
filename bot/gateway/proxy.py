"""The way to Discord, for requests and for the gateway, through a proxy of the environment."""

import ssl
from typing import Any

import aiohttp
import aiohttp_socks
from discord.http import Route

from rag.proxies import proxy_for, route

KINDS = {"http": aiohttp_socks.ProxyType.HTTP, "https": aiohttp_socks.ProxyType.HTTP,
         "socks5": aiohttp_socks.ProxyType.SOCKS5,
         "socks5h": aiohttp_socks.ProxyType.SOCKS5}  # fmt: skip
CLOSED = (aiohttp_socks.ProxyConnectionError, aiohttp_socks.ProxyTimeoutError)


class ProxyClosedError(aiohttp.ClientConnectionError):
    """The proxy cannot be reached: an error that discord.py and we know as one of aiohttp."""


class ProxyRefusesError(aiohttp.ClientConnectionError):
    """The proxy connects nobody, for the reason that it gives."""


class ProxyConnector(aiohttp_socks.ProxyConnector):  # type: ignore[misc]  # of no known type
    """Connects through a proxy; also for `http:` addresses by CONNECT."""

    async def _wrap_create_connection(self, *args: Any, **options: Any) -> Any:
        try:
            return await super()._wrap_create_connection(*args, **options)
        except CLOSED as error:
            raise ProxyClosedError(str(error)) from error
        except aiohttp_socks.ProxyError as error:
            raise ProxyRefusesError(str(error)) from error


def discord_connector() -> aiohttp.BaseConnector | None:
    """Return what connects to Discord through the proxy; None without one.

    Each client needs its own, which it closes, and makes it inside the event loop. Raises
    ProxyError if what is set cannot be a proxy.
    """
    proxy = proxy_for(Route.BASE)
    if proxy is None:
        return None
    connector: aiohttp.BaseConnector = ProxyConnector(
        proxy.host,
        proxy.port,
        proxy_type=KINDS[proxy.scheme],
        username=proxy.user,
        password=proxy.password,
        rdns=True,  # the proxy looks Discord up
        proxy_ssl=ssl.create_default_context() if proxy.scheme == "https" else None,
        limit=0,  # as discord.py's own
    )
    return connector


def explain_unreachable(error: BaseException | None = None) -> str:
    """Return the sentence for a Discord that cannot be reached, with the proxy in the way."""
    said = error if isinstance(error, ProxyRefusesError) else None
    return f"Discord cannot be reached{route(Route.BASE, said)}."
