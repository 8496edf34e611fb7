"""Which papers take off: far more upvotes than other papers had at the same age.

A paper's age counts from the start (UTC) of the day on which it was featured. At that age its
upvotes u are compared with those of the papers featured in the last weeks, on a logarithmic scale:

    strength = (log(1 + u) - median) / spread,    spread = (ninth decile - median) / 1.28

where median and ninth decile are those of log(1 + upvotes) of the others. 1.28 is that distance of
a normal distribution, so the spread is its standard deviation, measured where it matters: among the
papers that do well. docs/alerts.md tells what the bounds below do on simulated papers.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from rag.records import Paper
from rag.timespan import Window

WATCHED = timedelta(days=7)  # papers up to this age can take off
COMPARED = timedelta(days=60)  # papers up to this age show what is usual
FRESH = timedelta(hours=6)  # counts older than this say nothing about now
LEAST_COMPARED = 50  # papers; with fewer nobody knows what is usual
LEAST_UPVOTES = 10
LEAST_STRENGTH = 2.5
LEAST_SPREAD = 0.3  # of log(1 + upvotes): in the first hours nearly all papers have the same few
NORMAL_NINTH_DECILE = 1.2816  # standard deviations above the median

Grid = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Alert:
    """A paper that takes off.

    `upvotes` within its first `hours`; at least nine in ten of the `compared` papers had fewer than
    `usual` by then.
    """

    paper: Paper
    upvotes: int
    hours: int
    usual: int
    compared: int
    strength: float


@dataclass(frozen=True, slots=True)
class Watched:
    """A paper with its upvotes as they were seen: at `hours` of its age, ascending."""

    paper: Paper
    hours: Sequence[float]
    upvotes: Sequence[int]
    age: float  # now, in hours


class Histories(Protocol):
    """What `watched` reads from."""

    def papers(self, window: Window | None = None) -> list[Paper]:
        """Return the papers of a window of days."""

    def upvote_history(self, paper_id: str) -> Sequence[tuple[datetime, int]]:
        """Return when a paper was seen with how many upvotes, oldest first."""


def taking_off(catalog: Histories, now: datetime) -> list[Alert]:
    """Return the papers that take off at this moment, the strongest first."""
    return unusual(watched(catalog, now))


def watched(catalog: Histories, now: datetime) -> list[Watched]:
    """Return the papers of the last weeks with their upvotes as they grew."""
    found = []
    first = (now - COMPARED).date()
    for paper in catalog.papers(Window(first, now.date())):
        if paper.featured_on is None:  # there by the day of its publication
            continue
        born = datetime.combine(paper.featured_on, time(), UTC)
        seen = [(at, count) for at, count in catalog.upvote_history(paper.paper_id) if at <= now]
        if seen:
            hours = [_hours(at - born) for at, _ in seen]
            found.append(Watched(paper, hours, [count for _, count in seen], _hours(now - born)))
    return found


def unusual(papers: Sequence[Watched]) -> list[Alert]:
    """Return those among the papers that stand out at their age, the strongest first."""
    if not papers:
        return []
    grid = np.stack([_by_hour(paper) for paper in papers])
    alerts = [
        alert for row, paper in enumerate(papers)
        if _may(paper) and (alert := _compared(grid, row, paper))
    ]  # fmt: skip
    return sorted(alerts, key=lambda alert: -alert.strength)


def _may(paper: Watched) -> bool:
    """Return whether a paper is young enough, seen lately, and liked at all."""
    return (
        paper.upvotes[-1] >= LEAST_UPVOTES
        and paper.age <= _hours(WATCHED)
        and paper.age - paper.hours[-1] <= _hours(FRESH)
    )


def _compared(grid: Grid, row: int, paper: Watched) -> Alert | None:
    """Return the alert for a paper, if it stands out from the others at its age."""
    hour = max(1, math.ceil(paper.hours[-1]))
    if hour >= grid.shape[1]:
        return None
    others = np.delete(grid[:, hour], row)
    others = others[~np.isnan(others)]
    if len(others) < LEAST_COMPARED:
        return None
    logs = np.log1p(others)
    median, ninth = np.quantile(logs, (0.5, 0.9))
    spread = max((ninth - median) / NORMAL_NINTH_DECILE, LEAST_SPREAD)
    upvotes = paper.upvotes[-1]
    strength = float((math.log1p(upvotes) - median) / spread)
    if strength < LEAST_STRENGTH:
        return None
    usual = int(np.quantile(others, 0.9, method="higher")) + 1
    return Alert(paper.paper, upvotes, hour, usual, len(others), strength)


def _by_hour(paper: Watched) -> Grid:
    """Return a paper's upvotes at each full hour of its first days.

    Between two sightings they grew evenly. NaN before the first and beyond the paper's age.
    """
    hours = np.arange(_hours(WATCHED) + 1)
    counts = np.interp(hours, paper.hours, paper.upvotes, left=math.nan)
    return np.where(hours <= paper.age, counts, math.nan)


def _hours(time: timedelta) -> float:
    return time / timedelta(hours=1)
