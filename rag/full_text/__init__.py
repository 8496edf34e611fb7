"""Whole papers: the passages of those that were read, in SQLite and Chroma."""

__all__ = ["records", "store"]
