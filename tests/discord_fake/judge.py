"""The Judge: looks at every request that the bot makes and notes what should not be."""

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from tests.discord_fake import openapi
from tests.discord_fake.bodies import message_in
from tests.discord_fake.leaks import leaks
from tests.discord_fake.limits import beyond_limits
from tests.discord_fake.payloads import Payload

SHOWN_BODY_LENGTH = 300


class Judge:
    """Collects complaints; never raises, as that would only confuse the server.

    Every request is held against Discord's own limits and, if a path is given, against Discord's
    OpenAPI description. A message must not be able to ping anybody, nor show a link to a host
    other than huggingface.co and arxiv.org; `allowed_urls` are the exceptions.
    """

    def __init__(
        self, openapi_path: Path | None = None, *, allowed_urls: Iterable[str] = ()
    ) -> None:
        self.description = None if openapi_path is None else openapi.load(openapi_path)
        self.allowed_urls = set(allowed_urls)
        self.complaints: list[str] = []

    def look(self, method: str, path: str, body: Any = None) -> None:
        """Judge one request."""
        request = f"{method} {path}"
        found: list[str] = []
        try:
            found.extend(self._judge(request, body))
        except Exception as error:  # a body of an unforeseen shape deserves a complaint, too
            found.append(f"cannot be judged ({error!r})")
        for complaint in found:
            self.complaints.append(f"{request}: {complaint}: {_shortened(body)}")

    def _judge(self, request: str, body: Any) -> Iterator[str]:
        if self.description is not None:
            yield from self.description.complaints(request, body)
        yield from beyond_limits(request, body)
        message = message_in(request, body) if isinstance(body, dict) else None
        if message is not None:
            yield from may_ping(message)
            yield from leaks(message, self.allowed_urls)


def may_ping(message: Payload) -> Iterator[str]:
    """Yield whom the words of a message could ping; an edit can ping as well as a new one."""
    if not any(message.get(key) for key in ("content", "embeds")):
        return
    allowed = message.get("allowed_mentions")
    if allowed is None:
        yield "allowed_mentions is missing"
        return
    if allowed.get("parse") != []:
        yield f"allowed_mentions.parse is {allowed.get('parse')!r}, not []"
    for key in ("users", "roles", "replied_user"):
        if allowed.get(key):
            yield f"allowed_mentions.{key} is {allowed[key]!r}"


def _shortened(body: Any) -> str:
    text = json.dumps(body, ensure_ascii=False)
    return text if len(text) <= SHOWN_BODY_LENGTH else text[:SHOWN_BODY_LENGTH] + "…"
