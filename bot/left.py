"""Answers that a bot left unfinished when it ended: the next one finishes them."""

import logging
from collections.abc import Sequence
from typing import TYPE_CHECKING

import discord

from bot.buttons import left_view
from bot.receipts import Kept

if TYPE_CHECKING:
    from bot.client import PaperboyBot

log = logging.getLogger(__name__)


async def finish_left(bot: "PaperboyBot", left: Sequence[Kept]) -> None:
    """Say in each message what happened to it; what cannot be edited now waits for the next start.

    Nothing is answered anew: whoever asked may have done so elsewhere meanwhile, and has a button.
    """
    for kept in left:
        try:
            await _finish(bot, kept)
        except (discord.NotFound, discord.Forbidden) as error:
            log.info("the unfinished message %s is out of reach: %s", kept.message, error)
        except (discord.DiscordException, OSError) as error:
            log.warning("the unfinished message %s stays for now: %s", kept.message, error)
            continue
        await bot.desk.keep(bot.receipts.finish, kept.message)


async def _finish(bot: "PaperboyBot", kept: Kept) -> None:
    channel = bot.get_partial_messageable(kept.channel)
    first, *more = left_embeds(kept)
    nobody = discord.AllowedMentions.none()
    message = channel.get_partial_message(kept.message)
    await message.edit(embed=first, view=left_view(kept), allowed_mentions=nobody)
    for embed in more:
        await channel.send(embed=embed)


def left_embeds(kept: Kept) -> list[discord.Embed]:
    """Return what an unfinished answer shows in the end."""
    return [discord.Embed.from_dict(embed) for embed in kept.unfinished or ()]
