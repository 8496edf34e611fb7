"""Checks: whether a user may use the bot here, and how often; whether all may read a channel."""

import discord

from bot.access.guild_settings import GuildSettingsStore
from bot.access.rate_limits import RateLimits


def check_access(interaction: discord.Interaction, guild_settings: GuildSettingsStore) -> None:
    """Raise AccessDeniedError unless this user may ask in this channel."""
    channel = interaction.channel
    parent = channel.parent_id if isinstance(channel, discord.Thread) else None
    guild_settings.check_access(
        interaction.guild_id,
        interaction.user.id,
        role_ids(interaction.user),
        [number for number in (interaction.channel_id, parent) if number],
    )


def count_question(
    interaction: discord.Interaction,
    guild_settings: GuildSettingsStore,
    rate_limits: RateLimits,
) -> None:
    """Count a question; raise TooManyQuestionsError if it exceeds a limit."""
    guild_id = interaction.guild_id
    rate_limits.take(guild_id, interaction.user.id, guild_settings.of(guild_id))


def role_ids(user: discord.User | discord.Member) -> list[int]:
    """Return the ids of a user's roles; empty outside of a guild."""
    return [role.id for role in user.roles] if isinstance(user, discord.Member) else []


def is_open(channel: discord.abc.GuildChannel | discord.Thread | None) -> bool:
    """Return whether everybody in its server may read this channel or thread."""
    if channel is None or (isinstance(channel, discord.Thread) and channel.is_private()):
        return False
    if isinstance(channel, discord.Thread) and channel.parent is None:
        return False
    may = channel.permissions_for(channel.guild.default_role)
    return may.view_channel and may.read_message_history
