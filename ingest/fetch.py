"""Fetching over HTTP: at the host's pace, retries as told, errors in one sentence."""

import json
import re
import time
from collections.abc import Callable, Mapping
from datetime import UTC
from email.utils import parsedate_to_datetime
from types import TracebackType
from typing import Generic, NamedTuple, Self, TypeVar
from urllib.parse import urlsplit

import httpx
from tenacity import RetryCallState, Retrying, retry_if_exception_type, stop_after_attempt

from ingest.clock import Clock
from ingest.config import FetchConfig
from ingest.pace import BusyError, Pace, Rule
from rag.errors import SourceError

USER_AGENT = "paperboy (Discord bot that reads Daily Papers)"
LONGEST_WAIT = 600.0  # seconds; a host that wants more is asked again by the next run
SLOWEST = 10  # an answer may take so many times `timeout_seconds` from first to last byte

T = TypeVar("T")


class Answer(NamedTuple, Generic[T]):
    """What a host answered; `data` is None where it has not changed since the ETag given."""

    data: T | None
    etag: str


class TryAgainError(Exception):
    """A fault that may pass; `wait` says that the pace has the host left alone meanwhile."""

    def __init__(self, reason: str, *, waits: bool = False) -> None:
        super().__init__(reason)
        self.waits = waits


class Fetcher:
    """GETs from one host at its pace; never follows a redirect, to another host or this one."""

    def __init__(
        self,
        base_url: str,
        config: FetchConfig,
        *,
        rule: Rule,
        pace: Pace,
        deadline: float | None = None,
    ) -> None:
        """`deadline`: seconds for everything together, for a start that must not wait."""
        self.host = urlsplit(base_url).netloc
        self.config = config
        self.rule = rule
        self.pace = pace
        self.clock: Clock = pace.clock
        self._ends_at = time.monotonic() + deadline if deadline is not None else None
        self._client = httpx.Client(
            base_url=base_url,
            headers={"User-Agent": USER_AGENT},
            timeout=min(config.timeout_seconds, deadline or config.timeout_seconds),
            limits=httpx.Limits(max_connections=1),
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
        self.pace.close()

    def json(self, path: str, params: Mapping[str, str]) -> object:
        """Return the parsed answer; raise SourceError when it does not come in the end."""
        return self.get(path, params, json.loads).data

    def get(
        self,
        path: str,
        params: Mapping[str, str],
        parse: Callable[[bytes], T],
        *,
        etag: str = "",
        accept: tuple[int, ...] = (200,),
    ) -> Answer[T]:
        """Return the answer as `parse` reads it, or that it is still the one with this ETag.

        `parse` raises ValueError for a broken answer and TryAgainError for one that cannot be
        the truth; both are asked for again. `accept`: the statuses whose body it reads.
        """
        attempts = Retrying(
            retry=retry_if_exception_type(TryAgainError),
            stop=stop_after_attempt(1 if self._ends_at else self.config.attempts),
            wait=self._wait,
            sleep=self.clock.sleep,
            reraise=True,
        )
        try:
            return attempts(self._get, path, params, parse, etag, accept)
        except TryAgainError as error:
            raise SourceError(
                f"{self.host} {error}: check the network and run the same command again later."
            ) from error
        except BusyError as error:
            raise SourceError(
                f"{self.host} may not be asked again for {_in_words(error.wait)}: "
                "run the same command again then."
            ) from error

    def _get(
        self,
        path: str,
        params: Mapping[str, str],
        parse: Callable[[bytes], T],
        etag: str,
        accept: tuple[int, ...],
    ) -> Answer[T]:
        headers = {"If-None-Match": etag} if etag else {}
        left = LONGEST_WAIT if self._ends_at is None else self._ends_at - time.monotonic()
        if left < 0:
            raise TryAgainError("did not answer in time")
        try:
            with (
                self.pace.turn(self.host, self.rule, longest=min(left, LONGEST_WAIT)),
                self._client.stream("GET", path, params=dict(params), headers=headers) as response,
            ):
                self._heed(response)
                if response.status_code == 304 and etag:
                    return Answer(None, etag)
                body = self._body(response, params, accept)
        except httpx.HTTPError as error:
            kind = "timed out" if isinstance(error, httpx.TimeoutException) else "cannot be reached"
            raise TryAgainError(kind) from error
        try:
            return Answer(parse(body), response.headers.get("ETag", ""))
        except (ValueError, RecursionError) as error:
            raise TryAgainError("sent a broken answer") from error

    def _heed(self, response: httpx.Response) -> None:
        """Leave the host alone for as long as it asks; raise where it has no answer now."""
        busy = response.status_code == 429 or response.status_code >= 500
        told = _retry_after(response.headers, self.clock.now()) if busy else None
        told = told if told is not None else _until_reset(response.headers)
        if told is not None:
            self.pace.pause(self.host, told)
        if busy:
            raise TryAgainError(f"answered {response.status_code}", waits=told is not None)

    def _body(
        self, response: httpx.Response, params: Mapping[str, str], accept: tuple[int, ...]
    ) -> bytes:
        if response.status_code not in accept:
            asked = ", ".join(f"{name}={value}" for name, value in params.items())
            raise SourceError(
                f"{self.host} answered {response.status_code} to {asked}: check what was asked for."
            )
        ends_at = time.monotonic() + SLOWEST * self.config.timeout_seconds
        ends_at = min(ends_at, self._ends_at or ends_at)
        body = bytearray()
        for part in response.iter_bytes():
            body += part
            if len(body) > self.config.max_bytes:
                raise SourceError(
                    f"{self.host} sent more than {self.config.max_bytes:,} bytes: nothing was kept."
                )
            if time.monotonic() > ends_at:
                raise TryAgainError("did not answer in time")
        return bytes(body)

    def _wait(self, state: RetryCallState) -> float:
        """Return the seconds to wait, twice as long as before; none where the pace waits."""
        error = state.outcome.exception() if state.outcome else None
        if isinstance(error, TryAgainError) and error.waits:
            return 0.0
        return float(self.config.backoff_seconds * 2 ** (state.attempt_number - 1))


def _retry_after(headers: httpx.Headers, now: float) -> float | None:
    """Return Retry-After in seconds, whether it was a number or a date."""
    text = headers.get("Retry-After", "").strip()
    if text.isdigit():
        return float(text)
    try:
        when = parsedate_to_datetime(text)
    except (ValueError, TypeError):
        return None
    return max(0.0, when.replace(tzinfo=when.tzinfo or UTC).timestamp() - now)


def _until_reset(headers: httpx.Headers) -> float | None:
    """Return the seconds until more may be asked, where nothing is left by RateLimit.

    Such a header reads `"api";r=0;t=42` (r: requests that are left, t: seconds).
    https://datatracker.ietf.org/doc/draft-ietf-httpapi-ratelimit-headers/
    """
    for part in headers.get("RateLimit", "").split(","):
        fields = dict(re.findall(r";\s*([rt])=(\d+)", part))
        if fields.get("r") == "0" and "t" in fields:
            return float(fields["t"])
    return None


def _in_words(seconds: float) -> str:
    if seconds < 120:
        return f"{max(seconds, 1):.0f} seconds"
    if seconds < 7200:
        return f"{seconds / 60:.0f} minutes"
    return f"{seconds / 3600:.0f} hours"
