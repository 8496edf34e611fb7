"""Shows a digest as the reply to a command: its list and the map of its topics.

(A module of its own, since the cogs of /daily and /weekly share it and must not import each other.)
"""

import discord

from bot.charts.topic_map import topic_map
from bot.conversation.shown_lists import ShownLists
from bot.digest.records import Digest
from bot.executor import Executor
from bot.render.digest import digest_embeds
from bot.render.picture import attachment
from bot.taste.rating_view import rating_view


async def show_digest(
    interaction: discord.Interaction, executor: Executor, shown_lists: ShownLists, digest: Digest
) -> None:
    """Edit the deferred reply to show the first embed; send the others after it."""
    coverage = await executor.read(executor.library.catalog.coverage)
    picture = await executor.read(topic_map, digest, executor.library)
    files = [attachment(picture, "topics.png")] if picture else []
    first, *others = digest_embeds(digest, coverage)
    message: discord.Message = await interaction.edit_original_response(
        embed=first, attachments=files, view=rating_view(digest)
    )
    papers = [entry.paper for entry in digest.ranked]
    await shown_lists.remember_reply(interaction, message, papers)
    for embed in others:
        message = await interaction.followup.send(embed=embed, wait=True)
        await shown_lists.remember_reply(interaction, message, papers)
