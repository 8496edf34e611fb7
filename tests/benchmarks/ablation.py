"""Measure what each part of retrieval contributes, and how many milliseconds it takes.

    python -m tests.benchmarks.ablation --beir DIR [--split test] --data-dir DIR
    python -m tests.benchmarks.ablation --questions FILE --data-dir DIR

A corpus in BEIR format is first ingested into the data folder and stays there for the next run.
Questions are JSON lines with `question` and `gold_arxiv_id`, for a folder that contains the papers.
Only one process at a time can use the folder, so stop a running bot first.

The dense rows, and the dense half of the reciprocal ranks, are exact: the cosines of all vectors
stored in SQLite, in one array. The weighted sum and "as it is" use Chroma, which is approximate.
Only the first row includes the encoding of the question. The other keyword indexes are in memory
rather than in a file, which makes almost no difference. For each question the variants run in a new
random order, so that slow moments of the machine and warm caches affect all of them equally.
"""

import argparse
import json
import random
import statistics
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bot.app import open_library
from bot.console.metrics import AT, ndcg, recall
from ingest.sources.source import SetAside
from ingest.sync import ingest
from rag.config import RagConfig
from rag.library import Library
from rag.records import Paper, paper_id_of
from rag.text.words import terms
from tests.benchmarks.variants import Find, Ranking, Vectors, other_terms, variants

ENCODING = "encoding the question"
MS = "ms a question"

Figures = dict[str, float]
Judge = Callable[[Ranking, Mapping[str, int]], Figures]


@dataclass(frozen=True, slots=True)
class Question:
    """A question, and the ids of its relevant papers with their grades."""

    text: str
    gains: Mapping[str, int]


def graded(ranking: Ranking, gains: Mapping[str, int]) -> Figures:
    return {"nDCG@10": ndcg(ranking, gains), "recall@10": recall(ranking, gains)}


def known_item(ranking: Ranking, gains: Mapping[str, int]) -> Figures:
    rank = next((n for n, paper_id in enumerate(ranking[:AT], start=1) if paper_id in gains), 0)
    return {
        "hit@1": float(rank == 1),
        "MRR@10": 1 / rank if rank else 0.0,
        "recall@10": float(rank > 0),
    }


def measure(
    encode: Callable[[str], Vectors],
    finders: Mapping[str, Find],
    questions: Sequence[Question],
    judge: Judge,
) -> dict[str, Figures]:
    """Return each variant's figures: the means of the judge's, and the median of milliseconds."""
    values_of: dict[str, dict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
    _ = encode(questions[0].text)  # warm-up
    vectors = []
    for question in questions:
        started = time.perf_counter()
        vectors.append(encode(question.text))
        values_of[ENCODING][MS].append((time.perf_counter() - started) * 1000)
    for find in finders.values():
        _ = find(questions[0].text, vectors[0])
    order = random.Random(0)
    for question, vector in zip(questions, vectors, strict=True):
        for name in order.sample(list(finders), len(finders)):
            started = time.perf_counter()
            ranking = finders[name](question.text, vector)
            values_of[name][MS].append((time.perf_counter() - started) * 1000)
            for figure, value in judge(ranking, question.gains).items():
                values_of[name][figure].append(value)
    return {
        name: {
            figure: statistics.median(values) if figure == MS else statistics.mean(values)
            for figure, values in values_of[name].items()
        }
        for name in [ENCODING, *finders]
    }


def table(lines: Mapping[str, Figures]) -> str:
    """Return the figures as a Markdown table, with milliseconds in the last column."""
    columns = [name for name in list(lines.values())[-1] if name != MS]
    rows = [["variant", *columns, MS], ["---"] * (len(columns) + 2)]
    for name, figures in lines.items():
        cells = [f"{figures[c]:.3f}" if c in figures else "–" for c in columns]
        rows.append([name, *cells, f"{figures[MS]:.1f}"])
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


class Corpus:
    """The documents of a BEIR corpus as papers; document ids stand in for arXiv ids."""

    name = "corpus"

    def __init__(self, path: Path) -> None:
        self.papers = [
            Paper(
                title=item.get("title") or item["_id"],
                abstract=item["text"] or item["title"],
                arxiv_id=item["_id"],
            )
            for item in json_lines(path)
        ]

    def records(self) -> Iterator[Paper | SetAside]:
        yield from self.papers


def json_lines(path: Path) -> list[dict[str, Any]]:
    with path.open(encoding="utf-8") as lines:
        return [json.loads(line) for line in lines if line.strip()]


def beir_questions(folder: Path, split: str) -> list[Question]:
    texts = {item["_id"]: item["text"] for item in json_lines(folder / "queries.jsonl")}
    gains: dict[str, dict[str, int]] = defaultdict(dict)
    for line in (folder / "qrels" / f"{split}.tsv").read_text("utf-8").splitlines()[1:]:
        question, document, grade = line.split("\t")
        if int(grade) > 0:
            gains[question][paper_id_of(document, "")] = int(grade)
    return [Question(texts[question], relevant) for question, relevant in gains.items()]


def known_questions(file: Path) -> list[Question]:
    return [
        Question(item["question"], {paper_id_of(item["gold_arxiv_id"], ""): 1})
        for item in json_lines(file)
    ]


def fill(library: Library, corpus: Corpus) -> None:
    """Ingest the corpus unless that is done; refuse a folder with other papers."""
    expected = {paper.paper_id for paper in corpus.papers}
    stored = {paper.paper_id for paper in library.catalog.papers()}
    if stored - expected:
        raise SystemExit(
            f"{library.folder} contains {len(stored - expected):,} papers that are not in this "
            "corpus: give an empty folder with --data-dir."
        )
    if stored != expected or library.index.pending_count():
        print(ingest(corpus, library), flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    kind = parser.add_mutually_exclusive_group(required=True)
    kind.add_argument("--beir", type=Path, metavar="DIR")
    kind.add_argument("--questions", type=Path, metavar="FILE")
    parser.add_argument("--split", default="test", help="the questions of BEIR: qrels/SPLIT.tsv")
    parser.add_argument("--data-dir", type=Path, required=True, metavar="DIR")
    given = parser.parse_args()
    with closing(open_library(given.data_dir, RagConfig(), purpose="the ablation")) as library:
        if given.beir:
            fill(library, Corpus(given.beir / "corpus.jsonl"))
            questions, judge = beir_questions(given.beir, given.split), graded
        else:
            questions, judge = known_questions(given.questions), known_item
        papers = library.catalog.papers()
        relevant = {paper_id for question in questions for paper_id in question.gains}
        if missing := relevant - {paper.paper_id for paper in papers}:
            raise SystemExit(
                f"{given.data_dir} lacks {len(missing):,} of the {len(relevant):,} relevant "
                "papers: ingest them first."
            )
        library.require_indexed()
        # Without changes the terms are the same, so each variant differs in one respect only.
        assert all(other_terms(question.text) == terms(question.text) for question in questions)
        finders = variants(library, papers)
        lines = measure(library.embedder.encode_question, finders, questions, judge)
        print(f"{len(papers):,} papers, {len(questions):,} questions\n")
        print(table(lines))


if __name__ == "__main__":
    main()
