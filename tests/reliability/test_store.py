import json
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from ingest.sync import index_pending, ingest
from rag.encoders.embedder import Embedder
from rag.errors import IndexInUseError
from rag.library import Library
from rag.retrieval.chroma import HNSW, ChunkVectors
from tests.papers import HERON, PAPERS, ListSource, many

COMMAND = [sys.executable, "-c", "import sys; from bot.cli import main; sys.exit(main())"]


def index_files(folder: Path) -> list[Path]:
    return sorted(p for p in (folder / "chroma").rglob("*") if p.is_file() and p.stat().st_size)


@pytest.mark.parametrize(
    "damage", ["no folder", "no segment", "empty sqlite", "garbage", "vectors gone"]
)
def test_s2_a_damaged_index_is_noticed_and_rebuilt(
    make_library: Callable[..., Library], damage: str
) -> None:
    library = make_library()
    ingest(ListSource(many(40)), library)
    folder = library.folder
    if damage == "vectors gone":
        library.index.vectors.delete(["arxiv:2506.00039#0"])
    library.close()
    chroma = folder / "chroma"
    if damage == "no folder":
        shutil.rmtree(chroma)
    if damage == "no segment":
        for segment in [path for path in chroma.iterdir() if path.is_dir()]:
            shutil.rmtree(segment)
    if damage == "empty sqlite":
        (chroma / "chroma.sqlite3").write_bytes(b"")
    if damage == "garbage":
        (chroma / "chroma.sqlite3").write_bytes(b"no database " * 1000)
    again = make_library(folder)
    for paper in many(40):
        assert again.retriever.search(paper.title)[0].paper.title == paper.title
    assert again.index.vectors.counts()[0] == 40


def test_s2_a_truncated_file_of_a_large_index_is_noticed(
    make_library: Callable[..., Library], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(HNSW, "sync_threshold", 100)  # so that Chroma writes its files
    library = make_library()
    ingest(ListSource(many(150)), library)
    folder = library.folder
    library.close()
    pickles = list((folder / "chroma").rglob("index_metadata.pickle"))
    assert pickles
    for path in pickles:
        path.write_bytes(path.read_bytes()[:50])
    again = make_library(folder)
    for paper in many(150)[::10]:
        assert again.retriever.search(paper.title)[0].paper.title == paper.title


def test_s3_a_second_process_is_refused_and_told_by_whom(
    make_library: Callable[..., Library], embedder: object
) -> None:
    first = make_library()
    ingest(ListSource(), first)
    code = (
        "from pathlib import Path; from bot.app import open_library; from rag.config import "
        f"RagConfig; open_library(Path({str(first.folder)!r}), RagConfig())._lock_index()"
    )
    started = time.monotonic()
    second = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert time.monotonic() - started < 20  # most of it is Python starting
    assert "IndexInUseError" in second.stderr
    assert "`paperboy` (process" in second.stderr
    assert first.retriever.search(HERON.title)[0].paper == HERON


def test_s3_the_refusal_comes_within_two_seconds(make_library: Callable[..., Library]) -> None:
    first = make_library()
    ingest(ListSource(), first)
    second = make_library(first.folder)
    started = time.monotonic()
    with pytest.raises(IndexInUseError, match="stop it"):
        _ = second.index
    assert time.monotonic() - started < 2
    assert second.catalog.coverage().papers == len(PAPERS)  # the catalogue can be read meanwhile


def test_s5_vectors_of_two_models_are_never_mixed(tmp_path: Path, embedder: object) -> None:
    import numpy as np

    one = ChunkVectors(tmp_path, embedder="one")
    one.add(["arxiv:1#0"], np.eye(1, 8, dtype=np.float32))
    one.close()
    two = ChunkVectors(tmp_path, embedder="two")
    two.add(["arxiv:2#0"], np.eye(1, 4, dtype=np.float32))
    assert two.nearest(np.eye(1, 4, dtype=np.float32)[0], 5) == ["arxiv:2#0"]
    two.close()


def test_s6_thousands_of_chunks_and_ids_at_once(tmp_path: Path) -> None:
    import numpy as np

    vectors = ChunkVectors(tmp_path, embedder="any")
    ids = [f"arxiv:1#{n}" for n in range(1, 6_001)]
    points = np.random.default_rng(0).standard_normal((6_000, 8)).astype(np.float32)
    vectors.add(ids, points)
    assert vectors.counts() == (0, 6_000)
    vectors.delete(f"arxiv:1#{n}" for n in range(40_000))
    assert vectors.counts() == (0, 0)
    vectors.close()


@pytest.mark.parametrize("step", ["delete", "add"])
@pytest.mark.parametrize("moment", ["before", "after"])
def test_i6_a_kill_between_sqlite_and_chroma_is_made_good(
    make_library: Callable[..., Library], monkeypatch: pytest.MonkeyPatch, step: str, moment: str
) -> None:
    library = make_library()
    ingest(ListSource(), library)
    changed = replace(HERON, abstract="HeronNet counts cranes. It also counts storks, at night.")
    real = getattr(library.index.vectors, step)

    def killed(*arguments: object) -> None:
        if moment == "after":
            real(*arguments)
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(library.index.vectors, step, killed)
        with pytest.raises(KeyboardInterrupt):
            ingest(ListSource([changed, *many(3)]), library)
    library.close()
    again = make_library(library.folder)
    assert again.index.vectors.counts() == again.index._expected_counts()
    index_pending(again, progress=lambda *_: None)
    assert again.index.vectors.counts()[0] == len(PAPERS) + 3
    for paper in (changed, *PAPERS[1:], *many(3)):
        assert again.retriever.search(paper.title)[0].paper.paper_id == paper.paper_id
    assert again.retriever.search("storks at night")[0].chunk.sentence.endswith("at night.")


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_s1_killed_at_ten_random_moments_nothing_is_lost(
    tmp_path: Path, make_library: Callable[..., Library], embedder: Embedder
) -> None:
    """kill -9 at a random moment of an ingest of 500 papers, then the same command: ten times."""
    papers = many(500)
    file = tmp_path / "papers.jsonl"
    rows = ({"arxiv_id": p.arxiv_id, "title": p.title, "abstract": p.abstract} for p in papers)
    file.write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    questions = embedder.encode([paper.title for paper in papers])
    moments = random.Random(7)
    killed_with: list[int] = []
    for trial in range(10):
        data = tmp_path / f"data{trial}"
        command = [*COMMAND, "--data-dir", str(data), "ingest", str(file)]
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        stage = moments.choice([None, 0, 128, 256, 384])  # None: before the first table
        while stage is not None and _indexed(data) < stage:
            time.sleep(0.05)
        time.sleep(moments.uniform(0, 4))
        process.send_signal(signal.SIGKILL)
        assert process.wait() == -signal.SIGKILL, "it was done before the kill"
        killed_with.append(_indexed(data))
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        assert "In all: 500 papers" in done.stdout
        library = make_library(data)
        assert len(library.catalog.get([p.paper_id for p in papers])) == 500
        for paper, question in zip(papers, questions, strict=True):
            hits = library.retriever.search_vector(paper.title, question, top_k=1)
            assert hits[0].paper.paper_id == paper.paper_id
        entries = library.index.entries([p.paper_id for p in papers]).values()
        kept = (
            library.index.vectors.abstracts.get()["ids"]
            + library.index.vectors.sentences.get()["ids"]
        )
        assert set(kept) == {chunk_id for entry in entries for chunk_id in entry.chunk_ids}
        for entry in entries:  # by its own vector, in Chroma itself: what a kill could have lost
            assert entry.chunk_ids[0] in library.index.vectors.nearest(entry.vectors[0], 10)
        library.close()
    assert len(set(killed_with)) > 2, "the kills came at the same stage"
    print("papers indexed when killed:", killed_with)  # noqa: T201  # shown with -s


def _indexed(data: Path) -> int:
    """Return how many papers have their vectors in SQLite; -1 before there is a table."""
    if not (data / "paperboy.sqlite").exists():
        return -1
    connection = sqlite3.connect(data / "paperboy.sqlite")
    try:
        return int(connection.execute("SELECT COUNT(*) FROM chunk_vectors").fetchone()[0])
    except sqlite3.OperationalError:
        return -1
    finally:
        connection.close()
