"""Link cards: a silent card for a pasted link to a paper, if the server switched them on."""

import logging
from collections import OrderedDict
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import discord
from discord.ext import commands

from bot.access.checks import check_access, count_question, is_open
from bot.components.discord_errors import FAILURES
from bot.components.error_reply import explain, reply_with_error
from bot.components.membership import is_member
from bot.components.removed_embeds import are_removed
from bot.conversation.message_facts import MessageInspector, MessageLocation, location_of, unquoted
from bot.conversation.paper_links import pasted_ids
from bot.conversation.policy import wants_card
from bot.conversation.shown_lists import seen_by_one
from bot.gateway.client import PaperboyBot
from bot.papers.fetch import FetchButton, fetch_view
from bot.render.papers import link_card, unread_card
from rag.records import Paper
from rag.text.discord_markup import without_spoilers

log = logging.getLogger(__name__)

SIMILAR_PAPERS = 3
DISCUSSIONS = 3  # links on a card to answers about the paper
REPEAT_AFTER = timedelta(hours=1)  # before a channel gets another card of the same paper
REMEMBERED = 1_000  # cards


class LinkCards(commands.Cog):
    """Shows cards of linked papers and fetches unknown ones on request."""

    def __init__(self, bot: PaperboyBot) -> None:
        self.bot = bot
        self.services = bot.services
        self.inspector = MessageInspector(bot, bot.reader, bot.services.guild_settings, bot.threads)
        self._card_times: OrderedDict[tuple[int, str], datetime] = OrderedDict()

    @commands.Cog.listener()
    async def on_message(self, message: discord.Message) -> None:
        """Show a card of the first linked paper, unless the message is addressed to the bot."""
        guild = message.guild
        ids = pasted_ids(unquoted(without_spoilers(message.content)))
        if guild is None or not ids or not self.services.guild_settings.of(guild.id).link_cards:
            return
        location = await location_of(message, self.bot)
        if location is None or not wants_card(await self.inspector.facts(message, location)):
            return
        if not self.bot.is_new_event(message.id):
            return
        try:
            await self._show(message, location, guild, ids)
        except FAILURES as error:  # nobody asked for the card, so nobody is told
            log.info("no card for message %s: %s", message.id, error)

    async def _show(
        self,
        message: discord.Message,
        location: MessageLocation,
        guild: discord.Guild,
        ids: list[str],
    ) -> None:
        executor = self.services.executor
        known = await executor.read(executor.library.catalog.get, [f"arxiv:{one}" for one in ids])
        paper = next(iter(known[key] for one in ids if (key := f"arxiv:{one}") in known), None)
        if not self._is_due(location.channel.id, paper.arxiv_id if paper else ids[0], message):
            return
        options: dict[str, Any] = {"silent": True}
        if paper is None:
            options |= {"embed": unread_card(ids[0]), "view": fetch_view(ids[0])}
        else:
            options["embed"] = await self._card(paper, guild, location.channels)
        if location.permissions.read_message_history:
            options["reference"] = message.to_reference()
        sent = await location.channel.send(**options)
        shown, channel = [paper] if paper else [], location.channel.id
        await self.services.shown_lists.remember(sent.id, shown, channel_id=channel, user_id=0)

    @commands.Cog.listener()
    async def on_fetch_button(
        self, interaction: discord.Interaction[PaperboyBot], arxiv_id: str
    ) -> None:
        """Fetch the paper of a card and show it there; for users who may ask questions."""
        try:
            check_access(interaction, self.services.guild_settings)
            count_question(interaction, self.services.guild_settings, self.services.rate_limits)
            # The button stays, in case this process ends before the paper is fetched.
            if are_removed(interaction.message):  # the paper is for the user who asked, then
                await interaction.response.defer(ephemeral=True, thinking=True)
            else:
                fetching = unread_card(arxiv_id, is_fetching=True)
                await interaction.response.edit_message(embed=fetching)
            await self._fetch(interaction, arxiv_id)
        except Exception as error:  # users always get a reply
            await reply_with_error(interaction, error)

    async def _fetch(self, interaction: discord.Interaction, arxiv_id: str) -> None:
        view: discord.ui.View | None = None
        papers: list[Paper] = []
        try:
            paper = await self.services.paper_fetcher.fetch(arxiv_id)
        except Exception as error:  # the card shows it, with the button to try again
            embed, view = unread_card(arxiv_id, problem=explain(error)), fetch_view(arxiv_id)
        else:
            channel = interaction.channel
            parent = channel.parent_id if isinstance(channel, discord.Thread) else None
            here = tuple(filter(None, (interaction.channel_id, parent)))
            hears_replies = is_member(interaction)
            embed = await self._card(paper, interaction.guild, here, hears_replies=hears_replies)
            papers = [paper]
        message = await interaction.edit_original_response(embed=embed, view=view)
        # Of these cards, one person alone sees those that were asked for in a spoiler.
        is_hidden = interaction.message is not None and seen_by_one(interaction.message)
        await self.services.shown_lists.remember_reply(
            interaction, message, papers, is_hidden=is_hidden
        )

    async def _card(
        self,
        paper: Paper,
        guild: discord.Guild | None,
        here: Sequence[int],
        *,
        hears_replies: bool = True,
    ) -> discord.Embed:
        """Return the card of a paper; `here` are the channel and, for a thread, its parent."""
        executor = self.services.executor
        similar = await executor.read(executor.similar_papers, paper, SIMILAR_PAPERS)
        discussed = await self._discussed(paper, guild, here) if guild else []
        return link_card(paper, similar, discussed, hears_replies=hears_replies)

    def _is_due(self, channel: int, arxiv_id: str | None, message: discord.Message) -> bool:
        """Return whether the channel got no card of this paper recently."""
        key = (channel, arxiv_id or "")
        last = self._card_times.pop(key, None)
        if last and message.created_at - last < REPEAT_AFTER:
            self._card_times[key] = last
            return False
        self._card_times[key] = message.created_at
        while len(self._card_times) > REMEMBERED:
            self._card_times.popitem(last=False)
        return True

    async def _discussed(
        self, paper: Paper, guild: discord.Guild, here: Sequence[int]
    ) -> list[str]:
        """Return links to answers about a paper that everybody here may read, newest first."""
        await self.services.in_flight.settled()
        about = await self.services.executor.read(self.services.conversations.about, paper.paper_id)
        return [
            f"https://discord.com/channels/{guild.id}/{channel}/{answer}"
            for answer, channel in about
            if channel in here or is_open(guild.get_channel_or_thread(channel))
        ][:DISCUSSIONS]


async def setup(bot: PaperboyBot) -> None:
    """Add the cog (discord.py's entry point)."""
    bot.add_dynamic_items(FetchButton)
    await bot.add_cog(LinkCards(bot))
