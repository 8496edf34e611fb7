"""The command tree, which checks every command before it runs: access, then the rate limit."""

from typing import Any

import discord
from discord import app_commands

from bot.access.checks import check_access, count_question
from bot.services import Services
from rag.errors import PaperboyError

# Commands about the user's own data and about the bot stay open to everybody.
OPEN = frozenset({"help", "status", "forget", "setup", "alerts", "subscriptions", "unsubscribe"})
ASKS = "asks"  # a command with this key in its `extras` counts as a question


class CheckedCommandTree(app_commands.CommandTree[Any]):
    """discord.py's command tree with a check in front of every command."""

    async def interaction_check(self, interaction: discord.Interaction[Any]) -> bool:
        """Return whether the command may run; raise CheckFailure, whose cause says why not.

        While a user still types, a refusal means no suggestions.
        """
        command = interaction.command
        if command is None or command.qualified_name.split()[0] in OPEN:
            return True
        services: Services = interaction.client.services
        is_typing = interaction.type is discord.InteractionType.autocomplete
        try:
            check_access(interaction, services.guild_settings)
            if command.extras.get(ASKS) and not is_typing:
                count_question(interaction, services.guild_settings, services.rate_limits)
        except PaperboyError as error:
            if is_typing:
                await interaction.response.autocomplete([])
                return False
            raise app_commands.CheckFailure from error
        return True
