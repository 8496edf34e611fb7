"""What all buttons and menus have in common that outlive the process which made them.

What one means stands in its custom_id, so any later process understands it.
"""

import re
from typing import Any, Self

import discord


class PersistentItem:
    """Mixed into a DynamicItem, which is made anew from its custom_id when somebody uses it."""

    @classmethod
    def read(cls, match: re.Match[str], /) -> Self:
        """Return the item that a custom_id describes; `match` is that of the class's template."""
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
        return cls.read(match)
