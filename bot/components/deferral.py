"""Defers the reply to a command: in public, unless the user hid a part of what they typed."""

from collections.abc import Iterator, Mapping
from typing import Any

import discord

from rag.text.discord_markup import has_spoiler


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
