"""Shows a digest as the reply to a command: its list and the map of its topics."""

import contextlib

import discord

from bot.charts.topic_map import topic_map
from bot.conversation.shown_lists import ShownLists, seen_by_one
from bot.executor import Executor
from bot.render.digest import brief_text, digest_embeds
from bot.render.picture import attachment
from bot.taste.rating_view import rating_view
from rag.digest.records import Digest

BRIEF_SECONDS = 300.0  # while the list is read already


async def show_digest(
    interaction: discord.Interaction, executor: Executor, shown_lists: ShownLists, digest: Digest
) -> None:
    """Edit the deferred reply to show the first embed; send the others after it.

    Last, a brief is written and shown above the list, if there is a model.
    """
    coverage = await executor.read(executor.library.catalog.coverage)
    picture = await executor.read(topic_map, digest, executor.library)
    files = [attachment(picture, "topics.png")] if picture else []
    first, *others = digest_embeds(digest, coverage)
    message: discord.Message = await interaction.edit_original_response(
        embed=first, attachments=files, view=rating_view(digest)
    )
    papers = [entry.paper for entry in digest.ranked]
    await shown_lists.remember_reply(interaction, message, papers)
    is_private = seen_by_one(message)
    for embed in others:
        message = await interaction.followup.send(embed=embed, wait=True, ephemeral=is_private)
        await shown_lists.remember_reply(interaction, message, papers)
    briefed = await executor.brief(digest, seconds=BRIEF_SECONDS)
    if briefed.brief:
        with contextlib.suppress(discord.NotFound):  # somebody deleted the list in the meantime
            # The text of the message, since the embed may be as long as Discord allows.
            await interaction.edit_original_response(content=brief_text(briefed))
