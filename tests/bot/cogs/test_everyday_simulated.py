"""Everyday requests in SimCord: a summary, the next papers, one of them, thanks, and silence."""

from dataclasses import replace
from typing import Any

import pytest

from ingest.sync import ingest
from rag.library import Library
from tests.papers import TODAY, ListSource, many


@pytest.fixture
def filled(library: Library) -> Library:
    """The library of the simulated bot: seven papers of today, the first most upvoted."""
    papers = [
        replace(paper, featured_on=TODAY, upvotes=60 - n, tldr=f"It counts birds with {n} drones.")
        for n, paper in enumerate(many(28)[::4], start=1)
    ]
    ingest(ListSource(papers), library)
    return library


def words(message: Any) -> str:
    """Return all that a person reads in a message."""
    return "".join([message.content, *(str(embed.to_dict()) for embed in message.embeds)])


async def test_an_everyday_conversation(world: Any) -> None:
    bot, channel, alice, bob = world.env.bot, world.channel, world.alice, world.bob
    me = bot.user.mention

    async def says(text: str, *, by: Any = alice, **options: Any) -> Any:
        """Say something; return the last message in the channel."""
        await by.send(channel, text, **options)
        return channel.last_message

    listed = await says(f"{me} summarize today's papers")
    assert "the five with the most upvotes" in words(listed)
    await bob.click(listed, label="More")
    rest = channel.last_message
    assert "**6.**" in words(rest)
    assert "**5.**" not in words(rest)
    last = await says("number 7", by=bob, reply_to=rest)
    assert "It counts birds with 7 drones" in words(last)
    assert "You're welcome!" in words(await says("thanks!", by=bob, reply_to=last))
    assert "It counts birds with 2 drones" in words(await says("and number 2?", reply_to=last))
    bot.services.guild_settings.change(world.guild.id, ask_channels={channel.id})
    overheard = await says("haha nice", by=bob)
    assert overheard.author.id == bob.id  # nobody answered it
    asked = await says(f"{me} what can you do?", by=bob)
    assert "I answer questions about 7 Daily Papers" in words(asked)
