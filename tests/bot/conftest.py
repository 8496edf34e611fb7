"""The bot in SimCord, an independent model of Discord with permissions and deadlines."""

from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import discord
import pytest
import simcord
from langchain_core.language_models.chat_models import BaseChatModel

from bot.executor import Executor
from bot.gateway.client import PaperboyBot
from rag.config import RagConfig
from rag.library import Library
from rag.llm.language_model import adapt
from rag.pipeline import PaperQA
from tests.discord_server import make_bot
from tests.papers import TODAY


@pytest.fixture
def bot_options() -> dict[str, Any]:
    """Options of `make_bot`; a test module may override this."""
    return {}


@pytest.fixture
def chat() -> BaseChatModel | None:
    """The model that writes answers; a test module may override this."""
    return None


@pytest.fixture
def simcord_bot(
    filled: Library, chat: BaseChatModel | None, bot_options: dict[str, Any]
) -> Iterator[PaperboyBot]:
    """The bot that SimCord connects (its plugin asks for this fixture)."""
    model = adapt(chat) if chat else None
    executor = Executor(PaperQA(filled, RagConfig(), today=lambda: TODAY, model=model))
    yield make_bot(executor, **bot_options)
    executor.close()


@pytest.fixture
def world(simcord_env: simcord.Env, simcord_bot: PaperboyBot) -> Any:
    """A server with two channels; keeper may manage it, alice and bob may not."""
    guild = simcord_env.create_guild()
    keepers = guild.create_role("keepers", permissions=discord.Permissions(manage_guild=True))
    return SimpleNamespace(
        env=simcord_env,
        bot=simcord_bot,
        services=simcord_bot.services,
        guild=guild,
        channel=guild.create_text_channel("general"),
        papers=guild.create_text_channel("papers"),
        readers=guild.create_role("readers"),
        keeper=guild.add_member(simcord_env.create_user("keeper"), roles=[keepers]),
        alice=guild.add_member(simcord_env.create_user("alice")),
        bob=guild.add_member(simcord_env.create_user("bob")),
    )
