"""A digest as the reply to a command: its list, one embed a message, and the map of its topics."""

import discord

from bot.charts.topic_map import topic_map
from bot.digest.records import Digest
from bot.executor import Desk
from bot.render.digest import digest_embeds
from bot.render.picture import attachment
from bot.taste.rating_view import rating_view


async def show_digest(interaction: discord.Interaction, desk: Desk, digest: Digest) -> None:
    """Put the first part into a deferred reply and the others behind it."""
    coverage = await desk.run(desk.library.catalog.coverage)
    picture = await desk.run(topic_map, digest, desk.library)
    files = [attachment(picture, "topics.png")] if picture else []
    first, *others = digest_embeds(digest, coverage)
    await interaction.edit_original_response(
        embed=first, attachments=files, view=rating_view(digest)
    )
    for embed in others:
        await interaction.followup.send(embed=embed)
