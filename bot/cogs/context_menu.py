"""The entries in the menu of a message: Ask about this, Explain this paper."""

import discord
from discord import app_commands
from discord.ext import commands

from bot.access.checks import check_access, count_question
from bot.answers.message import InteractionReply
from bot.answers.receipts import Inquiry
from bot.components.error_reply import reply_with_error
from bot.components.modals import Form, submitted_form
from bot.conversation.mentions import MARKS
from bot.conversation.message_reader import text_of
from bot.conversation.paper_links import named_ids, named_papers
from bot.gateway.client import PaperboyBot
from bot.gateway.command_tree import ASKS
from rag.errors import PaperboyError, QuestionError
from rag.query.request import MAX_QUESTION, clean_question
from rag.records import Paper
from rag.text.discord_markup import has_spoiler, still_hidden
from rag.text.shorten import cut, utf16_length

ASK, EXPLAIN = "Ask about this", "Explain this paper"
ABOUT = "about"  # kind of the form of "Ask about this", and the name of its field
QUESTION = "question"


class NoPaperError(PaperboyError):
    """A message contains no paper that the library has."""


class ContextMenu(commands.Cog):
    """Answers questions about the messages of other users."""

    def __init__(self, bot: PaperboyBot) -> None:
        self.bot = bot
        self.services = bot.services
        self.entries = [
            app_commands.ContextMenu(name=ASK, callback=self.ask_about),
            app_commands.ContextMenu(name=EXPLAIN, callback=self.explain, extras={ASKS: True}),
        ]

    async def cog_load(self) -> None:
        """Register the entries: discord.py does not find those of a cog itself."""
        for entry in self.entries:
            self.bot.tree.add_command(entry)

    async def cog_unload(self) -> None:
        """Unregister the entries."""
        for entry in self.entries:
            self.bot.tree.remove_command(entry.name, type=entry.type)

    async def ask_about(self, interaction: discord.Interaction, message: discord.Message) -> None:
        """Show a form for the question, with the text of the message as editable context."""
        form = Form(ABOUT, message.id, title=ASK)
        form.add_field(
            "Your question",
            discord.ui.TextInput(
                custom_id=QUESTION, style=discord.TextStyle.paragraph, max_length=MAX_QUESTION
            ),
        )
        about = (await self.bot.reader.read(message, with_embeds=True)).everything
        await self.services.in_flight.settled()
        if not await self._knows(interaction, message.id):
            form.add_field(
                "It is about",
                discord.ui.TextInput(
                    custom_id=ABOUT,
                    style=discord.TextStyle.paragraph,
                    default=_within(about, MAX_QUESTION) or None,
                    required=False,
                    max_length=MAX_QUESTION,
                ),
            )
        await interaction.response.send_modal(form)

    @commands.Cog.listener()
    async def on_interaction(self, interaction: discord.Interaction[PaperboyBot]) -> None:
        """Answer the question of a submitted form."""
        if (form := submitted_form(interaction, ABOUT)) is None:
            return
        message_id, fields = form
        try:
            read = self.bot.mentions.read_with_all_names
            question = await read(fields.get(QUESTION, ""), interaction.guild)
            about = await read(fields.get(ABOUT, "")[:MAX_QUESTION], interaction.guild)
            await self._answer(interaction, message_id, question, about)
        except Exception as error:  # users always get a reply
            await reply_with_error(interaction, error)

    async def _answer(
        self,
        interaction: discord.Interaction[PaperboyBot],
        message_id: int,
        question: str,
        about: str,
    ) -> None:
        """Answer from the paper named in the text; without one, use the text as context."""
        clean_question(question)
        check_access(interaction, self.services.guild_settings)
        count_question(interaction, self.services.guild_settings, self.services.rate_limits)
        async with self.services.answers.expecting(interaction, question):
            reply = await InteractionReply.defer(interaction)
            executor = self.services.executor
            is_known = await self._knows(interaction, message_id)
            is_hidden = is_known and await self.services.shown_lists.is_hidden(message_id)
            card = await self.bot.threads.paper_of_card(message_id) if is_known else None
            named = await executor.read(named_papers, about, executor.library.catalog)
            paper = card or (named[0] if len(named) == 1 else None)
            inquiry = Inquiry(
                question=question,
                earlier=message_id if is_known and not card else None,
                said=(about,) if not paper and _is_question(about) else (),
                heard_from=(message_id,),
                paper=paper.paper_id if paper else None,
                by=_name_of(interaction),
                has_spoiler=has_spoiler(about) or is_hidden,
            )
            await self.services.answers.answer(inquiry, reply, show_question=True)

    async def _knows(self, interaction: discord.Interaction, message_id: int) -> bool:
        """Return whether a message is an answer, a card or a list that this user can see here.

        A form says itself what it is about, so it could name an answer of another channel.
        """
        return await self.services.executor.read(
            self.services.conversations.knows,
            message_id,
            channels=(interaction.channel_id or 0,),
            user_id=interaction.user.id,
        )

    async def explain(self, interaction: discord.Interaction, message: discord.Message) -> None:
        """Explain the first paper that a message shows or links."""
        paper = await self._first_paper(message)  # before a public reply is sent
        async with self.services.answers.expecting(interaction, EXPLAIN):
            reply = await InteractionReply.defer(interaction)
            inquiry = Inquiry(
                question=EXPLAIN,
                paper=paper.paper_id,
                by=_name_of(interaction),
                has_spoiler=await self._is_hidden(message),
            )
            await self.services.answers.answer(inquiry, reply, show_question=True)

    async def _is_hidden(self, message: discord.Message) -> bool:
        """Return whether a message hides words, or was asked for with words that are hidden."""
        return has_spoiler(text_of(message)) or await self.services.shown_lists.is_hidden(
            message.id
        )

    async def _first_paper(self, message: discord.Message) -> Paper:
        if papers := await self.services.shown_lists.papers_in(message):
            return papers[0]
        if unread := named_ids(text_of(message)):
            read = ", ".join(unread[:3])
            raise NoPaperError(f"I have not read {read}: /paper with its link can fetch it.")
        raise NoPaperError(
            "I see no paper in this message: choose one with a link to it on arXiv or Hugging "
            "Face, or use /paper."
        )


def _name_of(interaction: discord.Interaction) -> str:
    """Return the name of the user in a server; in direct messages none is needed."""
    return interaction.user.display_name if interaction.guild_id else ""


def _within(text: str, limit: int) -> str:
    """Return a text or its beginning in UTF-16, in which spoilers stay spoilers."""
    if utf16_length(text) <= limit:
        return text
    return still_hidden(cut(text, limit - MARKS, length=utf16_length), text)


def _is_question(text: str) -> bool:
    try:
        return bool(clean_question(text))
    except QuestionError:
        return False


async def setup(bot: PaperboyBot) -> None:
    """Add the cog (discord.py's entry point)."""
    await bot.add_cog(ContextMenu(bot))
