"""/setup: a panel on which those who manage a server choose where, whom and how often to answer."""

from collections.abc import Iterable
from typing import Any

import discord
from discord import app_commands
from discord.ext import commands

from bot.access.guild_settings import Group, GuildSettings
from bot.components.error_reply import reply_with_error
from bot.components.settings_panel import (
    Click,
    SettingsPanel,
    save_choice,
)
from bot.config import MOST_PER_HOUR
from bot.conversation.policy import NO_MESSAGE_CONTENT
from bot.conversation.threads import LONG
from bot.gateway.client import PaperboyBot
from bot.render.parts import lines_within
from bot.render.safe_text import EMBED_FIELD, plain
from rag.errors import PaperboyError

MAX_CHOICES = 25  # Discord's limit
KINDS = [discord.ChannelType.text, discord.ChannelType.news, discord.ChannelType.forum]
THREADS = {
    "never": "only when somebody asks for it",
    "long": f"after {LONG} answers in the channel",
    "always": "with the first answer",
}


class LimitError(PaperboyError):
    """The text in the form is not a valid limit."""


class Setup(commands.Cog):
    """The command /setup."""

    def __init__(self, bot: PaperboyBot) -> None:
        self.bot = bot
        self.services = bot.services
        bot.add_view(SetupPanel())  # so that panels from before a restart keep working

    @app_commands.command()
    @app_commands.guild_only()
    @app_commands.allowed_installs(guilds=True, users=False)
    @app_commands.default_permissions(manage_guild=True)
    @app_commands.checks.has_permissions(manage_guild=True)
    async def setup(self, interaction: Click) -> None:
        """Choose where and whom I answer, how often, and when to use threads."""
        await interaction.response.send_message(**_panel_message(interaction), ephemeral=True)


class SetupPanel(SettingsPanel):
    """The choices, with the current settings selected."""

    def __init__(
        self, settings: GuildSettings | None = None, guild: discord.Guild | None = None
    ) -> None:
        super().__init__()
        chosen = settings or GuildSettings()
        for field, words in (
            ("ask_channels", "Ask-channels: every message there is a question"),
            ("channels", "Answer in these channels only (none: in all)"),
        ):
            self.add_item(ChannelChoice(field, words, getattr(chosen, field), guild))
        for field, words in (
            ("allowed", "Answer these people and roles only (none: everybody)"),
            ("denied", "Do not answer these people and roles"),
        ):
            self.add_item(GroupChoice(field, words, getattr(chosen, field)))
        self.add_item(LimitsButton())
        self.add_item(ThreadsButton(chosen))
        self.add_item(CardsButton(chosen))


class ChannelChoice(discord.ui.ChannelSelect[SetupPanel]):
    """Chooses channels."""

    def __init__(
        self, field: str, words: str, chosen: Iterable[int], guild: discord.Guild | None
    ) -> None:
        existing = [number for number in sorted(chosen) if guild and guild.get_channel(number)]
        super().__init__(
            custom_id=f"setup:{field}", placeholder=words, channel_types=KINDS, min_values=0,
            max_values=MAX_CHOICES, default_values=[discord.Object(number) for number in existing],
        )  # fmt: skip
        self.field = field

    async def callback(self, interaction: Click) -> Any:
        """Store the choice."""
        await save_choice(
            interaction,
            _panel_message,
            **{self.field: frozenset(chosen.id for chosen in self.values)},
        )


class GroupChoice(discord.ui.MentionableSelect[SetupPanel]):
    """Chooses users and roles."""

    def __init__(self, field: str, words: str, chosen: Group) -> None:
        roles = [discord.SelectDefaultValue(id=n, type=discord.SelectDefaultValueType.role)
                 for n in sorted(chosen.roles)]  # fmt: skip
        people = [discord.SelectDefaultValue(id=n, type=discord.SelectDefaultValueType.user)
                  for n in sorted(chosen.people)]  # fmt: skip
        super().__init__(
            custom_id=f"setup:{field}", placeholder=words, min_values=0,
            max_values=MAX_CHOICES, default_values=[*roles, *people],
        )  # fmt: skip
        self.field = field

    async def callback(self, interaction: Click) -> Any:
        """Store the choice."""
        roles = frozenset(chosen.id for chosen in self.values if isinstance(chosen, discord.Role))
        people = frozenset(chosen.id for chosen in self.values) - roles
        await save_choice(
            interaction, _panel_message, **{self.field: Group(people=people, roles=roles)}
        )


class LimitsButton(discord.ui.Button[SetupPanel]):
    """Opens the form with the two rate limits."""

    def __init__(self) -> None:
        super().__init__(label="Limits …", custom_id="setup:limits")

    async def callback(self, interaction: Click) -> Any:
        """Open the form."""
        await interaction.response.send_modal(LimitsForm(_settings(interaction)))


class ThreadsButton(discord.ui.Button[SetupPanel]):
    """Cycles through the three modes of threads."""

    def __init__(self, settings: GuildSettings) -> None:
        super().__init__(label=f"Threads: {settings.threads}", custom_id="setup:threads")

    async def callback(self, interaction: Click) -> Any:
        """Store the next mode."""
        modes = list(THREADS)
        following = modes.index(_settings(interaction).threads) + 1
        await save_choice(interaction, _panel_message, threads=modes[following % len(modes)])


class CardsButton(discord.ui.Button[SetupPanel]):
    """Switches cards for pasted links on and off."""

    def __init__(self, settings: GuildSettings) -> None:
        state = "on" if settings.link_cards else "off"
        super().__init__(label=f"Link cards: {state}", custom_id="setup:link_cards")

    async def callback(self, interaction: Click) -> Any:
        """Store the opposite."""
        await save_choice(
            interaction, _panel_message, link_cards=not _settings(interaction).link_cards
        )


class LimitsForm(discord.ui.Modal, title="Questions within an hour"):
    """The form with the two rate limits."""

    def __init__(self, settings: GuildSettings) -> None:
        super().__init__(custom_id="setup:limits form")
        self.person = _number("person_per_hour", settings.person_per_hour)
        self.server = _number("server_per_hour", settings.server_per_hour)
        for words, entry in (("One person (0: no limit)", self.person),
                             ("The whole server (0: no limit)", self.server)):  # fmt: skip
            self.add_item(discord.ui.Label(text=words, component=entry))

    async def on_submit(self, interaction: Click) -> None:
        """Store the numbers."""
        await save_choice(
            interaction,
            _panel_message,
            person_per_hour=_limit(self.person.value),
            server_per_hour=_limit(self.server.value),
        )

    async def on_error(self, interaction: Click, error: Exception, *_: Any) -> None:
        """Show the error to the user."""
        await reply_with_error(interaction, error)


def _number(field: str, value: int) -> discord.ui.TextInput[LimitsForm]:
    return discord.ui.TextInput(custom_id=field, default=str(value), max_length=6)


def _limit(typed: str) -> int:
    """Parse a limit. Raises LimitError."""
    typed = typed.strip()
    if not typed.isdecimal() or int(typed) > MOST_PER_HOUR:
        raise LimitError(f"“{typed}” is no limit: write a number from 0 to {MOST_PER_HOUR:,}.")
    return int(typed)


def _settings(interaction: Click) -> GuildSettings:
    bot: PaperboyBot = interaction.client
    return bot.services.guild_settings.of(interaction.guild_id)


def _panel_message(interaction: Click) -> dict[str, Any]:
    """Return the message with the panel and the current settings."""
    settings = _settings(interaction)
    reads_all = interaction.client.intents.message_content
    return {
        "embed": _embed(settings, interaction.guild, reads_all=reads_all),
        "view": SetupPanel(settings, interaction.guild),
    }


def _embed(
    settings: GuildSettings, guild: discord.Guild | None, *, reads_all: bool
) -> discord.Embed:
    """Return the settings in words; mentions in an embed ping nobody."""
    embed = discord.Embed(title="How I behave in this server", colour=discord.Colour.blurple())
    if not reads_all:
        embed.description = (
            f"{NO_MESSAGE_CONTENT} So ask-channels and threads need a mention as well."
        )
    channels, asks = _channels(settings.channels), _channels(settings.ask_channels)
    for name, value in (
        ("Ask-channels", asks or "none"),
        ("I answer in", channels or "every channel that I can see"),
        ("Who may ask", _names(settings.allowed, guild) or "everybody"),
        ("Who may not", _names(settings.denied, guild) or "nobody"),
        ("Questions within an hour", f"{_count(settings.person_per_hour)} for one person, "
                                     f"{_count(settings.server_per_hour)} in the whole server"),
        ("A conversation moves to a thread", THREADS[settings.threads]),
        ("A card for a pasted link to a paper", "on" if settings.link_cards else "off"),
    ):  # fmt: skip
        embed.add_field(name=name, value=value, inline=False)
    return embed


def _channels(numbers: Iterable[int]) -> str:
    """Return as many of the channels as fit into a field."""
    return lines_within((f"<#{n}>" for n in sorted(numbers)), EMBED_FIELD, between=" ")


def _names(group: Group, guild: discord.Guild | None) -> str:
    """Return the names of the roles that still exist, and the users."""
    found = [guild and guild.get_role(number) for number in sorted(group.roles)]
    roles = [plain(f"@{role.name}") for role in found if role]
    names = [*roles, *(f"<@{number}>" for number in sorted(group.people))]
    return lines_within(names, EMBED_FIELD, between=" ")


def _count(limit: int) -> str:
    return f"{limit:,}" if limit else "any number"


async def setup(bot: PaperboyBot) -> None:
    """Add the cog (discord.py's entry point)."""
    await bot.add_cog(Setup(bot))
