"""Compare searches and answers before the sentences are encoded with those afterwards.

    python -m tests.benchmarks.two_steps --beir scifact --papers 400 --questions 60
    python -m tests.benchmarks.two_steps --known-item hf_knownitem_dev.jsonl --papers 400

A sample: the papers that the questions are about and as many others as asked for. Before the
sentences are encoded, each question finds the same state: what the question before has encoded is
taken back. "no sentences at all" leaves out the encoding at question time as well.
"""

import argparse
import json
import random
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from bot.app import open_library
from bot.console.metrics import ndcg, recall
from ingest.sync import index_sentences, ingest
from rag.config import RagConfig
from rag.library import Library
from rag.pipeline import PaperQA
from rag.records import Paper
from tests.benchmarks.synthetic import real_papers

AT = 10
TODAY = date(2025, 12, 8)


@dataclass(frozen=True, slots=True)
class Asked:
    """A question and how relevant which papers are."""

    text: str
    gains: dict[str, int]


class Sample:
    """Papers as a source."""

    name = "sample"

    def __init__(self, papers: Sequence[Paper]) -> None:
        self.papers = papers

    def records(self) -> Iterator[Paper]:
        yield from self.papers


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


def beir(folder: Path, count: int) -> tuple[list[Asked], list[Paper]]:
    gains: dict[str, dict[str, int]] = {}
    for row in (folder / "qrels" / "test.tsv").read_text("utf-8").splitlines()[1:]:
        query, document, gain = row.split("\t")
        gains.setdefault(query, {})[document] = int(gain)
    texts = {item["_id"]: item["text"] for item in lines(folder / "queries.jsonl")}
    papers = [
        Paper(
            title=item.get("title") or item["_id"],
            abstract=item["text"] or item["title"],
            arxiv_id=item["_id"],
        )
        for item in lines(folder / "corpus.jsonl")
    ]
    chosen = random.Random(0).sample(sorted(gains), min(count, len(gains)))
    return [Asked(texts[query], gains[query]) for query in chosen], papers


def known_items(file: Path, count: int) -> tuple[list[Asked], list[Paper]]:
    items = lines(file)
    chosen = random.Random(0).sample(items, min(count, len(items)))
    return [Asked(i["question"], {i["gold_arxiv_id"]: 1}) for i in chosen], real_papers(11_888)


def sample_of(asked: Sequence[Asked], papers: Sequence[Paper], size: int) -> list[Paper]:
    needed = {name for one in asked for name in one.gains}
    kept = [paper for paper in papers if paper.arxiv_id in needed]
    others = [paper for paper in papers if paper.arxiv_id not in needed]
    return kept + random.Random(1).sample(others, max(0, size - len(kept)))


def remember(library: Library) -> None:
    """Keep what the first step stored."""
    with library.catalog.database.transaction() as db:
        db.execute("CREATE TABLE first_step AS SELECT * FROM chunk_vectors")


def take_back(library: Library) -> None:
    """Leave the index as it was before any sentence was encoded."""
    with library.catalog.database.transaction() as db:
        db.execute("DELETE FROM chunk_vectors WHERE sentences_due = 0")
        db.execute(
            "INSERT INTO chunk_vectors SELECT * FROM first_step "
            "WHERE paper NOT IN (SELECT paper FROM chunk_vectors)"
        )


def measure(
    library: Library, asked: Sequence[Asked], *, before: Callable[[], None] = lambda: None
) -> tuple[dict[str, float], list[str]]:
    """Return the figures, and the quoted answers."""
    qa = PaperQA(library, library.config, today=lambda: TODAY)
    figures: dict[str, list[float]] = {"hit@1": [], "ndcg@10": [], "recall@10": []}
    answers, seconds = [], []
    for one in asked:
        before()
        hits = library.retriever.search(one.text, top_k=AT)
        ranking = [hit.paper.arxiv_id or "" for hit in hits]
        figures["hit@1"].append(float(ranking[0] in one.gains))
        figures["ndcg@10"].append(ndcg(ranking, one.gains))
        figures["recall@10"].append(recall(ranking, one.gains))
        before()
        started = time.perf_counter()
        answers.append(qa.ask(one.text).text)
        seconds.append(time.perf_counter() - started)
    figures["seconds"] = [statistics.median(seconds)]
    return {name: statistics.mean(values) for name, values in figures.items()}, answers


def compare(library: Library, asked: Sequence[Asked]) -> None:
    found = {}
    remember(library)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("rag.retrieval.index.ENCODED_AT_ONCE", 0)
        found["no sentences at all"] = measure(library, asked)
    found["before"] = measure(library, asked, before=lambda: take_back(library))
    take_back(library)
    _ = index_sentences(library, progress=lambda *_: None)
    found["complete"] = measure(library, asked)
    complete = found["complete"][1]
    for name, (figures, answers) in found.items():
        same = sum(a == b for a, b in zip(answers, complete, strict=True))
        shown = "  ".join(f"{key} {value:.3f}" for key, value in figures.items())
        print(f"{name:20} {shown}  the same answers {same} of {len(answers)}", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--beir", type=Path)
    parser.add_argument("--known-item", type=Path)
    parser.add_argument("--papers", type=int, default=400)
    parser.add_argument("--questions", type=int, default=60)
    given = parser.parse_args()
    if given.beir:
        asked, papers = beir(given.beir, given.questions)
    else:
        asked, papers = known_items(given.known_item, given.questions)
    sample = sample_of(asked, papers, given.papers)
    with (
        tempfile.TemporaryDirectory() as folder,
        closing(open_library(Path(folder), RagConfig())) as library,
    ):
        _ = ingest(Sample(sample), library)
        print(f"{len(asked)} questions, {len(sample)} papers")
        compare(library, asked)


if __name__ == "__main__":
    main()
