"""Checks each written sentence against the abstracts that it cites."""

__all__ = ["checker", "citations", "claims", "judge", "polarity"]
