"""How many papers a week are about a topic."""

from collections import Counter
from dataclasses import dataclass
from datetime import date, timedelta

from rag.library import Library
from rag.topic import about

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
