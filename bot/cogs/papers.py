"""Papers without a question: /search, /daily, /paper."""

from collections.abc import Sequence

import discord
from discord import app_commands
from discord.ext import commands

from bot.choices import paper_choices
from bot.client import PaperboyBot
from bot.commands.options import parse_day
from bot.commands.papers import papers_of_day
from bot.render.papers import card, daily_embeds, search_embeds
from rag.errors import QuestionError
from rag.question import MAX_QUESTION, checked
from rag.titles import find

FOUND = 10  # papers of a search


class Papers(commands.Cog):
    """Lists and cards from the catalogue."""

    def __init__(self, bot: PaperboyBot) -> None:
        self.bot = bot

    @app_commands.command()
    @app_commands.describe(text="What should the papers be about?")
    async def search(
        self, interaction: discord.Interaction, text: app_commands.Range[str, 1, MAX_QUESTION]
    ) -> None:
        """Find papers by what they are about, each with its nearest sentence."""
        await interaction.response.defer(thinking=True)
        desk = self.bot.desk
        hits = await desk.run(desk.library.retriever.search, checked(text), top_k=FOUND)
        coverage = await desk.run(desk.library.catalog.coverage)
        await _send(interaction, search_embeds(text, hits, coverage))

    @app_commands.command()
    @app_commands.describe(date="A day like 2025-12-04, or latest.")
    async def daily(self, interaction: discord.Interaction, date: str = "latest") -> None:
        """Show the Daily Papers of a day, most upvoted first."""
        await interaction.response.defer(thinking=True)
        wanted = None if date.strip().casefold() == "latest" else parse_day(date.strip())
        catalog = self.bot.desk.library.catalog
        day, papers = await self.bot.desk.run(papers_of_day, catalog, wanted)
        last = await self.bot.desk.run(catalog.last_featured_day)
        coverage = await self.bot.desk.run(catalog.coverage)
        await _send(interaction, daily_embeds(day, papers, last, coverage))

    @app_commands.command()
    @app_commands.describe(title="A part of its title, its arXiv id or a link.")
    @app_commands.autocomplete(title=paper_choices)
    async def paper(self, interaction: discord.Interaction, title: str) -> None:
        """Show one paper: what it is about, who wrote it, its links."""
        await interaction.response.defer(thinking=True)
        found = await self.bot.desk.run(find, self.bot.desk.library.catalog, title)
        if found is None:
            raise QuestionError(f"I know no paper “{title}”: choose one that is suggested.")
        await _send(interaction, [card(found)])


async def _send(interaction: discord.Interaction, embeds: Sequence[discord.Embed]) -> None:
    """Put the first embed into the deferred reply and the others behind it."""
    await interaction.edit_original_response(embed=embeds[0])
    for embed in embeds[1:]:
        await interaction.followup.send(embed=embed)


async def setup(bot: PaperboyBot) -> None:
    """Add the cog (discord.py's entry point)."""
    await bot.add_cog(Papers(bot))
