"""/subscribe, /subscriptions and /unsubscribe: manage digests."""

import asyncio
from dataclasses import replace
from typing import Literal

import discord
from discord import app_commands
from discord.ext import commands

from bot.clocks.zones import Surroundings, Zone, read_zone, zones_like
from bot.components.discord_errors import FAILURES
from bot.components.error_reply import reply_with_error
from bot.components.membership import NotAMemberError, is_member
from bot.components.modals import submitted_form
from bot.gateway.client import PaperboyBot
from bot.render.safe_text import CHOICE
from bot.subscriptions.buttons import (
    CHANGE,
    CHOOSE,
    DISCUSS,
    PAUSE,
    PICK,
    REMOVE,
    RESUME,
    SubscriptionButton,
    SubscriptionMenu,
)
from bot.subscriptions.embeds import list_embed, menu_label, subscription_embed
from bot.subscriptions.form import FORM, MAX_LIST, MAX_UPVOTES, change_form, read_form
from bot.subscriptions.limits import MAX_ENTRY, MAX_PAPERS
from bot.subscriptions.parsing import (
    WEEKDAYS,
    When,
    read_list,
    read_number,
    read_time,
)
from bot.subscriptions.records import Rhythm, Subscription, SubscriptionError
from bot.subscriptions.service import Manager
from rag.digest.records import Wish
from rag.text.shorten import shorten

SUGGESTED = 25
NOT_FOLLOWED = (
    "Only a digest in an announcement channel can be published: use `publish` in one, with "
    "`where: this channel`."
)
NOT_PUBLISHED = (
    "Servers that follow this channel get nothing: subscribe it with `publish: True` instead to "
    "publish each digest to them."
)
OTHER_ZONE = "“{time}” has a time zone of its own, which counts instead of “{zone}”."
DAYS = [app_commands.Choice(name=name, value=n) for n, name in enumerate(WEEKDAYS)]
Typed = app_commands.Range[str, 0, MAX_LIST]


class Subscriptions(commands.Cog):
    """The commands, the buttons of a subscription and the form that changes it."""

    def __init__(self, bot: PaperboyBot) -> None:
        self.service = bot.services.subscriptions

    @app_commands.command()
    @app_commands.choices(weekday=DAYS)
    @app_commands.describe(
        where="To you by direct message, or into this channel (for those who manage the server).",
        every="How often. A weekly or monthly one covers the last complete week or month.",
        time="On the clocks of the time zone, like 9:00, 6:30 pm or noon.",
        timezone="A city or a country, or one like Europe/Berlin or UTC+2.",
        weekday="For a weekly one.",
        topics="Only papers about these, in plain words, with commas between.",
        authors="Only papers by these, with commas between.",
        organisations="Only papers from these, with commas between.",
        min_upvotes="Only papers with this many upvotes or more.",
        count="At most this many papers.",
        publish="In an announcement channel: publish each digest to the servers that follow it.",
    )
    async def subscribe(
        self,
        interaction: discord.Interaction,
        where: Literal["me", "this channel"] = "me",
        every: Literal["day", "week", "month"] = "day",
        time: app_commands.Range[str, 1, MAX_ENTRY] = "9:00",
        timezone: app_commands.Range[str, 1, MAX_ENTRY] | None = None,
        weekday: int = 0,
        topics: Typed | None = None,
        authors: Typed | None = None,
        organisations: Typed | None = None,
        min_upvotes: app_commands.Range[int, 0, MAX_UPVOTES] = 0,
        count: app_commands.Range[int, 1, MAX_PAPERS] = 10,
        publish: bool = False,
    ) -> None:
        """Get a digest of the Daily Papers, every day, week or month."""
        wish = Wish(
            topics=read_list(topics),
            authors=read_list(authors),
            organizations=read_list(organisations),
            min_upvotes=min_upvotes,
            count=count,
        )
        user_id, channel = interaction.user.id, interaction.channel_id
        is_followed = where == "this channel" and _is_announcement_channel(interaction.channel)
        is_here = is_member(interaction)
        if where == "this channel":
            _check_channel(interaction)
        if publish and not is_followed:
            raise SubscriptionError(NOT_FOLLOWED)
        await interaction.response.defer(ephemeral=True, thinking=True)
        usual, around = Rhythm(every, weekday=weekday), self._around(interaction)
        when = await asyncio.to_thread(_read_when, time, timezone, usual, around)
        subscription = Subscription(
            kind="person" if where == "me" else "channel",
            target=str(user_id if where == "me" else channel),
            user_id=user_id,
            guild_id=interaction.guild_id if is_here else None,
            channel=channel if interaction.guild_id and is_here else None,
            rhythm=when.rhythm,
            wish=wish,
            publish=publish,
        )
        made = await self.service.add(subscription)
        embed = subscription_embed(made, title="Subscribed", note=when.note)
        if is_followed and not publish:
            embed.add_field(name="Followers", value=NOT_PUBLISHED, inline=False)
        if not is_here:
            await self._greet(interaction.user, made)
        await interaction.edit_original_response(embed=embed, view=_buttons(made))

    async def _greet(self, user: discord.User | discord.Member, made: Subscription) -> None:
        """Send the first direct message: where there is no common server, that may be refused."""
        embed = subscription_embed(made, title="Your digest will come here")
        try:
            await user.send(embed=embed)
        except FAILURES as error:
            await self.service.remove(made.id, Manager(user.id))
            raise SubscriptionError(
                "I cannot write to you directly, so I have not subscribed you: allow direct "
                "messages from me, or join a server that I am in, and try again."
            ) from error

    @subscribe.autocomplete("timezone")
    async def suggest_zone(
        self, interaction: discord.Interaction, typed: str
    ) -> list[app_commands.Choice[str]]:
        """Return time zones that what was typed may mean, likeliest first."""
        around = self._around(interaction)
        zones = await asyncio.to_thread(zones_like, typed, SUGGESTED, around)
        return [app_commands.Choice(name=label, value=zone) for label, zone in zones.items()]

    @app_commands.command()
    async def subscriptions(self, interaction: discord.Interaction) -> None:
        """Show, pause, change or remove your subscriptions, and the server's if you manage it."""
        await interaction.response.defer(ephemeral=True, thinking=True)
        mine = await self.service.managed_by(_manager(interaction))
        if len(mine) == 1:
            await self._show(interaction, mine[0])
            return
        view = discord.ui.View(timeout=None)
        if mine:
            options = [(menu_label(one), str(one.id)) for one in mine]
            view.add_item(SubscriptionMenu(CHOOSE, "Pause, change or remove …", options))
        await interaction.edit_original_response(embed=list_embed(mine), view=view)

    @app_commands.command()
    @app_commands.describe(subscription="Which one; not needed where there is one only.")
    async def unsubscribe(
        self,
        interaction: discord.Interaction,
        subscription: app_commands.Range[str, 1, 20] | None = None,
    ) -> None:
        """Remove a subscription."""
        await interaction.response.defer(ephemeral=True, thinking=True)
        mine = await self.service.managed_by(_manager(interaction))
        if subscription is None and len(mine) != 1:
            raise SubscriptionError(
                "Choose which one: there are several."
                if mine
                else "There is nothing to remove: you have no subscription."
            )
        number = mine[0].id if subscription is None else _number(subscription)
        await self._remove(interaction, number)

    @unsubscribe.autocomplete("subscription")
    async def suggest_subscription(
        self, interaction: discord.Interaction, typed: str
    ) -> list[app_commands.Choice[str]]:
        """Return the subscriptions that the user may remove."""
        fitting = [
            (shorten(menu_label(one), CHOICE), str(one.id))
            for one in await self.service.managed_by(_manager(interaction))
        ]
        return [
            app_commands.Choice(name=name, value=value)
            for name, value in fitting
            if typed.casefold() in name.casefold()
        ][:SUGGESTED]

    @commands.Cog.listener()
    async def on_subscription_button(
        self, interaction: discord.Interaction, action: str, value: str
    ) -> None:
        """Do what a button says, if the user may change the subscription."""
        if action in (DISCUSS, PICK):
            return
        try:
            await self._click(interaction, action, int(value))
        except Exception as error:  # users always get a reply
            await reply_with_error(interaction, error)

    async def _click(self, interaction: discord.Interaction, action: str, number: int) -> None:
        manager = _manager(interaction)
        chosen = await self.service.get(number, manager)
        if action == CHANGE:
            await interaction.response.send_modal(change_form(chosen))
            return
        message = interaction.message
        if message and message.flags.ephemeral:
            await interaction.response.defer()
        else:  # in a channel, where others have no use for the reply
            await interaction.response.defer(ephemeral=True, thinking=True)
        if action == REMOVE:
            await self._remove(interaction, number)
            return
        if action == PAUSE:
            chosen = await self.service.pause(number, manager)
        elif action == RESUME:
            chosen = await self.service.resume(number, manager)
        await self._show(interaction, chosen)

    @commands.Cog.listener()
    async def on_interaction(self, interaction: discord.Interaction) -> None:
        """Change a subscription as a submitted form says."""
        if (form := submitted_form(interaction, FORM)) is None:
            return
        try:
            await self._change(interaction, *form)
        except Exception as error:  # users always get a reply
            await reply_with_error(interaction, error)

    async def _change(
        self, interaction: discord.Interaction, number: int, fields: dict[str, str]
    ) -> None:
        manager = _manager(interaction)
        before = await self.service.get(number, manager)
        await interaction.response.defer(ephemeral=True, thinking=True)
        around = self._around(interaction)
        when, wish = await asyncio.to_thread(read_form, fields, before.rhythm, around)
        changed = await self.service.change(number, when.rhythm, wish, manager)
        await self._show(interaction, changed, note=when.note)

    @commands.Cog.listener()
    async def on_guild_remove(self, guild: discord.Guild) -> None:
        """Delete the subscriptions of a server's channels when the bot is removed from it."""
        await self.service.forget_guild(guild.id)

    def _around(self, interaction: discord.Interaction) -> Surroundings:
        return Surroundings(self.service.options.timezone, interaction.locale.value)

    async def _show(
        self, interaction: discord.Interaction, subscription: Subscription, *, note: str = ""
    ) -> None:
        """Edit the reply to show a subscription, its last delivery and its buttons."""
        last = await self.service.last_delivery(subscription.id)
        embed = subscription_embed(subscription, last, note=note)
        await interaction.edit_original_response(embed=embed, view=_buttons(subscription))

    async def _remove(self, interaction: discord.Interaction, number: int) -> None:
        """Delete a subscription and edit the reply to show what it was."""
        removed = await self.service.remove(number, _manager(interaction))
        embed = subscription_embed(removed, title="Removed")
        embed.remove_field(3)  # when the next one would have come
        await interaction.edit_original_response(embed=embed, view=None)


def _manager(interaction: discord.Interaction) -> Manager:
    """Return the user, with the guild if they manage it."""
    manages = interaction.guild_id and interaction.permissions.manage_guild
    return Manager(interaction.user.id, interaction.guild_id if manages else None)


def _read_when(time: str, timezone: str | None, usual: Rhythm, around: Surroundings) -> When:
    """Return the rhythm at a time that may name its own time zone, with what is to be known."""
    zone = read_zone(timezone, around) if timezone else Zone(around.timezone)
    when = read_time(time, replace(usual, timezone=zone.name), around=around)
    notes = [zone.note, when.note]
    if when.rhythm.timezone != zone.name:
        notes = [OTHER_ZONE.format(time=time, zone=timezone) if timezone else "", when.note]
    return replace(when, note=" ".join(filter(None, notes)))


def _check_channel(interaction: discord.Interaction) -> None:
    """Raise unless the user may subscribe this channel and the bot can write in it."""
    if interaction.guild_id is None:
        raise SubscriptionError("There is no channel here: choose “me”.")
    if not is_member(interaction):
        raise NotAMemberError
    if not interaction.permissions.manage_guild:
        raise app_commands.MissingPermissions(["manage_guild"])
    may = interaction.app_permissions
    is_thread = isinstance(interaction.channel, discord.Thread)
    can_write = may.send_messages_in_threads if is_thread else may.send_messages
    if not (may.view_channel and can_write and may.embed_links):
        raise SubscriptionError(
            "I may not write here: give me View Channel, Send Messages and Embed Links first."
        )


def _is_announcement_channel(channel: object) -> bool:
    """Return whether other servers can follow a channel; its threads they cannot."""
    return isinstance(channel, discord.TextChannel) and channel.is_news()


def _buttons(subscription: Subscription) -> discord.ui.View:
    view = discord.ui.View(timeout=None)
    for action in (RESUME if subscription.paused else PAUSE, CHANGE, REMOVE):
        view.add_item(SubscriptionButton(action, subscription.id))
    return view


def _number(typed: str) -> int:
    return read_number(typed.partition(":")[0], first=1, last=10**12)


async def setup(bot: PaperboyBot) -> None:
    """Add the cog (discord.py's entry point)."""
    await bot.add_cog(Subscriptions(bot))
