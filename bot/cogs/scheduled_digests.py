"""Digests on their way: starts and stops the scheduler, and opens threads about their papers."""

import re
from urllib.parse import unquote

import discord
from discord.ext import commands

from bot.access.checks import admit
from bot.conversation.threads import THREAD_NAME
from bot.gateway.client import PaperboyBot
from bot.render.papers import paper_card
from bot.render.text import shorten
from bot.subscriptions.buttons import DISCUSS, ITEMS, PICK, paper_menu
from rag.errors import PaperboyError
from rag.links import HUGGING_FACE
from rag.records import Paper
from rag.store.catalog import Catalog
from rag.store.lookup import find, found

_PAPER = re.compile(rf"{re.escape(HUGGING_FACE)}(?:/|\?q=)([^\s&#<>)]+)")


class DigestError(PaperboyError):
    """There is nothing to discuss in a message, or no thread can be started."""


class Digests(commands.Cog):
    """Runs the scheduler as long as the bot runs."""

    def __init__(self, bot: PaperboyBot) -> None:
        self.bot = bot
        bot.add_dynamic_items(*ITEMS)

    @commands.Cog.listener()
    async def on_ready(self) -> None:
        """Begin. Discord may say this again at any time, which changes nothing."""
        self.bot.digests.scheduler.start()

    async def cog_unload(self) -> None:
        """End: discord.py calls this before it disconnects."""
        await self.bot.digests.scheduler.stop()

    @commands.Cog.listener()
    async def on_subscription_button(
        self, interaction: discord.Interaction, action: str, value: str
    ) -> None:
        """Offer the papers of a digest, or open a thread about the one that was chosen."""
        if action not in (DISCUSS, PICK):
            return
        try:
            admit(interaction)  # type: ignore[arg-type]  # the client is ours
            if action == DISCUSS:
                await self._offer(interaction)
            else:
                await self._open(interaction, value)
        except Exception as error:  # a person always gets a reply
            await self.bot.tell_error(interaction, error)

    async def _offer(self, interaction: discord.Interaction) -> None:
        """Ask which of the papers of the message is meant."""
        await interaction.response.defer(ephemeral=True, thinking=True)
        desk = self.bot.desk
        embeds = interaction.message.embeds if interaction.message else []
        text = "\n".join(str(embed.to_dict()) for embed in embeds)
        papers = await desk.run(_papers_in, text, desk.library.catalog)
        if not papers:
            raise DigestError("I no longer know the papers of this message: try /paper.")
        await interaction.edit_original_response(view=paper_menu(papers))

    async def _open(self, interaction: discord.Interaction, paper_id: str) -> None:
        """Show the paper's card, with a thread below it where there are threads."""
        await interaction.response.defer()
        desk = self.bot.desk
        paper = await desk.run(found, desk.library.catalog, paper_id)
        channel = interaction.channel
        if not isinstance(channel, discord.TextChannel):
            await interaction.followup.send(embed=paper_card(paper))
            text = "Reply to the card to ask about the paper."
        else:
            thread = _thread_about(channel, paper) or await _start_thread(channel, paper)
            text = f"We discuss it in {thread.mention}."
        await interaction.edit_original_response(content=text, view=None)


def _papers_in(text: str, catalog: Catalog) -> list[Paper]:
    """Return the papers that a message links, in order."""
    names = dict.fromkeys(unquote(name) for name in _PAPER.findall(text))
    known = (find(catalog, name) for name in names)
    return list({paper.paper_id: paper for paper in known if paper}.values())


def _thread_about(channel: discord.TextChannel, paper: Paper) -> discord.Thread | None:
    """Return the open thread that was started about the paper already."""
    name = shorten(paper.title, THREAD_NAME)
    mine = (one for one in channel.threads if one.owner_id == channel.guild.me.id)
    return next((one for one in mine if one.name == name and not one.archived), None)


async def _start_thread(channel: discord.TextChannel, paper: Paper) -> discord.Thread:
    if not channel.permissions_for(channel.guild.me).create_public_threads:
        raise DigestError(
            "I could not start a thread: I need the permission Create Public Threads here."
        )
    message = await channel.send(embed=paper_card(paper))
    return await channel.create_thread(name=shorten(paper.title, THREAD_NAME), message=message)


async def setup(bot: PaperboyBot) -> None:
    """Add the cog (discord.py's entry point)."""
    await bot.add_cog(Digests(bot))
