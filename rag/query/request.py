"""The Request: a question, understood as topic, days, names, order and more."""

from dataclasses import dataclass
from functools import cached_property
from typing import Literal, NamedTuple

from rag.errors import QuestionError
from rag.records import Paper, Window
from rag.text.clean import clean_characters
from rag.text.discord_markup import with_spoilers_open, without_markup
from rag.text.names import system_names
from rag.text.words import terms, words

MAX_QUESTION = 2_000  # characters
MAX_REPEATED_TOPIC = 8  # words


def clean_question(question: str, *, timezone: str = "UTC") -> str:
    """Return the question in clean characters, without Discord's markup.

    A time stamp becomes its day in the time zone. Raises QuestionError if it asks nothing.
    """
    question = with_spoilers_open(without_markup(clean_characters(question), timezone=timezone))
    if not question:
        raise QuestionError("the question is empty: ask something about the papers.")
    if len(question) > MAX_QUESTION:
        raise QuestionError(
            f"the question has {len(question):,} characters: ask in {MAX_QUESTION:,} or fewer."
        )
    if not words(question):
        raise QuestionError("there is no word in the question: ask in words.")
    return question


def repeated(topic: str) -> str:
    """Return a topic as an answer repeats it: only a short one, since a long one is a speech."""
    return topic if len(topic.split()) <= MAX_REPEATED_TOPIC else "this"


Order = Literal[
    "newest", "oldest", "most upvotes", "most authors", "fewest authors", "most comments"
]

Fact = Literal[
    "date", "author count", "authors", "organization", "upvotes", "comments",
    "code", "project page", "link", "BibTeX", "gist", "results", "limits", "withdrawal",
    "releases",
]  # fmt: skip

# Of the facts that papers have a section for, its heading.
FACT_HEADINGS: dict[Fact, str] = {"limits": "limitations", "results": "results"}

# What a request wants; each kind has its own way of being answered.
Kind = Literal[
    "content",  # what abstracts say: the fallback
    "concept",  # a definition: "what is speculative decoding?"
    "list",  # papers on a topic, of an organisation, with code …
    "summary",  # of a day, a week, a month, "since …"
    "trending",  # what is most upvoted or gains upvotes
    "paper",  # one paper: its gist or its facts
    "similar",  # papers similar to a paper
    "comparison",
    "count",
    "advice",  # "what should I read first about …", "has anyone …"
    "follow-up",  # on what was shown before
    "bot",  # what it can do, what it has read
    "small talk",
    "off topic",
]
KIND_NAMES: dict[Kind, str] = {  # in messages to people
    "content": "a question that papers answer",
    "concept": "a definition",
    "list": "a list of papers",
    "summary": "a summary of days",
    "trending": "what is popular",
    "paper": "a question about one paper",
    "similar": "similar papers",
    "comparison": "a comparison",
    "count": "a count",
    "advice": "advice on papers",
    "follow-up": "a follow-up",
    "bot": "a question about the bot",
    "small talk": "small talk",
    "off topic": "off topic",
}
Reader = Literal["rules", "classifier", "model"]  # who decided the kind


@dataclass(frozen=True, slots=True)
class AuthorCount:
    """A bound on the number of authors; `unknown` asks for papers without a count."""

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


@dataclass(frozen=True, kw_only=True)
class Request:
    """A question, understood; `topic` is the text that remains without the other fields' words."""

    topic: str
    kind: Kind = "content"
    reader: Reader = "rules"
    certainty: float = 1.0  # of the kind, 0 to 1
    follow_up: float = 0.0  # probability that it is a follow-up
    inside: float = 0.0  # probability that it asks what one paper says inside, after a turn
    other: "Request | None" = None  # another reading, if the kind is unsure
    asked: str = ""  # as it was asked, with days in ISO's form
    day_reading: str = ""  # how days were read that may be others, in a sentence
    impossible_day: str = ""  # which of its days do not exist, in a sentence
    no_such_number: str = ""  # which number the list before lacks, in a sentence
    text: str = ""  # all its words, in English as far as possible
    slot_topic: str = ""  # the words that name a topic, if it may be a follow-up
    asks_more: bool = True  # it has words that ask for something in particular
    parts: tuple[str, ...] = ()  # of the topic, if it has several that are searched one by one
    limit: int | None = None  # how many papers
    offset: int = 0  # papers of the same list that were shown before
    with_code: bool = False
    without_code: bool = False
    excluded: tuple[str, ...] = ()  # topics: papers on them are left out
    kept_in: str = ""  # what cannot be left out, in a sentence
    window: Window | None = None
    authors: AuthorCount | None = None
    organization: str | None = None  # as it was typed
    organizations: tuple[str, ...] = ()  # the names that it has in the catalogue
    author: str | None = None  # as it was typed
    author_names: tuple[str, ...] = ()  # the names that it has in the catalogue
    coauthors: tuple[tuple[str, ...], ...] = ()  # who must have written the papers, too
    alike: tuple[str, ...] = ()  # authors who may be meant, if it is not clear who is
    prolific: bool = False
    order: Order | None = None
    several: bool = False
    count: bool = False
    facts: tuple[Fact, ...] = ()
    named: tuple[Paper, ...] = ()  # papers that the question names
    unread: tuple[str, ...] = ()  # names of no paper, alike or compared with others that are
    pointed: tuple[Paper, ...] = ()  # papers that it refers back to: it is about these only
    compares: bool = False  # the answer must cite each of these papers
    language: str = "en"  # of the question; `topic` is in English as far as possible
    foreign: str = ""  # the code of its language, if only a language model knows it
    translation: str = ""  # what the model made of that, in English: the fields are read from it
    answer_in: str = ""  # the code of the language that the answer shall be in, if it names one
    has_topic: bool = True  # its words say which papers are meant, without an earlier turn

    @property
    def is_unread(self) -> bool:
        """Whether it is in a language that nobody here reads: only its names are known."""
        return bool(self.foreign and not self.translation)

    @property
    def is_filter(self) -> bool:
        """Whether something other than the topic narrows the papers."""
        return bool(
            self.window or self.authors or self.organization or self.author or self.left_out
        )

    @property
    def left_out(self) -> str:
        """What is left out, in words: `without code, not on video or audio`; often nothing."""
        topics = " or ".join(map(repeated, self.excluded))
        parts = ["without code" if self.without_code else "", f"not on {topics}" if topics else ""]
        return ", ".join(part for part in parts if part)

    @property
    def subjects(self) -> tuple[Paper, ...]:
        """The papers that it refers back to, else those that it names; often none."""
        return self.pointed or self.named

    @property
    def topic_in_words(self) -> str:
        """The topic as an answer repeats it."""
        return repeated(self.topic)

    @cached_property
    def topic_terms(self) -> list[str]:
        """The terms of the topic, in order."""
        return terms(self.topic)

    @cached_property
    def name_terms(self) -> frozenset[str]:
        """The terms of the names that the named papers give their systems."""
        names = (name for paper in self.named for name in system_names(paper))
        return frozenset(term for name in names for term in terms(name))

    def __str__(self) -> str:
        """Return the filters in words: `with 6 authors, published 2023-06-01 to 2023-08-31`."""
        parts = [
            f"by {self.author}" if self.author else "",
            f"of {self.organization}" if self.organization else "",
            self.authors,
            self.left_out,
            self.window,
        ]
        return ", ".join(str(part) for part in parts if part)

    def standalone(self, question: str) -> str:
        """Return the question together with the papers or the topic that it refers back to."""
        if self.pointed:
            return f"{question} (about {'; '.join(paper.title for paper in self.pointed)})"
        return f"{self.topic} {self.window or ''}".strip()

    @property
    def read_as(self) -> str:
        """The kind and who decided it, in words: `a list of papers (by the classifier, 0.83)`."""
        figure = f", {self.certainty:.2f}" if self.reader == "classifier" else ""
        return f"{KIND_NAMES[self.kind]} (by the {self.reader}{figure})"

    def understood(self) -> str:
        """Return all fields in words: `counted; about “birds”; published 2024-01-01 to …`."""
        parts = [
            "counted" if self.count else "",
            f"{self.order} first" if self.order else "",
            "several papers" if self.several else "",
            "compared" if self.compares or len(self.named) > 1 else "",
            f"asked for {' and '.join(self.facts)}" if self.facts else "",
            "authors of the most papers" if self.prolific else "",
            f"about “{self.topic}”" if self.topic_terms else "",
            str(self),
            *(f"in {paper.title}" for paper in self.subjects),
        ]
        return "; ".join(part for part in parts if part)


class Past(NamedTuple):
    """An earlier request and the papers that its answer cited, in order."""

    request: Request
    papers: tuple[Paper, ...]
