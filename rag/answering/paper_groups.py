"""Papers in groups, by lab, author, topic or time, and the number that each group is ranked by."""

import statistics
from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date
from itertools import product

from rag.digest.days import days_name, period_days
from rag.query.asked_statistic import AskedStatistic, Grouping, Measure
from rag.records import DayKind, Paper

COUNTING: tuple[Measure, ...] = ("count", "share", "trend", "overview")
AVERAGING: tuple[Measure, ...] = ("average", "median", "share")
MIN_AVERAGED = 3  # papers of a group whose average, median or share is ranked

PLURALS: dict[Grouping, str] = {
    "organization": "organisations", "author": "authors", "topic": "topics", "weekday": "weekdays",
    "day": "days", "week": "weeks", "month": "months", "year": "years",
}  # fmt: skip
PERIODS: tuple[Grouping, ...] = ("day", "week", "month", "year")

Groups = list[tuple[str, list[Paper]]]  # each group's name and papers


def counted(number: int, noun: str) -> str:
    """Return "1 paper" or "1,200 papers"."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def percent(part: int, whole: int) -> str:
    """Return "93%"; "under 1%" for a small share that is not zero."""
    if not part:
        return "0%"
    share = 100 * part / whole
    return "under 1%" if share < 1 else f"{min(99, round(share)) if part < whole else 100}%"


def plain(value: float) -> str:
    """Return "1,200" or "28.4"."""
    return f"{value:,.0f}" if value == int(value) else f"{value:,.1f}"


# -- groups ------------------------------------------------------------------------------------


def grouped(papers: Iterable[Paper], groupings: Sequence[Grouping], by: DayKind) -> Groups:
    """Return the papers by the values that they have for the groupings, the most papers first.

    A paper is in several groups if it has several authors or topics, and in none if a value is not
    known. `by` says which day of a paper counts.
    """
    groups: dict[tuple[str, ...], list[Paper]] = defaultdict(list)
    for paper in papers:
        for key in product(*(_values(paper, grouping, by) for grouping in groupings)):
            groups[key].append(paper)
    named = [(", ".join(key), inside) for key, inside in groups.items()]
    return sorted(named, key=lambda group: (-len(group[1]), group[0].casefold()))


def by_period(
    papers: Iterable[Paper], period: Grouping, by: DayKind, *, among: Iterable[Paper]
) -> Groups:
    """Return the papers by period, oldest first, with each period that has any paper `among`."""
    days = sorted({day for paper in among if (day := day_of(paper, by))})
    inside: dict[str, list[Paper]] = {_period_name(period, day): [] for day in days}
    for paper in papers:
        if day := day_of(paper, by):
            inside[_period_name(period, day)].append(paper)
    return list(inside.items())


def day_of(paper: Paper, by: DayKind) -> date | None:
    """Return the day of a paper that counts."""
    return paper.published_on if by == "published" else paper.day


def _values(paper: Paper, grouping: Grouping, by: DayKind) -> Sequence[str]:
    if grouping == "organization":
        return [paper.organization] if paper.organization else []
    if grouping == "author":
        return list(dict.fromkeys(paper.authors))
    if grouping == "topic":
        return list(dict.fromkeys(keyword.casefold() for keyword in paper.keywords))
    day = day_of(paper, by)
    return [_period_name(grouping, day)] if day else []


def _period_name(period: Grouping, day: date) -> str:
    """Return "Friday, 2025-12-05", "Week of 2025-12-01", "December 2025", "2025" or "Friday"."""
    if period == "weekday":
        return f"{day:%A}"
    if period == "year":
        return f"{day:%Y}"
    assert period in ("day", "week", "month")
    return days_name(*period_days(period, day)).replace("the week", "Week")


# -- their numbers -----------------------------------------------------------------------------


def quantities(papers: Iterable[Paper], asked: AskedStatistic) -> list[int]:
    """Return the papers' upvotes, comments or numbers of authors, as far as they are known."""
    field = {"comments": "comment_count", "authors": "author_count"}.get(asked.quantity, "upvotes")
    values = (getattr(paper, field) for paper in papers)
    return [value for value in values if value is not None]


def fitting(papers: Iterable[Paper], asked: AskedStatistic) -> list[Paper]:
    """Return the papers that fit all conditions."""
    return [paper for paper in papers if all(c.holds(paper) for c in asked.conditions)]


def not_fitting(papers: Iterable[Paper], asked: AskedStatistic) -> list[Paper]:
    """Return the papers that do not fit all conditions."""
    return [paper for paper in papers if not all(c.holds(paper) for c in asked.conditions)]


def value_of(papers: Sequence[Paper], asked: AskedStatistic) -> float:
    """Return the number of some papers that is asked for."""
    if asked.measure == "share" and asked.conditions:
        return len(fitting(papers, asked)) / len(papers) if papers else 0.0
    if asked.measure in COUNTING:
        return len(papers)
    values = quantities(papers, asked) or [0]
    if asked.measure == "median":
        return statistics.median(values)
    if asked.measure == "total":
        return sum(values)
    return max(values) if asked.measure == "highest" else statistics.mean(values)


def value_in_words(papers: Sequence[Paper], asked: AskedStatistic) -> str:
    """Return "12 papers", "93% (14 of 15)" or "28.4 upvotes on average (12 papers)"."""
    number = counted(len(papers), "paper")
    if asked.measure == "share" and asked.conditions:
        part = len(fitting(papers, asked))
        return f"{percent(part, len(papers))} ({part:,} of {len(papers):,})" if papers else number
    if asked.measure in COUNTING:
        return number
    ways = {"median": "in the median", "total": "in total", "highest": "at most"}
    way = ways.get(asked.measure, "on average")
    value = value_of(papers, asked)
    return f"{plain(value)} {asked.quantity} {way} ({number})"


def ranked(groups: Groups, asked: AskedStatistic) -> Groups:
    """Return the groups by their number, the highest first, or the lowest if that is asked for.

    Of few papers an average says little: such groups are left out, unless all are.
    """
    if asked.measure in AVERAGING:
        groups = [group for group in groups if len(group[1]) >= MIN_AVERAGED] or groups
    sign = 1 if asked.superlative == "fewest" else -1
    return sorted(groups, key=lambda group: sign * value_of(group[1], asked))


def leader(groups: Groups, asked: AskedStatistic, plural: str) -> str:
    """Return "ByteDance has the most papers: 8 of", for the first of ranked groups.

    `plural` is what several groups are called: "organisations".
    """
    name, papers = groups[0]
    best = value_of(papers, asked)
    tied = sum(value_of(inside, asked) == best for _, inside in groups)
    who, each = (f"{name} has", "") if tied == 1 else (f"{tied:,} {plural} have", " each")
    is_low = asked.superlative == "fewest"
    if asked.measure == "count":
        return f"{who} the {'fewest' if is_low else 'most'} papers: {len(papers):,}{each} of"
    number = f"{'lowest' if is_low else 'highest'} number: {value_in_words(papers, asked)}{each}"
    return f"{who} the {number}, in"
