"""Messages: a mention, a reply, a thread of the bot's, a direct message, an ask-channel."""

import logging
from collections.abc import Callable

import discord
from discord import app_commands
from discord.ext import commands

from bot.access.rate_limits import TooManyQuestionsError
from bot.answers.receipts import Inquiry
from bot.answers.recovery import REFERENCE
from bot.answers.reply_target import ChannelReply
from bot.conversation.message_facts import Hearing, Place, place_of
from bot.conversation.onboarding import hint
from bot.conversation.policy import LOST, Act, decide
from bot.conversation.reply_chain import Before, ReplyChain
from bot.conversation.threads import LONG, THREAD_NAME, NoThreadError, wants_thread
from bot.gateway.client import PaperboyBot, explain
from bot.render.answer import error_embed, notice_embed
from bot.render.text import plain, shorten

log = logging.getLogger(__name__)

NO_EMBEDS = (
    "I need the permission Embed Links to answer here: whoever manages this server can give it."
)
NOTHING_TO_MOVE = "There is no conversation of ours here to move: ask me something first."


class Listen(commands.Cog):
    """Hears what is said and answers what is meant for the bot."""

    def __init__(self, bot: PaperboyBot) -> None:
        self.bot = bot
        self.hearing = Hearing(bot, bot.servers, bot.threads)
        self.chain = ReplyChain(bot.desk, bot.conversations, bot.threads, self.hearing)
        self._told: set[tuple[int, Act]] = set()  # where it was said once what is not allowed

    @commands.Cog.listener()
    async def on_message(self, message: discord.Message) -> None:
        """Answer what is meant for the bot. An edit is no new message and changes nothing."""
        place = await place_of(message, self.bot)
        if place is None:
            return
        try:
            await self._hear(message, place)
        except Exception as error:  # a person always gets a reply
            await self._tell_error(message, place, error)

    @commands.Cog.listener()
    async def on_raw_message_delete(self, gone: discord.RawMessageDeleteEvent) -> None:
        """End the answer to a question that is taken back while it is being answered."""
        self.bot.answering.take_back(gone.message_id)

    @commands.Cog.listener()
    async def on_raw_bulk_message_delete(self, gone: discord.RawBulkMessageDeleteEvent) -> None:
        """End the answers to questions that a moderator removes."""
        for message in gone.message_ids:
            self.bot.answering.take_back(message)

    @commands.Cog.listener()
    async def on_guild_remove(self, guild: discord.Guild) -> None:
        """Forget what a server chose when the bot is taken out of it."""
        await self.bot.desk.run(self.bot.servers.forget, guild.id)

    @app_commands.command()
    async def thread(self, interaction: discord.Interaction) -> None:
        """Go on with our conversation in a thread of its own."""
        await interaction.response.defer(ephemeral=True)
        last = None
        await self.bot.answering.settled()
        if interaction.channel_id is not None:
            person = interaction.user.id
            last = await self.bot.desk.run(
                self.bot.conversations.last_in, interaction.channel_id, person=person, own=True
            )
        if last is None:
            raise NoThreadError(NOTHING_TO_MOVE)
        thread = await self._move(interaction.channel, last)
        await interaction.edit_original_response(content=f"Let us go on in {thread.mention}.")

    async def _hear(self, message: discord.Message, place: Place) -> None:
        heard = await self.hearing.facts(message, place)
        act, why = decide(heard)
        level = logging.INFO if heard.is_in_reach else logging.DEBUG
        log.log(level, "message %s: %s, because %s", message.id, act.name.lower(), why)
        if act is Act.SILENT or not self.bot.hears_first_time(message.id):
            return
        if act is Act.HINT:
            text = await self.bot.desk.run(hint, self.bot.desk.library.catalog)
            await _say(message, place, text, notice_embed)
        elif act is not Act.ANSWER:
            await self._tell_once(message, place, act)
        else:
            server = message.guild.id if message.guild else None
            settings = self.bot.servers.of(server)
            self.bot.limits.take(server, message.author.id, settings)
            await self._answer(message, place, heard.words)

    async def _tell_once(self, message: discord.Message, place: Place, act: Act) -> None:
        """Say what is not allowed here, once in a channel: nobody wants to hear it each time."""
        if (place.channel.id, act) in self._told:
            return
        self._told.add((place.channel.id, act))
        if act is Act.CANNOT_SHOW:
            await place.channel.send(NO_EMBEDS)
        else:
            await _say(message, place, LOST)

    async def _answer(self, message: discord.Message, place: Place, question: str) -> None:
        await self.bot.answering.settled()
        before = await self.chain.before(message, place)
        if wants_thread(question):
            await self._move_from(message, place, before)
            return
        channel = await self._where(message, place, question, before)
        beside = channel.id == place.channel.id
        reference = message.to_reference() if beside and _may_refer(place) else None
        inquiry = Inquiry(
            question=question,
            earlier=before.earlier,
            said=before.said,
            keep_to=before.paper.paper_id if before.paper else None,
            by=message.author.display_name if message.guild else "",
        )
        reply = ChannelReply(channel, message.author.id, reference)
        await self.bot.answering.answer(inquiry, reply)

    async def _where(
        self, message: discord.Message, place: Place, question: str, before: Before
    ) -> "discord.abc.MessageableChannel":
        """Return where to answer: beside the question, or in a thread where that is chosen."""
        if message.guild is None or not isinstance(place.channel, discord.TextChannel):
            return place.channel
        wanted = self.bot.servers.of(message.guild.id).threads
        turns = await self.bot.desk.run(self.bot.conversations.turns, before.earlier)
        if wanted == "never" or (wanted == "long" and len(turns) < LONG):
            return place.channel
        try:
            name = turns[0].question if turns else question
            return await message.create_thread(name=shorten(name, THREAD_NAME))
        except discord.HTTPException:  # not allowed here, or somebody was faster
            return place.channel

    async def _move_from(self, message: discord.Message, place: Place, before: Before) -> None:
        """Move the conversation that a message replies to, else the person's last one here."""
        earlier = before.earlier or await self.bot.desk.run(
            self.bot.conversations.last_in,
            place.channel.id,
            person=message.author.id,
            own=True,
        )
        if earlier is None:
            raise NoThreadError(NOTHING_TO_MOVE)
        thread = await self._move(place.channel, earlier)
        if _may_refer(place):
            await message.reply(f"Let us go on in {thread.mention}.")

    async def _move(self, channel: object, answer: int) -> discord.Thread:
        can_read = self.bot.intents.message_content
        return await self.bot.threads.move(channel, answer, can_read=can_read)

    async def _tell_error(self, message: discord.Message, place: Place, error: Exception) -> None:
        """Tell the person what went wrong; nothing where the question was taken back."""
        if isinstance(error, discord.HTTPException) and REFERENCE in error.text:
            log.debug("message %s was deleted before it was answered", message.id)
            return
        if isinstance(error, TooManyQuestionsError) and error.is_told:
            return
        try:
            await _say(message, place, explain(error))
        except discord.HTTPException as failed:
            log.warning("could not tell %s what went wrong: %s", message.author.id, failed)


async def _say(
    message: discord.Message,
    place: Place,
    text: str,
    embed: Callable[[str], discord.Embed] = error_embed,
) -> None:
    """Say something short to somebody; without embeds where they are not allowed."""
    reference = message.to_reference() if _may_refer(place) else None
    reply = ChannelReply(place.channel, message.author.id, reference)
    if place.permissions.embed_links:
        await reply.show(embed(text))
    else:
        await place.channel.send(plain(text))


def _may_refer(place: Place) -> bool:
    """Return whether a message here may be a reply to another one."""
    return place.permissions.read_message_history


async def setup(bot: PaperboyBot) -> None:
    """Add the cog (discord.py's entry point)."""
    await bot.add_cog(Listen(bot))
