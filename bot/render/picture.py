"""A picture as it is sent: the bytes of a PNG and what is seen on it."""

import io
from dataclasses import dataclass

import discord

from bot.render.text import ALT, shorten


@dataclass(frozen=True, slots=True)
class Picture:
    """`alt` tells those who do not see the picture what it shows (Discord: 1,024 characters)."""

    png: bytes
    alt: str


def attachment(picture: Picture, name: str) -> discord.File:
    """Return the picture as an attachment with its alt text; it can be sent once."""
    return discord.File(io.BytesIO(picture.png), name, description=shorten(picture.alt, ALT))
