"""Records of a digest: what a reader wishes to see, and the papers chosen for it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType
from typing import Annotated, Literal, Protocol, get_args

from pydantic import Field

from rag.records import Paper
from rag.text.sentences import gist, statements


def tldr_of(paper: Paper) -> str:
    """Return the first sentence of Hugging Face's summary, or else the abstract's gist."""
    for sentence in statements(" ".join((paper.tldr or "").split())):
        return sentence
    return gist(" ".join(paper.abstract.split()))


Period = Literal["day", "week", "month"]
PERIODS: tuple[Period, ...] = get_args(Period)
MORE = "More papers"  # the name of the group of papers that share no topic


def period_name(period: Period, first: date) -> str:
    """Return "Friday, 2025-12-05", "the week of 2025-12-01" or "December 2025"."""
    names = {"day": "%A, %Y-%m-%d", "week": "the week of %Y-%m-%d", "month": "%B %Y"}
    return first.strftime(names[period])


@dataclass(frozen=True, slots=True)
class Wish:
    """What a reader wishes to see in a digest.

    A paper must match at least one of the topics, authors or organisations, if there are any,
    and have enough upvotes. Topics are plain words, such as "robot hands".
    """

    topics: tuple[str, ...] = ()
    authors: tuple[str, ...] = ()
    organizations: tuple[str, ...] = ()
    min_upvotes: Annotated[int, Field(ge=0)] = 0
    count: Annotated[int, Field(ge=1)] = 10  # papers at most


# For a reader who has no subscription: every paper of a day, the top ones of a week or month.
DEFAULT_WISHES: Mapping[Period, Wish] = MappingProxyType(
    {"day": Wish(count=1_000), "week": Wish(count=30), "month": Wish(count=50)}
)


@dataclass(frozen=True, slots=True)
class Entry:
    """One paper of a digest.

    `tldr` is a sentence from the paper's record. `because` says why the paper was picked, and is
    empty if upvotes were the only reason. `rank` counts from 1 through the whole digest.
    """

    paper: Paper
    tldr: str
    because: str = ""
    rank: int = 0


@dataclass(frozen=True, slots=True)
class Group:
    """Papers on one topic, best rank first; the name consists of words from these papers."""

    name: str
    entries: tuple[Entry, ...]


@dataclass(frozen=True, slots=True)
class Digest:
    """The papers chosen from those featured from `first` to `last`.

    `note` is a remark for the reader, for example that the requested day has no papers and these
    are from an earlier day. `total` counts the papers that they were chosen from. `brief` is a
    paragraph that a model wrote about the first papers, with their ranks as markers `[n]`, or "".
    """

    period: Period
    first: date
    last: date
    groups: tuple[Group, ...]
    note: str = ""
    total: int = 0
    brief: str = ""

    @property
    def days(self) -> str:
        """The name of its period, such as "the week of 2025-12-01"."""
        return period_name(self.period, self.first)

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
        """All entries, best rank first."""
        entries = [entry for group in self.groups for entry in group.entries]
        return tuple(sorted(entries, key=lambda entry: entry.rank))


@dataclass(frozen=True, slots=True)
class Opinion:
    """How much a reader is predicted to like a paper, -1 … 1, and why ("because you saved …")."""

    score: float
    reason: str = ""


class Taste(Protocol):
    """Predicts which papers a reader likes."""

    def opinions(self, papers: Sequence[Paper]) -> Sequence[Opinion]:
        """Return one opinion per paper, in the same order."""
        ...
