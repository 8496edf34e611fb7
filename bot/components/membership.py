"""Whether the bot is a member where it is used, or there as somebody's own app alone.

People may install the bot for themselves and use its commands anywhere: in servers that it was not
added to, in group chats and in direct messages with others. There it sees nothing but the
interaction, and writes nothing but replies to it, within 15 minutes.
"""

from typing import Any

import discord

from rag.errors import PaperboyError


class NotAMemberError(PaperboyError):
    """Something takes a server that the bot is a member of."""

    def __init__(self) -> None:
        super().__init__(
            "I am not a member here, and that works only in a server that I was added to."
        )


def is_member(interaction: discord.Interaction[Any]) -> bool:
    """Return whether the bot is in this server, or these are its own direct messages."""
    if interaction.guild_id is not None:
        return interaction.client.get_guild(interaction.guild_id) is not None
    return not interaction.context.private_channel
