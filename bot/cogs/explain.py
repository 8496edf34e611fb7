"""One paper in five parts: /explain."""

import discord
from discord import app_commands
from discord.ext import commands

from bot.conversation.mentions import TypedText, defer_reply
from bot.gateway.client import PaperboyBot
from bot.gateway.command_tree import ASKS
from bot.papers.autocomplete import paper_choices
from bot.render.explanation import explanation_embed, reading_embed
from bot.taste.rating_view import paper_view
from rag.records import Paper
from rag.store.lookup import require_paper


class Explain(commands.Cog):
    """The command /explain."""

    def __init__(self, bot: PaperboyBot) -> None:
        self.bot = bot
        self.services = bot.services

    @app_commands.command(extras={ASKS: True})
    @app_commands.describe(paper="A part of its title, its arXiv id or a link.")
    @app_commands.autocomplete(paper=paper_choices)
    async def explain(self, interaction: discord.Interaction, paper: TypedText) -> None:
        """Read one paper and quote what it is, why, how it works, its results and its limits."""
        executor, answers = self.services.executor, self.services.answers
        found = await executor.read(require_paper, executor.library.catalog, paper)
        async with answers.expecting(interaction, f"Explain {found.title}"):
            await defer_reply(interaction)
            await self._explain(interaction, found)
        await answers.record.drop_expected(interaction.id)

    async def _explain(self, interaction: discord.Interaction, paper: Paper) -> None:
        whole_papers = self.services.whole_papers
        if await whole_papers.needs_reading(paper):
            await interaction.edit_original_response(embed=reading_embed(paper))
        explanation = await whole_papers.explain(paper)
        message = await interaction.edit_original_response(
            embed=explanation_embed(explanation), view=paper_view(paper)
        )
        await self.services.shown_lists.remember_reply(interaction, message, [paper])


async def setup(bot: PaperboyBot) -> None:
    """Add the cog (discord.py's entry point)."""
    await bot.add_cog(Explain(bot))
