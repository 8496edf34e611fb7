"""A digest as data: what somebody wishes to read, and what was chosen for it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType
from typing import Literal, Protocol

from rag.records import Paper
from rag.text.sentences import gist, split_sentences


def tldr_of(paper: Paper) -> str:
    """Return the first sentence of Hugging Face's summary, else the abstract's own gist."""
    for sentence in split_sentences(" ".join((paper.tldr or "").split())):
        return sentence
    return gist(" ".join(paper.abstract.split()))


Period = Literal["day", "week", "month"]
MORE = "More papers"  # the name of the group of those that share their topic with no other


def name_of(period: Period, first: date) -> str:
    """Return "Friday, 2025-12-05", "the week of 2025-12-01" or "December 2025"."""
    names = {"day": "%A, %Y-%m-%d", "week": "the week of %Y-%m-%d", "month": "%B %Y"}
    return first.strftime(names[period])


@dataclass(frozen=True, slots=True)
class Wish:
    """What somebody wants to read.

    A paper has to fit one of the topics, authors or organisations, where there are any; and it
    has to have the upvotes. Topics are plain words, like "robot hands".
    """

    topics: tuple[str, ...] = ()
    authors: tuple[str, ...] = ()
    organizations: tuple[str, ...] = ()
    min_upvotes: int = 0
    count: int = 10  # papers at most


# What is shown to somebody who wished for nothing: of a day every paper.
UNASKED: Mapping[Period, Wish] = MappingProxyType(
    {"day": Wish(count=1_000), "week": Wish(count=30), "month": Wish(count=50)}
)


@dataclass(frozen=True, slots=True)
class Entry:
    """One paper of a digest.

    `tldr` is a sentence that stands in the paper's record, `because` says why it was picked
    where that is not its upvotes alone, and `rank` counts from 1 through the whole digest.
    """

    paper: Paper
    tldr: str
    because: str = ""
    rank: int = 0


@dataclass(frozen=True, slots=True)
class Group:
    """Papers on one topic, best ranked first. The name is made of their own words."""

    name: str
    entries: tuple[Entry, ...]


@dataclass(frozen=True, slots=True)
class Digest:
    """The papers that were chosen among those featured from `first` to `last`.

    `note` says what a reader has to know, like that a day has no papers and that these are of
    the last one that has. `total` counts the papers they were chosen from.
    """

    period: Period
    first: date
    last: date
    groups: tuple[Group, ...]
    note: str = ""
    total: int = 0

    @property
    def days(self) -> str:
        """What its days are called."""
        return name_of(self.period, self.first)

    @property
    def headline(self) -> str:
        """Return "Daily Papers of Friday, 2025-12-05: 10 of 24"."""
        shown = len(self.ranked)
        number = f"{shown:,} of {self.total:,}" if shown < self.total else f"{shown:,}"
        if shown and not any(entry.paper.featured_on for entry in self.ranked):
            return f"The newest papers: {number}"
        return f"Daily Papers of {self.days}: {number}"

    @property
    def ranked(self) -> tuple[Entry, ...]:
        """All entries, best ranked first."""
        entries = [entry for group in self.groups for entry in group.entries]
        return tuple(sorted(entries, key=lambda entry: entry.rank))


@dataclass(frozen=True, slots=True)
class Opinion:
    """What somebody is likely to think of a paper: -1 … 1, with "because you saved …"."""

    score: float
    reason: str = ""


class Taste(Protocol):
    """Whatever has learned what somebody likes."""

    def opinions(self, papers: Sequence[Paper]) -> Sequence[Opinion]:
        """Return an opinion a paper, in their order."""
        ...
