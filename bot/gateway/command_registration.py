"""Registers the slash commands with Discord, only when they changed: it allows 200 new ones a day.

The hash of the registered commands is stored in the table `bot_state`.
"""

import hashlib
import json
from typing import Any

from discord import app_commands

from rag.store.database import Database

SYNCED = "synced commands"


class BotStateStore:
    """Facts about the bot itself, by key."""

    def __init__(self, database: Database) -> None:
        self.database = database

    def get(self, key: str) -> str | None:
        """Return the value stored under this key."""
        row = self.database.connection.execute(
            "SELECT value FROM bot_state WHERE key = ?", (key,)
        ).fetchone()
        return row["value"] if row else None

    def set(self, key: str, value: str) -> None:
        """Store a value under this key, in place of an earlier one."""
        with self.database.transaction() as db:
            db.execute("INSERT OR REPLACE INTO bot_state VALUES (?, ?)", (key, value))


async def sync_commands(
    tree: app_commands.CommandTree[Any], state: BotStateStore, *, always: bool
) -> None:
    """Register the commands with Discord if they changed since the last time, or `always`."""
    payload = [command.to_dict(tree) for command in tree.get_commands()]
    digest = hashlib.sha256(json.dumps(payload, sort_keys=True).encode()).hexdigest()
    synced = f"{tree.client.application_id} {digest}"
    if always or state.get(SYNCED) != synced:
        await tree.sync()
        state.set(SYNCED, synced)
