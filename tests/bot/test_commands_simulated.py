"""Every command once in SimCord, an independent model of Discord with permissions and deadlines."""

from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest
import simcord

from bot.client import PaperboyBot
from bot.desk import Desk
from rag.config import RagConfig
from rag.library import Library
from rag.pipeline import PaperQA
from tests.papers import HERON, TODAY

QUESTION = "how accurate is HeronNet compared with human counters?"


@pytest.fixture
def simcord_bot(filled: Library) -> Iterator[PaperboyBot]:
    desk = Desk(PaperQA(filled, RagConfig(), today=lambda: TODAY))
    yield PaperboyBot(desk)
    desk.close()


@pytest.fixture
def world(simcord_env: simcord.Env) -> Any:
    guild = simcord_env.create_guild()
    return SimpleNamespace(
        channel=guild.create_text_channel("general"),
        alice=guild.add_member(simcord_env.create_user("alice")),
        env=simcord_env,
    )


@pytest.mark.parametrize(
    ("command", "options", "shown"),
    [
        ("ask", {"question": QUESTION}, "94.2%"),
        ("ask", {"question": "how long is the training?", "paper": HERON.paper_id}, "3 hours"),
        ("search", {"text": "counting birds"}, HERON.title),
        ("daily", {}, "Daily Papers of Wednesday, 2025-02-05: 1"),
        ("daily", {"date": "2025-01-06"}, HERON.title),
        ("paper", {"title": "wading birds"}, "Featured"),
        ("help", {}, "/ask question"),
        ("status", {}, "4 papers"),
    ],
)
async def test_every_command_answers(
    world: Any, command: str, options: dict[str, str], shown: str
) -> None:
    result = await world.alice.slash(world.channel, command, **options)
    assert result.acknowledged
    assert result.ephemeral == (command in ("help", "status"))
    (embed,) = result.response.embeds
    assert shown in str(embed.to_dict())


async def test_titles_are_suggested(world: Any) -> None:
    choices = await world.alice.autocomplete(world.channel, "paper", "title", "wading")
    assert choices == [{"name": HERON.title, "value": HERON.paper_id}]


async def test_a_conversation_goes_on_in_a_thread(world: Any) -> None:
    await world.alice.send(world.channel, f"{world.env.bot.user.mention} {QUESTION}")
    answer = world.channel.last_message
    told = await world.alice.slash(world.channel, "thread")
    assert told.ephemeral
    assert told.response.content == f"Let us go on in <#{answer.id}>."


async def test_a_mention_is_answered_and_other_words_are_not(world: Any) -> None:
    await world.alice.send(world.channel, QUESTION)
    assert len(world.channel.history()) == 1
    await world.alice.send(world.channel, f"{world.env.bot.user.mention} {QUESTION}")
    (embed,) = world.channel.last_message.embeds
    assert "94.2%" in embed.description
