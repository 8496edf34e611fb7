"""Reads the bot's own tables: a damaged row is left out and logged, and the others are read."""

import logging
import sqlite3
from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import Any, TypeVar

from pydantic import TypeAdapter

log = logging.getLogger(__name__)

# What reading another value than was stored can raise; pydantic's error is a ValueError.
DAMAGED = (ValueError, TypeError, LookupError, AttributeError, OverflowError, RecursionError)

T = TypeVar("T")


def read_rows(
    rows: Iterable[sqlite3.Row], read: Callable[[sqlite3.Row], T], *, table: str
) -> list[T]:
    """Return what `read` makes of each row, without the damaged ones, which are logged once."""
    found = []
    for row in rows:
        try:
            found.append(read(row))
        except DAMAGED as error:
            _warn(table, str(row[0])[:40], type(error).__name__)
    return found


def checked(kind: type[T], values: object) -> T:
    """Return a dataclass of these values, which have to be of its types. Raises ValueError."""
    adapter = _adapters.get(kind)
    if adapter is None:
        adapter = _adapters[kind] = TypeAdapter(kind)
    found: T = adapter.validate_python(values)
    return found


_adapters: dict[type[Any], TypeAdapter[Any]] = {}  # making one takes milliseconds


@lru_cache(maxsize=1_000)  # one warning a row, however often it is read
def _warn(table: str, key: str, problem: str) -> None:
    log.warning("row %s of %s is damaged (%s) and left out", key, table, problem)
