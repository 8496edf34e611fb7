"""/alerts: a panel on which those who manage a server choose the channel for alerts."""

from typing import Any

import discord
from discord import app_commands
from discord.ext import commands

from bot.access.guild_settings import GuildSettings
from bot.components.settings_panel import Click, SettingsPanel, save_choice
from bot.gateway.client import PaperboyBot
from rag.errors import PaperboyError

CHOICES = (1, 2, 3, 5, 10)  # alerts a day
KINDS = [discord.ChannelType.text, discord.ChannelType.news]


class AlertChannelError(PaperboyError):
    """The bot may not write in the chosen channel."""


class Alerts(commands.Cog):
    """The command /alerts."""

    def __init__(self, bot: PaperboyBot) -> None:
        self.bot = bot
        self.services = bot.services
        bot.add_view(AlertsPanel())  # so that panels from before a restart keep working

    @app_commands.command()
    @app_commands.guild_only()
    @app_commands.allowed_installs(guilds=True, users=False)
    @app_commands.default_permissions(manage_guild=True)
    @app_commands.checks.has_permissions(manage_guild=True)
    async def alerts(self, interaction: Click) -> None:
        """Choose where I announce papers whose upvotes take off, and how many a day at most."""
        await interaction.response.send_message(**_panel_message(interaction), ephemeral=True)

    @commands.Cog.listener()
    async def on_guild_remove(self, guild: discord.Guild) -> None:
        """Delete the alerts of a server when the bot is removed from it."""
        await self.services.executor.write(self.services.alerts.forget_guild, guild.id)


class AlertsPanel(SettingsPanel):
    """The choices, with the current settings selected."""

    def __init__(
        self, settings: GuildSettings | None = None, guild: discord.Guild | None = None
    ) -> None:
        super().__init__()
        chosen = settings or GuildSettings()
        self.add_item(ChannelSelect(chosen.alert_channel, guild))
        self.add_item(DailyLimitSelect(chosen.alerts_per_day))


class ChannelSelect(discord.ui.ChannelSelect[AlertsPanel]):
    """Chooses the channel."""

    def __init__(self, chosen: int | None, guild: discord.Guild | None) -> None:
        existing = chosen and guild and guild.get_channel(chosen)
        super().__init__(
            custom_id="alerts:channel", placeholder="Announce them in this channel (none: nowhere)",
            channel_types=KINDS, min_values=0, max_values=1,
            default_values=[discord.Object(existing.id)] if existing else [],
        )  # fmt: skip

    async def callback(self, interaction: Click) -> Any:
        """Store the choice if the bot can write there."""
        chosen = self.values[0] if self.values else None
        guild = interaction.guild
        there = guild.get_channel(chosen.id) if guild and chosen else None
        if guild and there:
            may = there.permissions_for(guild.me)
            if not (may.view_channel and may.send_messages and may.embed_links):
                raise AlertChannelError(
                    f"I may not write in #{there.name}: let me view it, send messages and embed "
                    "links there, or choose another channel."
                )
        await save_choice(interaction, _panel_message, alert_channel=chosen.id if chosen else None)


class DailyLimitSelect(discord.ui.Select[AlertsPanel]):
    """Chooses the maximum per day."""

    def __init__(self, chosen: int) -> None:
        super().__init__(
            custom_id="alerts:per_day",
            options=[
                discord.SelectOption(
                    label=f"At most {n} a day", value=str(n), default=n == chosen
                )
                for n in CHOICES
            ],
        )  # fmt: skip

    async def callback(self, interaction: Click) -> Any:
        """Store the choice."""
        await save_choice(interaction, _panel_message, alerts_per_day=int(self.values[0]))


def _panel_message(interaction: Click) -> dict[str, Any]:
    """Return the message with the panel and the current settings."""
    settings = interaction.client.services.guild_settings.of(interaction.guild_id)
    return {"embed": _embed(settings), "view": AlertsPanel(settings, interaction.guild)}


def _embed(settings: GuildSettings) -> discord.Embed:
    """Return the settings in words."""
    if settings.alert_channel:
        where = f"I announce them in <#{settings.alert_channel}>"
        text = f"{where}, at most {settings.alerts_per_day} a day, each paper once."
    else:
        text = "I do not announce them: choose a channel to switch that on."
    words = "Papers with far more upvotes than others had at the same age."
    return discord.Embed(
        title="Papers that take off",
        description=f"{words}\n{text}",
        colour=discord.Colour.blurple(),
    )


async def setup(bot: PaperboyBot) -> None:
    """Add the cog (discord.py's entry point)."""
    await bot.add_cog(Alerts(bot))
