"""Takes secrets out of everything that is logged: bot tokens, interaction tokens, passwords, keys.

The token of an interaction is in the URL of every reply to it, and exceptions of aiohttp and
discord.py contain URLs. Whoever reads such a token in a log can write as the bot for 15 minutes.
"""

import logging
import os
import re
from collections.abc import Iterable, Mapping
from typing import Any

HIDDEN = "[hidden]"
LEAST_LENGTH = 8  # characters of a secret from the environment; shorter ones could be plain words
SECRET_NAMES = ("TOKEN", "KEY", "PASSWORD", "SECRET")  # endings of variables with secrets

# What comes before a token stays, so that the log still says which request it was.
_TOKENS = re.compile(
    r"(?P<url>/(?:webhooks|interactions)/\d+/)[^/\s?#\"'<>]+"
    r"|(?P<field>[\"']token[\"']\s?[:=]\s?[\"'])[^\"']+"
    r"|(?P<header>\b(?:Bot|Bearer)\s)[\w.~+/=-]{16,}"
    r"|(?P<address>\b\w[\w+.-]{0,20}://)[^\s/\"'<>]+(?=@)"  # who logs in, such as at a proxy
    r"|aW50ZXJhY3Rpb2[\w-]+"  # begins as every interaction's token does: "interaction" in base64
    r"|(?<![\w-])[\w-]{18,40}\.[\w-]{6}\.[\w-]{25,100}"  # a bot's token
)
_known: set[str] = set()


def redacted(text: str) -> str:
    """Return the text without tokens and without the known secrets."""
    for secret in _known:
        text = text.replace(secret, HIDDEN)
    return _TOKENS.sub(_without_token, text)


def _without_token(match: re.Match[str]) -> str:
    kept = match["url"] or match["field"] or match["header"] or match["address"] or ""
    return kept + HIDDEN


class RedactedRecord(logging.LogRecord):
    """A log record whose message, traceback and stack have no secrets, whichever handler asks."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self._exc_text: str | None = None
        super().__init__(*args, **kwargs)
        self.stack_info = self.stack_info and redacted(self.stack_info)

    def getMessage(self) -> str:  # noqa: N802  # logging's name
        """Return the message with its arguments."""
        return redacted(super().getMessage())

    @property
    def exc_text(self) -> str | None:
        """The formatted traceback, which the first handler stores here."""
        return self._exc_text

    @exc_text.setter
    def exc_text(self, text: str | None) -> None:
        self._exc_text = text and redacted(text)


def redact_logs(*secrets: str, environment: Mapping[str, str] = os.environ) -> None:
    """From now on log nothing secret: no tokens, none of `secrets`, none of the environment's."""
    _known.update(filter(_is_long_enough, (*secrets, *_secrets_in(environment))))
    logging.setLogRecordFactory(RedactedRecord)


def _secrets_in(environment: Mapping[str, str]) -> Iterable[str]:
    """Yield the values of the variables whose names end as those of secrets do."""
    return (value for name, value in environment.items() if name.upper().endswith(SECRET_NAMES))


def _is_long_enough(secret: str) -> bool:
    return len(secret) >= LEAST_LENGTH
