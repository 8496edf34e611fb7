"""The schema of what was read when, and the pace at each host, as numbered scripts."""

from importlib.resources import files

from rag.store.database import Migrations

__all__ = ["MIGRATIONS"]

MIGRATIONS = Migrations("ingest", files("ingest.migrations"))
