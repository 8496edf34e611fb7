"""The records that travel between the rooms: frozen, without I/O and without rendering."""

import hashlib
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal

from rag.links import paper_url

AbstractSource = Literal["abstract", "summary"]
Mode = Literal["extractive", "generated"]
By = Literal["day", "published"]  # which day of a paper a window counts

MAX_SLUG = 160  # characters of a title that go into an id


def title_key(title: str) -> str:
    """Return the title reduced to its letters and digits, to recognise it in another spelling.

    Titles without any letter or digit get a hash instead.
    """
    folded = unicodedata.normalize("NFKC", title).casefold()
    words = "".join(c if c.isalnum() else " " for c in folded).split()
    if not words:
        return hashlib.sha256(title.encode()).hexdigest()[:16]
    return "-".join(words)


def paper_id_of(arxiv_id: str | None, title: str) -> str:
    """Return `arxiv:2510.01234`, or `title:<slug>` until the arXiv id is known."""
    if arxiv_id:
        return f"arxiv:{arxiv_id}"
    key = title_key(title)
    if len(key) > MAX_SLUG:
        key = f"{key[:MAX_SLUG]}-{hashlib.sha256(key.encode()).hexdigest()[:8]}"
    return f"title:{key}"


def chunk_id_of(paper_id: str, index: int) -> str:
    """Return `arxiv:2510.01234#3`."""
    return f"{paper_id}#{index}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Paper:
    """A paper as its sources describe it; None is "not known", never zero.

    `abstract_source` is "summary" where the text was written for this project and stands in
    for the abstract. `published_on` is the arXiv date, `featured_on` the first day on which
    it was among the Daily Papers. `tldr` is Hugging Face's `ai_summary`.
    """

    title: str
    abstract: str
    abstract_source: AbstractSource = "abstract"
    arxiv_id: str | None = None
    authors: tuple[str, ...] = ()
    author_count: int | None = None
    organization: str | None = None
    published_on: date | None = None
    featured_on: date | None = None
    upvotes: int | None = None
    comment_count: int | None = None
    tldr: str | None = None
    keywords: tuple[str, ...] = ()
    code_url: str | None = None
    project_url: str | None = None

    @property
    def paper_id(self) -> str:
        """`arxiv:<id>` or `title:<slug>`."""
        return paper_id_of(self.arxiv_id, self.title)

    @property
    def url(self) -> str:
        """The paper's page for people."""
        return paper_url(self.arxiv_id, self.title)

    @property
    def day(self) -> date | None:
        """The day it counts for: featured, else published."""
        return self.featured_on or self.published_on

    @property
    def text_hash(self) -> str:
        """Changes when the title or the abstract does: then the chunks are stale."""
        return hashlib.sha256(f"{self.title}\n{self.abstract}".encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Window:
    """Days, both ends included; None leaves an end open.

    `by` says which day of a paper counts: "day" the featured one, else the published one;
    "published" only the latter.
    """

    since: date | None = None
    until: date | None = None
    by: By = "day"

    def __str__(self) -> str:
        verb = "published" if self.by == "published" else "featured or published"
        if self.since and self.since == self.until:
            return f"{verb} {self.since}"
        if self.since and self.until:
            return f"{verb} {self.since} to {self.until}"
        if self.since:
            return f"{verb} since {self.since}"
        return f"{verb} up to {self.until}" if self.until else "of any day"


@dataclass(frozen=True, slots=True)
class Chunk:
    """A piece of a paper as it is embedded: index 0 is the whole, 1… are its sentences.

    `text` is what the embedder reads (with the title in front); `sentence` is the abstract's
    own words, empty for index 0.
    """

    paper_id: str
    index: int
    text: str
    sentence: str = ""

    @property
    def chunk_id(self) -> str:
        """`<paper_id>#<index>`."""
        return chunk_id_of(self.paper_id, self.index)


@dataclass(frozen=True, slots=True)
class Hit:
    """A retrieved paper with its fused score in 0…1 and its best chunk.

    `cosine` is the best cosine similarity of any of its chunks with the question, `keyword`
    its BM25 score (0 where no word matched).
    """

    paper: Paper
    chunk: Chunk
    score: float
    cosine: float
    keyword: float


@dataclass(frozen=True, slots=True)
class Evidence:
    """One sentence of a paper that speaks to the question; higher scores speak louder."""

    paper: Paper
    sentence: str
    index: int
    score: float


@dataclass(frozen=True, slots=True)
class Passage:
    """What the model reads of one paper: its number in the prompt and the sentences."""

    n: int
    paper: Paper
    sentences: tuple[Evidence, ...]

    @property
    def quote(self) -> str:
        """The sentence that speaks loudest."""
        return max(self.sentences, key=lambda evidence: evidence.score).sentence

    def __str__(self) -> str:
        day = f" ({self.paper.day})" if self.paper.day else ""
        text = " ".join(evidence.sentence for evidence in self.sentences)
        # On one line, so that no passage can pose as another part of the prompt.
        return " ".join(f"[{self.n}] {self.paper.title}{day}: {text}".split())


@dataclass(frozen=True, slots=True)
class Citation:
    """Source number `n` of an answer; `quote` stands word for word in the paper."""

    n: int
    paper: Paper
    quote: str


@dataclass(frozen=True, slots=True)
class Coverage:
    """What has been read: how many papers, between which days, and how many have no date."""

    papers: int
    first_day: date | None
    last_day: date | None
    undated: int

    def __str__(self) -> str:
        if not self.papers:
            return "no papers yet"
        noun = "paper" if self.papers == 1 else "papers"
        text = f"{self.papers:,} {noun}"
        if self.first_day and self.last_day:
            text += f", {self.first_day} to {self.last_day}"
        if self.undated and self.undated < self.papers:
            text += f", {self.undated:,} of them undated"
        return text


@dataclass(frozen=True, slots=True)
class Draft:
    """An answer without its frame: the text with its markers and what it was made from."""

    text: str
    citations: tuple[Citation, ...]
    hits: Sequence[Hit] = ()
    evidence: Sequence[Evidence] = ()
    refused: bool = False
    support: float | None = None


@dataclass(frozen=True, slots=True)
class ShownPassage:
    """What a model was shown of a paper: the passage's number and the sentences."""

    n: int
    paper_id: str
    sentences: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Exchange:
    """One turn as a model read it: the message with the question, word for word, and the answer.

    The answer is what people saw, with the passages' numbers for markers; `shown` says what the
    message added to what stood in the conversation.
    """

    question: str
    answer: str
    shown: tuple[ShownPassage, ...]


@dataclass(frozen=True, slots=True)
class Turn:
    """An earlier question, and the ids of the papers that its answer cited (None: not known).

    `exchanges` is the conversation up to its answer as the model has read it.
    """

    question: str
    cited: tuple[str, ...] | None = None
    exchanges: tuple[Exchange, ...] = ()

    @classmethod
    def of(cls, answer: "Answer") -> "Turn":
        """Return what later questions may refer back to."""
        cited = tuple(c.paper.paper_id for c in answer.citations)
        return cls(answer.question.text, cited, answer.exchanges)


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """A question on its way to an answer: who asks what, when, and after which earlier turns.

    `paper` is the id of the only paper to ask; `keep_to` that of the paper meant unless it does
    not say. `asker` is a display name, where several people may ask. `today` is the day that
    words like "last week" count from; None stands for the clock's day.
    """

    text: str
    history: tuple[Turn, ...] = ()
    paper: str | None = None
    keep_to: str | None = None
    asker: str = ""
    today: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """An answer with markers `[n]` in its text, the sources they stand for, and how it came.

    `today` is the day that its time words count from. `standalone` is the question with what it
    refers back to; `understood` says in words what was taken from it (papers, days, order). `hits`
    is the ranking it was made from and `evidence` the best sentences; `refused` says that the
    papers do not answer the question. `finished` is False while it is being written; `note` tells
    a person what went wrong with writing it. `exchanges` is the conversation as the model has read
    it so far.
    """

    question: Question
    today: date
    standalone: str
    understood: str
    text: str
    citations: tuple[Citation, ...]
    hits: tuple[Hit, ...]
    evidence: tuple[Evidence, ...]
    refused: bool
    mode: Mode
    coverage: Coverage
    seconds: float
    support: float | None = None
    model: str = ""
    finished: bool = True
    note: str = ""
    exchanges: tuple[Exchange, ...] = ()
