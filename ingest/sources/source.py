"""The protocol of a source of papers, and what a source yields besides papers."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal, Protocol

from rag.records import Paper


@dataclass(frozen=True, slots=True)
class SetAside:
    """A record that is not a valid paper, and why. `broken` means that its file is damaged."""

    record: str
    reason: str
    broken: bool = False


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

    def records(self) -> Iterator[Paper | SetAside | PageEnd]:
        """Yield papers, records to set aside and, if the source has pages, the end of each.

        Raises SourceError if the source cannot be used.
        """
        ...
