"""How many papers a week are about a topic."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from rag.library import Library
from rag.records import Paper
from rag.retrieval.abstract_vectors import wholes
from rag.store.keywords import KeywordIndex
from rag.text.words import terms

# Cosine of the topic's words with the whole abstract, from which on a paper is about it; chosen by
# reading the titles that lie just above and below it for five topics.
NEAR = 0.42
HOW = "Counted are papers whose abstract comes near to these words or that hold them in a row."
_JOINTS = re.compile(r"[-‐‑–/]")


def about(library: Library, topic: str, papers: Sequence[Paper]) -> dict[str, float]:
    """Return the ids of those papers that are about the topic, with their cosine.

    That is a paper whose abstract comes near to the topic's words, or whose title or abstract
    holds them one after the other. Loads the embedder.
    """
    database = library.catalog.database
    ids = [paper.paper_id for paper in papers]
    question = library.embedder.encode_question(topic)
    vectors = wholes(database, ids, embedder=library.embedder.name)
    cosines = {paper_id: float(vector @ question) for paper_id, vector in vectors.items()}
    wanted = _stems(topic)
    holding = KeywordIndex(database).holding(wanted.split()) if wanted else set()
    found = {}
    for paper in papers:
        cosine = cosines.get(paper.paper_id, 0.0)
        if cosine >= NEAR or (
            paper.paper_id in holding
            and f" {wanted} " in f" {_stems(paper.title)} . {_stems(paper.abstract)} "
        ):
            found[paper.paper_id] = cosine
    return found


def _stems(text: str) -> str:
    """Return the stems one after the other, hyphens being no part of a word."""
    return " ".join(terms(_JOINTS.sub(" ", text)))


MOST_WEEKS = 104  # the newest two years
RECENT = 4  # weeks that are compared with as many before them


@dataclass(frozen=True, slots=True)
class Week:
    """`about` of the `read` papers of the week from Monday `first` on are about the topic."""

    first: date
    about: int
    read: int


@dataclass(frozen=True, slots=True)
class Trend:
    """The weeks of which papers were read, oldest first, without gaps; at most MOST_WEEKS."""

    topic: str
    weeks: tuple[Week, ...]

    @property
    def about(self) -> int:
        """How many papers are about the topic."""
        return sum(week.about for week in self.weeks)

    @property
    def read(self) -> int:
        """How many papers there are in these weeks."""
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
        if len(self.weeks) >= 2 * RECENT:
            now, before = self.weeks[-RECENT:], self.weeks[-2 * RECENT : -RECENT]
            text += (
                f" The last {RECENT} weeks: {_share(now)}; the {RECENT} before: {_share(before)}."
            )
        return text


def trend(library: Library, topic: str) -> Trend:
    """Count the papers about a topic by week of their day: featured, else published.

    Loads the embedder.
    """
    papers = [paper for paper in library.catalog.papers() if paper.day]
    if not papers:
        return Trend(topic, ())
    found = about(library, topic, papers)
    mondays = [_monday(paper.day) for paper in papers if paper.day]
    read = Counter(mondays)
    hits = Counter(
        monday for monday, paper in zip(mondays, papers, strict=True) if paper.paper_id in found
    )
    last = max(mondays)
    first = max(min(mondays), last - timedelta(weeks=MOST_WEEKS - 1))
    count = (last - first).days // 7 + 1
    weeks = [first + timedelta(weeks=n) for n in range(count)]
    return Trend(topic, tuple(Week(week, hits[week], read[week]) for week in weeks))


def _monday(day: date) -> date:
    return day - timedelta(days=day.weekday())


def _share(weeks: tuple[Week, ...]) -> str:
    """Return "12 of 480 (2.5 %)"."""
    hits, read = sum(week.about for week in weeks), sum(week.read for week in weeks)
    return f"{hits} of {read}" + (f" ({100 * hits / read:.1f} %)" if read else "")
