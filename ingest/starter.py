"""The starter set: 56 papers with summaries written for this project, so that the first minute
has something to answer from. The real abstract replaces a summary at its first sighting.
"""

import json
from collections.abc import Iterator
from importlib.resources import files

from ingest.sources.record import SetAside, paper_from
from rag.records import Paper


class StarterSource:
    """The papers in ingest/starter.jsonl."""

    name = "starter"

    def records(self) -> Iterator[Paper | SetAside]:
        """Yield the papers, marked as summaries."""
        text = (files("ingest") / "starter.jsonl").read_text(encoding="utf-8")
        for number, line in enumerate(text.splitlines(), start=1):
            yield paper_from(json.loads(line), place=f"line {number}")
