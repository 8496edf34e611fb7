"""The protocol of a source of papers, and what a source yields besides papers."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal, Protocol

from rag.records import Paper
from rag.text.clean import clean_characters
from rag.text.shorten import shorten

MAX_LABEL = 200  # characters of a record's name, or of a reason, in lists for people


@dataclass(frozen=True, slots=True)
class SetAside:
    """A record that is not a valid paper, and why, in at most MAX_LABEL characters each.

    `broken` means that its file is damaged.
    """

    record: str
    reason: str
    broken: bool = False

    def __post_init__(self) -> None:
        """Shorten what people read."""
        object.__setattr__(self, "record", label(self.record))
        object.__setattr__(self, "reason", label(self.reason))


@dataclass(frozen=True, slots=True)
class LeftOut:
    """An optional value that a paper was stored without, and why; SetAside has the bounds."""

    record: str
    reason: str

    def __post_init__(self) -> None:
        """Shorten what people read."""
        object.__setattr__(self, "record", label(self.record))
        object.__setattr__(self, "reason", label(self.reason))


@dataclass(frozen=True, slots=True)
class Described:
    """A paper with the hash of the record that describes it."""

    paper: Paper
    record: bytes


@dataclass(frozen=True, slots=True)
class Unchanged:
    """A record that was read before, and whose paper still agrees with it."""


Record = Paper | SetAside | LeftOut
ReadRecord = Record | Described | Unchanged


def label(text: str) -> str:
    """Return the text, or its beginning, on one line, without what nobody can see."""
    return shorten(clean_characters(text[: 4 * MAX_LABEL]), MAX_LABEL)


@dataclass(frozen=True, slots=True)
class PageEnd:
    """The end of a page of a list; the records since the previous end belong to it.

    `mark_stored` is to be called once they are stored. `state` is "settled" for a page that was not
    requested, because it no longer changes, and "failed" for one that could not be read.
    """

    name: str
    state: Literal["read", "unchanged", "settled", "empty", "failed"]
    mark_stored: Callable[[], None] = lambda: None


class Source(Protocol):
    """A place that papers come from."""

    name: str

    def records(self) -> Iterator[ReadRecord | PageEnd]:
        """Yield papers, what was set aside or left out and, if it has pages, the end of each.

        Raises SourceError if the source cannot be used.
        """
        ...
