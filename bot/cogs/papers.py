"""/search, /daily and /paper: lists and cards of papers."""

import discord
from discord import app_commands
from discord.ext import commands

from bot.conversation.mentions import ReadableText, TypedText, defer_reply
from bot.gateway.client import PaperboyBot
from bot.papers.autocomplete import paper_choices
from bot.papers.digest_reply import show_digest
from bot.papers.fetch import fetch_view
from bot.papers.search_pages import MAX_SEARCH, PageButton, show_search_page
from bot.render.papers import paper_card, unread_card
from bot.taste.rating_view import paper_view
from rag.arxiv_id import find_ids
from rag.digest.days import parse_day
from rag.digest.make import digest_of_day
from rag.query.request import clean_question
from rag.store.lookup import find_paper, require_paper

SIMILAR_PAPERS = 3  # on a card


class Papers(commands.Cog):
    """The commands /search, /daily and /paper."""

    def __init__(self, bot: PaperboyBot) -> None:
        self.bot = bot
        self.services = bot.services

    @app_commands.command()
    @app_commands.describe(text="What should the papers be about?")
    async def search(
        self,
        interaction: discord.Interaction,
        text: app_commands.Transform[str, ReadableText(MAX_SEARCH)],
    ) -> None:
        """Find papers by what they are about, each with its nearest sentence."""
        clean_question(text)  # before a public reply is sent, as in the commands below
        await defer_reply(interaction)
        executor, shown_lists = self.services.executor, self.services.shown_lists
        await show_search_page(interaction, executor, shown_lists, text, 0)

    @app_commands.command()
    @app_commands.describe(date="A day like 2025-12-04, or latest.")
    async def daily(self, interaction: discord.Interaction, date: TypedText = "latest") -> None:
        """Show the Daily Papers of a day, most upvoted first."""
        day = None if date.strip().casefold() == "latest" else parse_day(date.strip())
        await defer_reply(interaction)
        executor = self.services.executor
        digest = await executor.read(digest_of_day, executor.library, day)
        await show_digest(interaction, executor, self.services.shown_lists, digest)

    @app_commands.command()
    @app_commands.describe(title="A part of its title, its arXiv id or a link.")
    @app_commands.autocomplete(title=paper_choices)
    async def paper(self, interaction: discord.Interaction, title: TypedText) -> None:
        """Show one paper: what it is about, who wrote it, its links."""
        executor, ids = self.services.executor, find_ids(title)
        find = find_paper if ids else require_paper
        paper = await executor.read(find, executor.library.catalog, title)
        await defer_reply(interaction)
        if paper is None:
            embed, view = unread_card(ids[0]), fetch_view(ids[0])
            await interaction.edit_original_response(embed=embed, view=view)
            return
        similar = await executor.read(executor.similar_papers, paper, SIMILAR_PAPERS)
        message = await interaction.edit_original_response(
            embed=paper_card(paper, similar), view=paper_view(paper)
        )
        await self.services.shown_lists.remember_reply(interaction, message, [paper])


async def setup(bot: PaperboyBot) -> None:
    """Add the cog (discord.py's entry point)."""
    bot.add_dynamic_items(PageButton)
    await bot.add_cog(Papers(bot))
