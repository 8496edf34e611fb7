"""Questions: /ask, a mention, a reply to an answer, a thread that is the bot's own."""

import discord
from discord import app_commands
from discord.ext import commands

from bot.answering import ChannelReply, InteractionReply
from bot.choices import paper_choices
from bot.client import PaperboyBot, explain
from bot.render.answer import error_embed
from bot.render.text import shorten
from rag.errors import QuestionError
from rag.question import MAX_QUESTION
from rag.titles import find

THREAD_NAME = 100  # characters
HINT = 'Ask me something about the papers, for example "which papers count birds?" or see /help.'


class Ask(commands.Cog):
    """Hears questions and has them answered."""

    def __init__(self, bot: PaperboyBot) -> None:
        self.bot = bot

    @app_commands.command()
    @app_commands.describe(
        question="What do you want to know?", paper="Ask this paper alone: a part of its title."
    )
    @app_commands.autocomplete(paper=paper_choices)
    async def ask(
        self,
        interaction: discord.Interaction,
        question: app_commands.Range[str, 1, MAX_QUESTION],
        paper: str | None = None,
    ) -> None:
        """Answer a question from the papers, with quotes and links."""
        if not self.bot.hears_first_time(interaction.id):
            return
        await interaction.response.defer(thinking=True)
        desk = self.bot.desk
        asked = await desk.run(find, desk.library.catalog, paper) if paper else None
        if paper and asked is None:
            raise QuestionError(f"I know no paper “{paper}”: choose one that is suggested.")
        await self.bot.answering.answer(
            question, InteractionReply(interaction), paper=asked, show_question=True
        )

    @commands.Cog.listener()
    async def on_message(self, message: discord.Message) -> None:
        """Answer what is meant for the bot."""
        if message.author.bot or not self.bot.hears_first_time(message.id):
            return
        if not await self._is_meant(message):
            return
        try:
            await self._answer(message)
        except Exception as error:  # a person always gets a reply
            await message.reply(embed=error_embed(explain(error)))

    async def _is_meant(self, message: discord.Message) -> bool:
        """Return whether to speak: mentioned, replied to, in a DM or in a thread of our own."""
        me = self.bot.user
        if me is None:
            return False
        if message.guild is None or me in message.mentions:
            return True
        replied = replied_to(message)
        if replied is not None and replied.author == me:
            return True
        if not isinstance(message.channel, discord.Thread) or not message.content:
            return False
        if message.channel.owner_id == me.id:
            return True
        return await self.bot.desk.run(self.bot.conversations.knows, message.channel.id)

    async def _answer(self, message: discord.Message) -> None:
        question = self._without_mention(message.content)
        if not question:
            await message.reply(embed=error_embed(HINT))
            return
        earlier, said_before = await self._before(message)
        channel = await self._place(message, question)
        is_beside = channel == message.channel
        reference = message.to_reference(fail_if_not_exists=False) if is_beside else None
        reply = ChannelReply(channel, message.author.id, reference)
        await self.bot.answering.answer(question, reply, earlier=earlier, said_before=said_before)

    async def _before(self, message: discord.Message) -> tuple[int | None, list[str]]:
        """Return the answer that this goes on from, and what a person said that it replies to."""
        conversations, run = self.bot.conversations, self.bot.desk.run
        await self.bot.answering.settled()
        replied = replied_to(message)
        if replied is not None and await run(conversations.knows, replied.id):
            return replied.id, []
        if replied is not None and replied.author != self.bot.user:
            said = self._without_mention(replied.content)
            return None, [said] if said else []
        if message.guild is None or isinstance(message.channel, discord.Thread):
            person = message.author.id
            return await run(conversations.last_in, message.channel.id, person=person), []
        return None, []

    async def _place(
        self, message: discord.Message, question: str
    ) -> "discord.abc.MessageableChannel":
        """Return where to answer: beside the question, or in a thread where that is set."""
        begins = message.reference is None and isinstance(message.channel, discord.TextChannel)
        if not (self.bot.answer_in_thread and begins):
            return message.channel
        try:
            return await message.create_thread(name=shorten(question, THREAD_NAME))
        except discord.HTTPException:  # not allowed here, or somebody was faster
            return message.channel

    def _without_mention(self, content: str) -> str:
        me = self.bot.user
        for mention in (f"<@{me.id}>", f"<@!{me.id}>") if me else ():
            content = content.replace(mention, " ")
        return content.strip()


def replied_to(message: discord.Message) -> discord.Message | None:
    """Return the message that this one replies to, where Discord sent it along."""
    resolved = message.reference.resolved if message.reference else None
    return resolved if isinstance(resolved, discord.Message) else None


async def setup(bot: PaperboyBot) -> None:
    """Add the cog (discord.py's entry point)."""
    await bot.add_cog(Ask(bot))
