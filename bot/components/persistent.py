"""The base of buttons and menus that keep working after a restart of the bot.

Their custom_id contains everything they need, so any later process can handle them. (A module of
its own, since the items of four packages build on it.)
"""

import re
from typing import Any, Self

import discord


class PersistentItem:
    """A mixin for DynamicItem: discord.py recreates the item from its custom_id when it is used."""

    @classmethod
    def from_match(cls, match: re.Match[str], /) -> Self:
        """Return the item for a custom_id that matched the template of the class."""
        raise NotImplementedError

    @classmethod
    async def from_custom_id(
        cls,
        interaction: discord.Interaction[Any],  # noqa: ARG003  # discord.py's signature
        item: discord.ui.Item[Any],  # noqa: ARG003
        match: re.Match[str],
        /,
    ) -> Self:
        """Return the item that was used (discord.py calls this)."""
        return cls.from_match(match)
