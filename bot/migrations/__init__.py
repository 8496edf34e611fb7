"""The schema of the bot's own tables, as numbered scripts."""

from importlib.resources import files

from rag.store.database import Migrations

__all__ = ["MIGRATIONS"]

MIGRATIONS = Migrations("bot", files("bot.migrations"))
