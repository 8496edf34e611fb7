"""The Discord client: loads the cogs, registers the commands and keeps track of the connection."""

import asyncio
import logging
from collections import OrderedDict
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import discord
from discord.ext import commands

from bot.answers.buttons import AnswerButton
from bot.answers.recovery import Recovery
from bot.components.error_reply import reply_with_error
from bot.conversation.mentions import MentionReader
from bot.conversation.message_reader import MessageReader
from bot.conversation.threads import Threads
from bot.gateway.command_registration import BotStateStore, sync_commands
from bot.gateway.command_tree import EVERYWHERE, FOR_ALL, CheckedCommandTree, commands_of
from bot.gateway.error_reports import ErrorReporter
from bot.gateway.proxy import discord_connector
from bot.redaction import redact_logs
from bot.services import Services
from bot.taste.rating_view import PaperMenu, RateButton

log = logging.getLogger(__name__)

COGS = (
    "bot.cogs.alerts",
    "bot.cogs.ask",
    "bot.cogs.compare",
    "bot.cogs.explain",
    "bot.cogs.recent",
    "bot.cogs.scheduled_digests",
    "bot.cogs.link_cards",
    "bot.cogs.messages",
    "bot.cogs.answer_buttons",
    "bot.cogs.context_menu",
    "bot.cogs.papers",
    "bot.cogs.help",
    "bot.cogs.privacy",
    "bot.cogs.saved",
    "bot.cogs.setup",
    "bot.cogs.subscriptions",
    "bot.cogs.trends",
)
LONGEST_PAUSE = 300.0  # seconds that Discord may ask for; what would take longer fails at once
REMEMBERED_EVENTS = 2_000  # messages and interactions, in case Discord repeats one
# discord.py's loggers whose DEBUG lines contain what people write.
VERBOSE_LOGGERS = ("discord.gateway", "discord.http", "discord.webhook.async_")


@dataclass(frozen=True, slots=True, kw_only=True)
class BotOptions:
    """How the bot connects.

    With `message_content` it reads all messages, not only mentions. `error_channel` is the channel
    for reports of unexpected errors; 0 for none. `always_sync` registers the commands even if they
    did not change.
    """

    message_content: bool = True
    error_channel: int = 0
    always_sync: bool = False


class PaperboyBot(commands.Bot):
    """One connection to Discord; what the bot does is in the cogs and in `services`."""

    def __init__(
        self, services: Services, options: BotOptions | None = None, **client_options: Any
    ) -> None:
        """`client_options` go to discord.py. Raises ProxyError for an unusable proxy."""
        self.services = services
        self.options = options or BotOptions()
        intents = discord.Intents.default()
        intents.message_content = self.options.message_content
        # Neither answers nor a stopping bot should wait for the list of guilds.
        client_options.setdefault("guild_ready_timeout", 0.5)  # seconds
        client_options.setdefault("max_ratelimit_timeout", LONGEST_PAUSE)
        super().__init__(
            command_prefix=commands.when_mentioned,  # unused: there are slash commands only
            help_command=None,
            intents=intents,
            allowed_mentions=discord.AllowedMentions.none(),
            tree_cls=CheckedCommandTree,
            allowed_contexts=EVERYWHERE,
            allowed_installs=FOR_ALL,
            connector=discord_connector(),
            **client_options,
        )
        self.threads = Threads(self, services.executor, services.conversations)
        self.mentions = MentionReader(self, services.executor.timezone)
        self.reader = MessageReader(self.mentions, discord_connector)
        self.is_connected = False
        self.started_at = datetime.now(UTC)
        self._reporter: ErrorReporter | None = None
        self._recovery: asyncio.Task[None] | None = None
        self._recent_events: OrderedDict[int, None] = OrderedDict()
        self.tree.error(reply_with_error)

    async def setup_hook(self) -> None:
        """Load the cogs, finish interrupted answers and register the commands.

        discord.py calls this once, before it connects: whatever is unfinished at this point was
        interrupted by the end of a previous run.
        """
        if self.options.error_channel:
            self._reporter = ErrorReporter(self, self.options.error_channel)
            self._reporter.start()
        redact_logs(self.http.token or "")
        for name in VERBOSE_LOGGERS:
            logging.getLogger(name).setLevel(logging.INFO)
        services = self.services
        services.in_flight.open()
        unfinished = services.receipts.unfinished(services.shards)
        recovery = Recovery(self, services.executor, services.receipts)
        self._recovery = asyncio.create_task(recovery.finish(unfinished))
        self.add_dynamic_items(AnswerButton, PaperMenu, RateButton)
        for cog in COGS:
            await self.load_extension(cog)
        services.executor.qa.guide.commands = commands_of(self.tree)
        if services.shards.has(None):  # of several processes, one registers them
            state = BotStateStore(services.executor.library.catalog.database)
            await sync_commands(self.tree, state, always=self.options.always_sync)

    async def close(self) -> None:
        """Stop the answers that are being written, then disconnect."""
        if self._reporter:
            self._reporter.stop()
        if not self.is_closed():
            await self.services.in_flight.stop()
            if self._recovery:
                self._recovery.cancel()
        await super().close()

    async def on_message(self, message: discord.Message) -> None:
        """Leave messages to the cogs; there are no commands with a prefix."""

    async def on_ready(self) -> None:
        """Log the connection. Discord may send this event again at any time."""
        self.is_connected = True
        log.info("connected as %s", self.user)

    async def on_resumed(self) -> None:
        """Record that a lost connection is back."""
        self.is_connected = True

    async def on_disconnect(self) -> None:
        """Record that there is no connection at the moment."""
        self.is_connected = False

    async def on_error(self, event_method: str, /, *_: Any, **__: Any) -> None:
        """Log an error of a listener that does not handle it itself."""
        log.error("unexpected error in %s", event_method, exc_info=True)

    def is_new_event(self, event_id: int) -> bool:
        """Return False if this message or interaction was handled before."""
        if event_id in self._recent_events:
            return False
        self._recent_events[event_id] = None
        while len(self._recent_events) > REMEMBERED_EVENTS:
            self._recent_events.popitem(last=False)
        return True
