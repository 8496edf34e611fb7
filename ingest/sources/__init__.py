"""The places that papers come from: each module parses, ingest.fetch does the requests."""

__all__ = ["arxiv", "files", "full_text", "hf_daily", "source", "starter"]
