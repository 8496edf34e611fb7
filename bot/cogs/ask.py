"""Questions by slash command: /ask."""

import discord
from discord import app_commands
from discord.ext import commands

from bot.access.checks import ASKS
from bot.answers.receipts import Inquiry
from bot.answers.reply_target import InteractionReply
from bot.gateway.client import PaperboyBot
from bot.papers.autocomplete import paper_choices
from rag.query.request import MAX_QUESTION, clean_question
from rag.store.lookup import found


class Ask(commands.Cog):
    """Has questions answered."""

    def __init__(self, bot: PaperboyBot) -> None:
        self.bot = bot

    @app_commands.command(extras={ASKS: True})
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
        clean_question(question)  # before anybody else sees that it was asked
        reply = await InteractionReply.defer(interaction)
        desk = self.bot.desk
        only = await desk.run(found, desk.library.catalog, paper) if paper else None
        inquiry = Inquiry(
            question=question,
            paper=only.paper_id if only else None,
            by=interaction.user.display_name if interaction.guild_id else "",
        )
        await self.bot.answering.answer(inquiry, reply, show_question=True)


async def setup(bot: PaperboyBot) -> None:
    """Add the cog (discord.py's entry point)."""
    await bot.add_cog(Ask(bot))
