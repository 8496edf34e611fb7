"""The records that all rooms share: frozen, without I/O and without rendering."""

import hashlib
import unicodedata
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Literal

from rag.links import arxiv_url, paper_url

AbstractSource = Literal["abstract", "summary"]
Mode = Literal["extractive", "generated"]
Place = Literal["terminal", "server", "direct message", "elsewhere"]
DayKind = Literal["day", "published"]  # which day of a paper a window counts

MAX_SLUG = 160  # characters of a title that go into an id


def title_key(title: str) -> str:
    """Return the title's letters and digits, the same for all spellings of a title.

    A title without any letter or digit gives a hash.
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
    """A paper as its sources describe it; None means "not known", never zero.

    `abstract_source` is "summary" if the text was written for this project in place of the
    abstract. `published_on` is the arXiv date, `featured_on` the first day on which it was among
    the Daily Papers. `tldr` is Hugging Face's `ai_summary`, `comment` arXiv's. `seen_at` is when a
    source last described it, in UTC, and no part of what is equal; a file may not know it.
    `raw_title` and `raw_abstract` are the texts as they were received, if cleaning changed more
    than their spaces.
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
    comment: str | None = None
    seen_at: datetime | None = field(default=None, compare=False)
    raw_title: str | None = field(default=None, compare=False, repr=False)
    raw_abstract: str | None = field(default=None, compare=False, repr=False)

    @property
    def paper_id(self) -> str:
        """`arxiv:<id>` or `title:<slug>`."""
        return paper_id_of(self.arxiv_id, self.title)

    @property
    def url(self) -> str:
        """The paper's page on Hugging Face, or on arXiv if it has none there."""
        return paper_url(self.arxiv_id, self.title)

    @property
    def urls(self) -> tuple[str, ...]:
        """All pages of the paper, each once: `url`, then arXiv's."""
        of_arxiv = [arxiv_url(self.arxiv_id)] if self.arxiv_id else []
        return tuple(dict.fromkeys([self.url, *of_arxiv]))

    @property
    def day(self) -> date | None:
        """The day on which it was featured, else published."""
        return self.featured_on or self.published_on

    @property
    def text_hash(self) -> str:
        """A hash of title and abstract; chunks with another one are stale."""
        return hashlib.sha256(f"{self.title}\n{self.abstract}".encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Window:
    """Days, both ends included; None leaves an end open.

    `by` says which day of a paper counts: "day" the featured one, else the published one;
    "published" only the latter.
    """

    since: date | None = None
    until: date | None = None
    by: DayKind = "day"

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
    """An embedded part of a paper: index 0 is the abstract, 1… are its sentences.

    `text` is what the embedder reads (with the title in front); `sentence` is the sentence as it
    stands in the abstract, empty for index 0.
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

    `cosine` is the best cosine similarity of its chunks with the question, `keyword` its BM25
    score (0 if no word matched).
    """

    paper: Paper
    chunk: Chunk
    score: float
    cosine: float
    keyword: float


@dataclass(frozen=True, slots=True)
class Evidence:
    """A sentence of a paper and how well it fits the question (higher is better).

    `section` is where it stands in the whole paper ("§3.2 Training"), "" if in the abstract.
    """

    paper: Paper
    sentence: str
    index: int
    score: float
    section: str = ""


@dataclass(frozen=True, slots=True)
class Passage:
    """The part of a prompt about one paper: its number and the sentences."""

    n: int
    paper: Paper
    sentences: tuple[Evidence, ...]

    @property
    def best(self) -> Evidence:
        """The sentence with the highest score."""
        return max(self.sentences, key=lambda evidence: evidence.score)

    @property
    def said_by(self) -> Paper:
        """The paper with what the sentences of its sections say, beside its abstract."""
        further = [evidence.sentence for evidence in self.sentences if evidence.section]
        if not further:
            return self.paper
        return replace(self.paper, abstract=" ".join([self.paper.abstract, *further]))

    def __str__(self) -> str:
        day = f" ({self.paper.day})" if self.paper.day else ""
        text = " ".join(evidence.sentence for evidence in self.sentences)
        # On one line, so that no passage can pass itself off as another part of the prompt.
        return " ".join(f"[{self.n}] {self.paper.title}{day}: {text}".split())


@dataclass(frozen=True, slots=True)
class Citation:
    """Source number `n` of an answer; `quote` is a sentence of the paper, word for word.

    `section` is where that stands in the whole paper, "" if in the abstract.
    """

    n: int
    paper: Paper
    quote: str
    section: str = ""


@dataclass(frozen=True, slots=True)
class Coverage:
    """The papers that were read: how many, of which days, and how many without a day."""

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
class PromptPassage:
    """A passage as a model read it: its number, its paper and the sentences."""

    n: int
    paper_id: str
    sentences: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Exchange:
    """One turn as a model read it: the message with the question, word for word, and the answer.

    The answer is the one that people read, with the passages' numbers as markers; `shown` lists the
    passages that the message added to the conversation.
    """

    question: str
    answer: str
    shown: tuple[PromptPassage, ...]


@dataclass(frozen=True, slots=True)
class Turn:
    """An earlier question, and the ids of the papers that its answer cited (None: not known).

    Without a question, it is a list of papers that was shown, such as a digest; `is_hidden` means
    that it was asked for in a spoiler, as a question's own words tell of an answer.
    `exchanges` is the conversation up to its answer as the model read it.
    """

    question: str
    cited: tuple[str, ...] | None = None
    exchanges: tuple[Exchange, ...] = ()
    is_hidden: bool = False

    @classmethod
    def of(cls, answer: "Answer") -> "Turn":
        """Return the turn that ended with this answer."""
        cited = tuple(c.paper.paper_id for c in answer.citations)
        return cls(answer.question.text, cited, answer.exchanges)


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """A question with its context: the earlier turns, the papers it is about, who asks and when.

    `paper` is the id of the only paper to answer from; `keep_to` that of the paper to answer from
    first. `asker` is a display name, for conversations of several people. `today` is the day that
    words like "last week" are relative to; None means the clock's day. `offset` is how many papers
    of the same list were shown before; `place` is where the answer is read. `has_spoiler` means
    that words of it or of its history are hidden in Discord until they are clicked.
    """

    text: str
    history: tuple[Turn, ...] = ()
    paper: str | None = None
    keep_to: str | None = None
    asker: str = ""
    today: date | None = None
    offset: int = 0
    place: Place = "terminal"
    has_spoiler: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Writing:
    """What the model did for an answer.

    `raw` is all that it wrote, without its thinking; `tokens` counts its pieces. `kept_quotes` says
    in one word why the quotes stayed ("unreadable", "worse", …), "" if its text is shown. `removed`
    is the number of sentences that were taken out.
    """

    raw: str
    seconds: float
    tokens: int
    kept_quotes: str = ""
    removed: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """An answer with markers `[n]` in its text, their sources, and how the answer was made.

    A line of the text that begins with two spaces is subordinate to the line above it: Discord
    shows it small, the terminal dimmed. Lines between two lines "```" are a block of code.
    `more` is how many papers follow those of a list, and `brief_from` has a sentence of each of its
    papers, from which a model may write a brief to stand above the list.

    `today` is the day that its time words are relative to. `standalone` is the question with its
    references to earlier turns resolved, in English if a model translated it: `translation` is what
    it made of the question alone, else "". `understood` describes the request (papers, days, order)
    and `read_as` its kind. `is_chat` means that it answers small talk, a question about the bot, or
    what is off topic, or asks back: a conversation about papers goes on as if it had not been said.
    `answer_in` is the code of the language that the person wants the answer in, "" without one.
    `hits` is the ranking that it was made from and `evidence` the best sentences; `refused` means
    that the papers do not answer the question. `finished` is False while it is being written;
    `note` tells a person what went wrong with the writing. `exchanges` is the conversation so far
    as the model read it; `writing` is what the model did for this answer, None if it was not asked.
    `silent_paper` is the paper to offer to read whole: its abstract does not say it, or not surely.
    `questions` is how many questions it answers, one after the other.
    `understand_seconds` is the part of `seconds` that understanding the question alone took.
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
    more: int = 0
    brief_from: tuple[Evidence, ...] = ()
    read_as: str = ""
    is_chat: bool = False
    answer_in: str = ""
    writing: Writing | None = None
    translation: str = ""
    silent_paper: Paper | None = None
    questions: int = 1
    understand_seconds: float = 0.0

    @property
    def asked(self) -> str:
        """The standalone question in the words of the person, where a model translated it."""
        if not self.translation:
            return self.standalone
        return self.standalone.replace(self.translation, self.question.text, 1)
