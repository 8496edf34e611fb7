"""Checks each written sentence against the abstracts that it cites."""
