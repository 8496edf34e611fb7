"""A PNG image with alt text, and its form as a Discord attachment."""

import io
from dataclasses import dataclass

import discord

from bot.render.safe_text import MAX_ALT
from rag.text.shorten import shorten


@dataclass(frozen=True, slots=True)
class Picture:
    """The bytes of a PNG, and a description for people who cannot see it."""

    png: bytes
    alt: str


def attachment(picture: Picture, name: str) -> discord.File:
    """Return the picture as a Discord file with alt text; a file can be sent only once."""
    return discord.File(io.BytesIO(picture.png), name, description=shorten(picture.alt, MAX_ALT))
