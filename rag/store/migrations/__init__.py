"""The tables of the catalogue, the vectors and keyword search, as numbered scripts."""

from importlib.resources import files

from rag.store.database import Migrations

__all__ = ["MIGRATIONS"]

MIGRATIONS = Migrations("rag", files("rag.store.migrations"))
