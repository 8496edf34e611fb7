"""Measure the speed of an ingest, as ratios within one run.

    python -m tests.benchmarks.ingest [--papers 400] [--rounds 3] [--busy]

Three methods ingest the same papers, after the self-test that chooses dtype and threads. They take
turns in every round, so that slow moments of the machine affect all of them:

paperboy    file → catalogue → embeddings → SQLite → Chroma: the abstracts, after which the papers
            can be found, and then the sentences
bare        sentence-transformers' encode of the same texts, same model, dtype and threads
tutorial    LangChain's: RecursiveCharacterTextSplitter 1000/200, HuggingFaceEmbeddings
            (fp32), langchain_chroma

With --busy, another program keeps one core busy meanwhile.
"""

import argparse
import itertools
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import torch
from langchain_core.documents import Document

from bot.app import open_library
from ingest.sources.files import FileSource
from ingest.sync import index_sentences, ingest
from rag.config import RagConfig
from rag.cpu import openmp_threads
from rag.encoders.embedder import (
    SentenceTransformerEmbeddings,
    bundled_path,
    load_embedder,
)
from rag.records import Paper
from rag.retrieval.chunk import SentenceSplitter, abstract_chunk, sentence_chunks
from tests.benchmarks.corpus import daily_papers
from tests.benchmarks.machine import processor

FOUND, COMPLETE, AGAIN = "until found", "until complete", "read again"
BARE_ABSTRACTS, BARE, TUTORIAL = "bare, abstracts", "bare, all", "tutorial"
RATIOS = (
    (TUTORIAL, FOUND, "at least 2.0"),
    (TUTORIAL, COMPLETE, "at least 1.0, with AMX 1.5"),
    (BARE_ABSTRACTS, FOUND, ""),
    (BARE, COMPLETE, "at least 0.9"),
)
FEATURES = ("avx2", "avx512_f", "avx512_bf16", "amx_bf16", "amx_tile")
BUSY = "import os\nparent = os.getppid()\nwhile os.getppid() == parent: pass"

Seconds = dict[str, float]


def papers_of(file: Path) -> list[Paper]:
    source = FileSource(file, today=datetime.now(UTC).date())
    return [record for record in source.records() if isinstance(record, Paper)]


def tested(file: Path) -> RagConfig:
    """Return the settings with the number type and the threads that a self-test chooses here."""
    with tempfile.TemporaryDirectory() as folder:
        library = open_library(Path(folder), RagConfig())
        library.catalog.upsert(papers_of(file))
        library.choose_backend()
        print(library.backends.describe(library.embedder), flush=True)
        embeddings = library.embedder.embeddings
        assert isinstance(embeddings, SentenceTransformerEmbeddings)
        embedder = {"dtype": embeddings.dtype, "threads": embeddings.thread_count}
        library.close()
    return RagConfig.model_validate({"embedder": embedder})


def paperboy(file: Path, config: RagConfig) -> Seconds:
    """Return the seconds of an ingest into an empty folder, with the model already loaded."""
    with tempfile.TemporaryDirectory() as folder:
        library = open_library(Path(folder), config)
        _ = library.embedder.encode(["warm"])
        _ = library.index
        known = library.catalog.known_records
        today = datetime.now(UTC).date()
        started = time.perf_counter()
        report = ingest(FileSource(file, today=today, known=known), library)
        found = time.perf_counter() - started
        assert report.embedded == report.read
        _ = index_sentences(library, progress=lambda *_: None)
        complete = time.perf_counter() - started
        assert library.index.is_complete()
        started = time.perf_counter()
        report = ingest(FileSource(file, today=today, known=known), library)
        again = time.perf_counter() - started
        assert report.upserted.unchanged == report.read
        library.close()
    return {FOUND: found, COMPLETE: complete, AGAIN: again}


def bare(file: Path, config: RagConfig) -> Seconds:
    """Return the seconds that it takes only to encode the same texts."""
    embeddings = load_embedder(config.embedder).embeddings
    assert isinstance(embeddings, SentenceTransformerEmbeddings)
    splitter = SentenceSplitter()
    papers = papers_of(file)
    abstracts = [abstract_chunk(paper).text for paper in papers]
    sentences = [c.text for paper in papers for c in sentence_chunks(paper, splitter)]
    _ = embeddings.encode(["warm"])  # which sets the threads
    seconds = []
    for texts in (abstracts, sentences):
        started = time.perf_counter()
        _ = embeddings.model.encode(texts, show_progress_bar=False, normalize_embeddings=True)
        seconds.append(time.perf_counter() - started)
    return {BARE_ABSTRACTS: seconds[0], BARE: sum(seconds)}


def tutorial(file: Path, config: RagConfig) -> Seconds:
    """Return the seconds of LangChain's tutorial pipeline on the same papers."""
    from langchain_chroma import Chroma
    from langchain_huggingface import HuggingFaceEmbeddings
    from langchain_text_splitters import RecursiveCharacterTextSplitter

    torch.set_num_threads(openmp_threads())  # torch's own default
    embeddings = HuggingFaceEmbeddings(model_name=bundled_path(), model_kwargs={"device": "cpu"})
    documents = [
        Document(f"{p.title}\n{p.abstract}", metadata={"id": p.paper_id}) for p in papers_of(file)
    ]
    _ = embeddings.embed_query("warm")
    with tempfile.TemporaryDirectory() as folder:
        started = time.perf_counter()
        splitter = RecursiveCharacterTextSplitter(chunk_size=1000, chunk_overlap=200)
        store = Chroma(
            collection_name="papers", embedding_function=embeddings, persist_directory=folder
        )
        _ = store.add_documents(splitter.split_documents(documents))
        return {TUTORIAL: time.perf_counter() - started}


@contextmanager
def one_core_taken(taken: bool) -> Iterator[None]:
    """Keep one core busy with another program while this block runs, if `taken`."""
    if not taken:
        yield
        return
    with subprocess.Popen([sys.executable, "-c", BUSY]) as program:
        try:
            yield
        finally:
            program.kill()


def print_machine(papers: int, rounds: int, *, busy: bool) -> None:
    capabilities = torch.cpu.get_capabilities()
    features = [name for name in FEATURES if capabilities.get(name)]
    print(f"{papers} papers, {rounds} rounds, {torch.get_num_threads()} threads")
    print(f"processor: {processor()} ({', '.join(features)}), {os.cpu_count()} cores")
    taken = ", one core taken by another program" if busy else ""
    load = f"load of the machine before {os.getloadavg()[0]:.1f}"
    print(f"{load}{taken}", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--papers", type=int, default=400)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--busy", action="store_true", help="Take one core away")
    parser.add_argument("--without-tutorial", action="store_true")
    arguments = parser.parse_args()
    print_machine(arguments.papers, arguments.rounds, busy=arguments.busy)
    methods = [paperboy, bare] if arguments.without_tutorial else [paperboy, bare, tutorial]
    seconds: defaultdict[str, list[float]] = defaultdict(list)
    with tempfile.TemporaryDirectory() as folder, one_core_taken(arguments.busy):
        file = Path(folder) / "papers.jsonl"
        with daily_papers().open(encoding="utf-8") as lines:
            file.write_text("".join(itertools.islice(lines, arguments.papers)), encoding="utf-8")
        config = tested(file)
        for round_number in range(arguments.rounds):
            for method in methods:
                for name, value in method(file, config).items():
                    seconds[name].append(value)
            summary = "  ".join(f"{name} {values[-1]:.1f} s" for name, values in seconds.items())
            print(f"round {round_number + 1}: {summary}", flush=True)
    print(f"load of the machine after {os.getloadavg()[0]:.1f}")
    for other, own, required in RATIOS:
        if other in seconds:
            pairs = zip(seconds[other], seconds[own], strict=True)
            ratio = statistics.median(theirs / ours for theirs, ours in pairs)
            print(json.dumps({f"{other} / {own}": round(ratio, 3), "required": required}))


if __name__ == "__main__":
    main()
