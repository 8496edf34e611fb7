"""The one error handler: turns an exception into a sentence and shows it to the user.

- a command for those who manage the server: say so
- a PaperboyError: its own sentence, which says what to do
- what Discord refuses, or does not take in time: what that means
- a command that this version no longer has: say how to get the current ones
- anything else: apologise; the log has the traceback

An error never takes the place of something that the user sees already.
"""

import logging
from typing import Any

import discord
from discord import app_commands

from bot.components.discord_errors import FAILURES, meaning_of
from bot.components.membership import is_member
from bot.render.answer import error_embed
from rag.errors import PaperboyError

log = logging.getLogger(__name__)

LOST = "Discord lost my reply to you: please try again."

# Responses that change the message of a button: for them the "original response" is that message.
MESSAGE_CHANGES = (
    discord.InteractionResponseType.message_update,
    discord.InteractionResponseType.deferred_message_update,
)


async def reply_with_error(interaction: discord.Interaction[Any], error: Exception) -> None:
    """Tell the user what went wrong; only they see it, unless a public reply was deferred.

    If Discord does not take a reply to the interaction any more, they are told directly.
    """
    text = _sentence(error)
    if interaction.type is discord.InteractionType.autocomplete:
        return
    try:
        await _respond(interaction, error_embed(text))
    except FAILURES as failed:
        log.info("no reply to interaction %s: %s", interaction.id, failed)
        if not await tell_directly(interaction.user, error_embed(text)):
            await _tell_in_channel(interaction)


async def _respond(interaction: discord.Interaction[Any], embed: discord.Embed) -> None:
    if interaction.response.type in MESSAGE_CHANGES:
        await interaction.followup.send(embed=embed, ephemeral=True)
    elif not interaction.response.is_done():
        await interaction.response.send_message(embed=embed, ephemeral=True)
    elif await _shows_something(interaction):
        await interaction.followup.send(embed=embed, ephemeral=True)
    else:
        await interaction.edit_original_response(embed=embed)


async def tell_directly(user: discord.User | discord.Member, embed: discord.Embed) -> bool:
    """Tell somebody what went wrong by direct message; return whether Discord took it."""
    try:
        await user.send(embed=embed)
    except FAILURES as failed:
        log.info("no direct message to %s: %s", user.id, failed)
        return False
    return True


async def _tell_in_channel(interaction: discord.Interaction[Any]) -> None:
    """Say in the channel that a reply was lost; not which, since others read it, too."""
    if interaction.guild_id is None or interaction.channel_id is None:
        return
    if not is_member(interaction):
        return
    channel = interaction.client.get_partial_messageable(interaction.channel_id)
    embed = error_embed(LOST)
    embed.description = f"{interaction.user.mention}: {embed.description}"  # embeds ping nobody
    try:
        await channel.send(embed=embed)
    except FAILURES as failed:
        log.warning("could not tell %s what went wrong: %s", interaction.user.id, failed)


async def _shows_something(interaction: discord.Interaction[Any]) -> bool:
    """Return whether the reply is more than "thinking …": an error never takes its place."""
    return not (await interaction.original_response()).flags.loading


def _sentence(error: Exception) -> str:
    if isinstance(error, app_commands.CommandNotFound):
        return "This command is gone; restart Discord to see the ones there are."
    if isinstance(error, app_commands.MissingPermissions):
        return "Only those who manage this server may do that: ask one of them."
    is_wrapped = isinstance(error, app_commands.AppCommandError)
    return explain(error.__cause__ or error if is_wrapped else error)


def explain(error: BaseException) -> str:
    """Return a sentence for the user; log the traceback of an unexpected error."""
    if isinstance(error, PaperboyError):
        text = str(error)
        return text[:1].upper() + text[1:]
    if meaning := meaning_of(error):
        log.info("an error of Discord: %s", error)
        return meaning
    log.error("unexpected error", exc_info=error)
    return f"Something went wrong on my side ({type(error).__name__}). Please try again."
