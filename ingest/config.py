"""The settings of ingest/ with their defaults. A test checks that config.toml repeats them."""

import re
from typing import Literal
from urllib.parse import urlsplit

from pydantic import Field, field_validator

from rag.config import Section
from rag.records import Paper

_HAS_PAGE = re.compile(r"[0-9]{4}\.[0-9]{4,5}")  # Hugging Face has none for the ids before 2007
ADDRESS = r"^https?://[^/\s]+$"


class FetchConfig(Section):
    """`[ingest.fetch]`: how papers are fetched over the network."""

    huggingface_url: str = Field("https://huggingface.co", pattern=ADDRESS)
    huggingface_requests: int = Field(500, ge=1, le=100_000)
    arxiv_url: str = Field("https://export.arxiv.org", pattern=ADDRESS)
    arxiv_seconds: float = Field(3, ge=0, le=600)
    arxiv_papers: int = Field(200, ge=1, le=30_000)
    timeout_seconds: float = Field(30, gt=0, le=600)
    attempts: int = Field(5, ge=1, le=20)
    backoff_seconds: float = Field(1, ge=0, le=60)
    max_bytes: int = Field(50_000_000, ge=1_000)

    @field_validator("huggingface_url", "arxiv_url")
    @classmethod
    def _is_a_host(cls, url: str) -> str:
        try:
            parts = urlsplit(url)
            fits = bool(parts.hostname) and parts.port != 0
        except ValueError:
            fits = False
        if not fits:
            raise ValueError("not an address; write one like https://huggingface.co")
        if "@" in parts.netloc:  # it would stand in messages and logs
            raise ValueError("a name and a password do not belong here; leave them out")
        return url


class SyncConfig(Section):
    """`[ingest.sync]`: what `paperboy sync` reads of Hugging Face."""

    new_days: int = Field(3, ge=1, le=31)
    count_days: int = Field(14, ge=1, le=366)
    count_hours: float = Field(24, ge=0, le=8_760)
    searches: int = Field(100, ge=0, le=1_000)
    search_days: int = Field(7, ge=0, le=3_650)


class WholePapersConfig(Section):
    """`[ingest.whole_papers]`: whether papers are read beyond their abstracts, and kept."""

    when: Literal["asked", "never", "always"] = "asked"
    keep_days: int = Field(90, ge=1, le=36_500)
    per_day: int = Field(100, ge=1, le=10_000)

    def may_read(self, paper: Paper) -> bool:
        """Return whether the paper itself could be read."""
        return self.when != "never" and bool(_HAS_PAGE.fullmatch(paper.arxiv_id or ""))


class IngestConfig(Section):
    """`[ingest]`."""

    fetch: FetchConfig = FetchConfig()
    sync: SyncConfig = SyncConfig()
    whole_papers: WholePapersConfig = WholePapersConfig()
