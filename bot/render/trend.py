"""A topic over time as an embed; its picture is an attachment."""

from discord import Colour, Embed

from bot.render.text import EMBED_TITLE, plain, shorten
from rag.topic import HOW
from rag.trend import Trend


def trend_embed(trend: Trend) -> Embed:
    """Return the figures, and how they were counted."""
    title = plain(shorten(f"Papers a week about “{trend.topic}”", EMBED_TITLE // 2))
    embed = Embed(title=title[:EMBED_TITLE], description=str(trend), colour=Colour.blurple())
    return embed.set_footer(text=HOW)
