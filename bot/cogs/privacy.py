"""/forget: shows what is stored about a user and deletes it."""

import re
from typing import Any, Self

import discord
from discord import app_commands
from discord.ext import commands

from bot.components.error_reply import reply_with_error
from bot.components.persistent import PersistentItem
from bot.gateway.client import PaperboyBot
from bot.user_data import count_rows, describe_counts, forget

FORGET, KEEP = "yes", "no"
CLICKED = "forget_button"  # the event of a click: (interaction, choice)
NOTHING = "I keep nothing about you."
STAYS = "Our messages in Discord stay until you or a moderator delete them."


class ForgetButton(
    PersistentItem,
    discord.ui.DynamicItem[discord.ui.Button[Any]],
    template=rf"forget:(?P<choice>{FORGET}|{KEEP})",
):
    """Confirms or cancels /forget; only the user sees it, so it does not contain their id."""

    def __init__(self, choice: str) -> None:
        label, style = {
            FORGET: ("Forget everything", discord.ButtonStyle.danger),
            KEEP: ("Keep it", discord.ButtonStyle.secondary),
        }[choice]
        super().__init__(discord.ui.Button(label=label, style=style, custom_id=f"forget:{choice}"))
        self.choice = choice

    @classmethod
    def from_match(cls, match: re.Match[str], /) -> Self:
        """See PersistentItem."""
        return cls(match["choice"])

    async def callback(self, interaction: discord.Interaction) -> None:
        """Dispatch the click to the cog."""
        interaction.client.dispatch(CLICKED, interaction, self.choice)


class Privacy(commands.Cog):
    """The command /forget."""

    def __init__(self, bot: PaperboyBot) -> None:
        self.bot = bot
        self.services = bot.services

    async def cog_load(self) -> None:
        """Register the buttons."""
        self.bot.add_dynamic_items(ForgetButton)

    @app_commands.command()
    async def forget(self, interaction: discord.Interaction) -> None:
        """Remove everything that I keep about you, after asking once more."""
        await interaction.response.defer(ephemeral=True, thinking=True)
        executor = self.services.executor
        await self.services.in_flight.settled()
        stored = describe_counts(
            await executor.read(count_rows, executor.library.catalog.database, interaction.user.id)
        )
        if not stored:
            await interaction.edit_original_response(content=NOTHING)
            return
        view = discord.ui.View(timeout=None)
        view.add_item(ForgetButton(FORGET)).add_item(ForgetButton(KEEP))
        await interaction.edit_original_response(
            content=f"I keep about you: {stored}. Shall I remove all of it, for good? {STAYS}",
            view=view,
        )

    @commands.Cog.listener()
    async def on_forget_button(self, interaction: discord.Interaction, choice: str) -> None:
        """Delete everything, or nothing."""
        try:
            if choice == FORGET:
                await self._forget(interaction)
            else:
                await interaction.response.edit_message(content="Nothing is removed.", view=None)
        except Exception as error:  # users always get a reply
            await reply_with_error(interaction, error)

    async def _forget(self, interaction: discord.Interaction) -> None:
        await interaction.response.defer()
        user_id, executor = interaction.user.id, self.services.executor
        self.services.in_flight.forget(user_id)
        self.services.conversations.forget_exchanges()
        removed = await executor.write(forget, executor.library.catalog.database, user_id)
        await executor.read(self.services.tastes.clear)
        text = f"Removed: {describe_counts(removed) or 'nothing, it was gone already'}. {STAYS}"
        await interaction.edit_original_response(content=text, view=None)


async def setup(bot: PaperboyBot) -> None:
    """Add the cog (discord.py's entry point)."""
    await bot.add_cog(Privacy(bot))
