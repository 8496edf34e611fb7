"""How long it takes to read a whole paper after the download, and how large it is on the disk.

    python -m tests.benchmarks.reading

Papers of 100 and 200 KB, joined from those of tests/questions, are parsed, encoded and stored as
`paperboy read` does. Beside each time stands that of bare encoding of the same passages, in the
same run.
"""

import os
import tempfile
import time
from pathlib import Path

from bot.app import open_library
from ingest.sources.full_text import parse_full_text
from ingest.sync import ingest
from rag.config import RagConfig
from rag.records import Paper
from tests.long_paper import long_paper
from tests.papers import ListSource

SIZES = (100, 200)  # KB


def main() -> None:
    """Print a line for each size."""
    with tempfile.TemporaryDirectory() as data:
        library = open_library(Path(data), RagConfig())
        library.embedder.encode(["what loads the encoder"])
        print(f"load {os.getloadavg()[0]:.1f}")
        for number, size in enumerate(SIZES):
            arxiv_id = f"2512.7000{number}"
            body, _ = long_paper(arxiv_id, size)
            paper = Paper(title=f"{size} Kilobytes", abstract="We measure.", arxiv_id=arxiv_id)
            ingest(ListSource([paper]), library)
            before = _size(Path(data))
            started = time.perf_counter()
            text = parse_full_text(body.encode(), arxiv_id)
            parsed = time.perf_counter()
            library.full_texts.store(text)
            stored = time.perf_counter()
            library.embedder.encode([passage.embedded_text for passage in text.passages])
            encoded = time.perf_counter()
            grown = _size(Path(data)) - before
            print(
                f"{len(body.encode()) / 1000:.0f} KB, {len(text.passages)} passages: "
                f"{stored - started:.2f} s, of which parsing {parsed - started:.2f}; bare encoding "
                f"{encoded - stored:.2f} s; on the disk {grown / 1000:.0f} KB"
            )
        library.close()


def _size(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


if __name__ == "__main__":
    main()
