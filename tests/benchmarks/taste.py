"""How far up a server's ratings lift the papers on its topic in the digests of the days after.

    python -m tests.benchmarks.taste [--folder D]

D is a data folder with the Daily Papers of 2025-10-01 to 2025-12-31; without it they are read into
a folder of their own from $PAPERBOY_TEST_DATA/hf_api, which takes a minute or two.

A simulated server likes papers on one topic for ten days with lists: each such paper with LIKELY
probability, by one to three people, and nothing else. Then the digests of the next five days with
lists are made with and without what was learnt. The ten days begin at every fifth day in turn.
Whether a paper is on the topic is decided by the keywords that Hugging Face published with it
(`ai_keywords`), which are not among the words that are learnt from: those are title and abstract.
For each topic the table shows the mean place of its papers (0 first, 100 last), how often one of
them stands before another paper (AUC, 0.5 by chance), and which share of them is among the first
ten, each by upvotes alone and with the taste; of those of them that the digest gives a reason for,
how often the reason itself names the topic; and how many of all papers with a reason are on it.
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
from bot.digest.make import make_digest
from bot.digest.records import DEFAULT_WISHES, Entry, Taste
from bot.taste.learn import learn
from bot.taste.ratings import Marks
from ingest.sources.files import FileSource
from ingest.sync import ingest
from rag.config import RagConfig
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
LIKELY = 0.6
PEOPLE = 3
PAGE = 10  # entries


@dataclass(slots=True)
class Figures:
    """What is counted for a topic, over all days."""

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


def reactions(papers: Sequence[Paper], topic: str, chance: random.Random) -> dict[str, Marks]:
    """Return what the server thinks of the papers of its ten days."""
    return {
        paper.paper_id: Marks(chance.randint(1, PEOPLE), 0)
        for paper in papers
        if is_on(paper, topic) and chance.random() < LIKELY
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
        figures.first.append(n < PAGE)
        if others:
            figures.before.append(float(np.mean([n < other for other in others])))
        if entry.because:
            figures.reasons.append(bool(re.search(TOPICS[topic], entry.because.lower())))
    return figures


def server(
    library: Library, days: Sequence[date], topic: str, seed: int = 0
) -> tuple[Figures, Figures, int]:
    """Return the figures of the last SHOW of these days without and with the taste, and likes."""
    papers = [paper for day in days[:LEARN] for paper in library.catalog.featured(day)]
    marks = reactions(papers, topic, random.Random(f"{topic} {days[0]} {seed}"))
    taste = learn(library.catalog, marks, whose="this server")
    plain, learnt = Figures(), Figures()
    for day in days[LEARN : LEARN + SHOW]:
        plain += measure(ranked(library, day, None), topic)
        learnt += measure(ranked(library, day, taste), topic)
    return plain, learnt, len(marks)


def ranked(library: Library, day: date, taste: Taste | None) -> Sequence[Entry]:
    """Return the entries of a day's whole digest."""
    return make_digest(library, "day", day, DEFAULT_WISHES["day"], taste=taste).ranked


def windows(library: Library) -> Iterator[list[date]]:
    """Yield fifteen days with lists at a time."""
    rows = library.catalog.database.connection.execute(
        "SELECT DISTINCT day FROM featured_days WHERE day BETWEEN ? AND ? ORDER BY day",
        (FIRST.isoformat(), LAST.isoformat()),
    )
    days = [date.fromisoformat(row["day"]) for row in rows]
    for start in range(0, len(days) - LEARN - SHOW + 1, STEP):
        yield days[start : start + LEARN + SHOW]


def row(name: str, plain: Figures, learnt: Figures, likes: Sequence[int]) -> str:
    """Return a line of the table."""
    cells = [name, f"{len(plain.places)}", f"{np.mean(likes):.0f}"]
    for part in ("places", "before", "first"):
        digits = 0 if part == "places" else 2
        values = [np.mean(getattr(figures, part)) for figures in (plain, learnt)]
        cells.append(" → ".join(f"{value:.{digits}f}" for value in values))
    told = (learnt.reasons, learnt.picked)
    cells += [f"{np.mean(one):.2f} ({len(one)})" if one else "–" for one in told]
    return f"| {' | '.join(cells)} |"


def read(folder: Path) -> Library:
    """Return a library with the days of the recorded answers."""
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
        print(f"\n{(time.process_time() - started) / len(likes):.2f} s of processor time a server")
        library.close()


if __name__ == "__main__":
    main()
