"""Panels in which those who manage a server choose; what is chosen holds at once."""

from collections.abc import Callable
from typing import Any

import discord
from discord import app_commands

from bot.components.error_reply import reply_with_error

Click = discord.Interaction[Any]  # with a PaperboyBot for its client


class SettingsPanel(discord.ui.View):
    """A panel that works on after a restart: its parts have fixed custom_ids."""

    def __init__(self) -> None:
        super().__init__(timeout=None)

    async def interaction_check(self, interaction: discord.Interaction) -> bool:
        """Let nobody else change what they see."""
        if not interaction.permissions.manage_guild:
            raise app_commands.MissingPermissions(["manage_guild"])
        return True

    async def on_error(self, interaction: Click, error: Exception, *_: Any) -> None:
        """Tell what went wrong."""
        await reply_with_error(interaction, error)


async def keep_choice(
    interaction: Click, shown: Callable[[Click], dict[str, Any]], **changes: object
) -> None:
    """Keep what was chosen and show the panel anew; `shown` makes its message."""
    bot, guild_id = interaction.client, interaction.guild_id
    if guild_id is None:
        return
    await bot.services.executor.read(bot.services.guild_settings.change, guild_id, **changes)
    nobody = discord.AllowedMentions.none()
    await interaction.response.edit_message(**shown(interaction), allowed_mentions=nobody)
