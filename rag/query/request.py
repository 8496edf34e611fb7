"""What a question asks for, understood: its topic, window, names, order and more."""

from dataclasses import dataclass
from typing import Literal

from rag.records import Paper, Window
from rag.text.words import terms

Order = Literal[
    "newest", "oldest", "most upvotes", "most authors", "fewest authors", "most comments"
]

Fact = Literal["date", "author count", "authors", "organization", "upvotes", "comments"]


@dataclass(frozen=True, slots=True)
class AuthorCount:
    """How many authors a paper must have; `unknown` asks for papers without a count."""

    low: int = 0
    high: int | None = None
    unknown: bool = False

    def fits(self, count: int | None) -> bool:
        """Return whether a paper with this many authors qualifies."""
        if self.unknown or count is None:
            return self.unknown and count is None
        return self.low <= count and (self.high is None or count <= self.high)

    def __str__(self) -> str:
        if self.unknown:
            return "without an author count"
        if self.high == self.low:
            return f"with {self.low} author{'' if self.low == 1 else 's'}"
        if self.high is None:
            return f"with {self.low} or more authors"
        return f"with {self.high} or fewer authors"


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What is asked for; `topic` is what remains of the question once the rest is taken out."""

    topic: str
    window: Window | None = None
    authors: AuthorCount | None = None
    organization: str | None = None
    author: str | None = None
    prolific: bool = False
    order: Order | None = None
    several: bool = False
    count: bool = False
    facts: tuple[Fact, ...] = ()
    named: tuple[Paper, ...] = ()  # papers that the question names
    pointed: tuple[Paper, ...] = ()  # papers of an earlier answer: the only ones it is about
    compares: bool = False  # every one of these papers is to be cited
    language: str = "en"  # of the question; `topic` is put into English as far as possible

    @property
    def is_filter(self) -> bool:
        """Whether it narrows the papers by something other than their topic."""
        return bool(self.window or self.authors or self.organization or self.author)

    def __str__(self) -> str:
        """Say what was understood, like `with 6 authors, published 2023-06-01 to 2023-08-31`."""
        parts = [
            f"by {self.author}" if self.author else "",
            f"of {self.organization}" if self.organization else "",
            self.authors,
            self.window,
        ]
        return ", ".join(str(part) for part in parts if part)

    def standalone(self, question: str) -> str:
        """Return the question with what it refers back to, so that it can be read alone."""
        if self.pointed:
            return f"{question} (about {'; '.join(paper.title for paper in self.pointed)})"
        return f"{self.topic} {self.window or ''}".strip()

    def understood(self) -> str:
        """Say all that was taken from the question, like `counted; about birds; in 2024`."""
        parts = [
            "counted" if self.count else "",
            f"{self.order} first" if self.order else "",
            "several papers" if self.several else "",
            "compared" if self.compares or len(self.named) > 1 else "",
            f"asked for {' and '.join(self.facts)}" if self.facts else "",
            "authors of the most papers" if self.prolific else "",
            f"about “{self.topic}”" if terms(self.topic) else "",
            str(self),
            *(f"in {paper.title}" for paper in self.pointed or self.named),
        ]
        return "; ".join(part for part in parts if part)
