"""Measure how long a search takes, and how much longer among seven times as many papers.

    python -m tests.benchmarks.retrieval [--data-dir .bench/retrieval] [--papers 11888 81446]

A search can hardly take less time than encoding the question and one query to Chroma; both are
measured in the same run. For each question everything is measured once for every size, in a new
random order, so that slow moments of the machine affect all figures alike. A folder for each size
is filled first, unless it is there already (an hour; see tests/benchmarks/synthetic.py).
"""

import argparse
import json
import os
import random
import statistics
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bot.app import open_library
from rag.config import RagConfig
from rag.library import Library
from rag.pipeline import PaperQA
from rag.records import Paper, Window
from tests.benchmarks.synthetic import asked_papers, fill, real_papers

ENCODE, CHROMA, SEARCH = "encode the question", "Chroma's own query", "search"
MONTH, QUARTER, YEAR = "search, 30 days", "search, 90 days", "search, a year"
ANSWER, UNNAMED, LIST = "answer on a paper", "answer from any paper", "list on a topic"
ANSWERS = (ANSWER, UNNAMED, LIST)
QUESTIONS = Path(__file__).parent.parent / "questions"
FILTERED = {MONTH: 15, QUARTER: 45, YEAR: 182}  # days before and after the paper's own
WARM_UP = 5  # questions that are not counted

Times = dict[str, list[float]]


@dataclass(frozen=True, slots=True)
class Corpus:
    """An open folder and what answers from it."""

    library: Library
    qa: PaperQA
    times: Times

    def encode(self, question: str) -> NDArray[np.float32]:
        """Encode a question, which the embedder itself would remember."""
        vector = self.library.embedder.embeddings.embed_query(question)
        return np.asarray(vector, dtype=np.float32)

    def measures(self, paper: Paper, other: str, topic: str) -> Mapping[str, Callable[[], object]]:
        """Return what is measured, by name.

        With a question about a paper, another one that names none, and a topic.
        """
        question = f"how does {paper.title.split(':')[0]} work?"
        vector = self.encode(question)
        retriever = self.library.retriever
        candidates = retriever.config.n_candidates
        search = partial(retriever.search_vector, question)
        found: dict[str, Callable[[], object]] = {
            ENCODE: lambda: self.encode(question),
            CHROMA: lambda: self.library.index.vectors.nearest(vector, candidates),
            SEARCH: lambda: search(self.encode(question)),
            ANSWER: lambda: self.qa.ask(question),
            UNNAMED: lambda: self.qa.ask(other),
            LIST: lambda: self.qa.ask(f"papers on {topic}"),
        }
        for name, days in FILTERED.items():
            window = _around(paper.day, days)
            found[name] = partial(lambda w: search(self.encode(question), window=w), window)
        return found


def _around(day: date | None, days: int) -> Window:
    assert day
    return Window(day - timedelta(days=days), day + timedelta(days=days))


@contextmanager
def opened(folder: Path, count: int) -> Iterator[Corpus]:
    """Open the folder of so many papers, filled."""
    with closing(open_library(folder / str(count), RagConfig(), purpose="make bench")) as library:
        fill(library, real_papers(count))
        today = lambda: datetime.now(UTC).date()  # noqa: E731
        yield Corpus(library, PaperQA(library, RagConfig(), today=today), defaultdict(list))


def measure(corpora: list[Corpus], papers: list[Paper]) -> None:
    """Ask about each paper in every corpus, all measures in a random order."""
    order = random.Random(0)
    others = [json.loads(line)["question"] for line in _lines("own.jsonl")]
    topics = [line.split("\t")[0] for line in _lines("topic_patterns.tsv")]
    for number, (paper, other, topic) in enumerate(zip(papers, others, topics, strict=False)):
        tasks = [
            (corpus, name, work)
            for corpus in corpora
            for name, work in corpus.measures(paper, other, topic).items()
        ]
        for corpus, name, work in order.sample(tasks, len(tasks)):
            started = time.perf_counter()
            _ = work()
            if number >= WARM_UP:
                corpus.times[name].append((time.perf_counter() - started) * 1000)


def _lines(name: str) -> list[str]:
    return (QUESTIONS / name).read_text("utf-8").splitlines()


def report(corpora: Mapping[int, Corpus]) -> None:
    """Print the medians, and what the ratios are."""
    median = {
        count: {name: statistics.median(times) for name, times in corpus.times.items()}
        for count, corpus in corpora.items()
    }
    counts = list(corpora)
    names = [ENCODE, CHROMA, SEARCH, *FILTERED, *ANSWERS]
    print(f"{'milliseconds, p50':24}" + "".join(f"{count:>10,} papers" for count in counts))
    for name in names:
        print(f"{name:24}" + "".join(f"{median[count][name]:17.1f}" for count in counts))
    least = {count: median[count][ENCODE] + median[count][CHROMA] for count in counts}
    print("ratios")
    for name in (SEARCH, *FILTERED):
        other = median if name != SEARCH else None
        ratios = [median[c][name] / (other[c][SEARCH] if other else least[c]) for c in counts]
        label = f"{name} : {'search' if other else 'least'}"
        print(f"{label:24}" + "".join(f"{ratio:17.2f}" for ratio in ratios))
    if len(counts) > 1:
        for name in (SEARCH, *FILTERED, *ANSWERS):
            growth = median[counts[-1]][name] / median[counts[0]][name]
            print(f"{name}, largest : smallest {growth:.2f}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data-dir", type=Path, default=Path(".bench/retrieval"))
    parser.add_argument("--papers", type=int, nargs="+", default=[11_888, 81_446])
    given = parser.parse_args()
    with ExitStack() as stack:
        corpora = {n: stack.enter_context(opened(given.data_dir, n)) for n in given.papers}
        before = os.getloadavg()[0]
        asked = asked_papers(real_papers(min(given.papers)))
        measure(list(corpora.values()), asked)
        load = f"load of the machine {before:.1f} before, {os.getloadavg()[0]:.1f} after"
        print(f"{len(asked) - WARM_UP} questions of each kind; {load}")
        report(corpora)


if __name__ == "__main__":
    main()
