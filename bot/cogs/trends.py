"""What becomes more and what less: /trends."""

import discord
from discord import app_commands
from discord.ext import commands

from bot.charts.picture import attachment
from bot.charts.weeks import weeks_picture
from bot.gateway.client import PaperboyBot
from bot.render.papers import trend_embed
from rag.query.request import clean_question
from rag.trends import trend

MAX_TOPIC = 80  # characters


class Trends(commands.Cog):
    """Topics over time."""

    def __init__(self, bot: PaperboyBot) -> None:
        self.bot = bot

    @app_commands.command()
    @app_commands.describe(topic="Plain words, like: video generation.")
    async def trends(
        self, interaction: discord.Interaction, topic: app_commands.Range[str, 1, MAX_TOPIC]
    ) -> None:
        """Draw how many papers a week are about a topic."""
        await interaction.response.defer(thinking=True)
        desk = self.bot.desk
        found = await desk.run(trend, desk.library, clean_question(topic))
        picture = await desk.run(weeks_picture, found)
        files = [attachment(picture, "trend.png")] if picture else []
        await interaction.edit_original_response(embed=trend_embed(found), attachments=files)


async def setup(bot: PaperboyBot) -> None:
    """Add the cog (discord.py's entry point)."""
    await bot.add_cog(Trends(bot))
