"""Alerts on simulated upvote histories: how many are right, and how soon they come.

    python -m tests.benchmarks.alerts [--seed 1] [--strength 2.5]

The model, which docs/alerts.md tells in formulas. Every weekday about PAPERS_A_DAY papers (Poisson)
are featured at 0:00 UTC. A paper's appeal is lognormal with median MEDIAN and SPREAD as the
standard deviation of its logarithm, near the recorded days of October to December 2025. By the age
t it expects appeal * (1 - exp(-t / PACE)) upvotes, more by day than by night; each hour's number is
negative binomial (Poisson with a gamma rate of shape BURSTS), because upvotes come in bursts. The
share SHARE of the papers takes off: at an hour drawn evenly from its first TWO_DAYS a paper's
appeal grows by BOOST times the median, plus up to as much again, spread over the same pace. Counts
are read every hour, each reading failing with MISSED, and for OUTAGE hours none is made at all.

An alert is right if its paper had taken off by then (the planted truth). Since a paper may also be
liked from its first hour on without any planted event, the share of alerts whose paper ends among
the top twentieth of all is given too.
"""

import argparse
import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

import numpy as np

from bot.alerts import detect
from bot.alerts.detect import Watched
from rag.records import Paper

DAYS = 90
FIRST_ALERTS = 30  # days: before that too few papers are known
PAPERS_A_DAY = 25
MEDIAN, SPREAD = 6.0, 1.06  # of the appeal
PACE = 30.0  # hours
BURSTS = 1.0
SHARE = 0.03
TWO_DAYS = 48  # hours
BOOST = 5.0
LIFE = 14 * 24  # hours for which counts are read
MISSED = 0.1
OUTAGE = 12  # hours
MOST_A_DAY = 3
TOP = 0.05
START = date(2025, 1, 6)  # a Monday


@dataclass(frozen=True, slots=True)
class Simulated:
    """A paper that is featured `born` hours after the start, with its upvotes hour by hour.

    `took_off` is the age in hours at which it does; None for the others.
    """

    paper: Paper
    born: int
    counts: np.ndarray  # at the end of each hour of its life
    read: np.ndarray  # whether they were read then
    took_off: float | None

    @property
    def final(self) -> int:
        return int(self.counts[-1])


def simulate(seed: int, *, days: int = DAYS) -> list[Simulated]:
    """Return the papers of some weeks."""
    chance = np.random.default_rng(seed)
    outage = int(chance.integers(FIRST_ALERTS * 24, days * 24))
    papers: list[Simulated] = []
    for day in range(days):
        if (START + timedelta(days=day)).weekday() >= 5:
            continue
        papers += [_paper(chance, day, n, outage) for n in range(chance.poisson(PAPERS_A_DAY))]
    return papers


def _paper(chance: np.random.Generator, day: int, n: int, outage: int) -> Simulated:
    hours = np.arange(LIFE)
    rate = float(chance.lognormal(math.log(MEDIAN), SPREAD)) * _pace(hours)
    took_off = float(chance.uniform(0, TWO_DAYS)) if chance.random() < SHARE else None
    if took_off is not None:
        more = BOOST * MEDIAN * (1 + chance.random())
        rate = rate + more * np.where(hours >= took_off, _pace(hours - took_off), 0)
    daytime = 1 + 0.6 * np.sin(2 * math.pi * (hours - 9) / 24)
    counts = np.cumsum(chance.poisson(rate * daytime * chance.gamma(BURSTS, 1 / BURSTS, LIFE)))
    since = hours + day * 24 - outage
    read = (chance.random(LIFE) >= MISSED) & ~((since >= 0) & (since < OUTAGE))
    paper = Paper(
        title=f"Paper {day}-{n}", abstract="", arxiv_id=f"{2501 + day // 30}.{day:02d}{n:03d}",
        featured_on=START + timedelta(days=day),
    )  # fmt: skip
    return Simulated(paper, day * 24, counts, read, took_off)


def _pace(hours: np.ndarray) -> np.ndarray:
    """Return the share of its upvotes that a paper expects within each hour."""
    return np.exp(-hours / PACE) * (1 - math.exp(-1 / PACE))


def seen(papers: Sequence[Simulated], now: int) -> list[Watched]:
    """Return what is known of them `now` hours after the start: changes alone are kept."""
    found = []
    for one in papers:
        age = now - one.born
        if age <= 0 or age > detect.COMPARED / timedelta(hours=1):
            continue
        known = np.flatnonzero(one.read[: min(age, LIFE)])
        if not len(known):
            continue
        counts = one.counts[known]
        kept = np.flatnonzero(np.diff(counts, prepend=-1))
        hours = (known[kept] + 1).astype(float)
        paper = replace(one.paper, upvotes=int(counts[-1]))
        found.append(Watched(paper, hours.tolist(), counts[kept].tolist(), float(age)))
    return found


@dataclass(frozen=True, slots=True)
class Told:
    """A paper that was told, at which age."""

    simulated: Simulated
    hours: int
    day: int


def run(papers: Sequence[Simulated], *, days: int = DAYS, every: int = 1) -> list[Told]:
    """Let the bot look every hour and tell each paper once, MOST_A_DAY a day at most."""
    by_id = {one.paper.paper_id: one for one in papers}
    told: dict[str, Told] = {}
    for now in range(FIRST_ALERTS * 24, days * 24, every):
        for alert in detect.unusual(seen(papers, now)):
            key = alert.paper.paper_id
            lately = sum(one.day > now - 24 for one in told.values())
            if key not in told and lately < MOST_A_DAY:
                told[key] = Told(by_id[key], now - by_id[key].born, now)
    return list(told.values())


def figures(papers: Sequence[Simulated], told: Sequence[Told], *, days: int = DAYS) -> str:
    """Return a row of the table."""
    last = (days - 3) * 24  # a take-off must have had time to show
    watched = [p for p in papers if FIRST_ALERTS * 24 <= p.born < last]
    planted = [p for p in watched if p.took_off is not None]
    right = [t for t in told if t.simulated.took_off is not None
             and t.hours > t.simulated.took_off]  # fmt: skip
    caught = [t for t in right if FIRST_ALERTS * 24 <= t.simulated.born < last]
    finals = sorted(p.final for p in papers)
    bound = finals[int(len(finals) * (1 - TOP))]
    top = [t for t in told if t.simulated.final >= bound]
    delay = statistics.median(t.hours - (t.simulated.took_off or 0) for t in right) if right else 0
    return (
        f"{len(told) / (days - FIRST_ALERTS):.2f} | {len(right) / max(1, len(told)):.2f} | "
        f"{len(caught) / max(1, len(planted)):.2f} ({len(planted)}) | "
        f"{len(top) / max(1, len(told)):.2f} | {delay:.0f}"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--every", type=int, default=1, help="hours between two looks")
    parser.add_argument("--strength", type=float, nargs="*", default=[2.0, 2.5, 3.0])
    arguments = parser.parse_args()
    papers = simulate(arguments.seed)
    print("| strength from | alerts a day | had taken off | take-offs told (of) | "
          "ends in top twentieth | hours after take-off |")  # fmt: skip
    print("| --- | --- | --- | --- | --- | --- |")
    for strength in arguments.strength:
        detect.LEAST_STRENGTH = strength
        print(f"| {strength} | {figures(papers, run(papers, every=arguments.every))} |", flush=True)


if __name__ == "__main__":
    main()
