"""Bytes and numbers from others: read without trust, so that one bad value spoils only itself."""

import json
import re
from datetime import UTC, date, datetime, timedelta

MAX_COUNT = 1_000_000_000  # upvotes, comments, authors: far above any real number
FIRST_DAY = date(1900, 1, 1)  # of a paper
DAYS_AHEAD = 7  # a paper's day may lie so far in the future: clocks and time zones differ
MAX_VALUES = 1_000_000  # of a JSON text: each takes up to 250 bytes. 32 MB of papers have 600,000
MAX_DIGITS = 18  # of a whole number in JSON: what SQLite stores
# What XML forbids, besides lone surrogates, which decoding replaces.
_NOT_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")


def decode(data: bytes) -> str:
    """Return bytes as UTF-8 text; each bad byte becomes U+FFFD."""
    return data.decode("utf-8-sig", errors="replace")


def decode_xml(data: bytes) -> str:
    """Return bytes as text without the characters that XML forbids."""
    return _NOT_XML.sub("\ufffd", decode(data))


class TooManyValuesError(ValueError):
    """A JSON text would take too much memory."""


def read_json(data: bytes | str) -> object:
    """Return the value of a JSON text. Raises ValueError or RecursionError.

    A whole number of more digits than SQLite stores is infinite, which no field accepts.
    """
    text = decode(data) if isinstance(data, bytes) else data
    if sum(map(text.count, ",[{")) > MAX_VALUES:  # one before each value, more in texts
        raise TooManyValuesError(f"more than {MAX_VALUES:,} values")
    return json.loads(text, parse_int=_whole)


def _whole(digits: str) -> int | float:
    if len(digits) > MAX_DIGITS:
        return float("-inf" if digits.startswith("-") else "inf")
    return int(digits)


def whole_number(text: str, *, most: int = MAX_COUNT) -> int | None:
    """Return a number written in the digits 0 to 9, at most `most`; None for any other text."""
    if not re.fullmatch(rf"[0-9]{{1,{MAX_DIGITS}}}", text):
        return None
    return min(int(text), most)


def is_possible_day(day: date) -> bool:
    """Return whether a paper can be of this day: not before FIRST_DAY, hardly in the future."""
    return FIRST_DAY <= day <= datetime.now(UTC).date() + timedelta(days=DAYS_AHEAD)
