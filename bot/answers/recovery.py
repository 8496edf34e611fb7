"""Answers that a bot left unfinished when it ended: the next one finishes them."""

import logging
from collections.abc import Sequence
from typing import TYPE_CHECKING

import discord

from bot.answers.buttons import left_view
from bot.answers.receipts import Kept

if TYPE_CHECKING:
    from bot.gateway.client import PaperboyBot

log = logging.getLogger(__name__)

REFERENCE = "message_reference"  # what Discord objects to where the question was deleted meanwhile


async def finish_left(bot: "PaperboyBot", left: Sequence[Kept]) -> None:
    """Say in each message what happened to it; what cannot be edited now waits for the next start.

    Nothing is answered anew: whoever asked may have done so elsewhere meanwhile, and has a button.
    """
    for kept in left:
        try:
            await (_tell if kept.is_unsent else _finish)(bot, kept)
        except (discord.DiscordException, OSError) as error:
            if not _is_out_of_reach(error):
                log.warning("the unfinished message %s stays for now: %s", kept.message, error)
                continue
            log.info("the unfinished message %s is out of reach: %s", kept.message, error)
        await bot.desk.keep(bot.receipts.finish, kept.message)


async def _finish(bot: "PaperboyBot", kept: Kept) -> None:
    """Edit the message that the earlier bot sent."""
    channel = bot.get_partial_messageable(kept.channel)
    first, *more = left_embeds(kept)
    nobody = discord.AllowedMentions.none()
    message = channel.get_partial_message(kept.message)
    await message.edit(embed=first, view=left_view(kept), allowed_mentions=nobody)
    for embed in more:
        await channel.send(embed=embed)


async def _tell(bot: "PaperboyBot", kept: Kept) -> None:
    """Reply to a message that was heard and got no reply at all."""
    channel = bot.get_partial_messageable(kept.channel)
    asked = discord.MessageReference(message_id=kept.message, channel_id=kept.channel)
    sent = await channel.send(embed=left_embeds(kept)[0], view=left_view(kept), reference=asked)
    await bot.desk.keep(
        bot.receipts.keep, sent.id, channel=kept.channel, person=kept.person, event=kept.event,
        inquiry=kept.inquiry, receipt=None, unfinished=None,
    )  # fmt: skip


def _is_out_of_reach(error: Exception) -> bool:
    """Return whether the message is deleted or closed to us, so that trying again is of no use."""
    if isinstance(error, discord.NotFound | discord.Forbidden):
        return True
    return isinstance(error, discord.HTTPException) and REFERENCE in error.text


def left_embeds(kept: Kept) -> list[discord.Embed]:
    """Return what an unfinished answer shows in the end."""
    return [discord.Embed.from_dict(embed) for embed in kept.unfinished or ()]
