"""A picture as Discord takes it."""

import io

import discord

from bot.charts.picture import Picture
from bot.render.text import ALT, shorten


def attachment(picture: Picture, name: str) -> discord.File:
    """Return the picture as an attachment with its alt text; it can be sent once."""
    return discord.File(io.BytesIO(picture.png), name, description=shorten(picture.alt, ALT))
