"""/save and /saved: a user's own list of papers."""

import discord
from discord import app_commands
from discord.ext import commands

from bot.conversation.mentions import TypedText
from bot.gateway.client import PaperboyBot
from bot.papers.autocomplete import paper_choices
from bot.taste.rating_view import paper_view, rated_embed
from bot.taste.saved_list import SavedButton, saved_page
from rag.store.lookup import require_paper


class Saved(commands.Cog):
    """The commands /save and /saved."""

    def __init__(self, bot: PaperboyBot) -> None:
        self.bot = bot
        self.services = bot.services

    @app_commands.command()
    @app_commands.describe(paper="A part of its title, its arXiv id or a link.")
    @app_commands.autocomplete(paper=paper_choices)
    async def save(self, interaction: discord.Interaction, paper: TypedText) -> None:
        """Put a paper on your own list, which /saved shows."""
        await interaction.response.defer(ephemeral=True, thinking=True)
        executor, ratings = self.services.executor, self.services.ratings
        chosen = await executor.read(require_paper, executor.library.catalog, paper)
        key = (interaction.user.id, interaction.guild_id or 0, chosen.paper_id)
        await executor.write(ratings.give, *key, "save")
        given = await executor.read(ratings.of, *key)
        await interaction.edit_original_response(
            embed=rated_embed(chosen, given), view=paper_view(chosen, given)
        )

    @app_commands.command()
    async def saved(self, interaction: discord.Interaction) -> None:
        """Show the papers that you saved."""
        await interaction.response.defer(ephemeral=True, thinking=True)
        executor, user_id = self.services.executor, interaction.user.id
        embed, view, papers = await executor.read(
            saved_page, executor.library.catalog, self.services.ratings, user_id
        )
        message = await interaction.edit_original_response(embed=embed, view=view)
        await self.services.shown_lists.remember_reply(interaction, message, papers)

    @commands.Cog.listener()
    async def on_guild_remove(self, guild: discord.Guild) -> None:
        """Delete the ratings of a server when the bot is removed from it."""
        await self.services.executor.write(self.services.ratings.forget_guild, guild.id)


async def setup(bot: PaperboyBot) -> None:
    """Add the cog (discord.py's entry point)."""
    bot.add_dynamic_items(SavedButton)
    await bot.add_cog(Saved(bot))
