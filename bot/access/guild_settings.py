"""The settings of each server: where and whom to answer, how often, and when to use threads."""

import json
import sqlite3
from collections.abc import Iterable
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from bot.config import MOST_PER_HOUR, ThreadMode
from bot.stored_rows import read_rows
from rag.errors import PaperboyError
from rag.store.database import Database

MAX_ALERTS = 10  # per day


class AccessDeniedError(PaperboyError):
    """The settings of the server or of the bot exclude this user or this channel."""


class Group(BaseModel):
    """Users and roles, by their ids."""

    model_config = ConfigDict(frozen=True)

    people: frozenset[int] = frozenset()
    roles: frozenset[int] = frozenset()

    def __bool__(self) -> bool:
        """Return whether it names any user or role."""
        return bool(self.people or self.roles)

    def includes(self, user_id: int, roles: Iterable[int]) -> bool:
        """Return whether it names this user or one of their roles."""
        return user_id in self.people or not self.roles.isdisjoint(roles)


class GuildSettings(BaseModel):
    """The settings of one server; their defaults come from config.toml."""

    model_config = ConfigDict(frozen=True)  # keys of a later version are ignored

    ask_channels: frozenset[int] = frozenset()  # every message there is a question
    channels: frozenset[int] = frozenset()  # where to answer at all; empty for everywhere
    allowed: Group = Group()  # who may ask; empty for everybody
    denied: Group = Group()  # who may not
    person_per_hour: int = Field(30, ge=0, le=MOST_PER_HOUR)  # questions; 0 for no limit
    server_per_hour: int = Field(300, ge=0, le=MOST_PER_HOUR)
    threads: ThreadMode = "never"
    link_cards: bool = False  # show a card for a pasted link to a paper
    alert_channel: int | None = None  # for papers that take off; None for no alerts
    alerts_per_day: int = Field(3, ge=1, le=MAX_ALERTS)

    def check(self, user_id: int, roles: Iterable[int], channels: Iterable[int]) -> None:
        """Raise AccessDeniedError unless this user may ask here.

        `channels` are the channel and, for a thread, its parent.
        """
        roles = tuple(roles)
        if self.denied.includes(user_id, roles) or (
            self.allowed and not self.allowed.includes(user_id, roles)
        ):
            raise AccessDeniedError(
                "I may not answer you in this server: those who manage it can change that in "
                "/setup."
            )
        if self.channels and (self.channels | self.ask_channels).isdisjoint(channels):
            raise AccessDeniedError(
                "I answer in other channels of this server only: ask there, or have /setup "
                "changed by those who manage it."
            )


class GuildSettingsStore:
    """The settings of every server, stored in SQLite and read from memory."""

    def __init__(
        self,
        database: Database,
        defaults: GuildSettings | None = None,
        *,
        denied: Iterable[int] = (),
    ) -> None:
        """`denied` are the ids of users and servers that the bot never answers."""
        self.database = database
        self.defaults = defaults or GuildSettings()
        self.denied = frozenset(denied)
        rows = database.connection.execute("SELECT server, settings FROM server_settings")
        self._chosen: dict[int, dict[str, Any]] = dict(
            read_rows(rows.fetchall(), self._read, table="server_settings")
        )

    def _read(self, row: sqlite3.Row) -> tuple[int, dict[str, Any]]:
        chosen = json.loads(row["settings"])
        GuildSettings.model_validate(self.defaults.model_dump() | chosen)
        return row["server"], chosen

    def of(self, guild_id: int | None) -> GuildSettings:
        """Return a server's settings; the defaults for direct messages (None)."""
        chosen = self._chosen.get(guild_id or 0, {})
        return GuildSettings.model_validate(self.defaults.model_dump() | chosen)

    def chosen(self) -> dict[int, GuildSettings]:
        """Return the settings of every server that changed any."""
        return {guild_id: self.of(guild_id) for guild_id in list(self._chosen)}

    def change(self, guild_id: int, **changes: object) -> GuildSettings:
        """Store changed settings; return all settings of the server."""
        chosen = self._chosen.get(guild_id, {}) | changes
        settings = GuildSettings.model_validate(self.defaults.model_dump() | chosen)
        stored = settings.model_dump(mode="json", include=set(chosen))
        with self.database.transaction() as db:
            db.execute(
                "INSERT OR REPLACE INTO server_settings VALUES (?, ?)",
                (guild_id, json.dumps(stored)),
            )
        self._chosen[guild_id] = stored
        return settings

    def forget(self, guild_id: int) -> None:
        """Delete the settings of a server."""
        with self.database.transaction() as db:
            db.execute("DELETE FROM server_settings WHERE server = ?", (guild_id,))
        self._chosen.pop(guild_id, None)

    def check_access(
        self, guild_id: int | None, user_id: int, roles: Iterable[int], channels: Iterable[int]
    ) -> None:
        """Raise AccessDeniedError unless this user may ask in this channel."""
        if not self.denied.isdisjoint((user_id, guild_id)):
            raise AccessDeniedError("I may not answer here: ask whoever runs this bot.")
        if guild_id is not None:
            self.of(guild_id).check(user_id, roles, channels)
