"""HTTP requests within a host's rate limit, with retries; errors in one sentence."""

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
from ingest.deadline import Deadline
from ingest.rate_limiter import BusyError, RateLimit, RateLimiter
from ingest.untrusted import read_json
from rag.errors import ProxyError, SourceError
from rag.proxies import route
from rag.web_client import ProxiedTransport

USER_AGENT = "paperboy (Discord bot that reads Daily Papers)"
MAX_WAIT_SECONDS = 600.0  # a host that wants a longer wait is left to the next run
MAX_ETAG = 200  # characters
MAX_TIMEOUTS = 10  # a request may take this many times `timeout_seconds` in all

T = TypeVar("T")


class FetchResult(NamedTuple, Generic[T]):
    """A host's answer; `data` is None if it has not changed since the given ETag."""

    data: T | None
    etag: str


class PageError(SourceError):
    """The host answers, but not to this request: others may be answered.

    `status` is that of its answer, 0 if the answer itself was read.
    """

    def __init__(self, message: str, *, status: int = 0) -> None:
        super().__init__(message)
        self.status = status


class TryAgainError(Exception):
    """A temporary fault.

    `pause` is how many seconds the rate limiter already waits for the host, `is_of_page` means that
    the fault is one of this request, not of the host.
    """

    def __init__(
        self, reason: str, *, pause: float | None = None, is_of_page: bool = False
    ) -> None:
        super().__init__(reason)
        self.pause = pause
        self.is_of_page = is_of_page


class Fetcher:
    """GET requests to one host within its rate limit; never follows a redirect."""

    def __init__(
        self,
        base_url: str,
        config: FetchConfig,
        *,
        limit: RateLimit,
        limiter: RateLimiter,
        deadline: float | None = None,
    ) -> None:
        """`deadline` is the time for all requests together, in seconds."""
        self.host = urlsplit(base_url).netloc
        self.config = config
        self.limit = limit
        self.limiter = limiter
        self.clock: Clock = limiter.clock
        self._ends_at = time.monotonic() + deadline if deadline is not None else None
        self._deadline = Deadline()
        self._client = httpx.Client(
            base_url=base_url,
            headers={"User-Agent": USER_AGENT},
            timeout=min(config.timeout_seconds, deadline or config.timeout_seconds),
            transport=ProxiedTransport(limits=httpx.Limits(max_connections=1)),
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
        self.limiter.close()

    def json(self, path: str, params: Mapping[str, str]) -> object:
        """Return the parsed answer. Raises SourceError if all attempts fail."""
        return self.get(path, params, read_json).data

    def get(
        self,
        path: str,
        params: Mapping[str, str],
        parse: Callable[[bytes], T],
        *,
        etag: str = "",
        accept: tuple[int, ...] = (200,),
    ) -> FetchResult[T]:
        """Return the answer as `parse` reads it; its data is None if the ETag still holds.

        `parse` raises ValueError for a broken answer and TryAgainError for an implausible one; both
        are requested again. `accept` lists the statuses whose body it reads. Raises SourceError.
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
            kind = PageError if error.is_of_page else SourceError
            if error.pause:
                raise kind(
                    f"{self.host} {error} and allows no request for {_duration(error.pause)}: "
                    "run the same command again then."
                ) from error
            raise kind(
                f"{self.host} {error}: check the network and run the same command again later."
            ) from error
        except BusyError as error:
            raise SourceError(
                f"{self.host} allows no request for {_duration(error.wait)}: "
                "run the same command again then."
            ) from error

    def _get(
        self,
        path: str,
        params: Mapping[str, str],
        parse: Callable[[bytes], T],
        etag: str,
        accept: tuple[int, ...],
    ) -> FetchResult[T]:
        headers = {"If-None-Match": etag} if etag else {}
        remaining = MAX_WAIT_SECONDS if self._ends_at is None else self._ends_at - time.monotonic()
        if remaining < 0:
            raise TryAgainError("did not answer in time")
        try:
            with (
                self.limiter.turn(self.host, self.limit, max_wait=min(remaining, MAX_WAIT_SECONDS)),
                self._deadline.start(self._seconds()),
                self._client.stream(
                    "GET",
                    path,
                    params=dict(params),
                    headers=headers,
                    extensions={"trace": self._deadline.trace},
                ) as response,
            ):
                self._check_busy(response)
                if response.status_code == 304 and etag:
                    return FetchResult(None, etag)
                body = self._body(response, params, accept)
                if self._deadline.has_passed:  # it may look like the end of the answer
                    raise TryAgainError("did not answer in time")
        except httpx.HTTPError as error:
            if self._deadline.has_passed:
                raise TryAgainError("did not answer in time") from error
            raise TryAgainError(self._explain(error)) from error
        except ProxyError as error:
            raise SourceError(str(error)) from error
        try:
            return FetchResult(parse(body), _etag(response.headers))
        except (ValueError, RecursionError) as error:
            raise TryAgainError("sent a broken answer", is_of_page=True) from error

    def _explain(self, error: httpx.HTTPError) -> str:
        """Return what happened to a request that has no answer, and by which way it went."""
        kind = "timed out" if isinstance(error, httpx.TimeoutException) else "cannot be reached"
        by_proxy = error if isinstance(error, httpx.ProxyError) else None
        return f"{kind}{route(str(self._client.base_url), by_proxy)}"

    def _seconds(self) -> float:
        """Return how long the next request may take, from its connection to its last byte."""
        seconds = MAX_TIMEOUTS * self.config.timeout_seconds
        return min(seconds, self._ends_at - time.monotonic()) if self._ends_at else seconds

    def _check_busy(self, response: httpx.Response) -> None:
        """Pause requests for as long as the host asks. Raises TryAgainError if it is busy."""
        is_busy = response.status_code == 429 or response.status_code >= 500
        seconds = _retry_after(response.headers, self.clock.now()) if is_busy else None
        seconds = seconds if seconds is not None else _rate_limit_reset(response.headers)
        if seconds is not None:
            self.limiter.pause(self.host, seconds)
        if is_busy:
            reason = f"answered {response.status_code}"
            is_of_page = response.status_code == 500  # 502 to 504 are the host's
            raise TryAgainError(reason, pause=seconds, is_of_page=is_of_page)

    def _body(
        self, response: httpx.Response, params: Mapping[str, str], accept: tuple[int, ...]
    ) -> bytes:
        if response.status_code not in accept:
            request = ", ".join(f"{name}={value}" for name, value in params.items())
            raise PageError(
                f"{self.host} answered {response.status_code} to {request}: check the source.",
                status=response.status_code,
            )
        body = bytearray()
        for part in response.iter_bytes():
            body += part
            if is_too_large(body, self.config.max_bytes):
                limit = f"{self.config.max_bytes:,} bytes"
                raise PageError(f"{self.host} sent more than {limit}: nothing was stored.")
        return bytes(body)

    def _wait(self, state: RetryCallState) -> float:
        """Return the seconds to wait, twice as long as before; 0 if the host is paused anyway."""
        error = state.outcome.exception() if state.outcome else None
        if isinstance(error, TryAgainError) and error.pause is not None:
            return 0.0
        return float(self.config.backoff_seconds * 2 ** (state.attempt_number - 1))


def is_too_large(body: bytearray, most: int) -> bool:
    """Return whether an answer, unpacked, has more bytes than are read."""
    return len(body) > most


def _etag(headers: httpx.Headers) -> str:
    """Return the ETag, "" if it cannot be sent back."""
    etag: str = headers.get("ETag", "")
    return etag if re.fullmatch(rf"[!-~]{{1,{MAX_ETAG}}}", etag) else ""


def _retry_after(headers: httpx.Headers, now: float) -> float | None:
    """Return Retry-After, a number or a date, in seconds; None if it is neither."""
    text = headers.get("Retry-After", "").strip()
    if re.fullmatch(r"[0-9]+", text):
        return float(text)
    try:
        when = parsedate_to_datetime(text)
        return max(0.0, when.replace(tzinfo=when.tzinfo or UTC).timestamp() - now)
    except (ValueError, TypeError, ArithmeticError, LookupError):  # for a date that is none
        return None


def _rate_limit_reset(headers: httpx.Headers) -> float | None:
    """Return the seconds until the RateLimit header's quota is renewed, if it is used up.

    Such a header reads `"api";r=0;t=42` (r: remaining requests, t: seconds until renewal).
    https://datatracker.ietf.org/doc/draft-ietf-httpapi-ratelimit-headers/
    """
    for part in headers.get("RateLimit", "").split(","):
        fields = dict(re.findall(r";\s*([rt])=([0-9]+)", part))
        if fields.get("r") == "0" and "t" in fields:
            return float(fields["t"])
    return None


def _duration(seconds: float) -> str:
    if seconds < 120:
        return f"{max(seconds, 1):.0f} seconds"
    if seconds < 7200:
        return f"{seconds / 60:.0f} minutes"
    return f"{seconds / 3600:.0f} hours"
