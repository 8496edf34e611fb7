"""Runs the scheduler of digests and alerts, and opens threads about the papers of a digest."""

import discord
from discord.ext import commands

from bot.access.checks import check_access
from bot.alerts.deliver import AlertDelivery
from bot.components.error_reply import reply_with_error
from bot.conversation.threads import MAX_THREAD_NAME
from bot.gateway.client import PaperboyBot
from bot.render.papers import paper_card
from bot.subscriptions.assembly import make_scheduler
from bot.subscriptions.buttons import DISCUSS, ITEMS, PICK, paper_menu
from rag.errors import PaperboyError
from rag.records import Paper
from rag.store.lookup import require_paper
from rag.text.shorten import shorten


class DigestError(PaperboyError):
    """A message has no paper to discuss, or no thread can be started."""


class ScheduledDigests(commands.Cog):
    """Runs the scheduler while the bot is connected."""

    def __init__(self, bot: PaperboyBot) -> None:
        self.bot = bot
        self.services = bot.services
        services = bot.services
        alerts = AlertDelivery(
            bot,
            services.executor,
            services.alerts,
            services.guild_settings,
            services.shown_lists,
            services.shards,
        )
        self.scheduler = make_scheduler(
            bot,
            services.subscriptions,
            services.shown_lists,
            tastes=services.tastes,
            record_look=services.last_seen.record_digest,
            send_alerts=alerts.deliver,
        )
        bot.add_dynamic_items(*ITEMS)

    @commands.Cog.listener()
    async def on_ready(self) -> None:
        """Start the scheduler. Discord may send this event again, which changes nothing."""
        self.scheduler.start()

    async def cog_unload(self) -> None:
        """Stop the scheduler; discord.py calls this before it disconnects."""
        await self.scheduler.stop()

    @commands.Cog.listener()
    async def on_subscription_button(
        self, interaction: discord.Interaction, action: str, value: str
    ) -> None:
        """Offer the papers of a digest, or open a thread about the chosen one."""
        if action not in (DISCUSS, PICK):
            return
        try:
            check_access(interaction, self.services.guild_settings)
            if action == DISCUSS:
                await self._offer(interaction)
            else:
                await self._open(interaction, value)
        except Exception as error:  # users always get a reply
            await reply_with_error(interaction, error)

    async def _offer(self, interaction: discord.Interaction) -> None:
        """Ask which paper of the message to discuss."""
        await interaction.response.defer(ephemeral=True, thinking=True)
        message = interaction.message
        papers = await self.services.shown_lists.papers_in(message) if message else []
        if not papers:
            raise DigestError("I no longer know the papers of this message: try /paper.")
        await interaction.edit_original_response(view=paper_menu(papers))

    async def _open(self, interaction: discord.Interaction, paper_id: str) -> None:
        """Show the card of the paper, with a thread below it if the channel can have threads."""
        await interaction.response.defer()
        executor = self.services.executor
        paper = await executor.read(require_paper, executor.library.catalog, paper_id)
        channel = interaction.channel
        if not isinstance(channel, discord.TextChannel):
            card = await interaction.followup.send(embed=paper_card(paper), wait=True)
            await self.services.shown_lists.remember_reply(interaction, card, [paper])
            text = "Reply to the card to ask about the paper."
        else:
            thread = _thread_about(channel, paper) or await self._start_thread(channel, paper)
            text = f"We discuss it in {thread.mention}."
        await interaction.edit_original_response(content=text, view=None)

    async def _start_thread(self, channel: discord.TextChannel, paper: Paper) -> discord.Thread:
        if not channel.permissions_for(channel.guild.me).create_public_threads:
            raise DigestError(
                "I could not start a thread: I need the permission Create Public Threads here."
            )
        card = await channel.send(embed=paper_card(paper))
        remember = self.services.shown_lists.remember
        await remember(card.id, [paper], channel_id=channel.id, user_id=0)
        return await channel.create_thread(name=shorten(paper.title, MAX_THREAD_NAME), message=card)


def _thread_about(channel: discord.TextChannel, paper: Paper) -> discord.Thread | None:
    """Return the bot's open thread about the paper, if there is one."""
    name = shorten(paper.title, MAX_THREAD_NAME)
    own = (thread for thread in channel.threads if thread.owner_id == channel.guild.me.id)
    return next((thread for thread in own if thread.name == name and not thread.archived), None)


async def setup(bot: PaperboyBot) -> None:
    """Add the cog (discord.py's entry point)."""
    await bot.add_cog(ScheduledDigests(bot))
