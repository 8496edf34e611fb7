"""Evaluate alerts on simulated upvote histories: how many are right, and how early they come.

    python -m tests.benchmarks.alerts [--seed 1] [--strength 2.5]

docs/alerts.md gives the model in formulas. On each weekday about PAPERS_PER_DAY papers (Poisson)
are featured at 0:00 UTC. A paper's appeal is lognormal with median MEDIAN and SPREAD as the
standard deviation of its logarithm, as on the recorded days of October to December 2025. By age t
it expects appeal * (1 - exp(-t / PACE)) upvotes, more by day than by night; each hour's number is
negative binomial (Poisson with a gamma rate of shape BURSTS), because upvotes come in bursts. The
share SHARE of the papers takes off: at an hour drawn evenly from the first TWO_DAYS the paper's
appeal grows by BOOST times the median, plus up to as much again, spread over the same pace. Counts
are read every hour; each reading fails with probability MISSED, and for OUTAGE hours there is none.

An alert is right if its paper had taken off by then (the simulated truth). A paper may also be
popular from its first hour without such an event, so the table also gives the share of alerts whose
paper ends among the top twentieth of all.
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
FIRST_ALERTS = 30  # days; earlier, too few papers are known
PAPERS_PER_DAY = 25
MEDIAN, SPREAD = 6.0, 1.06  # of the appeal
PACE = 30.0  # hours
BURSTS = 1.0
SHARE = 0.03
TWO_DAYS = 48  # hours
BOOST = 5.0
LIFE = 14 * 24  # hours for which counts are read
MISSED = 0.1
OUTAGE = 12  # hours
MAX_PER_DAY = 3
TOP = 0.05
START = date(2025, 1, 6)  # a Monday


@dataclass(frozen=True, slots=True)
class Simulated:
    """A paper featured `born` hours after the start, with its upvotes per hour.

    `took_off` is the age in hours at which it takes off; None if it does not.
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
    """Return the papers featured on the first `days` days."""
    rng = np.random.default_rng(seed)
    outage = int(rng.integers(FIRST_ALERTS * 24, days * 24))
    papers: list[Simulated] = []
    for day in range(days):
        if (START + timedelta(days=day)).weekday() >= 5:
            continue
        papers += [_paper(rng, day, n, outage) for n in range(rng.poisson(PAPERS_PER_DAY))]
    return papers


def _paper(rng: np.random.Generator, day: int, n: int, outage: int) -> Simulated:
    hours = np.arange(LIFE)
    rate = float(rng.lognormal(math.log(MEDIAN), SPREAD)) * _pace(hours)
    took_off = float(rng.uniform(0, TWO_DAYS)) if rng.random() < SHARE else None
    if took_off is not None:
        boost = BOOST * MEDIAN * (1 + rng.random())
        rate = rate + boost * np.where(hours >= took_off, _pace(hours - took_off), 0)
    daytime = 1 + 0.6 * np.sin(2 * math.pi * (hours - 9) / 24)
    counts = np.cumsum(rng.poisson(rate * daytime * rng.gamma(BURSTS, 1 / BURSTS, LIFE)))
    since = hours + day * 24 - outage
    read = (rng.random(LIFE) >= MISSED) & ~((since >= 0) & (since < OUTAGE))
    paper = Paper(
        title=f"Paper {day}-{n}", abstract="", arxiv_id=f"{2501 + day // 30}.{day:02d}{n:03d}",
        featured_on=START + timedelta(days=day),
    )  # fmt: skip
    return Simulated(paper, day * 24, counts, read, took_off)


def _pace(hours: np.ndarray) -> np.ndarray:
    """Return the share of its upvotes that a paper expects in each hour."""
    return np.exp(-hours / PACE) * (1 - math.exp(-1 / PACE))


def watched_papers(papers: Sequence[Simulated], now: int) -> list[Watched]:
    """Return the papers as the bot knows them `now` hours after the start: only changed counts."""
    watched = []
    for paper in papers:
        age = now - paper.born
        if age <= 0 or age > detect.COMPARED / timedelta(hours=1):
            continue
        known = np.flatnonzero(paper.read[: min(age, LIFE)])
        if not len(known):
            continue
        counts = paper.counts[known]
        changed = np.flatnonzero(np.diff(counts, prepend=-1))
        hours = (known[changed] + 1).astype(float)
        current = replace(paper.paper, upvotes=int(counts[-1]))
        watched.append(Watched(current, hours.tolist(), counts[changed].tolist(), float(age)))
    return watched


@dataclass(frozen=True, slots=True)
class SentAlert:
    """An alert: its paper, the paper's age, and when it was sent, in hours."""

    simulated: Simulated
    age: int
    sent_at: int


def run(papers: Sequence[Simulated], *, days: int = DAYS, every: int = 1) -> list[SentAlert]:
    """Check every hour, and send one alert per paper, at most MAX_PER_DAY a day."""
    by_id = {paper.paper.paper_id: paper for paper in papers}
    alerts: dict[str, SentAlert] = {}
    for now in range(FIRST_ALERTS * 24, days * 24, every):
        for alert in detect.unusual(watched_papers(papers, now)):
            key = alert.paper.paper_id
            recent = sum(sent.sent_at > now - 24 for sent in alerts.values())
            if key not in alerts and recent < MAX_PER_DAY:
                alerts[key] = SentAlert(by_id[key], now - by_id[key].born, now)
    return list(alerts.values())


def figures(papers: Sequence[Simulated], alerts: Sequence[SentAlert], *, days: int = DAYS) -> str:
    """Return the cells of a table row."""
    last = (days - 3) * 24  # later take-offs have no time to show
    watched = [p for p in papers if FIRST_ALERTS * 24 <= p.born < last]
    planted = [p for p in watched if p.took_off is not None]
    right = [t for t in alerts if t.simulated.took_off is not None
             and t.age > t.simulated.took_off]  # fmt: skip
    caught = [t for t in right if FIRST_ALERTS * 24 <= t.simulated.born < last]
    finals = sorted(p.final for p in papers)
    bound = finals[int(len(finals) * (1 - TOP))]
    top = [t for t in alerts if t.simulated.final >= bound]
    delay = statistics.median(t.age - (t.simulated.took_off or 0) for t in right) if right else 0
    return (
        f"{len(alerts) / (days - FIRST_ALERTS):.2f} | {len(right) / max(1, len(alerts)):.2f} | "
        f"{len(caught) / max(1, len(planted)):.2f} ({len(planted)}) | "
        f"{len(top) / max(1, len(alerts)):.2f} | {delay:.0f}"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--every", type=int, default=1, help="hours between two checks")
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
