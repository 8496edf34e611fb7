"""The bot over a real socket: discord.py's own client against a Discord on 127.0.0.1."""

import asyncio
import os
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import fields
from datetime import datetime
from inspect import signature
from pathlib import Path
from typing import Any

import pytest
from langchain_core.language_models.chat_models import BaseChatModel

from bot.alerts.deliver import AlertDelivery
from bot.executor import Executor
from bot.gateway.client import BotOptions, PaperboyBot
from bot.gateway.sharded_client import new_bot
from bot.services import build_services
from bot.subscriptions.scheduler import Scheduler
from rag.config import RagConfig
from rag.library import Library
from rag.llm.language_model import adapt
from rag.pipeline import PaperQA
from tests.discord_fake import FakeDiscord, Interaction, Judge
from tests.papers import TODAY

os.environ.pop("DISCORD_TOKEN", None)  # a test that meets the real Discord is a mistake

MODEL_NAME = "tiny model"


def openapi() -> Path | None:
    """Return Discord's own description of its API where it is recorded."""
    default = Path(__file__).resolve().parents[2] / "shared" / "data"
    path = Path(os.environ.get("PAPERBOY_TEST_DATA") or default) / "discord" / "openapi.json"
    return path if path.is_file() else None


class Server:
    """A Discord with the bot in it."""

    def __init__(self, fake: FakeDiscord, bot: PaperboyBot) -> None:
        self.fake = fake
        self.bot = bot

    async def ask(self, question: str, *, user: str = "alice", **options: Any) -> dict[str, Any]:
        """Use /ask; return the message once it is finished."""
        asked = await self.fake.slash(user, "ask", question=question, **options)
        await asked.wait_ack()
        return await self.fake.until(lambda: finished(asked.original), 20)

    async def quoted(self, asked: Interaction) -> None:
        """Wait until an interaction has an answer of any kind."""
        await asked.wait_ack()
        await self.fake.until(lambda: asked.original and asked.original["embeds"], 10)

    async def say(self, user: str, text: str, **options: Any) -> dict[str, Any]:
        """Say something; return the bot's finished answer to it."""
        said = await self.fake.say(user, text, **options)
        return await self.answer_to(said)

    async def answer_to(self, said: dict[str, Any]) -> dict[str, Any]:
        """Return the bot's finished answer to a message."""
        return await self.fake.until(lambda: finished(self.reply_to(said)), 20)

    def reply_to(self, said: dict[str, Any]) -> dict[str, Any] | None:
        """Return the bot's message that replies to this one, or follows it in its channel."""
        for message in self.fake.messages.values():
            replied = message.get("message_reference", {}).get("message_id")
            if message["author"] is self.fake.bot and replied == said["id"]:
                return message
        return None

    def answers(self) -> list[dict[str, Any]]:
        """Return everything that the bot has sent."""
        return [m for m in self.fake.messages.values() if m["author"] is self.fake.bot]


async def choose(server: Server, **settings: Any) -> None:
    """Let those who manage the fake's server choose, as /setup does."""
    guild = int(server.fake.guild)
    await server.bot.services.executor.read(
        server.bot.services.guild_settings.change, guild, **settings
    )


def finished(message: dict[str, Any] | None) -> dict[str, Any] | None:
    """Return the message once the colour says that nothing more will come."""
    if message is None or not message["embeds"]:
        return None
    unfinished = message["embeds"][0].get("color") == 0xE67E22
    return None if unfinished else message


def text_of(message: dict[str, Any]) -> str:
    """Return all the words of a message's embeds."""
    parts: list[str] = []
    for embed in message["embeds"]:
        parts += [embed.get("title", ""), embed.get("description", "")]
        parts += [f"{field['name']}: {field['value']}" for field in embed.get("fields", [])]
        parts.append(embed.get("footer", {}).get("text", ""))
    return "\n".join(filter(None, parts))


@asynccontextmanager
async def judged(**options: Any) -> AsyncIterator[FakeDiscord]:
    """Start a Discord that discord.py is pointed to; in the end nothing may have been wrong."""
    judge = options.setdefault("judge", Judge(openapi()))
    async with FakeDiscord(**options) as fake:
        fake.point_discord_py()
        yield fake
    assert not judge.complaints, judge.complaints


@asynccontextmanager
async def serving(
    library: Library,
    *,
    chat: BaseChatModel | None = None,
    config: RagConfig | None = None,
    bot_options: dict[str, Any] | None = None,
    prepare: Callable[[FakeDiscord], object] = lambda _: None,
    **fake_options: Any,
) -> AsyncIterator[Server]:
    """Start a Discord, `prepare` it, and start the bot in it; stop both in the end."""
    async with judged(**fake_options) as fake:
        prepare(fake)
        async with joined(
            fake, library, chat=chat, config=config, bot_options=bot_options
        ) as server:
            yield server


@asynccontextmanager
async def joined(
    fake: FakeDiscord,
    library: Library,
    *,
    chat: BaseChatModel | None = None,
    config: RagConfig | None = None,
    bot_options: dict[str, Any] | None = None,
) -> AsyncIterator[Server]:
    """Start the bot in a Discord that runs already; stop it in the end."""
    model = adapt(chat) if chat else None
    executor = Executor(PaperQA(library, config or RagConfig(), today=lambda: TODAY, model=model))
    options: dict[str, Any] = {"model_name": MODEL_NAME, "guild_ready_timeout": 0.05}
    bot = make_bot(executor, **options | (bot_options or {}))
    running = asyncio.create_task(bot.start(fake.token))
    try:
        await fake.until(bot.is_ready, 20)
        yield Server(fake, bot)
    finally:
        await bot.close()
        await asyncio.gather(running, return_exceptions=True)
        executor.close()


def make_bot(executor: Executor, **options: Any) -> PaperboyBot:
    """Return a bot; each option goes to `BotOptions`, `build_services` or discord.py."""
    chosen = {field.name: options.pop(field.name) for field in fields(BotOptions)
              if field.name in options}  # fmt: skip
    names = signature(build_services).parameters
    services = {name: options.pop(name) for name in names if name in options}
    return new_bot(build_services(executor, **services), BotOptions(**chosen), **options)


async def deliver_alerts(bot: PaperboyBot, now: datetime) -> int:
    """Deliver the alerts that are due; return how many were sent."""
    services = bot.services
    delivery = AlertDelivery(
        bot, services.executor, services.alerts, services.guild_settings, services.shown_lists
    )
    return await delivery.deliver(now)


def scheduler_of(bot: PaperboyBot) -> Scheduler:
    """Return the scheduler of a bot whose cogs are loaded."""
    cog: Any = bot.get_cog("ScheduledDigests")
    scheduler: Scheduler = cog.scheduler
    return scheduler


def button(message: dict[str, Any], action: str) -> str:
    """Return the custom_id of the button under an answer that does this."""
    ids = [custom_id for custom_id in buttons(message) if custom_id.split(":")[1] == action]
    assert len(ids) == 1, f"{action} is not among {buttons(message)}"
    return ids[0]


def buttons(message: dict[str, Any]) -> list[str]:
    """Return the custom_ids of all buttons under a message."""
    rows = message.get("components") or []
    return [component["custom_id"] for row in rows for component in row["components"]]


Connect = Callable[..., Any]


@pytest.fixture
async def connect() -> AsyncIterator[Connect]:
    """Start a Discord and the bot in it until the test ends."""
    async with AsyncExitStack() as stack:

        async def start(library: Library, **options: Any) -> Server:
            return await stack.enter_async_context(serving(library, **options))

        yield start
