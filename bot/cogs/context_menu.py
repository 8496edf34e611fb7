"""The entries in a message's menu: Ask about this, Explain this paper."""

import discord
from discord import app_commands
from discord.ext import commands

from bot.access.checks import ASKS, count
from bot.answers.receipts import Inquiry
from bot.answers.reply_target import InteractionReply
from bot.components.modals import Form, sent_form
from bot.conversation.paper_links import named_ids, named_papers, words_of
from bot.gateway.client import PaperboyBot
from rag.errors import PaperboyError, QuestionError
from rag.query.request import MAX_QUESTION, clean_question
from rag.records import Paper

ASK, EXPLAIN = "Ask about this", "Explain this paper"
ABOUT = "about"  # the form of "Ask about this", and the field with what it is about
QUESTION = "question"


class NoPaperError(PaperboyError):
    """A message shows no paper that was read."""


class Menu(commands.Cog):
    """Questions about what others said or showed."""

    def __init__(self, bot: PaperboyBot) -> None:
        self.bot = bot
        self.entries = [
            app_commands.ContextMenu(name=ASK, callback=self.ask_about),
            app_commands.ContextMenu(name=EXPLAIN, callback=self.explain, extras={ASKS: True}),
        ]

    async def cog_load(self) -> None:
        """Add the entries, which discord.py does not find in a cog by itself."""
        for entry in self.entries:
            self.bot.tree.add_command(entry)

    async def cog_unload(self) -> None:
        """Take them away again."""
        for entry in self.entries:
            self.bot.tree.remove_command(entry.name, type=entry.type)

    async def ask_about(self, interaction: discord.Interaction, message: discord.Message) -> None:
        """Show a form for the question, with the message's words to lean on, open to change."""
        form = Form(ABOUT, message.id, title=ASK)
        form.ask(
            "Your question",
            discord.ui.TextInput(
                custom_id=QUESTION, style=discord.TextStyle.paragraph, max_length=MAX_QUESTION
            ),
        )
        await self.bot.answering.settled()
        if not await self.bot.desk.run(self.bot.conversations.knows, message.id):
            form.ask(
                "It is about",
                discord.ui.TextInput(
                    custom_id=ABOUT,
                    style=discord.TextStyle.paragraph,
                    default=words_of(message)[:MAX_QUESTION] or None,
                    required=False,
                    max_length=MAX_QUESTION,
                ),
            )
        await interaction.response.send_modal(form)

    @commands.Cog.listener()
    async def on_interaction(self, interaction: discord.Interaction[PaperboyBot]) -> None:
        """Answer the question of the form."""
        if (sent := sent_form(interaction, ABOUT)) is None:
            return
        message, fields = sent
        try:
            await self._answer(interaction, message, fields[QUESTION], fields.get(ABOUT, ""))
        except Exception as error:  # a person always gets a reply
            await self.bot.tell_error(interaction, error)

    async def _answer(
        self,
        interaction: discord.Interaction[PaperboyBot],
        message: int,
        question: str,
        about: str,
    ) -> None:
        """Answer from the paper that the words name, if it is one, else in their light."""
        count(interaction)
        reply = await InteractionReply.defer(interaction)
        desk = self.bot.desk
        is_answer = await desk.run(self.bot.conversations.knows, message)
        papers = await desk.run(named_papers, about, desk.library.catalog)
        one = papers[0] if len(papers) == 1 else None
        inquiry = Inquiry(
            question=question,
            earlier=message if is_answer else None,
            said=(about,) if not one and _says_something(about) else (),
            paper=one.paper_id if one else None,
            by=_name_of(interaction),
        )
        await self.bot.answering.answer(inquiry, reply, show_question=True)

    async def explain(self, interaction: discord.Interaction, message: discord.Message) -> None:
        """Introduce the first paper that a message shows."""
        text = words_of(message)
        reply = await InteractionReply.defer(interaction)
        paper = await self._first_paper(text)
        inquiry = Inquiry(question=EXPLAIN, paper=paper.paper_id, by=_name_of(interaction))
        await self.bot.answering.answer(inquiry, reply, show_question=True)

    async def _first_paper(self, text: str) -> Paper:
        desk = self.bot.desk
        if papers := await desk.run(named_papers, text, desk.library.catalog):
            return papers[0]
        if unread := named_ids(text):
            read = ", ".join(unread[:3])
            raise NoPaperError(f"I have not read {read}: /paper with its link can fetch it.")
        raise NoPaperError(
            "I see no paper in this message: choose one with a link to it on arXiv or Hugging "
            "Face, or use /paper."
        )


def _name_of(interaction: discord.Interaction) -> str:
    """Return what the person is called, where there may be others."""
    return interaction.user.display_name if interaction.guild_id else ""


def _says_something(text: str) -> bool:
    try:
        return bool(clean_question(text))
    except QuestionError:
        return False


async def setup(bot: PaperboyBot) -> None:
    """Add the cog (discord.py's entry point)."""
    await bot.add_cog(Menu(bot))
