"""Measure the encoder in each number type: speed by threads, agreement, and retrieval.

    python -m tests.benchmarks.encoders [--rounds 5] [--busy 1] [--dtypes bfloat16 float16 int8]
    python -m tests.benchmarks.encoders --beir DIR [--split test] [--documents 600] [--dtypes …]

Without --beir, rates: texts a second by the clock, and texts a second of processor time for one
thread, which what else runs hardly changes. The candidates take turns in every round, so that slow
moments of the machine affect all of them; "of fp32" is the median of the rounds' ratios to float32
by all threads. --busy starts as many loops that do nothing but take a core.

With --beir, what a number type costs: the cosines of its vectors with float32's over the whole
corpus, and nDCG@10 of the whole documents' cosines alone, once with the questions in the same
number type and once in float32, as if an index was used on another machine.

Paperboy computes in float32 or bfloat16. float16 and int8 are here to see whether they would pay.
int8 is torch's dynamic quantisation of all linear layers, with a scale per channel, which is the
arithmetic of ONNX Runtime's `quantize_dynamic`.
"""

import argparse
import itertools
import json
import os
import statistics
import subprocess
import sys
import time
import warnings
from collections import defaultdict
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import torch

from bot.console.metrics import ndcg
from ingest.sources.files import FileSource
from rag.config import EmbedderConfig
from rag.encoders.embedder import (
    SentenceTransformerEmbeddings,
    Vectors,
    load_embedder,
    machine,
    native_dtypes,
)
from rag.records import Paper
from rag.retrieval.chunk import SentenceSplitter, chunk
from tests.benchmarks.corpus import daily_papers

FULL = "float32"
DTYPES = (FULL, "bfloat16", "float16", "int8")
ABSTRACTS, SENTENCES = 16, 100
BATCH = 256  # documents between two lines of progress
BUSY = "while True: pass"


def load(dtype: str) -> SentenceTransformerEmbeddings:
    """Load the bundled model in a number type, also in those that the settings do not offer."""
    config = EmbedderConfig().model_copy(update={"dtype": FULL if dtype == "int8" else dtype})
    embeddings = load_embedder(config).embeddings
    assert isinstance(embeddings, SentenceTransformerEmbeddings)
    if dtype == "int8":
        from torch.ao.quantization import per_channel_dynamic_qconfig, quantize_dynamic

        with warnings.catch_warnings(action="ignore"):  # it is deprecated
            layers = {torch.nn.Linear: per_channel_dynamic_qconfig}
            embeddings.model = quantize_dynamic(embeddings.model, layers)
    return embeddings


def real_texts(count: int) -> tuple[list[str], list[str]]:
    """Return the abstracts and the sentences of the first Daily Papers, as an ingest has them."""
    source = FileSource(daily_papers(), today=datetime.now(UTC).date())
    papers = (record for record in source.records() if isinstance(record, Paper))
    splitter = SentenceSplitter()
    chunks = [chunk(paper, splitter) for paper in itertools.islice(papers, count)]
    return [c[0].text for c in chunks], [one.text for c in chunks for one in c[1:]]


@dataclass(slots=True)
class Rates:
    """What one candidate did in each round: texts a second."""

    by_clock: list[float]
    by_processor: list[float]


def measure_rates(rounds: int, dtypes: Sequence[str]) -> None:
    """Print abstracts and sentences a second of every number type and number of threads."""
    abstracts, sentences = real_texts(ABSTRACTS)
    texts = {"abstracts": abstracts, "sentences": sentences[:SENTENCES]}
    loaded = {dtype: load(dtype) for dtype in dtypes}
    most = torch.get_num_threads()
    candidates = list(itertools.product(loaded, sorted({1, most})))
    rates: dict[tuple[str, int, str], Rates] = defaultdict(lambda: Rates([], []))
    for number in range(rounds + 1):
        for (dtype, threads), kind in itertools.product(candidates, texts):
            loaded[dtype].threads = threads
            clock, processor = time.perf_counter(), time.thread_time()
            loaded[dtype].encode(texts[kind])
            if number:  # the first round only warms up
                of = rates[dtype, threads, kind]
                of.by_clock.append(len(texts[kind]) / (time.perf_counter() - clock))
                of.by_processor.append(len(texts[kind]) / (time.thread_time() - processor))
    print("| | threads | abstracts/s | of fp32 | per core-s | sentences/s | of fp32 | per core-s |")
    for dtype, threads in candidates:
        cells = [dtype, str(threads)]
        for kind in texts:
            of, full = rates[dtype, threads, kind], rates[FULL, most, kind]
            ratio = statistics.median(map(lambda a, b: a / b, of.by_clock, full.by_clock))
            cells += [f"{statistics.median(of.by_clock):.1f}", f"{ratio:.2f}"]
            cells += [f"{statistics.median(of.by_processor):.1f}" if threads == 1 else ""]
        print(f"| {' | '.join(cells)} |")


def measure_retrieval(folder: Path, split: str, dtypes: Sequence[str], most: int | None) -> None:
    """Print the cosines with float32's vectors, and nDCG@10 by whole documents alone."""
    gains: dict[str, dict[str, int]] = defaultdict(dict)
    for line in (folder / "qrels" / f"{split}.tsv").read_text("utf-8").splitlines()[1:]:
        question, document, grade = line.split("\t")
        gains[question][document] = int(grade)
    judged = {document for of_question in gains.values() for document in of_question}
    documents = _lines(folder / "corpus.jsonl")
    documents = sorted(documents, key=lambda one: one["_id"] not in judged)[:most]
    questions = [one for one in _lines(folder / "queries.jsonl") if one["_id"] in gains]
    texts = [f"{one['title']}\n{one['text']}" for one in documents]
    full: tuple[Vectors, Vectors] | None = None
    print("| | cosine: least | mean | nDCG@10 | with fp32's questions |", flush=True)
    for dtype in dtypes:
        embeddings = load(dtype)
        asked = embeddings.encode([one["text"] for one in questions])
        parts = []
        for start in range(0, len(texts), BATCH):
            parts.append(embeddings.encode(texts[start : start + BATCH]))
            print(f"{dtype} {start:,}", end="\r", file=sys.stderr)
        vectors = np.concatenate(parts)
        full = full or (asked, vectors)
        cosines = np.einsum("ij,ij->i", vectors, full[1])
        figures = []
        for queries in (asked, full[0]):
            best = np.argsort(-(queries @ vectors.T), axis=1)[:, :10]
            figures.append(
                statistics.mean(
                    ndcg([documents[n]["_id"] for n in row], gains[one["_id"]])
                    for one, row in zip(questions, best, strict=True)
                )
            )
        print(
            f"| {dtype} | {cosines.min():.5f} | {cosines.mean():.5f} | {figures[0]:.4f} | "
            f"{figures[1]:.4f} |",
            flush=True,
        )


def _lines(path: Path) -> list[dict[str, str]]:
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--busy", type=int, default=0, help="loops that take a core each")
    parser.add_argument("--beir", type=Path, help="a folder with a corpus in BEIR's format")
    parser.add_argument("--split", default="test")
    parser.add_argument("--documents", type=int, help="of the corpus, the judged ones first")
    parser.add_argument("--dtypes", nargs="+", choices=DTYPES[1:], default=DTYPES[1:])
    arguments = parser.parse_args()
    dtypes = (FULL, *arguments.dtypes)
    print(f"{machine()}; computes natively: {', '.join(native_dtypes())}")
    print(f"load before: {os.getloadavg()[0]:.1f}")
    if arguments.beir:
        measure_retrieval(arguments.beir, arguments.split, dtypes, arguments.documents)
        return
    with ExitStack() as stack:
        for _ in range(arguments.busy):
            loop = stack.enter_context(subprocess.Popen([sys.executable, "-c", BUSY]))
            stack.callback(loop.kill)
        measure_rates(arguments.rounds, dtypes)
    print(f"load after: {os.getloadavg()[0]:.1f}")


if __name__ == "__main__":
    main()
