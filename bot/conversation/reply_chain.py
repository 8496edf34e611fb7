"""What was said before a question: up the replies, else in its thread or channel.

Nothing comes from elsewhere: an answer is gone on from in the channel in which it stands, or in a
thread of that channel, and so never in another server or by another person's direct messages.
"""

from dataclasses import dataclass
from datetime import timedelta

import discord

from bot.conversation.message_facts import MessageInspector, MessageLocation, replied_to
from bot.conversation.store import ConversationStore
from bot.conversation.threads import Threads
from bot.executor import Executor
from bot.render.text import shorten
from rag.records import Paper
from rag.text.words import words

FOLLOWED = 5  # messages of people, up the replies
LONGEST = 1_000  # characters of what a person said
RECENT = timedelta(minutes=15)  # in an ask-channel, a question may lean on one's own last one


@dataclass(frozen=True, slots=True)
class ConversationContext:
    """The answer that a question goes on from, what people said since, and the paper meant."""

    earlier: int | None = None
    said: tuple[str, ...] = ()
    paper: Paper | None = None


class ReplyChain:
    """Finds what a question goes on from."""

    def __init__(
        self,
        executor: Executor,
        conversations: ConversationStore,
        threads: Threads,
        hearing: MessageInspector,
    ) -> None:
        self.executor = executor
        self.conversations = conversations
        self.threads = threads
        self.hearing = hearing

    async def before(self, message: discord.Message, place: MessageLocation) -> ConversationContext:
        """Return what was said before this message."""
        paper = await self._paper_of_thread(place)
        said: list[str] = []
        current, can_fetch = message, place.permissions.read_message_history
        while len(said) < FOLLOWED and (above := await self._above(current, can_fetch)):
            known = await self.executor.read(
                self.conversations.knows, above.id, channels=place.channels
            )
            if known:
                return ConversationContext(above.id, tuple(said[::-1]), paper)
            if above.author == self.hearing.client.user:  # a card, or a list of papers
                paper = await self.threads.paper_of(above) or paper
                break
            said += self._said(above)
            current = above
        if said:
            return ConversationContext(None, tuple(said[::-1]), paper)
        return await self._before_in(message, place, paper)

    async def _before_in(
        self, message: discord.Message, place: MessageLocation, paper: Paper | None
    ) -> ConversationContext:
        """Return what stands before a message that is no reply."""
        last, user_id = self.conversations.last_in, message.author.id
        channel = place.channel
        if message.guild is None:
            return ConversationContext(
                await self.executor.read(last, channel.id, user_id=user_id), (), paper
            )
        if not isinstance(channel, discord.Thread):
            if channel.id not in self.hearing.servers.of(message.guild.id).ask_channels:
                return ConversationContext(None, (), paper)
            since = message.created_at - RECENT
            recent = await self.executor.read(
                last, channel.id, user_id=user_id, own=True, since=since
            )
            return ConversationContext(recent, (), paper)
        earlier = await self.executor.read(last, channel.id, user_id=user_id)
        root = None if earlier else await self.threads.root(channel)
        if root is None or root.id == message.id:
            return ConversationContext(earlier, (), paper)
        return ConversationContext(None, tuple(self._said(root)), paper)

    async def _paper_of_thread(self, place: MessageLocation) -> Paper | None:
        """Return the paper that a thread keeps to: that of the bot's message it began with."""
        if not isinstance(place.channel, discord.Thread):
            return None
        if await self.executor.read(self.conversations.knows, place.channel.id):
            return await self.threads.paper_of_answer(place.channel.id)
        root = await self.threads.root(place.channel)
        return await self.threads.paper_of(root) if root else None

    async def _above(self, message: discord.Message, can_fetch: bool) -> discord.Message | None:
        """Return the message that this one replies to; Discord sends one level along."""
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
        except discord.HTTPException:
            return None

    def _said(self, message: discord.Message) -> list[str]:
        """Return what a person said as something to lean on; nothing where that is no words."""
        said = shorten(self.hearing.words_of(message), LONGEST)
        by_person = not message.author.bot
        return [said] if by_person and words(said) else []
