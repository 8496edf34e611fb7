"""What is kept about a person: /forget."""

import re
from typing import Any, Self

import discord
from discord import app_commands
from discord.ext import commands

from bot.components.error_reply import reply_with_error
from bot.components.persistent import PersistentItem
from bot.gateway.client import PaperboyBot
from bot.user_data import forget, in_words, kept_about

FORGET, KEEP = "yes", "no"
PRESSED = "forget_button"  # the event that a press becomes: (interaction, choice)
NOTHING = "I keep nothing about you."
STAYS = "Our messages in Discord stay until you or a moderator delete them."


class ForgetButton(
    PersistentItem,
    discord.ui.DynamicItem[discord.ui.Button[Any]],
    template=rf"forget:(?P<choice>{FORGET}|{KEEP})",
):
    """The answer to "Shall I?", understood by a later process as well.

    Only the person can see it, so it needs to name nobody.
    """

    def __init__(self, choice: str) -> None:
        label, style = {
            FORGET: ("Forget everything", discord.ButtonStyle.danger),
            KEEP: ("Keep it", discord.ButtonStyle.secondary),
        }[choice]
        super().__init__(discord.ui.Button(label=label, style=style, custom_id=f"forget:{choice}"))
        self.choice = choice

    @classmethod
    def read(cls, match: re.Match[str], /) -> Self:
        """See PersistentItem."""
        return cls(match["choice"])

    async def callback(self, interaction: discord.Interaction) -> None:
        """Tell the cog."""
        interaction.client.dispatch(PRESSED, interaction, self.choice)


class Personal(commands.Cog):
    """Tells people what is kept about them and removes it."""

    def __init__(self, bot: PaperboyBot) -> None:
        self.bot = bot
        self.services = bot.services

    async def cog_load(self) -> None:
        """Understand the buttons."""
        self.bot.add_dynamic_items(ForgetButton)

    @app_commands.command()
    async def forget(self, interaction: discord.Interaction) -> None:
        """Remove everything that I keep about you, after asking once more."""
        await interaction.response.defer(ephemeral=True, thinking=True)
        executor = self.services.executor
        await self.services.in_flight.settled()
        kept = in_words(
            await executor.read(kept_about, executor.library.catalog.database, interaction.user.id)
        )
        if not kept:
            await interaction.edit_original_response(content=NOTHING)
            return
        view = discord.ui.View(timeout=None)
        view.add_item(ForgetButton(FORGET)).add_item(ForgetButton(KEEP))
        await interaction.edit_original_response(
            content=f"I keep about you: {kept}. Shall I remove all of it, for good? {STAYS}",
            view=view,
        )

    @commands.Cog.listener()
    async def on_forget_button(self, interaction: discord.Interaction, choice: str) -> None:
        """Remove it, or leave it at that."""
        try:
            if choice == FORGET:
                await self._forget(interaction)
            else:
                await interaction.response.edit_message(content="Nothing is removed.", view=None)
        except Exception as error:  # a person always gets a reply
            await reply_with_error(interaction, error)

    async def _forget(self, interaction: discord.Interaction) -> None:
        await interaction.response.defer()
        user_id, executor = interaction.user.id, self.services.executor
        self.services.in_flight.forget(user_id)
        self.services.conversations.forget_exchanges()
        removed = await executor.write(forget, executor.library.catalog.database, user_id)
        await executor.read(self.services.tastes.forget)
        text = f"Removed: {in_words(removed) or 'nothing, it was gone already'}. {STAYS}"
        await interaction.edit_original_response(content=text, view=None)


async def setup(bot: PaperboyBot) -> None:
    """Add the cog (discord.py's entry point)."""
    await bot.add_cog(Personal(bot))
