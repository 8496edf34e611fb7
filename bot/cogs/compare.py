"""Papers side by side: /compare."""

from collections.abc import Sequence

import discord
from discord import app_commands
from discord.ext import commands

from bot.conversation.mentions import TypedText, defer_reply
from bot.gateway.client import PaperboyBot
from bot.papers.autocomplete import paper_choices
from bot.render.comparison import comparison_embed
from rag.answering.comparison import compare, require_distinct
from rag.records import Paper
from rag.store.catalog import Catalog
from rag.store.lookup import require_paper


class Compare(commands.Cog):
    """The command /compare."""

    def __init__(self, bot: PaperboyBot) -> None:
        self.bot = bot
        self.services = bot.services

    @app_commands.command()
    @app_commands.describe(
        first="A part of the title, the system's name, an arXiv id or a link.",
        second="The paper to compare it with.",
        third="A third one.",
        fourth="A fourth one.",
    )
    @app_commands.autocomplete(
        first=paper_choices, second=paper_choices, third=paper_choices, fourth=paper_choices
    )
    async def compare(
        self,
        interaction: discord.Interaction,
        first: TypedText,
        second: TypedText,
        third: TypedText | None = None,
        fourth: TypedText | None = None,
    ) -> None:
        """Put two to four papers side by side, with a quoted sentence for each aspect."""
        typed = [first, second, *filter(None, (third, fourth))]
        executor = self.services.executor
        papers = await executor.read(_chosen, executor.library.catalog, typed)
        await defer_reply(interaction)  # now that they are known
        table = await executor.read(compare, papers)
        message = await interaction.edit_original_response(embed=comparison_embed(table))
        await self.services.shown_lists.remember_reply(interaction, message, table.papers)


def _chosen(catalog: Catalog, typed: list[str]) -> Sequence[Paper]:
    """Return the papers that were typed. Raises QuestionError."""
    return require_distinct([require_paper(catalog, words) for words in typed])


async def setup(bot: PaperboyBot) -> None:
    """Add the cog (discord.py's entry point)."""
    await bot.add_cog(Compare(bot))
