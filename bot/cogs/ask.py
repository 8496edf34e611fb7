"""Questions by slash command: /ask."""

import discord
from discord import app_commands
from discord.ext import commands

from bot.answers.message import InteractionReply
from bot.answers.receipts import Inquiry
from bot.conversation.mentions import ReadableText, TypedText, hides_words
from bot.gateway.client import PaperboyBot
from bot.gateway.command_tree import ASKS
from bot.papers.autocomplete import paper_choices
from rag.query.request import MAX_QUESTION, clean_question
from rag.store.lookup import require_paper


class Ask(commands.Cog):
    """The command /ask."""

    def __init__(self, bot: PaperboyBot) -> None:
        self.bot = bot
        self.services = bot.services

    @app_commands.command(extras={ASKS: True})
    @app_commands.describe(
        question="What do you want to know?", paper="Ask this paper alone: a part of its title."
    )
    @app_commands.autocomplete(paper=paper_choices)
    async def ask(
        self,
        interaction: discord.Interaction,
        question: app_commands.Transform[str, ReadableText(MAX_QUESTION)],
        paper: TypedText | None = None,
    ) -> None:
        """Answer a question from the papers, with quotes and links."""
        if not self.bot.is_new_event(interaction.id):
            return
        clean_question(question)  # before a public reply is sent, as the paper is looked up
        read, catalog = self.services.executor.read, self.services.executor.library.catalog
        chosen = await read(require_paper, catalog, paper) if paper else None
        async with self.services.answers.expecting(interaction, question):
            reply = await InteractionReply.defer(interaction)
            inquiry = Inquiry(
                question=question,
                earlier=await self._earlier(interaction, question) if chosen is None else None,
                paper=chosen.paper_id if chosen else None,
                by=interaction.user.display_name if interaction.guild_id else "",
                has_spoiler=hides_words(interaction),
            )
            await self.services.answers.answer(inquiry, reply, show_question=True)

    async def _earlier(self, interaction: discord.Interaction, question: str) -> int | None:
        """Return the user's last answer or list here, if the question refers back to it."""
        if interaction.channel_id is None:
            return None
        await self.services.in_flight.settled()
        return await self.services.shown_lists.referred_to(
            question,
            channel_id=interaction.channel_id,
            user_id=interaction.user.id,
            now=interaction.created_at,
        )


async def setup(bot: PaperboyBot) -> None:
    """Add the cog (discord.py's entry point)."""
    await bot.add_cog(Ask(bot))
