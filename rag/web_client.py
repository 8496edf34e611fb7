"""HTTP through the proxies of the environment: a transport for httpx, and huggingface_hub's client.

httpx and huggingface_hub read the same variables, but send requests to this machine through a
proxy too, and fail with a traceback for a value that they do not understand.
"""

import ssl
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import httpx

from rag.errors import first_line
from rag.proxies import proxy_for

WANTS_LOGIN = 407


class ProxiedTransport(httpx.BaseTransport):
    """Sends each request through the proxy for its address, or directly."""

    def __init__(self, **options: Any) -> None:
        """`options` go to httpx's HTTPTransport."""
        self._options = options
        self._transports: dict[str, httpx.HTTPTransport] = {}

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Return the response. Raises ProxyError if what is set cannot be a proxy."""
        proxy = proxy_for(str(request.url))
        address = proxy.url if proxy else ""
        if address not in self._transports:
            self._transports[address] = httpx.HTTPTransport(proxy=address or None, **self._options)
        response = self._transports[address].handle_request(request)
        if response.status_code == WANTS_LOGIN:  # of the proxy, instead of an answer
            response.close()
            raise httpx.ProxyError(f"{WANTS_LOGIN} {response.reason_phrase}", request=request)
        return response

    def close(self) -> None:
        """Close the connections."""
        for transport in self._transports.values():
            transport.close()


def ask(
    url: str, *, headers: Mapping[str, str], verify: ssl.SSLContext, seconds: float
) -> tuple[int, str]:
    """Return the status and the text of an answer. Raises ConnectionError if there is none.

    The answer is expected to be short; `seconds` is the time limit for each of its steps.
    """
    transport = ProxiedTransport(verify=verify)
    try:
        with httpx.Client(transport=transport, timeout=seconds, headers=headers) as client:
            response = client.get(url)
            return response.status_code, response.text
    except httpx.HTTPError as error:
        raise ConnectionError(first_line(error)) from error


def use_in_hub(check: Callable[[httpx.Request], None] | None = None) -> None:
    """Let huggingface_hub send its requests by ProxiedTransport, each after `check`.

    Its other way to download, hf_xet, goes by its own rules, and is switched off.
    """
    from huggingface_hub import constants, set_client_factory
    from huggingface_hub.utils._http import hf_request_event_hook

    def make_client() -> httpx.Client:
        hooks = [hf_request_event_hook, *([check] if check else [])]
        return httpx.Client(
            transport=ProxiedTransport(),
            event_hooks={"request": hooks},
            follow_redirects=True,
            timeout=None,
        )

    constants.HF_HUB_DISABLE_XET = True
    set_client_factory(make_client)


def reach_hub(model: str) -> tuple[str, bool]:
    """Let huggingface_hub use the proxies to load a model; return the route and whether it is open.

    The route, for a sentence, is empty for a model in a folder, and without a proxy. If it is not
    open, only a model that was downloaded before can be loaded: to try would take minutes. Raises
    ProxyError if what is set cannot be a proxy.
    """
    from huggingface_hub import constants

    use_in_hub()
    proxy = None if Path(model).exists() else proxy_for(constants.ENDPOINT)
    if proxy is None:
        return "", True
    problem = proxy.connection_problem()
    closed = f", which cannot be reached ({problem})" if problem else ""
    return f" through the proxy {proxy}{closed}", not problem
