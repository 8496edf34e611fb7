"""Checks each written sentence against the abstracts that it cites."""

__all__ = ["alignment", "checker", "citations", "claims", "judge", "polarity"]
