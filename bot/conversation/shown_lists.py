"""Papers that people see, on cards and in lists, so that a later question can refer to them.

Which papers a message shows is stored: somebody may remove its embed.
"""

import logging
import sqlite3
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

import discord

from bot.conversation.mentions import hides_words
from bot.conversation.message_reader import text_of
from bot.conversation.paper_links import named_papers
from bot.conversation.store import ConversationStore
from bot.executor import Executor
from rag.query.followups import chooses_from_list, refers_back
from rag.query.list_places import steps_in_list
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
        is_hidden: bool = False,
    ) -> None:
        """Store the papers of a message in the order of their numbers, in place of earlier ones.

        `user_id` is the user who asked for them; 0 if nobody did. `is_private`: only they see it.
        `is_hidden`: they asked in a spoiler, so answers about these papers are spoilers, too.
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
                is_hidden=is_hidden,
            )
        except sqlite3.Error as error:  # such as a full disk: the list itself is shown
            log.warning("the papers of message %s could not be stored: %s", message_id, error)

    async def remember_reply(
        self,
        interaction: discord.Interaction,
        message: discord.Message,
        papers: Iterable[Paper],
        *,
        is_hidden: bool = False,
    ) -> None:
        """Store the papers of a message that replies to a command or a button.

        They are hidden, too, if an option of the command was, or what the button is below.
        """
        channel_id, user_id = interaction.channel_id or 0, interaction.user.id
        await self.remember(
            message.id,
            papers,
            channel_id=channel_id,
            user_id=user_id,
            is_private=seen_by_one(message),
            is_hidden=is_hidden
            or hides_words(interaction)
            or await self._continues_hidden(interaction),
        )

    async def _continues_hidden(self, interaction: discord.Interaction) -> bool:
        """Return whether a button or a menu is below what was asked for in a spoiler."""
        clicked = interaction.message
        return clicked is not None and await self.is_hidden(clicked.id)

    async def is_hidden(self, message_id: int) -> bool:
        """Return whether a message shows papers that were asked for in a spoiler."""
        return await self.executor.read(self.conversations.is_hidden, message_id)

    async def referred_to(
        self, question: str, *, channel_id: int, user_id: int, now: datetime
    ) -> int | None:
        """Return the user's last answer or list here, if the question refers back to one.

        This serves questions that reply to no message, where most questions begin something new.
        """
        kind = await self.executor.request_kind(question)
        if kind != "follow-up" and not refers_back(question):
            return None
        return await self.last_in(
            question, channel_id, user_id=user_id, own=True, since=now - RECENT
        )

    async def last_in(
        self,
        question: str,
        channel_id: int,
        *,
        user_id: int,
        own: bool = False,
        since: datetime | None = None,
    ) -> int | None:
        """Return the last answer or list in a channel, see ConversationStore.last_in.

        "Number 3" of a question is in the last list, also after a card or answers about one paper.
        """

        def find() -> int | None:
            options: dict[str, Any] = {"user_id": user_id, "own": own, "since": since}
            store = self.conversations
            last = store.last_in(channel_id, **options)
            if not chooses_from_list(question):
                return last
            if any(len(turn.cited or ()) > 1 for turn in store.turns(last)):
                return last
            listed = store.last_in(channel_id, **options, several=True)
            if listed is None or not steps_in_list(question):
                return listed or last
            return store.place_in(listed, user_id=user_id, channel_id=channel_id) or listed

        return await self.executor.read(find)

    async def place_in(
        self, question: str, message_id: int, *, channel_id: int, user_id: int
    ) -> int:
        """Return the message that a reply to this one continues.

        "The next one" goes on from the paper of the list that the user asked about last.
        """

        def find() -> int:
            if not steps_in_list(question) or len(self.conversations.papers_of(message_id)) < 2:
                return message_id
            find_place = self.conversations.place_in
            return find_place(message_id, user_id=user_id, channel_id=channel_id) or message_id

        return await self.executor.read(find)

    async def papers_in(self, message: discord.Message) -> list[Paper]:
        """Return the papers of a message in order; if none is stored, those that it names."""
        catalog = self.executor.library.catalog
        ids = await self.executor.read(self.conversations.papers_of, message.id)
        if known := await self.executor.read(catalog.get, ids):
            return [known[paper_id] for paper_id in ids if paper_id in known]
        return await self.executor.read(named_papers, text_of(message), catalog)


def seen_by_one(message: discord.Message) -> bool:
    """Return whether only the user who asked for a message sees it."""
    return message.flags.ephemeral
