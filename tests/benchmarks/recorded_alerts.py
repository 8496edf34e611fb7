"""Evaluate alerts on the papers that appear on two of the recorded days.

    python -m tests.benchmarks.recorded_alerts [--seed 1]

The recorded responses of the Daily Papers API ($PAPERBOY_TEST_DATA/hf_api) have one count of
upvotes per paper and day, without the time of the reading; two papers appear on two days. Each file
counts as read at the end of its day, so these two have two readings, days apart. How the upvotes
came in between is unknown: once they are assumed to have come evenly, and once all within the last
hours. No other papers have readings at that age, so the usual numbers come from the simulation of
tests.benchmarks.alerts. The last column gives the share of the papers of October to December 2025
with fewer upvotes, at whatever age those were counted.
"""

import argparse
import json
from collections import defaultdict
from datetime import date

from bot.alerts import detect
from bot.alerts.detect import Watched, unusual
from rag.records import Paper
from tests.benchmarks.alerts import simulate, watched_papers
from tests.benchmarks.corpus import daily_papers

CHECKED_AT = 75 * 24  # hours into the simulation, when enough papers are known
DAY = 24.0  # hours


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=1)
    others = watched_papers(simulate(parser.parse_args().seed), CHECKED_AT)
    readings: dict[tuple[str, str], dict[date, int]] = defaultdict(dict)
    for file in sorted((daily_papers().parent / "hf_api").glob("*.json")):
        for item in json.loads(file.read_text(encoding="utf-8")):
            paper = item["paper"]
            key = (paper["id"], " ".join(paper["title"].split()))
            readings[key][date.fromisoformat(file.stem)] = paper["upvotes"]
    final_counts = [
        count for counts in readings.values() for day, count in counts.items()
        if date(2025, 10, 1) <= day <= date(2025, 12, 31)
    ]  # fmt: skip
    print("| paper | upvotes | and then | evenly: alert? | all at last: alert? | more than |")
    print("| --- | --- | --- | --- | --- | --- |")
    for (arxiv_id, title), counts in readings.items():
        if len(counts) < 2:
            continue
        (first, few), (last, many) = sorted(counts.items())
        age = (last - first).days * DAY + DAY
        paper = Paper(title=title, abstract="", arxiv_id=arxiv_id, featured_on=first)
        evenly = Watched(paper, [DAY, age], [few, many], age)
        late = Watched(paper, [DAY, age - detect.WITHIN, age], [few, few, many], age)
        alone = unusual([evenly, late])
        assert alone == [], "nothing to compare with"
        more = sum(count < many for count in final_counts) / len(final_counts)
        cells = [f"{arxiv_id}, {title}", f"{few} ({first})", f"{many} ({last})"]
        cells += [verdict(watched, others) for watched in (evenly, late)]
        print(f"| {' | '.join(cells)} | {more:.0%} of {len(final_counts):,} |")


def verdict(watched: Watched, others: list[Watched]) -> str:
    """Return whether a paper gets an alert when compared with the simulated ones."""
    alerts = [alert for alert in unusual([watched, *others]) if alert.paper is watched.paper]
    if not alerts:
        return "no"
    (alert,) = alerts
    new = f"{alert.upvotes} new within {alert.within} hours"
    return f"yes: {new}, nine in ten get fewer than {alert.usual}"


if __name__ == "__main__":
    main()
