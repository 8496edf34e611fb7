"""Pasted links: one quiet card for a paper that somebody links, where the server switched it on."""

import logging
from collections import OrderedDict
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import discord
from discord.ext import commands

from bot.access.checks import admit, count
from bot.conversation.message_facts import Hearing, Place, own_words, place_of
from bot.conversation.paper_links import pasted_ids
from bot.conversation.policy import wants_card
from bot.gateway.client import PaperboyBot, explain
from bot.papers.fetch import FetchButton, fetch_view
from bot.render.papers import link_card, unread_card
from rag.records import Paper

log = logging.getLogger(__name__)

NEIGHBOURS = 3
DISCUSSIONS = 3  # answers about the paper that a card points to
AGAIN_AFTER = timedelta(hours=1)  # the same paper gets another card in a channel
REMEMBERED = 1_000  # cards


class Links(commands.Cog):
    """Shows what a linked paper is about."""

    def __init__(self, bot: PaperboyBot) -> None:
        self.bot = bot
        self.hearing = Hearing(bot, bot.servers, bot.threads)
        self._shown: OrderedDict[tuple[int, str], datetime] = OrderedDict()

    @commands.Cog.listener()
    async def on_message(self, message: discord.Message) -> None:
        """Show the first paper that a message links, unless the message is meant for the bot."""
        guild = message.guild
        ids = pasted_ids(own_words(message.content))
        if guild is None or not ids or not self.bot.servers.of(guild.id).link_cards:
            return
        place = await place_of(message, self.bot)
        if place is None or not wants_card(await self.hearing.facts(message, place)):
            return
        if not self.bot.hears_first_time(message.id):
            return
        try:
            await self._show(message, place, guild, ids)
        except discord.HTTPException as error:  # nobody asked, so nobody is told
            log.info("no card for message %s: %s", message.id, error)

    async def _show(
        self, message: discord.Message, place: Place, guild: discord.Guild, ids: list[str]
    ) -> None:
        desk = self.bot.desk
        known = await desk.run(desk.library.catalog.get, [f"arxiv:{one}" for one in ids])
        paper = next(iter(known[key] for one in ids if (key := f"arxiv:{one}") in known), None)
        if not self._is_due(place.channel.id, paper.arxiv_id if paper else ids[0], message):
            return
        shown: dict[str, Any] = {"silent": True}
        if paper is None:
            shown |= {"embed": unread_card(ids[0]), "view": fetch_view(ids[0])}
        else:
            shown["embed"] = await self._card(paper, guild, place.channels)
        if place.permissions.read_message_history:
            shown["reference"] = message.to_reference()
        await place.channel.send(**shown)

    @commands.Cog.listener()
    async def on_fetch_button(
        self, interaction: discord.Interaction[PaperboyBot], arxiv_id: str
    ) -> None:
        """Fetch the paper of a card and turn the card into the paper's, for whoever may ask."""
        try:
            admit(interaction)
            count(interaction)
            # The button stays meanwhile, should this process end before the paper is there.
            fetching = unread_card(arxiv_id, is_fetching=True)
            await interaction.response.edit_message(embed=fetching)
            await self._fetch(interaction, arxiv_id)
        except Exception as error:  # a person always gets a reply
            await self.bot.tell_error(interaction, error)

    async def _fetch(self, interaction: discord.Interaction, arxiv_id: str) -> None:
        view: discord.ui.View | None = None
        try:
            paper = await self.bot.fetching.fetch(arxiv_id)
        except Exception as error:  # the card says so, and can be tried again
            embed, view = unread_card(arxiv_id, problem=explain(error)), fetch_view(arxiv_id)
        else:
            channel = interaction.channel
            parent = channel.parent_id if isinstance(channel, discord.Thread) else None
            here = tuple(filter(None, (interaction.channel_id, parent)))
            embed = await self._card(paper, interaction.guild, here)
        await interaction.edit_original_response(embed=embed, view=view)

    async def _card(
        self, paper: Paper, guild: discord.Guild | None, here: Sequence[int]
    ) -> discord.Embed:
        """Return the card of a paper that was read; `here` is the channel, and a thread's own."""
        desk = self.bot.desk
        near = await desk.run(desk.neighbours, paper, NEIGHBOURS)
        discussed = await self._discussed(paper, guild, here) if guild else []
        return link_card(paper, near, discussed)

    def _is_due(self, channel: int, arxiv_id: str | None, message: discord.Message) -> bool:
        """Return whether the channel has not seen a card of this paper just now."""
        key = (channel, arxiv_id or "")
        last = self._shown.pop(key, None)
        if last and message.created_at - last < AGAIN_AFTER:
            self._shown[key] = last
            return False
        self._shown[key] = message.created_at
        while len(self._shown) > REMEMBERED:
            self._shown.popitem(last=False)
        return True

    async def _discussed(
        self, paper: Paper, guild: discord.Guild, here: Sequence[int]
    ) -> list[str]:
        """Return links to the answers about a paper that everybody here may read, newest first."""
        await self.bot.answering.settled()
        about = await self.bot.desk.run(self.bot.conversations.about, paper.paper_id)
        return [
            f"https://discord.com/channels/{guild.id}/{channel}/{answer}"
            for answer, channel in about
            if channel in here or _is_open(guild, channel)
        ][:DISCUSSIONS]


def _is_open(guild: discord.Guild, number: int) -> bool:
    """Return whether everybody in the server may read a channel or thread."""
    channel = guild.get_channel_or_thread(number)
    if channel is None or (isinstance(channel, discord.Thread) and channel.is_private()):
        return False
    if isinstance(channel, discord.Thread) and channel.parent is None:
        return False
    may = channel.permissions_for(guild.default_role)
    return may.view_channel and may.read_message_history


async def setup(bot: PaperboyBot) -> None:
    """Add the cog (discord.py's entry point)."""
    bot.add_dynamic_items(FetchButton)
    await bot.add_cog(Links(bot))
