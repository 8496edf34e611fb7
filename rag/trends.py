"""How many papers per week are about a topic."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from rag.library import Library
from rag.records import Paper
from rag.retrieval.abstract_vectors import load_abstract_vectors
from rag.store.keywords import KeywordIndex
from rag.text.words import terms

# A paper is about a topic if the cosine of its abstract with the topic's words is at least this;
# chosen by reading the titles just above and below it for five topics.
MIN_COSINE = 0.42
METHOD = "Counts papers whose abstract is similar to these words or contains them in a row."
MAX_WEEKS = 104  # the newest two years
RECENT_WEEKS = 4  # weeks that are compared with as many before them
_JOINTS = re.compile(r"[-‐‑–/]")


@dataclass(frozen=True, slots=True)
class Week:
    """The week from Monday `first`: `about` of its `read` papers are about the topic."""

    first: date
    about: int
    read: int


@dataclass(frozen=True, slots=True)
class Trend:
    """The weeks with papers, oldest first, without gaps; at most MAX_WEEKS."""

    topic: str
    weeks: tuple[Week, ...]

    @property
    def about(self) -> int:
        """The number of papers about the topic."""
        return sum(week.about for week in self.weeks)

    @property
    def read(self) -> int:
        """The number of papers in these weeks."""
        return sum(week.read for week in self.weeks)

    def __str__(self) -> str:
        if not self.weeks:
            return "No paper that I have read has a day."
        last_day = self.weeks[-1].first + timedelta(days=6)
        span = f"{self.weeks[0].first} to {last_day}"
        text = f"{self.about:,} of {self.read:,} papers, {span}."
        if not self.about:
            return text
        best = max(self.weeks, key=lambda week: (week.about, week.first))
        text += f" Most in the week of {best.first}: {best.about} of {best.read}."
        if len(self.weeks) >= 2 * RECENT_WEEKS:
            recent = self.weeks[-RECENT_WEEKS:]
            before = self.weeks[-2 * RECENT_WEEKS : -RECENT_WEEKS]
            text += f" The last {RECENT_WEEKS} weeks: {_share(recent)}; "
            text += f"the {RECENT_WEEKS} before: {_share(before)}."
        return text


def trend(library: Library, topic: str) -> Trend:
    """Count the papers about a topic by week of their day: featured, else published.

    Loads the embedder.
    """
    papers = [paper for paper in library.catalog.papers() if paper.day]
    if not papers:
        return Trend(topic, ())
    about = papers_about(library, topic, papers)
    mondays = [_monday(paper.day) for paper in papers if paper.day]
    read = Counter(mondays)
    hits = Counter(
        monday for monday, paper in zip(mondays, papers, strict=True) if paper.paper_id in about
    )
    last = max(mondays)
    first = max(min(mondays), last - timedelta(weeks=MAX_WEEKS - 1))
    count = (last - first).days // 7 + 1
    weeks = [first + timedelta(weeks=n) for n in range(count)]
    return Trend(topic, tuple(Week(week, hits[week], read[week]) for week in weeks))


def papers_about(library: Library, topic: str, papers: Sequence[Paper]) -> dict[str, float]:
    """Return the papers that are about the topic: their cosine by paper id.

    These are the papers whose abstract is similar to the topic's words, or whose title or abstract
    contains the words in a row. Loads the embedder.
    """
    database = library.catalog.database
    ids = [paper.paper_id for paper in papers]
    embedder = library.embedder
    question = embedder.encode_question(topic)
    vectors = load_abstract_vectors(database, ids, embedder=embedder.name)
    cosines = {paper_id: float(vector @ question) for paper_id, vector in vectors.items()}
    phrase = _stems(topic)
    containing = KeywordIndex(database).papers_with_all(phrase.split()) if phrase else set()
    about = {}
    for paper in papers:
        cosine = cosines.get(paper.paper_id, 0.0)
        if cosine >= MIN_COSINE or (
            paper.paper_id in containing
            and f" {phrase} " in f" {_stems(paper.title)} . {_stems(paper.abstract)} "
        ):
            about[paper.paper_id] = cosine
    return about


def _stems(text: str) -> str:
    """Return the stems in order; hyphenated words count as several."""
    return " ".join(terms(_JOINTS.sub(" ", text)))


def _monday(day: date) -> date:
    return day - timedelta(days=day.weekday())


def _share(weeks: tuple[Week, ...]) -> str:
    """Return "12 of 480 (2.5 %)"."""
    hits, read = sum(week.about for week in weeks), sum(week.read for week in weeks)
    return f"{hits} of {read}" + (f" ({100 * hits / read:.1f} %)" if read else "")
