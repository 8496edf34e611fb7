"""The tables of fetched lists and of turns at hosts, as numbered scripts."""

from importlib.resources import files

from rag.store.database import Migrations

MIGRATIONS = Migrations("ingest", files("ingest.migrations"))
