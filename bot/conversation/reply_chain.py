"""Finds what a question refers back to: up the chain of replies, else in its thread or channel.

It never leaves the channel: an answer is continued in the channel that contains it, or in a thread
of that channel, so never in another server or in another user's direct messages.
"""

from dataclasses import dataclass, replace

import discord

from bot.components.discord_errors import FAILURES
from bot.conversation.attachments import may_have_words
from bot.conversation.message_facts import MessageInspector, MessageLocation, replied_to
from bot.conversation.message_reader import attachments_of
from bot.conversation.shown_lists import RECENT, ShownLists
from bot.conversation.store import ConversationStore
from bot.conversation.threads import Threads
from bot.executor import Executor
from rag.records import Paper
from rag.text.words import words

MAX_REPLIES = 5  # messages of users, up the chain


@dataclass(frozen=True, slots=True)
class ConversationContext:
    """What a question continues.

    `earlier` is the message of an answer, `texts` are messages of users since, `paper` is the paper
    that the conversation is about. `heard_from` are the ids of these messages and users. `note`
    says which of their files were not read.
    """

    earlier: int | None = None
    texts: tuple[str, ...] = ()
    paper: Paper | None = None
    heard_from: tuple[int, ...] = ()
    note: str = ""


class ReplyChain:
    """Finds the context of questions."""

    def __init__(
        self,
        executor: Executor,
        conversations: ConversationStore,
        shown_lists: ShownLists,
        threads: Threads,
        inspector: MessageInspector,
    ) -> None:
        self.executor = executor
        self.conversations = conversations
        self.shown_lists = shown_lists
        self.threads = threads
        self.inspector = inspector

    async def context_of(
        self, message: discord.Message, location: MessageLocation
    ) -> ConversationContext:
        """Return the context of this message."""
        paper = await self._paper_of_thread(location)
        texts: list[str] = []
        heard: list[int] = []
        note = ""
        current, can_fetch = message, location.permissions.read_message_history
        while len(texts) < MAX_REPLIES and (above := await self._above(current, can_fetch)):
            if card := await self.threads.paper_of(above):
                return ConversationContext(None, tuple(texts[::-1]), card, tuple(heard), note)
            is_answer = await self.executor.read(
                self.conversations.knows, above.id, channels=location.channels
            )
            if is_answer:
                earlier = await self.shown_lists.place_in(
                    self.inspector.reader.words(message),
                    above.id,
                    channel_id=location.channel.id,
                    user_id=message.author.id,
                )
                return ConversationContext(earlier, tuple(texts[::-1]), paper, tuple(heard), note)
            if above.author == self.inspector.client.user:
                break
            said, unread = await self._read(above)
            texts += said
            note = note or unread
            heard += (above.id, above.author.id)
            current = above
        if texts:
            return ConversationContext(None, tuple(texts[::-1]), paper, tuple(heard), note)
        return replace(await self._context_without_reply(message, location, paper), note=note)

    async def _context_without_reply(
        self, message: discord.Message, location: MessageLocation, paper: Paper | None
    ) -> ConversationContext:
        """Return the context of a message that replies to nothing.

        One that forwards or attaches something is about that.
        """
        if any(map(may_have_words, attachments_of(message))) or message.message_snapshots:
            return ConversationContext(None, (), paper)
        text, last_in = self.inspector.reader.words(message), self.shown_lists.last_in
        user_id, channel = message.author.id, location.channel
        if message.guild is None:
            last = await last_in(text, channel.id, user_id=user_id)
            return ConversationContext(last, (), paper)
        if not isinstance(channel, discord.Thread):
            settings = self.inspector.guild_settings.of(message.guild.id)
            if channel.id not in settings.ask_channels:
                referred_to = await self.shown_lists.referred_to(
                    text, channel_id=channel.id, user_id=user_id, now=message.created_at
                )
                return ConversationContext(referred_to, (), paper)
            since = message.created_at - RECENT
            recent = await last_in(text, channel.id, user_id=user_id, own=True, since=since)
            return ConversationContext(recent, (), paper)
        earlier = await last_in(text, channel.id, user_id=user_id)
        if earlier == channel.id and await self.threads.paper_of_card(channel.id):
            earlier = None  # a card at the top of a thread is no turn: `paper` is all it says
        root = None if earlier else await self.threads.root(channel)
        if root is None or root.id == message.id:
            return ConversationContext(earlier, (), paper)
        heard = (root.id, root.author.id)
        said, _ = await self._read(root)
        return ConversationContext(None, tuple(said), paper, heard)

    async def _paper_of_thread(self, location: MessageLocation) -> Paper | None:
        """Return the paper of the bot's message that a thread was started from."""
        if not isinstance(location.channel, discord.Thread):
            return None
        if await self.executor.read(self.conversations.knows, location.channel.id):
            return await self.threads.paper_of_answer(location.channel.id)
        root = await self.threads.root(location.channel)
        return await self.threads.paper_of(root) if root else None

    async def _above(self, message: discord.Message, can_fetch: bool) -> discord.Message | None:
        """Return the message that this one replies to; Discord includes only one level."""
        reference = message.reference
        if (replied := replied_to(message)) or reference is None or not can_fetch:
            return replied
        is_reply = reference.type is discord.MessageReferenceType.reply
        if not is_reply or reference.resolved is not None or reference.message_id is None:
            return None
        if reference.cached_message is not None:
            return reference.cached_message
        try:
            return await message.channel.fetch_message(reference.message_id)
        except FAILURES:
            return None

    async def _read(self, message: discord.Message) -> tuple[list[str], str]:
        """Return what somebody else's message says, and which of its files were not read.

        There is no text if it has no words.
        """
        if message.author == self.inspector.client.user:
            return [], ""
        read = await self.inspector.reader.read(message, with_embeds=True)
        if not words(read.everything):
            return [], read.note
        return [await self.executor.read(read.context, self.executor.is_request)], read.note
