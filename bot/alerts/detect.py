"""Detects papers that take off: far more new upvotes than other papers got at the same age.

The age of a paper counts from the start (UTC) of the day on which it was featured. Its upvotes of
the last hours are compared with those that the papers of the last weeks got within the same hours
of their age, on a logarithmic scale:

    strength = (log(1 + upvotes) - median) / spread,   spread = (ninth decile - median) / 1.28

where median and ninth decile are those of log(1 + upvotes) of the others. In a normal distribution
they are 1.28 standard deviations apart, so the spread is a standard deviation, measured where it
matters: among the papers that do well. docs/alerts.md shows the effect of the bounds below on
simulated papers.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from rag.records import Paper, Window

WATCHED = 7 * 24  # hours: up to this age a paper can take off
COMPARED = timedelta(days=60)  # papers featured since then are compared with
WITHIN = 12  # hours in which the new upvotes are counted
LEAST_COMPARED = 50  # papers; fewer do not show what is usual
LEAST_UPVOTES = 10  # new ones
LEAST_STRENGTH = 2.5
LEAST_SPREAD = 0.3  # of log(1 + upvotes): at some ages nearly all papers get the same few
NORMAL_NINTH_DECILE = 1.2816  # standard deviations above the median

Grid = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Alert:
    """A paper that takes off.

    It got `upvotes` new upvotes in the `within` hours before the age of `hours`. Of the `compared`
    papers, at least nine in ten got fewer than `usual` in the same hours.
    """

    paper: Paper
    upvotes: int
    within: int
    hours: int
    usual: int
    compared: int
    strength: float


@dataclass(frozen=True, slots=True)
class Watched:
    """A paper with its history of upvotes, at `hours` of its age, ascending."""

    paper: Paper
    hours: Sequence[float]
    upvotes: Sequence[int]
    age: float  # now, in hours


class Histories(Protocol):
    """The part of the catalogue that detection needs."""

    def papers(self, window: Window | None = None) -> list[Paper]:
        """Return the papers of a window of days."""

    def upvote_history(self, paper_id: str) -> Sequence[tuple[datetime, int]]:
        """Return (time in UTC, upvotes) of a paper, oldest first."""


def taking_off(catalog: Histories, now: datetime) -> list[Alert]:
    """Return the papers that take off at this moment, strongest first."""
    return unusual(watched(catalog, now))


def watched(catalog: Histories, now: datetime) -> list[Watched]:
    """Return the papers of the last weeks with their history of upvotes."""
    found = []
    first = (now - COMPARED).date()
    for paper in catalog.papers(Window(first, now.date())):
        if paper.featured_on is None:  # in the window by its day of publication only
            continue
        born = datetime.combine(paper.featured_on, time(), UTC)
        history = [(at, count) for at, count in catalog.upvote_history(paper.paper_id) if at <= now]
        if history:
            hours = [_hours(at - born) for at, _ in history]
            found.append(Watched(paper, hours, [count for _, count in history], _hours(now - born)))
    return found


def unusual(papers: Sequence[Watched]) -> list[Alert]:
    """Return alerts for the papers that stand out at their age, strongest first."""
    if not papers:
        return []
    grid = np.stack([_by_hour(paper) for paper in papers])
    found = (_compared(grid, row, paper) for row, paper in enumerate(papers))
    return sorted(filter(None, found), key=lambda alert: -alert.strength)


def _compared(grid: Grid, row: int, paper: Watched) -> Alert | None:
    """Return the alert for a paper if it stands out from the others at its age."""
    hour = int(paper.age)
    if not 1 <= hour <= WATCHED:
        return None
    within = min(hour, WITHIN)
    upvotes = grid[row, hour] - grid[row, hour - within]
    if not upvotes >= LEAST_UPVOTES:  # NaN if no upvotes were read yet
        return None
    others = np.delete(grid[:, hour] - grid[:, hour - within], row)
    others = others[~np.isnan(others)]
    if len(others) < LEAST_COMPARED:
        return None
    median, ninth = np.quantile(np.log1p(others), (0.5, 0.9))
    spread = max((ninth - median) / NORMAL_NINTH_DECILE, LEAST_SPREAD)
    strength = float((math.log1p(upvotes) - median) / spread)
    if strength < LEAST_STRENGTH:
        return None
    usual = int(np.quantile(others, 0.9, method="higher")) + 1
    return Alert(paper.paper, int(upvotes), within, hour, usual, len(others), strength)


def _by_hour(paper: Watched) -> Grid:
    """Return a paper's upvotes at each full hour of its first days, shape (WATCHED + 1,).

    They are interpolated linearly between two readings. NaN before the first reading, if that was
    late, and beyond the age of the paper. A decrease (somebody took an upvote back) is ignored.
    """
    hours = np.arange(WATCHED + 1)
    counts = np.maximum.accumulate(np.array(paper.upvotes, dtype=np.float64))
    known, first = np.array(paper.hours, dtype=np.float64), paper.hours[0]
    if 0 < first <= WITHIN:
        known, counts = np.insert(known, 0, 0.0), np.insert(counts, 0, 0.0)
    by_hour = np.interp(hours, known, counts, left=math.nan)
    return np.where(hours <= paper.age, by_hour, math.nan)


def _hours(time: timedelta) -> float:
    return time / timedelta(hours=1)
