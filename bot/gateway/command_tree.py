"""The command tree, which checks every command before it runs.

A command that takes a server is refused where the bot is not a member; then come access and the
rate limit. `commands_of` says what the commands do.
"""

from typing import Any

import discord
from discord import app_commands

from bot.access.checks import check_access, count_question
from bot.components.membership import NotAMemberError, is_member
from bot.services import Services
from rag.errors import PaperboyError
from rag.query.command_guide import CommandHelp

# Commands about the user's own data and about the bot stay open to everybody.
OPEN = frozenset({"help", "status", "forget", "setup", "alerts", "subscriptions", "unsubscribe"})
EVERYWHERE = app_commands.AppCommandContext(guild=True, dm_channel=True, private_channel=True)
FOR_ALL = app_commands.AppInstallationType(guild=True, user=True)
ASKS = "asks"  # a command with this key in its `extras` counts as a question


AnySlash = app_commands.Command[Any, ..., Any] | app_commands.Group
AnyCommand = app_commands.Command[Any, ..., Any] | app_commands.ContextMenu


class CheckedCommandTree(app_commands.CommandTree[Any]):
    """discord.py's command tree with a check in front of every command."""

    async def interaction_check(self, interaction: discord.Interaction[Any]) -> bool:
        """Return whether the command may run; raise CheckFailure, whose cause says why not.

        While a user still types, a refusal means no suggestions.
        """
        command = interaction.command
        if command is None:
            return True
        services: Services = interaction.client.services
        is_typing = interaction.type is discord.InteractionType.autocomplete
        try:
            if takes_a_server(command) and not is_member(interaction):
                raise NotAMemberError
            if command.qualified_name.split()[0] in OPEN:
                return True
            check_access(interaction, services.guild_settings)
            if command.extras.get(ASKS) and not is_typing:
                count_question(interaction, services.guild_settings, services.rate_limits)
        except PaperboyError as error:
            if is_typing:
                await interaction.response.autocomplete([])
                return False
            raise app_commands.CheckFailure from error
        return True


def takes_a_server(command: AnyCommand) -> bool:
    """Return whether a command is declared to be of no use to people who installed the bot."""
    installs = command.allowed_installs
    return installs is not None and not installs.user


def commands_of(tree: app_commands.CommandTree[Any]) -> list[CommandHelp]:
    """Return the commands of a tree with their groups and subcommands, in order of their names."""
    found = sorted(tree.walk_commands(), key=lambda command: command.qualified_name)
    return [_help_of(command) for command in found]


def usage_of(command: app_commands.Command[Any, ..., Any]) -> str:
    """Return what follows the name: `question [paper]`."""
    return " ".join(p.name if p.required else f"[{p.name}]" for p in command.parameters)


def _help_of(command: AnySlash) -> CommandHelp:
    if isinstance(command, app_commands.Group):
        usage, options = "", tuple((c.name, c.description) for c in command.commands)
    else:
        usage = usage_of(command)
        options = tuple((p.display_name, str(p.description)) for p in command.parameters)
    return CommandHelp(f"/{command.qualified_name}", usage, command.description, options)
