"""The starter set: 56 papers with summaries written for this project, for a first conversation
right after installation. A paper's real abstract replaces its summary when a source has it.
"""

import json
from collections.abc import Iterator
from importlib.resources import files

from ingest.sources.paper_record import parse_paper
from ingest.sources.source import SetAside
from rag.records import Paper


class StarterSource:
    """The papers in ingest/starter.jsonl."""

    name = "starter"

    def records(self) -> Iterator[Paper | SetAside]:
        """Yield the papers, whose abstracts are marked as summaries."""
        text = (files("ingest") / "starter.jsonl").read_text(encoding="utf-8")
        for number, line in enumerate(text.splitlines(), start=1):
            yield parse_paper(json.loads(line), place=f"line {number}")
