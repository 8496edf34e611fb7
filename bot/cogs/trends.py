"""/trends: how many papers per week are about a topic."""

import discord
from discord import app_commands
from discord.ext import commands

from bot.charts.weeks import trend_chart
from bot.conversation.mentions import ReadableText, defer_reply
from bot.gateway.client import PaperboyBot
from bot.render.papers import trend_embed
from bot.render.picture import attachment
from rag.query.request import clean_question
from rag.trends import trend

MAX_TOPIC = 80  # characters


class Trends(commands.Cog):
    """The command /trends."""

    def __init__(self, bot: PaperboyBot) -> None:
        self.bot = bot
        self.services = bot.services

    @app_commands.command()
    @app_commands.describe(topic="Plain words, like: video generation.")
    async def trends(
        self,
        interaction: discord.Interaction,
        topic: app_commands.Transform[str, ReadableText(MAX_TOPIC)],
    ) -> None:
        """Draw how many papers a week are about a topic."""
        topic = clean_question(topic)  # before a public reply is sent
        await defer_reply(interaction)
        executor = self.services.executor
        found = await executor.read(trend, executor.library, topic)
        picture = await executor.read(trend_chart, found)
        files = [attachment(picture, "trend.png")] if picture else []
        await interaction.edit_original_response(embed=trend_embed(found), attachments=files)


async def setup(bot: PaperboyBot) -> None:
    """Add the cog (discord.py's entry point)."""
    await bot.add_cog(Trends(bot))
