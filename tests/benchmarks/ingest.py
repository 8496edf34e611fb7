"""Measure the speed of an ingest, as ratios within one run.

    python -m tests.benchmarks.ingest [--papers 400] [--rounds 3]

Three methods ingest the same papers. They take turns in every round, so that slow moments of the
machine affect all of them:

paperboy    file → catalogue → chunks → embeddings → SQLite → Chroma
bare        sentence-transformers' encode of the same chunks, same model, same dtype
tutorial    LangChain's: RecursiveCharacterTextSplitter 1000/200, HuggingFaceEmbeddings
            (fp32), langchain_chroma
"""

import argparse
import itertools
import json
import statistics
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

import torch
from langchain_core.documents import Document

from bot.app import open_library
from ingest.sources.files import FileSource
from ingest.sync import ingest
from rag.config import RagConfig
from rag.encoders.embedder import (
    SentenceTransformerEmbeddings,
    bundled_path,
    choose_dtype,
    load_embedder,
)
from rag.records import Paper
from rag.retrieval.chunk import SentenceSplitter, chunk
from tests.benchmarks.corpus import daily_papers


def papers_of(file: Path) -> list[Paper]:
    source = FileSource(file, today=datetime.now(UTC).date())
    return [record for record in source.records() if isinstance(record, Paper)]


def paperboy(file: Path) -> float:
    """Return the seconds of an ingest into an empty folder, with the model already loaded."""
    with tempfile.TemporaryDirectory() as folder:
        library = open_library(Path(folder), RagConfig())
        _ = library.embedder.encode(["warm"])
        _ = library.index
        source = FileSource(file, today=datetime.now(UTC).date())
        started = time.perf_counter()
        report = ingest(source, library)
        seconds = time.perf_counter() - started
        assert report.embedded == report.read
        library.close()
    return seconds


def bare(file: Path) -> float:
    """Return the seconds that it takes only to encode the same texts."""
    config = RagConfig().embedder
    embeddings = load_embedder(config).embeddings
    assert isinstance(embeddings, SentenceTransformerEmbeddings)
    splitter = SentenceSplitter()
    texts = [c.text for paper in papers_of(file) for c in chunk(paper, splitter)]
    _ = embeddings.model.encode(["warm"])
    started = time.perf_counter()
    _ = embeddings.model.encode(texts, show_progress_bar=False, normalize_embeddings=True)
    return time.perf_counter() - started


def tutorial(file: Path) -> float:
    """Return the seconds of LangChain's tutorial pipeline on the same papers."""
    from langchain_chroma import Chroma
    from langchain_huggingface import HuggingFaceEmbeddings
    from langchain_text_splitters import RecursiveCharacterTextSplitter

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
        return time.perf_counter() - started


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--papers", type=int, default=400)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--without-tutorial", action="store_true")
    arguments = parser.parse_args()
    capabilities = torch.cpu.get_capabilities()
    features = [
        name for name in ("avx2", "avx512_f", "avx512_bf16", "amx_bf16") if capabilities.get(name)
    ]
    dtype = choose_dtype("auto")
    print(
        f"{arguments.papers} papers, {arguments.rounds} rounds, {torch.get_num_threads()} threads"
    )
    print(f"dtype {dtype}, processor: {', '.join(features)}", flush=True)
    methods = {"paperboy": paperboy, "bare": bare}
    if not arguments.without_tutorial:
        methods["tutorial"] = tutorial
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "papers.jsonl"
        with daily_papers().open(encoding="utf-8") as lines:
            file.write_text("".join(itertools.islice(lines, arguments.papers)), encoding="utf-8")
        seconds: dict[str, list[float]] = {name: [] for name in methods}
        for round_number in range(arguments.rounds):
            for name, method in methods.items():
                seconds[name].append(method(file))
            summary = "  ".join(f"{name} {values[-1]:.1f} s" for name, values in seconds.items())
            print(f"round {round_number + 1}: {summary}", flush=True)
    result = {
        f"{other} / paperboy": statistics.median(
            theirs / ours for theirs, ours in zip(seconds[other], seconds["paperboy"], strict=True)
        )
        for other in seconds
        if other != "paperboy"
    }
    print(json.dumps({name: round(ratio, 3) for name, ratio in result.items()}))
    print("required: bare / paperboy at least 0.85, tutorial / paperboy at least 1.5 with bfloat16")


if __name__ == "__main__":
    main()
