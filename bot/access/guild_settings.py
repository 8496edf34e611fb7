"""What each server has chosen: where and whom to answer, how often, and in threads or not."""

import json
from collections.abc import Iterable
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from bot.config import MOST_PER_HOUR, ThreadMode
from rag.errors import PaperboyError
from rag.store.database import Database

MOST_ALERTS = 10  # a day


class NotAdmittedError(PaperboyError):
    """The server's or the bot's settings keep this person, or this channel, from asking."""


class Group(BaseModel):
    """People and roles, by their ids."""

    model_config = ConfigDict(frozen=True)

    people: frozenset[int] = frozenset()
    roles: frozenset[int] = frozenset()

    def __bool__(self) -> bool:
        """Return whether anybody is in it."""
        return bool(self.people or self.roles)

    def holds(self, person: int, roles: Iterable[int]) -> bool:
        """Return whether this person is named, or has a role that is."""
        return person in self.people or not self.roles.isdisjoint(roles)


class ServerSettings(BaseModel):
    """What may be chosen; the defaults are those of config.toml."""

    model_config = ConfigDict(frozen=True)  # keys of a later version are passed over

    ask_channels: frozenset[int] = frozenset()  # every message there is a question
    channels: frozenset[int] = frozenset()  # where to answer at all; empty: everywhere
    allowed: Group = Group()  # who may ask; empty: everybody
    denied: Group = Group()  # who may not
    person_per_hour: int = Field(30, ge=0, le=MOST_PER_HOUR)  # questions; 0: no limit
    server_per_hour: int = Field(300, ge=0, le=MOST_PER_HOUR)
    threads: ThreadMode = "never"
    link_cards: bool = False  # a card for a paper's link that somebody pastes
    alert_channel: int | None = None  # where papers that take off are told; None: nowhere
    alerts_per_day: int = Field(3, ge=1, le=MOST_ALERTS)

    def check(self, person: int, roles: Iterable[int], channels: Iterable[int]) -> None:
        """Raise NotAdmittedError unless this person may ask here.

        `channels` are the channel and, of a thread, the one that it belongs to.
        """
        roles = tuple(roles)
        if self.denied.holds(person, roles) or (
            self.allowed and not self.allowed.holds(person, roles)
        ):
            raise NotAdmittedError(
                "I may not answer you in this server: those who manage it can change that in "
                "/setup."
            )
        if self.channels and (self.channels | self.ask_channels).isdisjoint(channels):
            raise NotAdmittedError(
                "I answer in other channels of this server only: ask there, or have /setup "
                "changed by those who manage it."
            )


class Servers:
    """The settings of every server, kept in SQLite and read from memory."""

    def __init__(
        self,
        database: Database,
        defaults: ServerSettings | None = None,
        *,
        denied: Iterable[int] = (),
    ) -> None:
        """`denied` are people and servers that whoever runs the bot does not answer."""
        self.database = database
        self.defaults = defaults or ServerSettings()
        self.denied = frozenset(denied)
        rows = database.connection.execute("SELECT server, settings FROM server_settings")
        self._chosen: dict[int, dict[str, Any]] = {
            row["server"]: json.loads(row["settings"]) for row in rows
        }

    def of(self, server: int | None) -> ServerSettings:
        """Return a server's settings; those of config.toml for direct messages."""
        chosen = self._chosen.get(server or 0, {})
        return ServerSettings.model_validate(self.defaults.model_dump() | chosen)

    def chosen(self) -> dict[int, ServerSettings]:
        """Return the settings of every server that chose something."""
        return {server: self.of(server) for server in list(self._chosen)}

    def change(self, server: int, **changes: object) -> ServerSettings:
        """Keep what was chosen; return the server's settings as they are now."""
        chosen = self._chosen.get(server, {}) | changes
        settings = ServerSettings.model_validate(self.defaults.model_dump() | chosen)
        kept = settings.model_dump(mode="json", include=set(chosen))
        with self.database.transaction() as db:
            db.execute(
                "INSERT OR REPLACE INTO server_settings VALUES (?, ?)", (server, json.dumps(kept))
            )
        self._chosen[server] = kept
        return settings

    def forget(self, server: int) -> None:
        """Remove what a server chose."""
        with self.database.transaction() as db:
            db.execute("DELETE FROM server_settings WHERE server = ?", (server,))
        self._chosen.pop(server, None)

    def admit(
        self, server: int | None, person: int, roles: Iterable[int], channels: Iterable[int]
    ) -> None:
        """Raise NotAdmittedError unless this person may ask in this channel."""
        if not self.denied.isdisjoint((person, server)):
            raise NotAdmittedError("I may not answer here: ask whoever runs this bot.")
        if server is not None:
            self.of(server).check(person, roles, channels)
