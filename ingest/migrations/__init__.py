"""The tables of fetched lists and of turns at hosts, as numbered scripts."""

from importlib.resources import files

from rag.store.database import Migrations

__all__ = ["MIGRATIONS"]

MIGRATIONS = Migrations("ingest", files("ingest.migrations"))
