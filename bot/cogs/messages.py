"""Answers messages that address the bot, and moves conversations into threads: /thread."""

import logging
from collections.abc import Callable
from dataclasses import replace

import discord
from discord import app_commands
from discord.ext import commands

from bot.access.rate_limits import TooManyQuestionsError
from bot.answers.message import ChannelReply
from bot.answers.receipts import Inquiry
from bot.answers.recovery import REFERENCE
from bot.components.discord_errors import FAILURES
from bot.components.error_reply import explain, tell_directly
from bot.components.removed_embeds import are_removed
from bot.conversation.file_questions import asks_about_file
from bot.conversation.message_facts import MessageInspector, MessageLocation, location_of
from bot.conversation.onboarding import hint
from bot.conversation.policy import NO_MESSAGE_CONTENT, Action, decide
from bot.conversation.reply_chain import ConversationContext, ReplyChain
from bot.conversation.threads import LONG, NoThreadError, thread_name, wants_thread
from bot.gateway.client import PaperboyBot
from bot.render.answer import error_embed, notice_embed
from bot.render.safe_text import MESSAGE, plain_within
from rag.query.followups import ALONE
from rag.text.words import words

log = logging.getLogger(__name__)

NO_EMBEDS = (
    "I need the permission Embed Links to answer here: whoever manages this server can give it."
)
NOTHING_TO_MOVE = "There is no conversation of ours here to move: ask me something first."


class Messages(commands.Cog):
    """Answers the messages that address the bot."""

    def __init__(self, bot: PaperboyBot) -> None:
        self.bot = bot
        self.services = bot.services
        self.inspector = MessageInspector(bot, bot.reader, bot.services.guild_settings, bot.threads)
        self.chain = ReplyChain(
            bot.services.executor,
            bot.services.conversations,
            bot.services.shown_lists,
            bot.threads,
            self.inspector,
        )
        self._told: set[tuple[int, int]] = set()  # (channel, user)
        self._explained: set[tuple[int, Action]] = set()  # (channel, what the bot cannot do there)

    @commands.Cog.listener()
    async def on_message(self, message: discord.Message) -> None:
        """Answer a message that addresses the bot. Edits of messages are ignored."""
        location = await location_of(message, self.bot)
        if location is None:
            return
        try:
            await self._handle(message, location)
        except Exception as error:  # users always get a reply
            await self._reply_with_error(message, location, error)

    @commands.Cog.listener()
    async def on_raw_message_delete(self, gone: discord.RawMessageDeleteEvent) -> None:
        """Stop the answer to a question that is deleted, and forget what was deleted."""
        await self._forget(gone.message_id)

    @commands.Cog.listener()
    async def on_raw_bulk_message_delete(self, gone: discord.RawBulkMessageDeleteEvent) -> None:
        """Do the same for what a moderator deletes."""
        await self._forget(*gone.message_ids)

    @commands.Cog.listener()
    async def on_raw_message_edit(self, edited: discord.RawMessageUpdateEvent) -> None:
        """Stop an answer whose embed somebody removes while it is written."""
        if are_removed(edited.message):
            self.services.in_flight.embed_removed(edited.message_id)

    async def _forget(self, *messages: int) -> None:
        for message_id in messages:
            self.services.in_flight.retract(message_id)
        await self.services.answers.record.retract(*messages)

    @commands.Cog.listener()
    async def on_guild_remove(self, guild: discord.Guild) -> None:
        """Delete the settings of a server when the bot is removed from it."""
        await self.services.executor.write(self.services.guild_settings.forget, guild.id)

    @app_commands.command()
    @app_commands.allowed_installs(guilds=True, users=False)
    @app_commands.allowed_contexts(guilds=True, dms=True, private_channels=False)
    async def thread(self, interaction: discord.Interaction) -> None:
        """Continue our conversation in a thread of its own."""
        await interaction.response.defer(ephemeral=True)
        last = None
        await self.services.in_flight.settled()
        if interaction.channel_id is not None:
            user_id = interaction.user.id
            last = await self.services.executor.read(
                self.services.conversations.last_in,
                interaction.channel_id,
                user_id=user_id,
                own=True,
                answers_only=True,
            )
        if last is None:
            raise NoThreadError(NOTHING_TO_MOVE)
        thread = await self._move(interaction.channel, last)
        await interaction.edit_original_response(content=f"Let us continue in {thread.mention}.")

    async def _handle(self, message: discord.Message, location: MessageLocation) -> None:
        facts = await self.inspector.facts(message, location)
        if facts.only_place_suggests_bot and not wants_thread(facts.text):
            kind = await self.services.executor.request_kind(facts.text)
            facts = replace(facts, is_small_talk=kind == "small talk")
        action, reason = decide(facts)
        level = logging.INFO if facts.may_address_bot else logging.DEBUG
        log.log(level, "message %s: %s, because %s", message.id, action.name.lower(), reason)
        if action is Action.SILENT or not self.bot.is_new_event(message.id):
            return
        if action is Action.HINT:
            await self._hint(message, location)
        elif action is not Action.ANSWER:
            await self._explain_once(message, location, action)
        else:
            guild_id = message.guild.id if message.guild else None
            settings = self.services.guild_settings.of(guild_id)
            self.services.rate_limits.take(guild_id, message.author.id, settings)
            await self._answer(message, location)

    async def _hint(
        self, message: discord.Message, location: MessageLocation, note: str = ""
    ) -> None:
        """Say which files were not read or, without a note, what people can ask."""
        executor = self.services.executor
        text = note or await executor.read(hint, executor.library.catalog)
        await _reply(message, location, text, notice_embed)

    async def _explain_once(
        self, message: discord.Message, location: MessageLocation, action: Action
    ) -> None:
        """Say what the bot cannot do here, once per channel."""
        if (location.channel.id, action) in self._explained:
            return
        self._explained.add((location.channel.id, action))
        if action is Action.CANNOT_EMBED:
            await location.channel.send(NO_EMBEDS)
        else:
            await _reply(message, location, NO_MESSAGE_CONTENT)

    async def _answer(self, message: discord.Message, location: MessageLocation) -> None:
        executor = self.services.executor
        read = await self.bot.reader.read(message)
        question, about, otherwise = await executor.read(read.asked, executor.is_request)
        await self.services.in_flight.settled()
        context = await self.chain.context_of(message, location)
        if not words(question) and not read.note and context.texts:  # "@Paperboy", as a reply
            *before, question = context.texts
            context = replace(context, texts=tuple(before))
        if not words(question):
            await self._hint(message, location, read.note)
            return
        if wants_thread(question):
            await self._move_from(message, location, context)
            return
        note = f"{read.note} {context.note}".strip()
        only_files = bool(note) and not (read.attached or about)
        if only_files and await self._asks_about_file(question, context):
            await self._hint(message, location, note)
            return
        channel = await self._channel_for(message, location, question, context)
        is_same = channel.id == location.channel.id
        reference = message.to_reference() if is_same and _may_reply(location) else None
        inquiry = Inquiry(
            question=question,
            otherwise=otherwise,
            earlier=context.earlier,
            said=(*context.texts, *about),
            heard_from=context.heard_from,
            keep_to=context.paper.paper_id if context.paper else None,
            by=message.author.display_name if message.guild else "",
            note=note,
        )
        reply = ChannelReply(channel, message.author.id, reference, question_id=message.id)
        await self.services.answers.answer(inquiry, reply)

    async def _asks_about_file(self, question: str, context: ConversationContext) -> bool:
        """Return whether a question is about the files that come with it.

        "This" is such a file only if the question continues nothing else.
        """
        if asks_about_file(question):
            return True
        is_alone = context == ConversationContext(note=context.note)
        return is_alone and await self.services.executor.only_points(question)

    async def _channel_for(
        self,
        message: discord.Message,
        location: MessageLocation,
        question: str,
        context: ConversationContext,
    ) -> "discord.abc.MessageableChannel":
        """Return where to answer: in the channel of the question, or in a new thread."""
        if message.guild is None or not isinstance(location.channel, discord.TextChannel):
            return location.channel
        mode = self.services.guild_settings.of(message.guild.id).threads
        turns = await self.services.executor.read(
            self.services.conversations.turns, context.earlier
        )
        if mode == "never" or (mode == "long" and len(turns) < LONG):
            return location.channel
        if await self.services.executor.request_kind(question) in ALONE:
            return location.channel
        try:
            name = next((turn.question for turn in turns if turn.question), question)
            return await message.create_thread(name=thread_name(name))
        except FAILURES:  # not allowed here, or another thread was started meanwhile
            return location.channel

    async def _move_from(
        self, message: discord.Message, location: MessageLocation, context: ConversationContext
    ) -> None:
        """Move the conversation that a message continues, else the user's last one here."""
        earlier = context.earlier or await self.services.executor.read(
            self.services.conversations.last_in,
            location.channel.id,
            user_id=message.author.id,
            own=True,
            answers_only=True,
        )
        if earlier is None:
            raise NoThreadError(NOTHING_TO_MOVE)
        thread = await self._move(location.channel, earlier)
        if _may_reply(location):
            await message.reply(f"Let us continue in {thread.mention}.")

    async def _move(self, channel: object, answer: int) -> discord.Thread:
        can_read = self.bot.intents.message_content
        return await self.bot.threads.move(channel, answer, can_read=can_read)

    async def _reply_with_error(
        self, message: discord.Message, location: MessageLocation, error: Exception
    ) -> None:
        """Tell the user what went wrong, unless they deleted the question."""
        if isinstance(error, discord.HTTPException) and REFERENCE in error.text:
            log.debug("message %s was deleted before it was answered", message.id)
            return
        if isinstance(error, TooManyQuestionsError) and error.already_told:
            return
        text = explain(error)
        try:
            await _reply(message, location, text)
        except FAILURES as failed:
            log.info("no reply to message %s: %s", message.id, failed)
            await self._tell_elsewhere(message, location, text)

    async def _tell_elsewhere(
        self, message: discord.Message, location: MessageLocation, text: str
    ) -> None:
        """Tell somebody who cannot be answered in the channel, once per channel and person."""
        key = (location.channel.id, message.author.id)
        if message.guild is None or key in self._told:
            return
        self._told.add(key)
        embed = error_embed(text)
        embed.description = f"<#{location.channel.id}>: {embed.description}"
        await tell_directly(message.author, embed)


async def _reply(
    message: discord.Message,
    location: MessageLocation,
    text: str,
    embed: Callable[[str], discord.Embed] = error_embed,
) -> None:
    """Reply with a short text; without an embed if embeds are not allowed."""
    reference = message.to_reference() if _may_reply(location) else None
    reply = ChannelReply(location.channel, message.author.id, reference)
    if location.permissions.embed_links:
        await reply.show(embed(text))
    else:
        await location.channel.send(plain_within(text, MESSAGE))


def _may_reply(location: MessageLocation) -> bool:
    """Return whether the bot may reply to a message here."""
    return location.permissions.read_message_history


async def setup(bot: PaperboyBot) -> None:
    """Add the cog (discord.py's entry point)."""
    await bot.add_cog(Messages(bot))
