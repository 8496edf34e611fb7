"""Digests: the papers of some days, ranked, grouped by topic, with a one-sentence summary each."""

__all__ = ["days", "make", "records", "serialization", "topics"]
