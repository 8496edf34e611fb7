"""Fetching over HTTP: time-outs, retries as told, errors in one sentence."""

import time
from collections.abc import Mapping
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit

import httpx
from tenacity import RetryCallState, Retrying, retry_if_exception_type, stop_after_attempt

from ingest.config import FetchConfig
from rag.errors import SourceError

USER_AGENT = "paperboy (Discord bot that reads Daily Papers)"
LONGEST_WAIT = 120.0  # seconds; a server that wants more is asked again by the next run


class _TryAgainError(Exception):
    """A fault that may pass; `wait` is what the server asked for, in seconds."""

    def __init__(self, reason: str, wait: float | None = None) -> None:
        super().__init__(reason)
        self.wait = wait


class Fetcher:
    """GETs JSON from one host; never follows a redirect to another one."""

    def __init__(
        self, base_url: str, config: FetchConfig, *, deadline: float | None = None
    ) -> None:
        """`deadline`: seconds for everything together, for a start that must not wait."""
        self.host = urlsplit(base_url).netloc
        self.config = config
        self._ends_at = time.monotonic() + deadline if deadline is not None else None
        self._client = httpx.Client(
            base_url=base_url,
            headers={"User-Agent": USER_AGENT},
            timeout=min(config.timeout_seconds, deadline or config.timeout_seconds),
            follow_redirects=False,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._client.close()

    def json(self, path: str, params: Mapping[str, str]) -> object:
        """Return the parsed answer; raise SourceError when it does not come in the end."""
        attempts = Retrying(
            retry=retry_if_exception_type(_TryAgainError),
            stop=stop_after_attempt(1 if self._ends_at else self.config.attempts),
            wait=self._wait,
            reraise=True,
        )
        try:
            return attempts(self._get, path, params)
        except _TryAgainError as error:
            raise SourceError(
                f"{self.host} {error}: check the network and run the same command again later."
            ) from error

    def _get(self, path: str, params: Mapping[str, str]) -> object:
        if self._ends_at is not None and time.monotonic() > self._ends_at:
            raise _TryAgainError("did not answer in time")
        try:
            with self._client.stream("GET", path, params=dict(params)) as response:
                return self._read(response, params)
        except httpx.HTTPError as error:
            kind = "timed out" if isinstance(error, httpx.TimeoutException) else "cannot be reached"
            raise _TryAgainError(kind) from error

    def _read(self, response: httpx.Response, params: Mapping[str, str]) -> object:
        status = response.status_code
        if status == 429 or status >= 500:
            raise _TryAgainError(f"answered {status}", _seconds(response.headers))
        if status != 200:
            asked = ", ".join(f"{name}={value}" for name, value in params.items())
            raise SourceError(
                f"{self.host} answered {status} to {asked}: check what was asked for."
            )
        body = bytearray()
        for part in response.iter_bytes():
            body += part
            if len(body) > self.config.max_bytes:
                raise SourceError(
                    f"{self.host} sent more than {self.config.max_bytes:,} bytes: nothing was kept."
                )
            if self._ends_at is not None and time.monotonic() > self._ends_at:
                raise _TryAgainError("did not answer in time")
        try:
            return httpx.Response(200, content=bytes(body)).json()
        except ValueError as error:
            raise _TryAgainError("sent broken JSON") from error

    def _wait(self, state: RetryCallState) -> float:
        """Return the seconds to wait: as told, else twice as long as before."""
        error = state.outcome.exception() if state.outcome else None
        told = error.wait if isinstance(error, _TryAgainError) else None
        backoff = self.config.backoff_seconds * 2 ** (state.attempt_number - 1)
        return min(told if told is not None else backoff, LONGEST_WAIT)


def _seconds(headers: httpx.Headers) -> float | None:
    """Return Retry-After in seconds; a date instead of a number counts as not told."""
    text = headers.get("Retry-After", "")
    return float(text) if text.isdigit() else None
