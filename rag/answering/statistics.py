"""Numbers over papers: how many, which share, the average upvotes, by lab, author, day or topic."""

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from statistics import mean, median

from rag.answering.draft import Draft
from rag.answering.paper_filters import all_papers_of
from rag.answering.paper_groups import (
    AVERAGING,
    MIN_AVERAGED,
    PERIODS,
    PLURALS,
    Groups,
    by_period,
    counted,
    day_of,
    fitting,
    grouped,
    leader,
    not_fitting,
    percent,
    plain,
    quantities,
    ranked,
    value_in_words,
    value_of,
)
from rag.answering.paper_lines import paper_entry
from rag.answering.refusal import REFUSAL
from rag.digest.days import days_name
from rag.digest.records import tldr_of
from rag.query.asked_statistic import AskedStatistic, Grouping, read_statistic
from rag.query.request import Request
from rag.records import Citation, DayKind, Paper, Window
from rag.retrieval.topic_search import TopicSearch
from rag.store.catalog import Catalog
from rag.text.code_link import code_of
from rag.text.sentences import gist

MAX_EXAMPLES = 5  # papers below a number
MAX_GROUPS = 10  # in a list by rank; MAX_EXAMPLES if the request names no number
MAX_PERIODS = 12  # in a list by time, the newest ones
MONTHLY = timedelta(days=120)  # a trend over more days is shown by month, else by week
UNKNOWN = f"{REFUSAL} I count papers by topic, organisation, author, days, code and upvotes."
# "Top 10 authors" are no papers with ten authors.
_RANKED_AUTHORS = re.compile(r"\b(?:top|which|what|best|leading) \w+ authors\b", re.IGNORECASE)
_SINGULAR = {"have": "has", "are": "is", "mention": "mentions"}
NAMED_DAYS = timedelta(days=27)  # days that have a name: a month, a year


class Statistics:
    """Answers requests for numbers from the catalogue's columns."""

    def __init__(self, catalog: Catalog, topics: TopicSearch) -> None:
        self.catalog = catalog
        self.topics = topics

    def draft(self, request: Request, text: str, today: date) -> Draft | None:
        """Return the number that is asked for; None if it is no number over papers.

        `text` is the question in English. CatalogAnswers lists papers by their number of authors
        and the papers published on some days.
        """
        is_of_one = len(request.subjects) == 1 and "papers" not in text.casefold()
        is_of_papers = is_of_one or (request.subjects and request.facts)
        if request.authors and _RANKED_AUTHORS.search(text):
            limit = request.limit or request.authors.low
            request = replace(request, authors=None, prolific=True, limit=limit)
        is_by_authors = request.authors or (request.order or "").endswith("authors")
        if is_by_authors or (is_of_papers and not request.count):
            return None
        asked = read_statistic(request, text, today)
        if asked is None:
            return None if request.topic_terms else Draft(UNKNOWN, (), refused=True)
        if request.count and _is_plain(asked) and asked.by == "published":
            return None
        if asked.sides:
            return self._sides(asked, today)
        papers = all_papers_of(self.catalog, self.topics, asked.whole)
        if asked.measure in ("count", "share") and not asked.groupings:
            return self._count(asked, papers, today)
        described = self._described(asked.whole, papers, today)
        others = [] if asked.measure == "share" else not_fitting(papers, asked)
        if asked.measure != "share":
            papers, described = fitting(papers, asked), described + asked.that
        if not papers:
            return self._zero(described)
        if asked.measure == "trend":
            return self._trend(asked, papers, described)
        if asked.measure == "overview":
            return self._overview(asked, papers, described)
        if asked.groupings:
            return self._groups(asked, papers, described)
        return self._quantity(asked, papers, others, described)

    # -- one number ----------------------------------------------------------------------------

    def _count(self, asked: AskedStatistic, papers: list[Paper], today: date) -> Draft:
        """Return how many papers there are, or how many of them fit the conditions."""
        described = self._described(asked.whole, papers, today)
        if not papers:
            return self._zero(described)
        if asked.part:
            words, request = asked.part
            inside = {paper.paper_id for paper in all_papers_of(self.catalog, self.topics, request)}
            part = [paper for paper in papers if paper.paper_id in inside]
        elif asked.conditions:
            words = " and ".join(condition.words for condition in asked.conditions)
            part = fitting(papers, asked)
        else:
            lines = [f"{counted(len(papers), 'paper')}{described}."]
            lines += self._by_other_days(asked, len(papers), today)
            return self._with_examples(asked, lines, papers)
        said = _said_of_one(words) if len(part) == 1 else words
        head = f"{len(part):,} of the {counted(len(papers), 'paper')}{described} {said}."
        if asked.measure == "share":
            head = f"{percent(len(part), len(papers))}: {head}"
        return self._with_examples(asked, [head, *self._extent(asked)], part)

    def _by_other_days(self, asked: AskedStatistic, count: int, today: date) -> list[str]:
        """Return how many papers there are if the other day of a paper counts, for long windows."""
        window = asked.whole.window
        if not window or not window.since or not window.until or asked.whole.pointed:
            return self._extent(asked)
        by: DayKind = "day" if window.by == "published" else "published"
        if window.until - window.since >= NAMED_DAYS:
            other = all_papers_of(
                self.catalog, self.topics, replace(asked.whole, window=replace(window, by=by))
            )
            if len(other) != count:
                days = self._days(replace(window, by=by), other, today)
                return [*self._extent(asked), f"  {_capital(days.strip())}: {len(other):,}."]
        return self._extent(asked)

    def _quantity(
        self, asked: AskedStatistic, papers: list[Paper], others: list[Paper], described: str
    ) -> Draft:
        """Return the average, median, sum or maximum of the papers' upvotes, comments, authors.

        `others` are the papers that do not fit the conditions; their average is told too.
        """
        known = [paper for paper in papers if quantities([paper], asked)]
        if not known:
            return Draft(f"The {asked.quantity} of the papers{described} are not known.", ())
        values = quantities(known, asked)
        average, middle = plain(mean(values)), plain(median(values))
        number, what, other = {
            "median": (middle, "median", f"; the average is {average}"),
            "total": (plain(sum(values)), "sum", ""),
            "highest": (plain(max(values)), "maximum", ""),
        }.get(asked.measure, (average, "average", f"; the median is {middle}"))
        noun = asked.quantity.removesuffix("s") if number == "1" else asked.quantity
        over = f"the {counted(len(known), 'paper')}{described}"
        lines = [f"{number} {noun} is the {what} of {over}{other}."]
        if asked.measure != "highest" and len(known) > 1:
            lines.append(f"  The lowest number is {min(values):,}, the highest {max(values):,}.")
        if other and others:
            told = value_in_words(others, asked)
            lines.append(f"  The papers that do not: {told}.")
        known.sort(key=lambda paper: -quantities([paper], asked)[0])
        return self._with_examples(asked, [*lines, *self._extent(asked)], known)

    def _overview(self, asked: AskedStatistic, papers: list[Paper], described: str) -> Draft:
        """Return the main numbers: code, upvotes, organisations, authors and days."""
        total = len(papers)
        with_code = sum(bool(code_of(paper)) for paper in papers)
        lines = [
            f"{counted(total, 'paper')}{described}.",
            f"With code: {with_code:,} ({percent(with_code, total)})",
        ]
        if upvotes := quantities(papers, asked):
            lines.append(
                f"Upvotes: {plain(mean(upvotes))} on average, median {plain(median(upvotes))}"
            )
        for kind in ("organization", "author", "day"):
            groups = grouped(papers, (kind,), asked.by)[:3]
            named = "; ".join(f"{label} ({len(inside):,})" for label, inside in groups)
            if named:
                lines.append(f"{PLURALS[kind].capitalize()} with the most papers: {named}")
        return self._with_examples(asked, lines, papers)

    # -- groups --------------------------------------------------------------------------------

    def _groups(self, asked: AskedStatistic, papers: list[Paper], described: str) -> Draft:
        """Return the groups with the highest numbers, or all periods in order."""
        what = f"the {counted(len(papers), 'paper')}{described}"
        first, *others = asked.groupings
        if first in PERIODS and not others and not asked.superlative:
            return self._series(asked, first, papers, what)
        groups = grouped(papers, asked.groupings, asked.by)
        plural = " and ".join(PLURALS[kind] for kind in asked.groupings)
        if not groups:
            return Draft(f"The {plural} of {what} are not known.", ())
        if asked.distinct:
            head = f"{len(groups):,} {plural} in {what}."
        else:
            groups = ranked(groups, asked)
            head = f"{leader(groups, asked, plural)} {what}."
        lines = [head, *self._extent(asked)]
        if first == "organization":
            unnamed = sum(not paper.organization for paper in papers)
            lines += [f"  No organisation is known of {unnamed:,}."] if unnamed else []
        if asked.measure in AVERAGING and not asked.distinct:
            lines.append(f"  Only {plural} with {MIN_AVERAGED} papers or more are ranked.")
        return self._with_groups(asked, lines, groups)

    def _sides(self, asked: AskedStatistic, today: date) -> Draft:
        """Return the number of each thing that is compared, the highest first."""
        found = [all_papers_of(self.catalog, self.topics, side.request) for side in asked.sides]
        if asked.measure != "share":
            found = [fitting(papers, asked) for papers in found]
        names = [side.name or _days_compared(side.request.window, today) for side in asked.sides]
        groups = ranked(list(zip(names, found, strict=True)), asked)
        papers = list({paper.paper_id: paper for inside in found for paper in inside}.values())
        shared = _shared(asked)
        described = self._described(shared, papers, today) if _is_narrowed(shared) else ""
        if asked.compares:
            values = [value_of(inside, asked) for _, inside in groups]
            numbers = " against ".join(value_in_words(inside, asked) for _, inside in groups)
            leader = f"{groups[0][0]} is ahead" if values[0] != values[1] else "They are level"
            head = f"{leader}: {numbers}{described}{asked.that}."
        else:
            head = f"{counted(len(papers), 'paper')}{described}{asked.that}."
        return self._with_groups(asked, [head, *self._extent(asked)], groups)

    def _with_groups(self, asked: AskedStatistic, lines: list[str], groups: Groups) -> Draft:
        """Return the lines with the groups below, each with one of its papers."""
        count = min(asked.whole.limit or MAX_EXAMPLES, MAX_GROUPS)
        citations: list[Citation] = []
        for label, papers in groups[:count]:
            line = f"{label}: {value_in_words(papers, asked)}"
            if papers:
                paper = max(papers, key=lambda paper: str(day_of(paper, asked.by) or ""))
                which = ", the newest is"
                if set(asked.groupings) & {"weekday", *PERIODS}:
                    paper, which = papers[0], ", the most upvoted is"
                citations.append(_cite(len(citations) + 1, paper))
                line += f"{which if len(papers) > 1 else ''} [{len(citations)}]"
            lines.append(line)
        return Draft("\n".join(lines), tuple(citations))

    # -- time ----------------------------------------------------------------------------------

    def _series(
        self, asked: AskedStatistic, period: Grouping, papers: list[Paper], what: str
    ) -> Draft:
        """Return the number of papers per period."""
        groups = self._periods(asked, period, papers)
        per = len(papers) / max(1, len(groups))
        noun = f"{counted(len(groups), period)}{' with papers' if period == 'day' else ''}"
        head = f"{per:,.1f} papers per {period} on average, over {noun}: {what}."
        return self._with_periods(asked, [head, *self._extent(asked)], groups)

    def _trend(self, asked: AskedStatistic, papers: list[Paper], described: str) -> Draft:
        """Return whether the later half of the days has more papers than the earlier half."""
        days = self._periods(asked, "day", papers)
        half = len(days) // 2
        if not half:
            lines = [f"{counted(len(papers), 'paper')}{described}: too few days to compare."]
            return self._with_examples(asked, lines, papers)
        before = sum(len(inside) for _, inside in days[-2 * half : -half])
        after = sum(len(inside) for _, inside in days[-half:])
        verdict = "Up" if after > before else "Down" if after < before else "Level"
        span = counted(half, "day")
        head = f"{verdict}: {counted(after, 'paper')}{described} on the last {span} with papers"
        lines = [f"{head}, {before:,} on the {span} before.", *self._extent(asked)]
        dates = [day for paper in papers if (day := day_of(paper, asked.by))]
        period: Grouping = "month" if max(dates) - min(dates) > MONTHLY else "week"
        return self._with_periods(asked, lines, self._periods(asked, period, papers))

    def _periods(self, asked: AskedStatistic, period: Grouping, papers: list[Paper]) -> Groups:
        among = self.catalog.papers(asked.whole.window)
        return by_period(papers, period, asked.by, among=among)

    def _with_periods(self, asked: AskedStatistic, lines: list[str], groups: Groups) -> Draft:
        if len(groups) > MAX_PERIODS:
            lines.append(f"  The last {MAX_PERIODS}:")
        shown = groups[-MAX_PERIODS:]
        lines += [f"{label}: {value_in_words(inside, asked)}" for label, inside in shown]
        return Draft("\n".join(lines), ())

    # -- words ---------------------------------------------------------------------------------

    def _described(self, request: Request, papers: Sequence[Paper], today: date) -> str:
        """Return " on robots from NVIDIA featured in November 2025"."""
        topic = f" on {request.topic_in_words}" if request.topic_terms else ""
        source = f" from {request.organization}" if request.organization else ""
        author = f" by {request.author}" if request.author else ""
        shown = " shown before" if request.pointed else ""
        left_out = f" {request.left_out}" if request.left_out else ""
        coverage = self.catalog.coverage()
        if not _is_narrowed(request) and coverage.first_day:
            return f" that I have read ({coverage.first_day} to {coverage.last_day})"
        return (
            f"{topic}{source}{author}{shown}{left_out}{self._days(request.window, papers, today)}"
        )

    def _days(self, window: Window | None, papers: Sequence[Paper], today: date) -> str:
        """Return " featured in November 2025", " published since 2025-12-01" or ""."""
        if window is None or not (window.since or window.until):
            return ""
        is_featured = all(paper.featured_on for paper in papers)
        verb = " featured" if is_featured else " featured or published"
        verb = " published" if window.by == "published" else verb
        first, last = window.since, window.until
        if first is None:
            return f"{verb} up to {last}"
        if last is None or (last >= today and first < today):
            return f"{verb} since {first}"
        name = days_name(first, last)
        cue = "on" if first == last else "from" if " to " in name else "in"
        return f"{verb} {cue} {name}"

    def _extent(self, asked: AskedStatistic) -> list[str]:
        """Return a line on how far the papers that were read go back, if that limits the number."""
        coverage = self.catalog.coverage()
        whole = asked.whole
        window = whole.window
        if whole.pointed or (asked.sides and not asked.sides[0].name):
            return []
        if window is None:
            return [f"  I have read {coverage}."] if asked.sides or _is_narrowed(whole) else []
        if coverage.first_day and window.since and window.since < coverage.first_day:
            return [f"  The first day that I have read is {coverage.first_day}."]
        return []

    def _zero(self, described: str) -> Draft:
        return Draft(f"0 papers{described}.\n  I have read {self.catalog.coverage()}.", ())

    def _with_examples(
        self, asked: AskedStatistic, lines: list[str], papers: Sequence[Paper]
    ) -> Draft:
        """Return the lines with some of the papers below; none if only the number is wanted."""
        start = asked.whole.offset
        shown = [] if asked.number_only else papers[start : start + MAX_EXAMPLES]
        citations = []
        for n, paper in enumerate(shown, start=start + 1):
            citations.append(_cite(n, paper))
            is_quoted = not (paper.tldr or "").strip()
            lines += paper_entry(n, paper, tldr_of(paper), quoted=is_quoted)
        more = max(0, len(papers) - start - len(shown)) if shown else 0
        return Draft("\n".join(lines), tuple(citations), more=more)


def _is_plain(asked: AskedStatistic) -> bool:
    """Return whether all papers of some days are counted."""
    is_narrowed = _is_narrowed(replace(asked.whole, window=None)) or asked.conditions
    return asked.measure == "count" and not (is_narrowed or asked.groupings or asked.sides)


def _is_narrowed(request: Request) -> bool:
    """Return whether a request is about some of all papers."""
    return bool(
        request.topic_terms
        or request.organization
        or request.author
        or request.window
        or request.left_out
        or request.pointed
    )


def _shared(asked: AskedStatistic) -> Request:
    """Return what all sides of a comparison have in common."""
    requests = [side.request for side in asked.sides]
    shared = requests[0]
    if any(request.topic != shared.topic for request in requests):
        shared = replace(shared, topic="")
    if any(request.organization != shared.organization for request in requests) and asked.compares:
        shared = replace(shared, organization=None)
    if any(request.window != shared.window for request in requests):
        shared = replace(shared, window=None)
    if asked.compares:
        return shared
    topics = dict.fromkeys(request.topic for request in requests)
    return replace(asked.whole, topic=" or ".join(topics))


def _days_compared(window: Window | None, today: date) -> str:
    """Return "The week of 2025-12-01", or "2025-12-08 to 2025-12-12" for a week that lasts."""
    assert window is not None
    first = window.since or date.min
    name = days_name(first, max(first, min(window.until or today, today)))
    return _capital(name)


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _said_of_one(words: str) -> str:
    """Return "has code" for "have code"."""
    return re.sub(r"\b(?:have|are|mention)\b", lambda match: _SINGULAR[match[0]], words)


def _cite(n: int, paper: Paper) -> Citation:
    return Citation(n, paper, gist(paper.abstract) or paper.title)
