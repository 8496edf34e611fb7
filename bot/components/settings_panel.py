"""Settings panels, on which those who manage a server choose; a choice takes effect at once.

(A module of its own, since the cogs of /setup and /alerts share it and must not import each other.)
"""

from collections.abc import Callable
from typing import Any

import discord
from discord import app_commands

from bot.components.error_reply import reply_with_error

Click = discord.Interaction[Any]  # its client is a PaperboyBot, which is in a higher layer


class SettingsPanel(discord.ui.View):
    """A panel that keeps working after a restart: its components have fixed custom_ids."""

    def __init__(self) -> None:
        super().__init__(timeout=None)

    async def interaction_check(self, interaction: discord.Interaction) -> bool:
        """Raise MissingPermissions for users who do not manage the server."""
        require_manager(interaction)
        return True

    async def on_error(self, interaction: Click, error: Exception, *_: Any) -> None:
        """Show the error to the user."""
        await reply_with_error(interaction, error)


def require_manager(interaction: discord.Interaction) -> None:
    """Raise MissingPermissions for users who do not manage the server."""
    if not interaction.permissions.manage_guild:
        raise app_commands.MissingPermissions(["manage_guild"])


async def save_choice(
    interaction: Click, render: Callable[[Click], dict[str, Any]], **changes: object
) -> None:
    """Store the changed settings and show the panel again; `render` returns its message.

    Raises MissingPermissions, also for a form that somebody else opened.
    """
    require_manager(interaction)
    services, guild_id = interaction.client.services, interaction.guild_id
    if guild_id is None:
        return
    await services.executor.write(services.guild_settings.change, guild_id, **changes)
    nobody = discord.AllowedMentions.none()
    await interaction.response.edit_message(**render(interaction), allowed_mentions=nobody)
