"""The door in front of the slash commands: who may use them here, and how often."""

from typing import TYPE_CHECKING

import discord
from discord import app_commands

from bot.conversation.message_facts import role_ids
from rag.errors import PaperboyError

if TYPE_CHECKING:
    from bot.gateway.client import PaperboyBot

# Commands that tell people about themselves and about the bot stay open to everybody.
OPEN = frozenset({"help", "status", "forget", "setup", "alerts", "subscriptions", "unsubscribe"})
ASKS = "asks"  # a command with this in its `extras` is a question, and counted as one


class Door(app_commands.CommandTree["PaperboyBot"]):
    """discord.py's tree of commands, with a look at every interaction before it is let in."""

    async def interaction_check(self, interaction: "discord.Interaction[PaperboyBot]") -> bool:
        """Return whether to go on; the cause of CheckFailure is the sentence for who may not."""
        command = interaction.command
        if command is None or command.qualified_name.split()[0] in OPEN:
            return True
        is_typing = interaction.type is discord.InteractionType.autocomplete
        try:
            admit(interaction)
            if command.extras.get(ASKS) and not is_typing:
                count(interaction)
        except PaperboyError as error:
            if is_typing:
                await interaction.response.autocomplete([])
                return False
            raise app_commands.CheckFailure from error
        return True


def admit(interaction: "discord.Interaction[PaperboyBot]") -> None:
    """Raise NotAdmittedError unless this person may ask in this channel."""
    channel = interaction.channel
    parent = channel.parent_id if isinstance(channel, discord.Thread) else None
    interaction.client.servers.admit(
        interaction.guild_id,
        interaction.user.id,
        role_ids(interaction.user),
        [number for number in (interaction.channel_id, parent) if number],
    )


def count(interaction: "discord.Interaction[PaperboyBot]") -> None:
    """Count a question; raise TooManyQuestionsError where it is one too many."""
    bot, server = interaction.client, interaction.guild_id
    bot.limits.take(server, interaction.user.id, bot.servers.of(server))
