"""Finishes the answers that a previous run left unfinished."""

import asyncio
import logging
from collections.abc import Sequence
from typing import Any

import discord

from bot.answers.buttons import interrupted_view
from bot.answers.receipts import ReceiptStore, StoredAnswer
from bot.components.discord_errors import FAILURES
from bot.components.removed_embeds import are_removed, edit_embeds
from bot.executor import Executor
from bot.render.answer import mark_interrupted

log = logging.getLogger(__name__)

FIRST_WAIT = 10.0  # seconds before the second attempt; doubled before each further one …
LONGEST_WAIT = 600.0  # … up to this
MAX_ATTEMPTS = 20  # about three hours
SEARCHED_MESSAGES = 100  # after the question
NO_HISTORY = 160002  # Discord's error code: a reply needs the permission Read Message History
REFERENCE = "message_reference"  # named in Discord's error if the question was deleted


class Recovery:
    """Says in each unfinished message that the bot was restarted.

    It does not answer again: the user may have asked elsewhere by now, and has a button for it.
    """

    def __init__(
        self,
        client: discord.Client,
        executor: Executor,
        receipts: ReceiptStore,
        *,
        first_wait: float = FIRST_WAIT,
    ) -> None:
        self.client = client
        self.executor = executor
        self.receipts = receipts
        self.first_wait = first_wait

    async def finish(self, unfinished: Sequence[StoredAnswer]) -> None:
        """Finish these answers; those that cannot be edited now are tried again later."""
        wait = self.first_wait
        for attempt in range(MAX_ATTEMPTS):
            if attempt:
                await asyncio.sleep(wait)
                wait = min(2 * wait, LONGEST_WAIT)
            unfinished = [stored for stored in unfinished if not await self._is_finished(stored)]
            if not unfinished:
                return

    async def _is_finished(self, stored: StoredAnswer) -> bool:
        """Try to finish an answer; return whether nothing is left to do."""
        try:
            now = await self.executor.read(self.receipts.get, stored.message_id)
            if now is None or now.unfinished is None:  # forgotten or finished in the meantime
                return True
            try:
                await (self._reply(stored) if stored.is_unsent else self._edit(stored))
            except FAILURES as error:
                if not _is_out_of_reach(error):
                    log.warning("message %s stays unfinished: %s", stored.message_id, error)
                    return False
                log.info("the unfinished message %s is out of reach: %s", stored.message_id, error)
            await self.executor.write(self.receipts.finish, stored.message_id)
        except Exception:  # a bug must not stop the others; the next start tries again
            log.exception("message %s stays unfinished", stored.message_id)
        return True

    async def _edit(self, stored: StoredAnswer) -> None:
        """Edit the message that the previous run sent."""
        channel = self.client.get_partial_messageable(stored.channel_id)
        first, *more = interrupted_embeds(stored)
        nobody = discord.AllowedMentions.none()
        edit = channel.get_partial_message(stored.message_id).edit
        view = interrupted_view(stored)
        message = await edit_embeds(edit, [first], view=view, allowed_mentions=nobody)
        if are_removed(message):
            return
        for number, embed in enumerate(more):
            await channel.send(embed=embed, nonce=f"{stored.message_id}-{number}")

    async def _reply(self, stored: StoredAnswer) -> None:
        """Reply to a question that got no reply at all."""
        channel = self.client.get_partial_messageable(stored.channel_id)
        if (message := await self._find(channel, stored)) is not None:
            await self._interrupt(message, stored)
            await self._save(message.id, stored)
            return
        options: dict[str, Any] = {
            "embed": interrupted_embeds(stored)[0],
            "view": interrupted_view(stored),
            "nonce": str(stored.message_id),  # so that a second try posts nothing again
        }
        question = discord.MessageReference(
            message_id=stored.message_id, channel_id=stored.channel_id
        )
        try:
            # The question of a thread that began with it is in the channel above.
            is_above = stored.channel_id == stored.message_id
            if not is_above:
                options["reference"] = question
            sent = await channel.send(**options)
        except discord.HTTPException as error:
            if error.code != NO_HISTORY:
                raise
            del options["reference"]
            sent = await channel.send(**options)
        await self._save(sent.id, stored)

    async def _find(
        self, channel: discord.PartialMessageable, stored: StoredAnswer
    ) -> discord.Message | None:
        """Return the reply if the previous run sent it and ended before that was stored."""
        user = self.client.user
        after = discord.Object(stored.message_id)
        try:
            async for message in channel.history(after=after, limit=SEARCHED_MESSAGES):
                if user and message.author.id == user.id and stored.event_id in _asked_by(message):
                    return message
        except discord.Forbidden:
            pass
        return None

    async def _interrupt(self, message: discord.Message, stored: StoredAnswer) -> None:
        """Say in a message that it was interrupted; what it shows already stays."""
        embeds = [mark_interrupted(embed) for embed in message.embeds]
        await edit_embeds(
            message.edit,
            embeds or interrupted_embeds(stored)[:1],
            removed=are_removed(message),
            suppress=discord.utils.MISSING,
            view=interrupted_view(stored),
            allowed_mentions=discord.AllowedMentions.none(),
        )

    async def _save(self, message_id: int, stored: StoredAnswer) -> None:
        await self.executor.write(
            self.receipts.save, message_id, channel_id=stored.channel_id, user_id=stored.user_id,
            event_id=stored.event_id, guild_id=stored.guild_id, inquiry=stored.inquiry,
            receipt=None, unfinished=None,
        )  # fmt: skip


def _asked_by(message: discord.Message) -> set[int]:
    """Return the ids of the message and the interaction that a message answers."""
    found = {message.reference.message_id} if message.reference else set()
    if message.interaction_metadata:
        found.add(message.interaction_metadata.id)
    return {number for number in found if number}


def _is_out_of_reach(error: Exception) -> bool:
    """Return whether the message is deleted or closed to the bot, so that no retry helps."""
    if isinstance(error, discord.NotFound | discord.Forbidden):
        return True
    return isinstance(error, discord.HTTPException) and REFERENCE in error.text


def interrupted_embeds(stored: StoredAnswer) -> list[discord.Embed]:
    """Return what the message of an interrupted answer shows in the end."""
    return [discord.Embed.from_dict(embed) for embed in stored.unfinished or ()]
