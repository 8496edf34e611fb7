"""The knobs of ingest/, with their defaults. config.toml repeats them (a test holds it to that)."""

from pydantic import Field

from rag.config import Section


class FetchConfig(Section):
    """`[ingest.fetch]`: how papers are fetched over the network."""

    huggingface_url: str = Field("https://huggingface.co", pattern=r"^https?://[^/\s]+$")
    timeout_seconds: float = Field(30, gt=0, le=600)
    attempts: int = Field(5, ge=1, le=20)
    backoff_seconds: float = Field(1, ge=0, le=60)
    max_bytes: int = Field(50_000_000, ge=1_000)


class IngestConfig(Section):
    """`[ingest]`."""

    fetch: FetchConfig = FetchConfig()
