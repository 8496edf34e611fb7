"""/catchup, /weekly and /trending: recently featured papers."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import discord
from discord import app_commands
from discord.ext import commands

from bot.conversation.mentions import TypedText, defer_reply
from bot.gateway.client import PaperboyBot
from bot.papers.digest_reply import show_digest
from bot.papers.last_seen import Look
from bot.render.recent import (
    MAX_PAPERS,
    catchup_embed,
    gaining_embed,
    no_days_embed,
    trending_embed,
)
from rag.digest.days import parse_day, parse_week
from rag.digest.make import make_digest
from rag.digest.records import Wish
from rag.records import Paper
from rag.store.queries import featured_between, featured_since, gained_since, newest_days

FIRST_LOOK = timedelta(days=7)  # what /catchup shows the first time
GAINED_WITHIN = timedelta(days=3)  # upvotes that /trending counts
TREND_DAYS = 7  # featured days (none at weekends), if no history of upvotes is stored
WEEKLY = Wish(count=10)


class Recent(commands.Cog):
    """The commands /catchup, /weekly and /trending."""

    def __init__(self, bot: PaperboyBot) -> None:
        self.bot = bot
        self.services = bot.services

    @app_commands.command()
    @app_commands.describe(since="A day like 2025-12-04, in place of the one you last looked.")
    async def catchup(
        self, interaction: discord.Interaction, since: TypedText | None = None
    ) -> None:
        """Show what you missed since you last looked, most upvoted first."""
        await interaction.response.defer(ephemeral=True, thinking=True)
        asked = parse_day(since.strip()) if since else None
        now, user_id, guild_id = datetime.now(UTC), interaction.user.id, interaction.guild_id
        look = await self.services.executor.read(self.services.last_seen.last, guild_id, user_id)
        embed, papers, last = await self.services.executor.read(self._missed, look, asked)
        message = await interaction.edit_original_response(embed=embed)
        if last:  # only after the user has it
            await self._record(interaction, last, now)
        await self.services.shown_lists.remember_reply(interaction, message, papers[:MAX_PAPERS])

    @commands.Cog.listener()
    async def on_app_command_completion(
        self,
        interaction: discord.Interaction,
        command: app_commands.Command[Any, ..., None] | app_commands.ContextMenu,
    ) -> None:
        """Record that a user saw the list of the latest day, by /daily."""
        if command.name != "daily":
            return
        last = await self.services.executor.read(
            self.services.executor.library.catalog.last_featured_day
        )
        date_option = str(interaction.namespace.date or "latest").strip().casefold()
        if last and date_option in ("latest", last.isoformat()):
            await self._record(interaction, last, interaction.created_at)

    @app_commands.command()
    @app_commands.describe(week="A week like 2025-W49, or a day of it like 2025-12-04.")
    async def weekly(self, interaction: discord.Interaction, week: TypedText | None = None) -> None:
        """Show the best of a week's Daily Papers, most upvoted first."""
        asked = parse_week(week.strip()) if week else None  # before a public reply is sent
        await defer_reply(interaction)
        now, executor = datetime.now(UTC), self.services.executor
        last = await executor.read(executor.library.catalog.last_featured_day)
        day = asked or last or executor.qa.today()
        digest = await executor.read(make_digest, executor.library, "week", day, WEEKLY)
        await show_digest(interaction, executor, self.services.shown_lists, digest)
        if last and digest.first <= last <= digest.last:  # /catchup continues from here
            await self._record(interaction, last, now)

    @app_commands.command()
    async def trending(self, interaction: discord.Interaction) -> None:
        """Show the papers that gained the most upvotes in the last days."""
        await defer_reply(interaction)
        embed, papers = await self.services.executor.read(self._trending)
        message = await interaction.edit_original_response(embed=embed)
        await self.services.shown_lists.remember_reply(interaction, message, papers[:MAX_PAPERS])

    @commands.Cog.listener()
    async def on_guild_remove(self, guild: discord.Guild) -> None:
        """Delete what users saw in a server when the bot is removed from it."""
        await self.services.executor.write(self.services.last_seen.forget_guild, guild.id)

    async def _record(self, interaction: discord.Interaction, day: date, at: datetime) -> None:
        """Record that the user saw the lists up to this day, as they were at this time."""
        user_id, guild_id = interaction.user.id, interaction.guild_id
        await self.services.executor.write(
            self.services.last_seen.record, guild_id, user_id, day, at
        )

    def _missed(
        self, look: Look | None, asked: date | None
    ) -> tuple[discord.Embed, list[Paper], date | None]:
        """Return what a user missed, its papers and its last day; None if no day is known."""
        catalog = self.services.executor.library.catalog
        last = catalog.last_featured_day()
        if last is None:
            return no_days_embed(catalog.coverage()), [], None
        if asked:
            after, seen_at = asked - timedelta(days=1), None
        elif look:
            after, seen_at = look.day, look.at
        else:
            after, seen_at = last - FIRST_LOOK, None
        papers = featured_since(catalog, after, seen_at=seen_at)
        looked_at = look.at if look else None
        embed = catchup_embed(
            papers, after=after, last=last, looked_at=looked_at, chose_day=bool(asked)
        )
        return embed, papers, last

    def _trending(self) -> tuple[discord.Embed, list[Paper]]:
        """Return the trending papers as an embed and as a list."""
        catalog = self.services.executor.library.catalog
        since = datetime.now(UTC) - GAINED_WITHIN
        if found := gained_since(catalog, since, count=MAX_PAPERS):
            return gaining_embed(found, since=since), [paper for paper, _ in found]
        days = newest_days(catalog, TREND_DAYS)
        if not days:
            return no_days_embed(catalog.coverage()), []
        papers = featured_between(catalog, days[0], days[-1])
        return trending_embed(papers, first=days[0], last=days[-1]), papers


async def setup(bot: PaperboyBot) -> None:
    """Add the cog (discord.py's entry point)."""
    await bot.add_cog(Recent(bot))
