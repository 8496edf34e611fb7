"""The Discord client: which questions are heard, and what happens when something goes wrong."""

import asyncio
import hashlib
import json
import logging
from collections import OrderedDict
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import discord
from discord import app_commands
from discord.ext import commands

from bot.access.checks import Door
from bot.access.guild_settings import Servers
from bot.access.rate_limits import HOUR, Limits
from bot.alerts.deliver import deliver_alerts
from bot.alerts.store import AlertBox
from bot.answers.buttons import AnswerButton
from bot.answers.feedback import Feedback
from bot.answers.receipts import Receipts
from bot.answers.recovery import finish_left
from bot.answers.service import Answering
from bot.conversation.store import Conversations
from bot.conversation.threads import Threads
from bot.executor import Desk
from bot.gateway.error_reports import ErrorReports
from bot.papers.fetch import Fetching
from bot.papers.last_seen import Seen
from bot.render.answer import error_embed
from bot.subscriptions.service import Digesting, Digests
from bot.taste.learn import Tastes
from bot.taste.rating_view import PaperMenu, RateButton
from bot.taste.ratings import Ratings
from ingest.config import FetchConfig
from rag.errors import PaperboyError

log = logging.getLogger(__name__)

COGS = (
    "bot.cogs.alerts",
    "bot.cogs.ask",
    "bot.cogs.compare",
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
REMEMBERED_EVENTS = 2_000  # questions that are known to be answered, should Discord repeat them
SYNCED = "synced commands"
CHANGES = (
    discord.InteractionResponseType.message_update,
    discord.InteractionResponseType.deferred_message_update,
)
# discord.py's loggers whose DEBUG lines hold the tokens of interactions.
TELLTALES = ("discord.gateway", "discord.http", "discord.webhook.async_")


class PaperboyBot(commands.Bot):
    """discord.py's bot with everything that the cogs need."""

    def __init__(
        self,
        desk: Desk,
        *,
        model_name: str = "",
        message_content: bool = True,
        servers: Servers | None = None,
        receipt_days: int = 30,
        log_questions: bool = False,
        error_channel: int = 0,
        always_sync: bool = False,
        fetch: FetchConfig | None = None,
        digesting: Digesting | None = None,
        **options: Any,
    ) -> None:
        """Listen with `message_content` to threads and replies too, not to mentions alone.

        `servers` are their settings; by default they begin with the built-in ones. `always_sync`:
        tell Discord of the commands though it knows them. `error_channel`: where to tell of errors
        that nobody foresaw; 0 for nowhere. `fetch`: how papers that people paste are fetched.
        """
        intents = discord.Intents.default()
        intents.message_content = message_content
        # No answer waits for the list of servers, and whoever stops the bot should not either.
        options.setdefault("guild_ready_timeout", 0.5)  # seconds
        super().__init__(
            command_prefix=commands.when_mentioned,  # unused: there are slash commands only
            help_command=None,
            intents=intents,
            allowed_mentions=discord.AllowedMentions.none(),
            tree_cls=Door,
            **options,
        )
        self.desk = desk
        self.model_name = model_name
        database = desk.library.catalog.database
        self.servers = servers or Servers(database)
        self.limits = Limits()
        self.conversations = Conversations(database)
        self.receipts = Receipts(database, days=receipt_days)
        self.feedback = Feedback(database)
        self.seen = Seen(database)
        self.ratings = Ratings(database)
        self.tastes = Tastes(desk.library.catalog, self.ratings)
        self.alerts = AlertBox(database)
        self.fetching = Fetching(desk, fetch or FetchConfig())
        self.answering = Answering(
            desk,
            self.conversations,
            self.receipts,
            model_name=model_name,
            log_questions=log_questions,
        )
        self.threads = Threads(self, desk, self.conversations)
        self.is_connected = False
        self.always_sync = always_sync
        self._reports = ErrorReports(self, error_channel) if error_channel else None
        self.digests = Digests(
            self,
            desk,
            digesting or Digesting(),
            tastes=self.tastes,
            alerts=partial(deliver_alerts, self),
        )
        self._finishing: asyncio.Task[None] | None = None
        self.started_at = datetime.now(UTC)
        self._heard: OrderedDict[int, None] = OrderedDict()
        self.tree.error(self.tell_error)

    async def setup_hook(self) -> None:
        """Load the cogs and tell Discord of the commands where they changed.

        discord.py calls this once, before it connects: what is unfinished now was left by a bot
        that is no more. Discord allows 200 new commands a day.
        """
        self.add_dynamic_items(AnswerButton, PaperMenu, RateButton)
        if self._reports:
            self._reports.start()
        self._recall_questions()
        left = self.receipts.unfinished()
        self._finishing = asyncio.create_task(finish_left(self, left))
        for name in TELLTALES:
            logging.getLogger(name).setLevel(logging.INFO)
        for cog in COGS:
            await self.load_extension(cog)
        payload = [command.to_dict(self.tree) for command in self.tree.get_commands()]
        digest = hashlib.sha256(json.dumps(payload, sort_keys=True).encode()).hexdigest()
        state = f"{self.application_id} {digest}"
        if self.always_sync or self.conversations.state(SYNCED) != state:
            await self.tree.sync()
            self.conversations.keep_state(SYNCED, state)

    def _recall_questions(self) -> None:
        """Count the questions of the last hour, which an earlier process answered."""
        hour_ago = datetime.now(UTC) - timedelta(seconds=HOUR)
        for server, person, at in self.conversations.asked_since(hour_ago):
            settings = self.servers.of(server)
            self.limits.recall(server, person, settings, asked_at=at.timestamp())

    async def close(self) -> None:
        """End the answers that are being written, then disconnect."""
        if self._reports:
            self._reports.stop()
        if not self.is_closed():
            await self.answering.stop()
            if self._finishing:
                self._finishing.cancel()
        await super().close()

    async def on_message(self, message: discord.Message) -> None:
        """Leave messages to the cogs; there are no commands with a prefix."""

    async def on_ready(self) -> None:
        """Say so in the log. Discord may send this again at any time."""
        self.is_connected = True
        log.info("connected as %s", self.user)

    async def on_resumed(self) -> None:
        """Note that a connection that broke goes on."""
        self.is_connected = True

    async def on_disconnect(self) -> None:
        """Note that there is no connection at the moment."""
        self.is_connected = False

    async def on_error(self, event_method: str, /, *_: Any, **__: Any) -> None:
        """Log what goes wrong in a listener that tells nobody itself."""
        log.error("unforeseen in %s", event_method, exc_info=True)

    def hears_first_time(self, event: int) -> bool:
        """Return False for a message or interaction that was heard before."""
        if event in self._heard:
            return False
        self._heard[event] = None
        while len(self._heard) > REMEMBERED_EVENTS:
            self._heard.popitem(last=False)
        return True

    async def tell_error(self, interaction: discord.Interaction, error: Exception) -> None:
        """Tell the person what went wrong, whatever it was.

        - a command that only those who manage the server may use: that they are asked for
        - an error of ours: its sentence, which says the cure
        - a command that Discord still shows but this version lacks: that it is gone
        - anything else: that it is our fault; the log has the rest
        """
        cause = error.__cause__ or error
        if isinstance(error, app_commands.CommandNotFound):
            text = "This command is gone; restart Discord to see the ones there are."
        elif isinstance(error, app_commands.MissingPermissions):
            text = "Only those who manage this server may do that: ask one of them."
        else:
            text = explain(cause)
        embed = error_embed(text)
        try:
            if interaction.type is discord.InteractionType.autocomplete:
                return
            if interaction.response.type in CHANGES:  # the "original" is the message of the button
                await interaction.followup.send(embed=embed, ephemeral=True)
            elif interaction.response.is_done():
                await interaction.edit_original_response(embed=embed)
            else:
                await interaction.response.send_message(embed=embed, ephemeral=True)
        except discord.DiscordException as failed:
            log.warning("could not tell %s what went wrong: %s", interaction.user.id, failed)


def explain(error: BaseException) -> str:
    """Return a sentence for the person who asked; what is unforeseen goes to the log."""
    if isinstance(error, PaperboyError):
        text = str(error)
        return text[:1].upper() + text[1:]
    log.error("unforeseen", exc_info=error)
    return f"Something went wrong on my side ({type(error).__name__}). Please try again."
