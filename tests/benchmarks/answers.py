"""Measure how long an answer from many papers takes, compared with encoding its question.

With a date filter the question names a year, and only the papers of that year are searched.

    python -m tests.benchmarks.answers [--data-dir .bench/data] [--questions 100]

The corpus is ingested into the folder first, unless it is there already (minutes).
"""

import argparse
import random
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from bot.app import open_library
from ingest.sources.files import FileSource
from ingest.sync import ingest
from rag.config import RagConfig
from rag.cpu import cores
from rag.pipeline import PaperQA
from tests.benchmarks.corpus import daily_papers


def milliseconds(work: Callable[[str], object], questions: list[str]) -> list[float]:
    """Return the milliseconds that each question takes."""
    times = []
    for question in questions:
        started = time.perf_counter()
        _ = work(question)
        times.append((time.perf_counter() - started) * 1000)
    return times


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data-dir", type=Path, default=Path(".bench/data"))
    parser.add_argument("--questions", type=int, default=100)
    arguments = parser.parse_args()
    library = open_library(arguments.data_dir, RagConfig(), purpose="make bench")
    report = ingest(FileSource(daily_papers(), today=datetime.now(UTC).date()), library)
    print(report)
    papers = library.catalog.papers()
    chosen = random.Random(0).sample(papers, arguments.questions)
    questions = [f"how does {paper.title.split(':')[0]} work?" for paper in chosen]
    qa = PaperQA(library, RagConfig(), today=lambda: datetime.now(UTC).date())
    _ = qa.ask("the first question, not counted")
    filtered = [f"in {p.day.year}, {q}" for p, q in zip(chosen, questions, strict=True) if p.day]
    encode = milliseconds(library.embedder.encode_question, questions)
    answers = milliseconds(qa.ask, questions)
    windowed = milliseconds(qa.ask, filtered)
    loops = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(cores())]
    busy = milliseconds(qa.ask, questions)
    for loop in loops:
        loop.kill()
        loop.wait()
    print(f"{len(papers):,} papers, {arguments.questions} questions after the first, milliseconds:")
    for name, times in (
        ("encode the question", encode),
        ("whole answer", answers),
        ("answer with a date filter", windowed),
        ("answer, every core busy", busy),
    ):
        ordered = sorted(times)
        p50, p95 = statistics.median(ordered), ordered[int(0.95 * len(ordered))]
        ratio = p50 / statistics.median(encode)
        print(f"  {name:25} p50 {p50:6.1f}  p95 {p95:6.1f}  {ratio:5.1f} times the encoding")
    library.close()


if __name__ == "__main__":
    main()
