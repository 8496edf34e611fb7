"""What people write as others may read it: names instead of mentions, and days instead of stamps.

What an option of a command hides is shown to the user alone.
"""

import asyncio
import logging
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import discord
from discord import app_commands

from bot.access.checks import is_open
from bot.components.discord_errors import FAILURES
from rag.text.discord_markup import (
    Mentioned,
    has_spoiler,
    mentioned_users,
    still_hidden,
    with_spoilers_open,
    without_markup,
)

log = logging.getLogger(__name__)

MAX_FETCHED = 3  # users of one text that Discord is asked for
FETCH_SECONDS = 1.0  # for all of them: a command has to be answered within 3
MARKS = 10  # characters that hiding a text may add


class MentionReader:
    """Reads texts as Discord shows them to everybody in a server."""

    def __init__(self, client: discord.Client, timezone: str) -> None:
        """`timezone` is that of the days that time stamps become."""
        self.client = client
        self.timezone = timezone

    def read(
        self,
        text: str,
        guild: discord.Guild | None,
        users: Iterable[discord.User | discord.Member] = (),
    ) -> str:
        """Return the text without Discord's markup; `users` are known beside those of the guild.

        The bot itself and whatever is not known or not open to everybody has no name.
        """
        known = {user.id: user for user in users}

        def name_of(kind: Mentioned, number: int) -> str:
            if kind == "user":
                user = known.get(number) or self._cached(number, guild)
                return user.display_name if user and user != self.client.user else ""
            if guild is None:
                return ""
            if kind == "channel":
                channel = guild.get_channel_or_thread(number)
                return channel.name if channel and is_open(channel) else ""
            role = guild.get_role(number)
            is_named = role and not role.is_default() and role != guild.self_role
            return role.name if role and is_named else ""

        return without_markup(text, timezone=self.timezone, name_of=name_of)

    async def read_with_all_names(self, text: str, guild: discord.Guild | None) -> str:
        """Return what `read` does, but ask Discord for users that are not known yet."""
        missing = [one for one in mentioned_users(text) if self._cached(one, guild) is None]
        return self.read(text, guild, await self._fetch(missing[:MAX_FETCHED], guild))

    def _cached(
        self, number: int, guild: discord.Guild | None
    ) -> discord.User | discord.Member | None:
        return guild.get_member(number) if guild else self.client.get_user(number)

    async def _fetch(
        self, numbers: Sequence[int], guild: discord.Guild | None
    ) -> list[discord.User | discord.Member]:
        """Return those of these users whom Discord names in time."""
        found: list[discord.User | discord.Member] = []
        try:
            async with asyncio.timeout(FETCH_SECONDS):
                for number in numbers:
                    fetch = guild.fetch_member if guild else self.client.fetch_user
                    try:
                        found.append(await fetch(number))
                    except discord.NotFound:
                        continue
        except FAILURES as error:
            log.info("the names of mentioned users are not known: %s", error)
        return found


class ReadableText(app_commands.Transformer):
    """An option of a command that takes a text: without Discord's markup."""

    def __init__(self, longest: int | None = None) -> None:
        """`longest` is the number of characters that people may type; None for no limit."""
        self.longest = longest

    @property
    def min_value(self) -> int | None:
        """The fewest characters that Discord lets people type."""
        return 1 if self.longest else None

    @property
    def max_value(self) -> int | None:
        """The most characters that Discord lets people type."""
        return self.longest

    async def transform(self, interaction: discord.Interaction[Any], value: str, /) -> str:
        """Return the text with the names of those whom it mentions."""
        reader: MentionReader = interaction.client.mentions
        text = await reader.read_with_all_names(value, interaction.guild)
        if self.longest and len(text) > self.longest and has_spoiler(text):
            return still_hidden(text[: self.longest - MARKS], text)
        return text[: self.longest]


class OpenText(ReadableText):
    """An option that names something: with what is hidden in it (see `defer_reply`)."""

    async def transform(self, interaction: discord.Interaction[Any], value: str, /) -> str:
        """Return the text as `ReadableText` does, without the marks of spoilers."""
        return with_spoilers_open(await super().transform(interaction, value))


TypedText = app_commands.Transform[str, OpenText()]


async def defer_reply(interaction: discord.Interaction[Any]) -> None:
    """Defer a reply that everybody sees; the user alone if an option has a spoiler.

    Such a reply names what its options name, so it would show to others what they hide.
    """
    await interaction.response.defer(thinking=True, ephemeral=hides_words(interaction))


def hides_words(interaction: discord.Interaction[Any]) -> bool:
    """Return whether an option of a command has a spoiler."""
    data: Mapping[str, Any] = interaction.data or {}
    return any(map(has_spoiler, _typed(data)))


def _typed(data: Mapping[str, Any]) -> Iterator[str]:
    """Yield the texts among the options of a command and of its subcommands."""
    for option in data.get("options", ()):
        if isinstance(value := option.get("value"), str):
            yield value
        yield from _typed(option)
