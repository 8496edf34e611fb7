"""Lists of papers that people see, so that a later question can refer to "number 3"."""

import logging
import sqlite3
from collections.abc import Iterable
from datetime import datetime, timedelta

import discord

from bot.conversation.store import ConversationStore
from bot.executor import Executor
from rag.query.followups import refers_back
from rag.records import Paper

log = logging.getLogger(__name__)

RECENT = timedelta(minutes=15)  # how far back a question that replies to nothing may refer


class ShownLists:
    """Remembers the papers of messages, and finds what a question refers back to."""

    def __init__(self, executor: Executor, conversations: ConversationStore) -> None:
        self.executor = executor
        self.conversations = conversations

    async def remember(
        self,
        message_id: int,
        papers: Iterable[Paper],
        *,
        channel_id: int,
        user_id: int,
        is_private: bool = False,
    ) -> None:
        """Store the papers of a message in the order of their numbers, in place of earlier ones.

        `user_id` is the user who asked for them; 0 if nobody did. `is_private`: only they see it.
        """
        ids = [paper.paper_id for paper in papers]
        if not ids:
            return
        try:
            await self.executor.write(
                self.conversations.remember_list,
                message_id,
                channel_id=channel_id,
                user_id=user_id,
                papers=ids,
                is_private=is_private,
            )
        except sqlite3.Error as error:  # such as a full disk: the list itself is shown
            log.warning("the papers of message %s could not be stored: %s", message_id, error)

    async def remember_reply(
        self, interaction: discord.Interaction, message: discord.Message, papers: Iterable[Paper]
    ) -> None:
        """Store the papers of a message that replies to a command or a button."""
        channel_id, user_id = interaction.channel_id or 0, interaction.user.id
        await self.remember(
            message.id,
            papers,
            channel_id=channel_id,
            user_id=user_id,
            is_private=seen_by_one(message),
        )

    async def referred_to(
        self, question: str, *, channel_id: int, user_id: int, now: datetime
    ) -> int | None:
        """Return the user's last answer or list here, if the question refers back to one.

        This serves questions that reply to no message, where most questions begin something new.
        """
        kind = await self.executor.request_kind(question)
        if kind != "follow-up" and not refers_back(question):
            return None
        return await self.executor.read(
            self.conversations.last_in, channel_id, user_id=user_id, own=True, since=now - RECENT
        )


def seen_by_one(message: discord.Message) -> bool:
    """Return whether only the user who asked for a message sees it."""
    return message.flags.ephemeral
