"""What alerting says of the papers that the recorded days show twice.

    python -m tests.benchmarks.recorded_alerts [--seed 1]

The recorded answers of the Daily Papers API ($PAPERBOY_TEST_DATA/hf_api) hold one count of upvotes
a paper and day, without the time at which it was read; two papers stand in two days. Each file is
taken as read at the end of its own day, so these two have two sightings, days apart. How the
upvotes came in between is not known: they are taken as having come evenly, and once as having all
come within the last hours. Nor are there other papers with sightings at that age, so what is usual
comes from the simulation of tests.benchmarks.alerts. The last column says how many of the papers of
October to December 2025 have fewer upvotes, at whatever age those were counted.
"""

import argparse
import json
from collections import defaultdict
from datetime import date

from bot.alerts import detect
from bot.alerts.detect import Watched, unusual
from rag.records import Paper
from tests.benchmarks.alerts import seen, simulate
from tests.benchmarks.corpus import daily_papers

LOOKED = 75 * 24  # hours into the simulation, when enough papers are known
DAY = 24.0  # hours


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=1)
    others = seen(simulate(parser.parse_args().seed), LOOKED)
    sightings: dict[tuple[str, str], dict[date, int]] = defaultdict(dict)
    for file in sorted((daily_papers().parent / "hf_api").glob("*.json")):
        for item in json.loads(file.read_text(encoding="utf-8")):
            paper = item["paper"]
            key = (paper["id"], " ".join(paper["title"].split()))
            sightings[key][date.fromisoformat(file.stem)] = paper["upvotes"]
    settled = [
        count for counts in sightings.values() for day, count in counts.items()
        if date(2025, 10, 1) <= day <= date(2025, 12, 31)
    ]  # fmt: skip
    print("| paper | upvotes | and then | evenly: alert? | all at last: alert? | more than |")
    print("| --- | --- | --- | --- | --- | --- |")
    for (arxiv_id, title), counts in sightings.items():
        if len(counts) < 2:
            continue
        (first, few), (last, many) = sorted(counts.items())
        age = (last - first).days * DAY + DAY
        paper = Paper(title=title, abstract="", arxiv_id=arxiv_id, featured_on=first)
        evenly = Watched(paper, [DAY, age], [few, many], age)
        late = Watched(paper, [DAY, age - detect.WITHIN, age], [few, few, many], age)
        alone = unusual([evenly, late])
        assert alone == [], "nothing to compare with"
        more = sum(count < many for count in settled) / len(settled)
        cells = [f"{arxiv_id}, {title}", f"{few} ({first})", f"{many} ({last})"]
        cells += [said(watched, others) for watched in (evenly, late)]
        print(f"| {' | '.join(cells)} | {more:.0%} of {len(settled):,} |")


def said(watched: Watched, others: list[Watched]) -> str:
    """Return what is said of a paper beside simulated ones."""
    alerts = [alert for alert in unusual([watched, *others]) if alert.paper is watched.paper]
    if not alerts:
        return "no"
    (alert,) = alerts
    new = f"{alert.upvotes} new within {alert.within} hours"
    return f"yes: {new}, nine in ten get fewer than {alert.usual}"


if __name__ == "__main__":
    main()
