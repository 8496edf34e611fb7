"""One walk through the bot as somebody takes it who has never seen it, in SimCord."""

from typing import Any

import pytest

from ingest.config import FetchConfig, IngestConfig
from tests.bot.answers.slow_model import HeldModel, held
from tests.bot.cogs.test_link_cards import NEW_ID, NEW_LINK, arxiv

LINES = (
    "Tidal Attention lets a model forget tokens in waves [1].",
    "It halves the memory of the cache [1].",
    "It needs no retraining [1].",
    "HeronNet counts herons and egrets in drone video [1].",
)
FINISHED = ["Sources", "Similar", "Again", "👍", "👎"]
WRITING_SECONDS = 0.5  # after which SimCord stops waiting for an answer that is held


@pytest.fixture
def chat() -> HeldModel:
    model = held(*LINES)
    model.go.set()  # it writes at once, until the walk holds it
    return model


@pytest.fixture
def bot_options() -> dict[str, Any]:
    fetch = FetchConfig(arxiv_url="http://127.0.0.1:9", arxiv_seconds=0)
    return {"model_name": "a model", "ingest": IngestConfig(fetch=fetch)}


def words(message: Any) -> str:
    """Return all that a person reads in a message."""
    return "".join([message.content, *(str(embed.to_dict()) for embed in message.embeds)])


def labels(message: Any) -> list[str]:
    """Return what stands on the buttons below a message."""
    rows = [getattr(row, "children", None) or row["components"] for row in message.components]
    buttons = [
        button if isinstance(button, dict) else button.to_dict() for row in rows for button in row
    ]
    return [button.get("label") or button["emoji"]["name"] for button in buttons]


async def test_a_newcomer_finds_their_way(world: Any, chat: HeldModel) -> None:
    bot, channel, alice = world.env.bot, world.channel, world.alice

    async def says(text: str, **options: Any) -> Any:
        """Say something; return the last message in the channel."""
        await alice.send(channel, text, **options)
        return channel.last_message

    # What is this?
    told = await alice.slash(channel, "help")
    assert told.ephemeral
    text = words(told.response)
    for part in ("I have read 4 papers", "“what is Tidal Attention about?”", "`/ask question"):
        assert part in text
    assert "/setup" not in text  # she does not manage the server
    greeted = await says(f"{bot.user.mention} hello!")
    assert "Hello! Ask me about the Daily Papers" in words(greeted)

    # The question that it proposes, and two that lean on the answer.
    first = await says(f"{bot.user.mention} what is Tidal Attention about?")
    assert LINES[0].split(" [")[0] in words(first)
    assert labels(first) == FINISHED
    second = await says("and what does it do to the memory of the cache?", reply_to=first)
    assert LINES[1].split(" [")[0] in words(second)
    third = await says("does it need retraining?", reply_to=second)
    assert LINES[2].split(" [")[0] in words(third)

    # An answer that takes too long is stopped, and keeps its quotes.
    chat.go.clear()
    world.env.settle_timeout = WRITING_SECONDS
    with pytest.raises(TimeoutError):
        await alice.slash(channel, "ask", question="how are herons counted in drone video?")
    writing = channel.last_message
    assert "Writing an answer" in words(writing)
    assert labels(writing) == ["Stop", "Sources"]
    world.env.settle_timeout = 5.0
    await alice.click(writing, label="Stop")
    stopped = channel.last_message
    assert "The answer was stopped; these are the quoted sentences." in words(stopped)
    assert labels(stopped) == FINISHED

    # It did not help: a thumb down, with the reason.
    down = await alice.click(stopped, custom_id=f"answer:dislike:{alice.id}")
    sent = await alice.submit_modal(down, {"reason": "It takes too long."})
    assert sent.ephemeral
    assert "I have noted that" in sent.response.content

    # Forget me.
    forget = await alice.slash(channel, "forget")
    assert forget.ephemeral
    assert "4 questions, 5 receipts of answers and 1 thumb up or down" in forget.response.content
    await alice.click(forget.response, label="Forget everything")
    assert "Removed: 4 questions" in forget.response.content
    assert (await alice.slash(channel, "forget")).response.content == "I keep nothing about you."


async def test_a_pasted_paper_is_fetched(world: Any) -> None:
    bot, channel, alice = world.env.bot, world.channel, world.alice
    bot.services.guild_settings.change(world.guild.id, link_cards=True)
    await alice.send(channel, f"worth reading: {NEW_LINK}")
    card = channel.last_message
    assert labels(card) == ["Fetch and add it"]
    await alice.click(card, label="Fetch and add it")
    assert "127.0.0.1:9 cannot be reached: check the link, or try again later." in words(
        channel.last_message
    )
    with arxiv() as served:
        bot.services.paper_fetcher.config = FetchConfig(arxiv_url=served.url, arxiv_seconds=0)
        await alice.click(channel.last_message, label="Fetch and add it")
    assert channel.last_message.embeds[0].title == "Paper 7 & more"
    assert labels(channel.last_message) == []
    shown = await alice.slash(channel, "paper", title=NEW_ID)
    assert "An abstract in two lines." in words(shown.response)
