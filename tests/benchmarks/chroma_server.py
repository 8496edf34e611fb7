"""Compare a Chroma server with the folder of one process, and with doing without either.

    python -m tests.benchmarks.chroma_server [--papers 11888] [--data-dir DIR]

The papers are those of tests/benchmarks/synthetic.py. The same questions are searched for in three
ways, in turn: by the folder, by a `chroma run` that is filled from a copy of it, and as while that
server is down. The questions name the papers that are really encoded; hit@1 says how often the one
that is named comes first.
"""

import argparse
import shutil
import statistics
import tempfile
import time
from contextlib import closing
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bot.app import open_library
from rag.config import RagConfig
from rag.library import Library
from rag.records import Paper
from tests.benchmarks.synthetic import asked_papers, fill, real_papers
from tests.chroma_server import chroma_running

FOLDER, SERVER, NEITHER = "folder", "server", "neither"
WARM_UP = 5  # questions that are not counted


class Way:
    """One way to search, and what it found."""

    def __init__(self, library: Library) -> None:
        self.library = library
        self.seconds: list[float] = []
        self.found: list[list[str]] = []

    def ask(self, question: str, vector: NDArray[np.float32]) -> None:
        """Search for a question, and note how long it took."""
        begun = time.perf_counter()
        hits = self.library.retriever.search_vector(question, vector)
        self.seconds.append(time.perf_counter() - begun)
        self.found.append([hit.paper.paper_id for hit in hits])


def resident_mb(pid: int) -> float:
    """Return the memory that a process holds."""
    status = Path(f"/proc/{pid}/status").read_text(encoding="utf-8")
    return int(status.split("VmRSS:")[1].split()[0]) / 1e3


def main() -> None:
    """Fill a server, ask everything in three ways, print the figures."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--papers", type=int, default=11_888)
    parser.add_argument("--data-dir", type=Path, help="where to work; a temporary folder if none")
    given = parser.parse_args()
    papers = real_papers(given.papers)
    with tempfile.TemporaryDirectory(dir=given.data_dir) as temporary:
        folder = Path(temporary, FOLDER)
        with closing(open_library(folder, RagConfig())) as library:
            fill(library, papers)
        shutil.copytree(folder, Path(temporary, SERVER))
        compare(Path(temporary), asked_papers(papers))


def compare(temporary: Path, asked: list[Paper]) -> None:
    """Print how the three ways compare."""
    with chroma_running(temporary / "chroma") as server:
        empty = resident_mb(server.pid)
        shared = RagConfig.model_validate({"vectors": {"url": server.url}})
        none = RagConfig.model_validate({"vectors": {"url": "http://127.0.0.1:9"}})
        with (
            closing(open_library(temporary / FOLDER, RagConfig())) as folder,
            closing(open_library(temporary / SERVER, shared)) as served,
        ):
            begun = time.perf_counter()
            abstracts, sentences = served.index.vectors.counts()
            print(
                f"{abstracts:,} abstracts and {sentences:,} sentences are in the server after "
                f"{time.perf_counter() - begun:.0f} s"
            )
            with closing(open_library(temporary / SERVER, none)) as alone:
                ways = {FOLDER: Way(folder), SERVER: Way(served), NEITHER: Way(alone)}
                for paper in asked:
                    question = f"how does {paper.title.split(':')[0]} work?"
                    vector = folder.embedder.encode_question(question)
                    for way in ways.values():
                        way.ask(question, vector)
        size = sum(path.stat().st_size for path in server.folder.rglob("*") if path.is_file())
        per = abstracts + sentences
        print(
            f"server: {resident_mb(server.pid):.0f} MB of memory ({empty:.0f} MB when empty), "
            f"{1e3 * (resident_mb(server.pid) - empty) / per:.1f} KB a vector; on disk "
            f"{size / 1e6:.0f} MB, {size / 1e3 / per:.1f} KB a vector"
        )
    report(ways, [paper.paper_id for paper in asked])


def report(ways: dict[str, Way], wanted: list[str]) -> None:
    """Print the figures of each way."""
    expected = ways[FOLDER].found
    for name, way in ways.items():
        first = statistics.mean(
            found[:1] == [one] for found, one in zip(way.found, wanted, strict=True)
        )
        same = statistics.mean(
            len({*a} & {*b}) / max(1, len(a)) for a, b in zip(expected, way.found, strict=True)
        )
        p50, p95 = (1_000 * float(np.percentile(way.seconds[WARM_UP:], q)) for q in (50, 95))
        print(
            f"{name:8} hit@1 {first:.3f}  share of the folder's first ten {same:.3f}  "
            f"search p50 {p50:.1f} ms, p95 {p95:.1f} ms"
        )


if __name__ == "__main__":
    main()
