"""Finishes the answers that a previous run left unfinished."""

import logging
from collections.abc import Sequence

import discord

from bot.answers.buttons import interrupted_view
from bot.answers.receipts import ReceiptStore, StoredAnswer
from bot.executor import Executor

log = logging.getLogger(__name__)

REFERENCE = "message_reference"  # named in Discord's error if the question was deleted


class Recovery:
    """Says in each unfinished message that the bot was restarted.

    It does not answer again: the user may have asked elsewhere by now, and has a button for it.
    """

    def __init__(self, client: discord.Client, executor: Executor, receipts: ReceiptStore) -> None:
        self.client = client
        self.executor = executor
        self.receipts = receipts

    async def finish(self, unfinished: Sequence[StoredAnswer]) -> None:
        """Finish these answers; one that cannot be edited now waits for the next start."""
        for stored in unfinished:
            try:
                await (self._reply(stored) if stored.is_unsent else self._edit(stored))
            except Exception as error:  # whatever it is, the other answers are finished
                if not _is_out_of_reach(error):
                    log.warning("message %s stays unfinished: %s", stored.message_id, error)
                    continue
                log.info("the unfinished message %s is out of reach: %s", stored.message_id, error)
            await self.executor.write(self.receipts.finish, stored.message_id)

    async def _edit(self, stored: StoredAnswer) -> None:
        """Edit the message that the previous run sent."""
        channel = self.client.get_partial_messageable(stored.channel_id)
        first, *more = interrupted_embeds(stored)
        nobody = discord.AllowedMentions.none()
        message = channel.get_partial_message(stored.message_id)
        await message.edit(embed=first, view=interrupted_view(stored), allowed_mentions=nobody)
        for embed in more:
            await channel.send(embed=embed)

    async def _reply(self, stored: StoredAnswer) -> None:
        """Reply to a question that got no reply at all."""
        channel = self.client.get_partial_messageable(stored.channel_id)
        question = discord.MessageReference(
            message_id=stored.message_id, channel_id=stored.channel_id
        )
        embed, view = interrupted_embeds(stored)[0], interrupted_view(stored)
        sent = await channel.send(embed=embed, view=view, reference=question)
        await self.executor.write(
            self.receipts.save, sent.id, channel_id=stored.channel_id, user_id=stored.user_id,
            event_id=stored.event_id, inquiry=stored.inquiry, receipt=None, unfinished=None,
        )  # fmt: skip


def _is_out_of_reach(error: Exception) -> bool:
    """Return whether the message is deleted or closed to the bot, so that no retry helps."""
    if isinstance(error, discord.NotFound | discord.Forbidden):
        return True
    return isinstance(error, discord.HTTPException) and REFERENCE in error.text


def interrupted_embeds(stored: StoredAnswer) -> list[discord.Embed]:
    """Return what the message of an interrupted answer shows in the end."""
    return [discord.Embed.from_dict(embed) for embed in stored.unfinished or ()]
