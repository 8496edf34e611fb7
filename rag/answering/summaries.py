"""Summaries of days: the Daily Papers of a day, a week or any other days, most upvoted first."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from rag.answering.brief import MIN_BRIEFED
from rag.answering.draft import Draft
from rag.answering.paper_lines import paper_entry
from rag.answering.refusal import REFUSAL, refuse
from rag.digest.days import days_name, featured_in
from rag.digest.records import MORE, Entry, Group, tldr_of
from rag.digest.topics import group_by_topic
from rag.query.request import Request
from rag.records import Citation, Evidence, Paper, Window
from rag.retrieval.abstract_vectors import load_abstract_vectors
from rag.store.catalog import Catalog
from rag.store.queries import first_featured_day, newest_days
from rag.text.code_link import code_of
from rag.text.sentences import gist

USUAL_COUNT = 5  # papers, if the request names no number
MAX_COUNT = 10  # papers in one message
TRENDING_DAYS = 7  # days with Daily Papers
MIN_THEMED = 6  # papers, before their themes are listed
MAX_THEMED = 50  # papers that are grouped by theme
MAX_THEMES = 5
NUMBER_WORDS = "one two three four five six seven eight nine ten".split()


@dataclass(frozen=True, slots=True)
class _Found:
    """The papers of some days, best first: "Daily Papers" "of Friday, 2025-12-05".

    `note` says why they are not what was asked for; `by_upvotes` whether they are in that order.
    """

    papers: Sequence[Paper]
    noun: str = "Daily Papers"
    days: str = ""
    note: str = ""
    by_upvotes: bool = True


class Summaries:
    """Lists the papers of the days that a request asks for, and the themes among them."""

    def __init__(self, catalog: Catalog) -> None:
        self.catalog = catalog

    def draft(self, request: Request, today: date) -> Draft:
        """Return the papers of the request's days; a refusal if no paper of them is known."""
        found = self._find(*self._days(request, today), today)
        if not found.papers:
            return self._refuse(found)
        papers, filters = [p for p in found.papers if _fits(p, request)], _filters(request)
        lines = [found.note] if found.note else []
        if not papers:
            of_all = f"Of the {len(found.papers):,} {found.noun}{found.days}"
            lines = [REFUSAL, *lines, f"{of_all}, none comes{filters}."]
            return Draft(" ".join(lines), (), refused=True)
        start, count = request.offset, min(request.limit or USUAL_COUNT, MAX_COUNT)
        shown = papers[start : start + count]
        lines.append(_headline(found, filters, len(papers), start, len(shown)))
        for n, paper in enumerate(shown, start=start + 1):
            lines += paper_entry(n, paper, tldr_of(paper), quoted=not _has_tldr(paper))
        if start == 0 and len(shown) > 1 and (themes := self._themes(papers)):
            lines.append(themes)
        citations = [
            Citation(n, paper, gist(paper.abstract) or paper.title)
            for n, paper in enumerate(shown, start=start + 1)
        ]
        briefed = shown if start == 0 and len(shown) >= MIN_BRIEFED else []
        return Draft(
            "\n".join(lines),
            tuple(citations),
            more=max(0, len(papers) - start - len(shown)),
            brief_from=[Evidence(p, tldr_of(p), 0, 1.0) for p in briefed],
        )

    def _days(self, request: Request, today: date) -> tuple[date, date]:
        """Return the first and last day: those asked for, else the newest days with papers."""
        window = request.window
        if window is None:
            count = TRENDING_DAYS if request.kind == "trending" else 1
            newest = newest_days(self.catalog, count, until=today) or [today]
            return newest[0], newest[-1]
        first = window.since or first_featured_day(self.catalog) or date.min
        last = window.until or max(first, today)
        return first, last if first > today else min(last, today)

    def _find(self, first: date, last: date, today: date) -> _Found:
        """Return the papers featured on these days, else published on them, else earlier ones.

        Whether a window counts featured or published days makes no difference to a summary.
        """
        featured = featured_in(self.catalog, first, last)
        if not featured.note:
            return _Found(featured.papers, days=_of_days(first, last, today))
        if published := self.catalog.papers(Window(first, last)):
            published.sort(key=lambda paper: -(paper.upvotes or 0))  # stable: else newest first
            is_voted = bool(published[0].upvotes)
            return _Found(published, "papers", _of_days(first, last, today), by_upvotes=is_voted)
        if not self.catalog.last_featured_day():
            return _Found(featured.papers, "newest papers", note=featured.note, by_upvotes=False)
        days = _of_days(featured.first, featured.last, today)
        return _Found(featured.papers, days=days, note=featured.note)

    def _refuse(self, found: _Found) -> Draft:
        last = self.catalog.last_featured_day()
        if not last:
            return Draft(*refuse(self.catalog.coverage(), []), refused=True)
        return Draft(f"{REFUSAL} {found.note} The last one is {last}.", (), refused=True)

    def _themes(self, papers: Sequence[Paper]) -> str:
        """Return a line with the themes of the papers."""
        if len(papers) < MIN_THEMED:
            return ""
        entries = [
            Entry(paper, "", rank=rank) for rank, paper in enumerate(papers[:MAX_THEMED], start=1)
        ]
        ids = [entry.paper.paper_id for entry in entries]
        vectors = load_abstract_vectors(self.catalog.database, ids)
        groups = group_by_topic(entries, vectors, self.catalog)
        themes = [_theme(group) for group in groups if group.name != MORE][:MAX_THEMES]
        among = f" of the first {MAX_THEMED}" if len(papers) > MAX_THEMED else ""
        return f"Themes{among}: {', '.join(themes)}." if themes else ""


def _fits(paper: Paper, request: Request) -> bool:
    """Return whether a paper is from the request's organisation and has code, if it must."""
    names = request.organizations or ((request.organization,) if request.organization else ())
    is_from = not names or (paper.organization or "").casefold() in map(str.casefold, names)
    has_code = {not request.without_code, request.with_code}
    return is_from and bool(code_of(paper)) in has_code


def _filters(request: Request) -> str:
    organization = request.organization or " or ".join(request.organizations)
    source = f" from {organization}" if organization else ""
    code = " with code" if request.with_code else ""
    return f"{source}{code}{' without code' if request.without_code else ''}"


def _has_tldr(paper: Paper) -> bool:
    return bool((paper.tldr or "").strip())


def _of_days(first: date, last: date, today: date) -> str:
    """Return " of Friday, 2025-12-05", " since Monday, 2025-12-08" or " of November 2025"."""
    if first == last or last < today:
        return f" of {days_name(first, last)}"
    so_far = {
        today.replace(month=1, day=1): " of this year so far,",
        today.replace(day=1): " of this month so far,",
        today - timedelta(days=today.weekday()): " of this week so far,",
    }
    return f"{so_far.get(first, '')} since {first:%A, %Y-%m-%d}"


def _headline(found: _Found, filters: str, total: int, start: int, shown: int) -> str:
    """Return the number of papers, what they are, and which of them follow."""
    noun = found.noun.removesuffix("s") if total == 1 else found.noun
    name = f"{total:,} {noun}{found.days}{filters}"
    if not shown:
        return f"These were all of the {name}."
    if start and shown == 1:
        return f"{name}; number {start + 1}:"
    if start:
        return f"{name}; numbers {start + 1} to {start + shown}:"
    if shown == total:
        return f"{name}{', the most upvoted first' if total > 1 and found.by_upvotes else ''}:"
    count = NUMBER_WORDS[shown - 1]
    return (
        f"{name}; the {f'{count} with the most upvotes' if found.by_upvotes else f'first {count}'}:"
    )


def _theme(group: Group) -> str:
    """Return "video generation (6 papers)"."""
    number = len(group.entries)
    return f"{group.name} ({number} paper{'' if number == 1 else 's'})"
