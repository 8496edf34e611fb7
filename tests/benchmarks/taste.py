"""Measure how far a server's ratings raise the papers on its topic in later digests.

    python -m tests.benchmarks.taste [--folder D]

D is a data folder with the Daily Papers of 2025-10-01 to 2025-12-31; without it, a temporary folder
is filled from $PAPERBOY_TEST_DATA/hf_api, which takes a minute or two.

A simulated server likes papers on one topic for ten featured days: each such paper with probability
LIKE_PROBABILITY, by one to three people, and nothing else. The digests of the next five featured
days are then made with and without what was learnt. The ten days begin at every fifth day.
A paper is on the topic if one of the keywords that Hugging Face published with it (`ai_keywords`)
says so; the training uses title and abstract, not these keywords.
For each topic the table shows the mean place of its papers (0 first, 100 last), how often one of
them comes before another paper (AUC, 0.5 by chance), and the share of them among the first ten,
each by upvotes alone and with the taste; for those with a reason, how often the reason names the
topic; and the share of all papers with a reason that are on the topic.
"""

import argparse
import random
import re
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import numpy as np

from bot.app import open_library
from bot.taste.learn import learn
from bot.taste.ratings import Marks
from ingest.sources.files import FileSource
from ingest.sync import ingest
from rag.config import RagConfig
from rag.digest.make import make_digest
from rag.digest.records import DEFAULT_WISHES, Entry, Taste
from rag.library import Library
from rag.records import Paper
from tests.benchmarks.corpus import daily_papers

TOPICS = {
    "video generation": r"video (generation|diffusion|synthesis|editing)|(text|image)-to-video",
    "robots": r"vision-language-action|\bvlas?\b|robot|embodied|manipulation",
    "3D scenes": r"gaussian splatting|3d (reconstruction|generation|scene)|point cloud|novel view",
    "image editing": r"image editing",
    "reinforcement learning": r"reinforcement learning|\bgrpo\b|\brlvr\b|verifiable reward",
    "agents": r"\bagent",
    "speech and audio": r"speech|audio|music",
    "retrieval": r"retrieval|\brag\b",
    "code": r"code generation|software engineering|programming|\bcode\b",
    "diffusion language models": r"diffusion (large )?language model|\bdllms?\b|masked diffusion",
}
FIRST, LAST = date(2025, 10, 1), date(2025, 12, 31)
LEARN, SHOW, STEP = 10, 5, 5  # days
LIKE_PROBABILITY = 0.6
MAX_PEOPLE = 3
FIRST_ENTRIES = 10


@dataclass(slots=True)
class Figures:
    """The counts for a topic, over all days."""

    places: list[float] = field(default_factory=list)
    before: list[float] = field(default_factory=list)
    first: list[bool] = field(default_factory=list)
    reasons: list[bool] = field(default_factory=list)
    picked: list[bool] = field(default_factory=list)

    def __add__(self, other: "Figures") -> "Figures":
        return Figures(
            self.places + other.places, self.before + other.before,
            self.first + other.first, self.reasons + other.reasons, self.picked + other.picked,
        )  # fmt: skip


def is_on(paper: Paper, topic: str) -> bool:
    """Return whether one of the keywords published with the paper is on the topic."""
    return any(re.search(TOPICS[topic], keyword.lower()) for keyword in paper.keywords)


def reactions(papers: Sequence[Paper], topic: str, rng: random.Random) -> dict[str, Marks]:
    """Return the server's ratings of the papers of its ten days."""
    return {
        paper.paper_id: Marks(rng.randint(1, MAX_PEOPLE), 0)
        for paper in papers
        if is_on(paper, topic) and rng.random() < LIKE_PROBABILITY
    }


def measure(entries: Sequence[Entry], topic: str) -> Figures:
    """Return the figures of one digest."""
    figures = Figures()
    last = max(1, len(entries) - 1)
    others = [n for n, entry in enumerate(entries) if not is_on(entry.paper, topic)]
    for n, entry in enumerate(entries):
        if entry.because:
            figures.picked.append(is_on(entry.paper, topic))
        if not is_on(entry.paper, topic):
            continue
        figures.places.append(100 * n / last)
        figures.first.append(n < FIRST_ENTRIES)
        if others:
            figures.before.append(float(np.mean([n < other for other in others])))
        if entry.because:
            figures.reasons.append(bool(re.search(TOPICS[topic], entry.because.lower())))
    return figures


def server(
    library: Library, days: Sequence[date], topic: str, seed: int = 0
) -> tuple[Figures, Figures, int]:
    """Return the figures of the last SHOW days without and with the taste, and the likes."""
    papers = [paper for day in days[:LEARN] for paper in library.catalog.featured(day)]
    marks = reactions(papers, topic, random.Random(f"{topic} {days[0]} {seed}"))
    taste = learn(library.catalog, marks, whose="this server")
    plain, learnt = Figures(), Figures()
    for day in days[LEARN : LEARN + SHOW]:
        plain += measure(ranked(library, day, None), topic)
        learnt += measure(ranked(library, day, taste), topic)
    return plain, learnt, len(marks)


def ranked(library: Library, day: date, taste: Taste | None) -> Sequence[Entry]:
    """Return all entries of a day's digest."""
    return make_digest(library, "day", day, DEFAULT_WISHES["day"], taste=taste).ranked


def windows(library: Library) -> Iterator[list[date]]:
    """Yield lists of fifteen successive featured days."""
    rows = library.catalog.database.connection.execute(
        "SELECT DISTINCT day FROM featured_days WHERE day BETWEEN ? AND ? ORDER BY day",
        (FIRST.isoformat(), LAST.isoformat()),
    )
    days = [date.fromisoformat(row["day"]) for row in rows]
    for start in range(0, len(days) - LEARN - SHOW + 1, STEP):
        yield days[start : start + LEARN + SHOW]


def row(name: str, plain: Figures, learnt: Figures, likes: Sequence[int]) -> str:
    """Return a row of the table."""
    cells = [name, f"{len(plain.places)}", f"{np.mean(likes):.0f}"]
    for part in ("places", "before", "first"):
        digits = 0 if part == "places" else 2
        values = [np.mean(getattr(figures, part)) for figures in (plain, learnt)]
        cells.append(" → ".join(f"{value:.{digits}f}" for value in values))
    shares = (learnt.reasons, learnt.picked)
    cells += [f"{np.mean(share):.2f} ({len(share)})" if share else "–" for share in shares]
    return f"| {' | '.join(cells)} |"


def read(folder: Path) -> Library:
    """Return a library with the recorded days."""
    library = open_library(folder, RagConfig(), purpose="taste")
    for file in sorted((daily_papers().parent / "hf_api").glob("2025-1[0-2]-*.json")):
        ingest(FileSource(file, today=LAST), library)
    return library


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", type=Path)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = arguments.folder
        library = open_library(folder, RagConfig()) if folder else read(Path(temporary))
        print("| topic | papers | likes | place | AUC | in first ten | says why | with reason |")
        print("| --- | --- | --- | --- | --- | --- | --- | --- |")
        plain, learnt = Figures(), Figures()
        likes: list[int] = []
        started = time.process_time()
        for topic in TOPICS:
            results = [server(library, days, topic) for days in windows(library)]
            without = sum((one[0] for one in results), Figures())
            with_it = sum((one[1] for one in results), Figures())
            liked = [one[2] for one in results]
            print(row(topic, without, with_it, liked), flush=True)
            plain, learnt, likes = plain + without, learnt + with_it, likes + liked
        print(row("all", plain, learnt, likes))
        print(
            f"\n{(time.process_time() - started) / len(likes):.2f} s of processor time per server"
        )
        library.close()


if __name__ == "__main__":
    main()
