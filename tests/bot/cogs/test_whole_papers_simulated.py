"""Reading a whole paper in SimCord: a refusal, its button, the reading, the paper's own words."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import closing, suppress
from typing import Any

import pytest

from bot.executor import Executor
from ingest.sync import ingest
from rag.answering.explain import NAMES
from rag.config import RagConfig
from rag.library import Library
from rag.pipeline import PaperQA
from tests.bot.cogs.test_newcomer_simulated import FINISHED, labels, words
from tests.bot.cogs.test_whole_papers import ANSWER, QUESTION, REFUSAL, WHOLE
from tests.discord_server import make_bot
from tests.ingest.slow_hub import SlowHub, options, slow_hub
from tests.papers import TODAY, ListSource
from tests.rag.answering.test_full_text import TIDEWATER

READ = "Read the paper"
OFFERED = [READ, "Sources", "Similar", "👍", "👎"]
FETCHED: list[tuple[str, dict[str, str]]] = [("/papers/2511.70001.md", {})]  # once
READING = f"Reading “{TIDEWATER.title}”"
HELD_SECONDS = 0.5  # after which SimCord stops waiting for what the hub holds
PATIENCE_SECONDS = 30.0  # a busy machine takes long to encode a whole paper


@pytest.fixture
def hub() -> Iterator[SlowHub]:
    """The fake of Hugging Face, which gives the paper's text when a test lets it go."""
    with slow_hub() as hub:
        yield hub


@pytest.fixture
def bot_options(hub: SlowHub) -> dict[str, Any]:
    return options(hub.served.url, timeout_seconds=PATIENCE_SECONDS)


@pytest.fixture
def filled(filled: Library) -> Library:
    """The few papers and Tidewater, whose abstract does not answer QUESTION."""
    ingest(ListSource([TIDEWATER]), filled)
    return filled


async def until(shown: Callable[[], Any], action: Awaitable[Any] | None = None) -> None:
    """Do something; wait until something is shown, for as long as a busy machine takes."""
    if action is not None:
        with suppress(TimeoutError):  # SimCord's, whose patience is shorter
            await action
    async with asyncio.timeout(PATIENCE_SECONDS):
        while not shown():
            await asyncio.sleep(0.02)


async def asked(world: Any, person: Any) -> Any:
    """Ask the question in the channel; return the refusal, which offers to read the paper."""
    sent = len(world.channel.history())
    question = person.send(world.channel, f"{world.env.bot.user.mention} {QUESTION}")
    await until(lambda: len(world.channel.history()) == sent + 2, question)
    message = world.channel.last_message
    assert REFUSAL in words(message)
    assert labels(message) == OFFERED
    return message


async def answered(world: Any, message: Any) -> None:
    """Wait until a message has a finished answer."""
    await until(lambda: labels(now(world, message)) == FINISHED)


async def press(world: Any, person: Any, message: Any) -> None:
    """Press the button; wait until the message says that the paper is being read."""
    world.env.settle_timeout = HELD_SECONDS
    pressed = person.click(message, label=READ)
    await until(lambda: READING in words(now(world, message)), pressed)
    world.env.settle_timeout = 5.0
    assert labels(now(world, message)) == ["Stop", "Sources"]


async def follow_up(world: Any, answer: Any) -> None:
    """Ask on about what was read, and check that the answer is the paper's own."""
    sent = len(world.channel.history())
    question = "and how many GPUs was it trained on?"
    said = world.bob.send(world.channel, question, reply_to=answer)
    await until(lambda: len(world.channel.history()) == sent + 2, said)
    assert "four A6000 GPUs" in words(world.channel.last_message)


def now(world: Any, message: Any) -> Any:
    """Return a message as it is shown now."""
    return next(shown for shown in world.channel.history() if shown.id == message.id)


def assert_answered(message: Any) -> None:
    """Check that a message has the row of the paper's table, and links to its section."""
    assert f"{ANSWER} [[1]](<{WHOLE}>)" in words(message)
    assert REFUSAL not in words(message)
    assert labels(message) == FINISHED


async def test_a_refusal_becomes_the_papers_own_words(world: Any, hub: SlowHub) -> None:
    refusal = await asked(world, world.alice)
    sent = len(world.channel.history())
    await press(world, world.bob, refusal)
    hub.go.set()
    await answered(world, refusal)
    assert_answered(now(world, refusal))
    assert len(world.channel.history()) == sent  # all in the same message
    await follow_up(world, refusal)
    assert hub.served.asked == FETCHED


@pytest.mark.slow
async def test_a_quote_beside_the_point_offers_to_read_the_paper(world: Any, hub: SlowHub) -> None:
    question = "how many recordings are in the WetlandMix benchmark of Tidewater?"
    said = world.alice.send(world.channel, f"{world.env.bot.user.mention} {question}")
    await until(lambda: len(world.channel.history()) == 2, said)
    quote = world.channel.last_message
    assert "On the WetlandMix benchmark it improves" in words(quote)
    assert REFUSAL not in words(quote)
    assert labels(quote) == OFFERED
    await press(world, world.bob, quote)
    hub.go.set()
    await answered(world, quote)
    assert "a benchmark of 4,200 ten-second recordings" in words(now(world, quote))


@pytest.mark.slow
async def test_two_people_press_and_one_fetch_is_made(world: Any, hub: SlowHub) -> None:
    messages = [await asked(world, person) for person in (world.alice, world.bob)]
    for person, message in zip((world.alice, world.bob), messages, strict=True):
        await press(world, person, message)
    hub.go.set()
    for message in messages:
        await answered(world, message)
        assert_answered(now(world, message))
    assert hub.served.asked == FETCHED


@pytest.mark.slow
async def test_the_button_of_an_earlier_process_reads(
    world: Any, hub: SlowHub, filled: Library, bot_options: dict[str, Any]
) -> None:
    refusal = await asked(world, world.alice)
    with closing(Executor(PaperQA(filled, RagConfig(), today=lambda: TODAY))) as executor:
        await world.env.restart_bot(make_bot(executor, **bot_options))
        await press(world, world.bob, refusal)
        hub.go.set()
        await answered(world, refusal)
        assert_answered(now(world, refusal))
    assert hub.served.asked == FETCHED


@pytest.mark.slow
async def test_a_paper_is_explained_once_it_was_read(world: Any, hub: SlowHub) -> None:
    world.env.settle_timeout = HELD_SECONDS
    used = world.alice.slash(world.channel, "explain", paper=TIDEWATER.paper_id)
    await until(lambda: READING in words(world.channel.last_message), used)
    reading = world.channel.last_message
    hub.go.set()
    await until(lambda: f"**{NAMES[-1]}**" in words(now(world, reading)))
    explained = words(now(world, reading))
    assert all(f"**{name}**" in explained for name in NAMES)
    assert f"[§5 Limitations](<{WHOLE}>): “" in explained
    await follow_up(world, reading)
    assert hub.served.asked == FETCHED
