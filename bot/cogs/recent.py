"""What was featured of late: /catchup, /weekly, /trending."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import discord
from discord import app_commands
from discord.ext import commands

from bot.digest.days import parse_day, parse_week
from bot.digest.make import make_digest
from bot.digest.records import Wish
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
from rag.store.queries import featured_between, featured_since, gained_since, newest_days

FIRST_TIME = timedelta(days=7)  # what somebody is shown who looks for the first time
LATELY = timedelta(days=3)  # in which upvotes are gained
TREND_DAYS = 7  # featured days, where no upvotes were seen to change; there are none at weekends
OF_A_WEEK = Wish(count=10)


class Lately(commands.Cog):
    """Tells people what is new to them, and what is read the most."""

    def __init__(self, bot: PaperboyBot) -> None:
        self.bot = bot

    @app_commands.command()
    @app_commands.describe(since="A day like 2025-12-04, in place of the one you last looked.")
    async def catchup(self, interaction: discord.Interaction, since: str | None = None) -> None:
        """Show what you missed since you last looked, most upvoted first."""
        await interaction.response.defer(ephemeral=True, thinking=True)
        asked = parse_day(since.strip()) if since else None
        now, person, server = datetime.now(UTC), interaction.user.id, interaction.guild_id
        look = await self.bot.desk.run(self.bot.seen.last, server, person)
        embed, last = await self.bot.desk.run(self._missed, look, asked)
        await interaction.edit_original_response(embed=embed)
        if last:  # only once they have it
            await self._note(interaction, last, now)

    @commands.Cog.listener()
    async def on_app_command_completion(
        self,
        interaction: discord.Interaction,
        command: app_commands.Command[Any, ..., None] | app_commands.ContextMenu,
    ) -> None:
        """Note that somebody saw the latest day's list, by /daily."""
        if command.name != "daily":
            return
        last = await self.bot.desk.run(self.bot.desk.library.catalog.last_featured_day)
        wanted = str(interaction.namespace.date or "latest").strip().casefold()
        if last and wanted in ("latest", last.isoformat()):
            await self._note(interaction, last, interaction.created_at)

    @app_commands.command()
    @app_commands.describe(week="A week like 2025-W49, or a day of it like 2025-12-04.")
    async def weekly(self, interaction: discord.Interaction, week: str | None = None) -> None:
        """Show the best of a week's Daily Papers, most upvoted first."""
        asked = parse_week(week.strip()) if week else None  # only they see what is wrong with it
        await interaction.response.defer(thinking=True)
        now, desk = datetime.now(UTC), self.bot.desk
        last = await desk.run(desk.library.catalog.last_featured_day)
        day = asked or last or desk.qa.today()
        digest = await desk.run(make_digest, desk.library, "week", day, OF_A_WEEK)
        await show_digest(interaction, desk, digest)
        if last and digest.first <= last <= digest.last:  # /catchup goes on from here
            await self._note(interaction, last, now)

    @app_commands.command()
    async def trending(self, interaction: discord.Interaction) -> None:
        """Show the papers that gained the most upvotes in the last days."""
        await interaction.response.defer(thinking=True)
        await interaction.edit_original_response(embed=await self.bot.desk.run(self._trending))

    @commands.Cog.listener()
    async def on_guild_remove(self, guild: discord.Guild) -> None:
        """Forget who saw what in a server when the bot is taken out of it."""
        await self.bot.desk.keep(self.bot.seen.forget_server, guild.id)

    async def _note(self, interaction: discord.Interaction, day: date, at: datetime) -> None:
        """Note that the lists up to this day were seen, as they were then."""
        person, server = interaction.user.id, interaction.guild_id
        await self.bot.desk.keep(self.bot.seen.note, server, person, day, at)

    def _missed(self, look: Look | None, asked: date | None) -> tuple[discord.Embed, date | None]:
        """Return what somebody missed and the last day of it; no day where none is known."""
        catalog = self.bot.desk.library.catalog
        last = catalog.last_featured_day()
        if last is None:
            return no_days_embed(catalog.coverage()), None
        if asked:
            after, seen_at = asked - timedelta(days=1), None
        elif look:
            after, seen_at = look.day, look.at
        else:
            after, seen_at = last - FIRST_TIME, None
        papers = featured_since(catalog, after, seen_at=seen_at)
        looked_at = look.at if look else None
        embed = catchup_embed(
            papers, after=after, last=last, looked_at=looked_at, chose_day=bool(asked)
        )
        return embed, last

    def _trending(self) -> discord.Embed:
        catalog = self.bot.desk.library.catalog
        since = datetime.now(UTC) - LATELY
        if found := gained_since(catalog, since, count=MAX_PAPERS):
            return gaining_embed(found, since=since)
        days = newest_days(catalog, TREND_DAYS)
        if not days:
            return no_days_embed(catalog.coverage())
        papers = featured_between(catalog, days[0], days[-1])
        return trending_embed(papers, first=days[0], last=days[-1])


async def setup(bot: PaperboyBot) -> None:
    """Add the cog (discord.py's entry point)."""
    await bot.add_cog(Lately(bot))
