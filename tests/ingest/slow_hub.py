"""A fake of Hugging Face that gives the text of a whole paper when it is let go."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from ingest.config import FetchConfig, IngestConfig, WholePapersConfig
from tests.ingest.hub import Answer, Hub, hub
from tests.rag.answering.test_full_text import FOLDER


@dataclass
class SlowHub:
    """A fake of Hugging Face that answers once `go` is set."""

    served: Hub
    go: threading.Event = field(default_factory=threading.Event)


@contextmanager
def slow_hub(answer: Answer | None = None) -> Iterator[SlowHub]:
    """Serve the paper's text, or another answer."""
    go = threading.Event()

    def give(path: str, params: dict[str, str]) -> Answer:
        go.wait(20)
        body = (FOLDER / path.removeprefix("/papers/")).read_bytes()
        return answer or (200, {"Content-Type": "text/markdown"}, body)

    with hub(give) as served:
        yield SlowHub(served, go)
        go.set()


def options(url: str, when: str = "asked", *, timeout_seconds: float = 5) -> dict[str, Any]:
    """Return the options of a bot that reads whole papers there."""
    fetch = FetchConfig(huggingface_url=url, attempts=1, timeout_seconds=timeout_seconds)
    whole = WholePapersConfig.model_validate({"when": when})
    return {"ingest": IngestConfig(fetch=fetch, whole_papers=whole)}
