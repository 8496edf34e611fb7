"""The composition root of the Discord bot: settings and library become services and a client."""

import asyncio
import contextlib
import gc
import logging
import os
import threading
from collections.abc import Callable
from datetime import datetime, timedelta

from bot.access.guild_settings import GuildSettings, GuildSettingsStore
from bot.access.shards import shards_of
from bot.answers import request_log
from bot.app import App
from bot.clocks.zones import zones_like
from bot.config import BotConfig
from bot.console.live import warn_without_model
from bot.console.terminal import Terminal
from bot.conversation.policy import NO_MESSAGE_CONTENT
from bot.executor import Executor
from bot.gateway.client import BotOptions, PaperboyBot
from bot.gateway.command_registration import BotStateStore
from bot.gateway.health import HealthEndpoint
from bot.gateway.runner import check_token, checked_token, serve
from bot.gateway.sharded_client import new_bot
from bot.index_builder import building_index
from bot.services import build_services
from bot.subscriptions.drawing import draw, warm_up
from bot.subscriptions.email_transport import EmailTransport
from bot.subscriptions.mail_server import PASSWORD_VARIABLE
from bot.subscriptions.refresh import RETRY_AFTER
from bot.subscriptions.scheduler import utc_now
from bot.subscriptions.service import DigestOptions
from ingest.sync import sync as sync_papers
from rag.errors import PaperboyError, SourceError, StoppedError
from rag.library import Library
from rag.pipeline import PaperQA
from rag.store.database import Database
from rag.text.language import ENGLISH, unread_language

log = logging.getLogger(__name__)

TOKEN_VARIABLE = "DISCORD_TOKEN"
PAPERS_READ_AT = "papers read at"  # a key of the table bot_state


def run_bot(
    app: App,
    terminal: Terminal,
    *,
    read_first: Callable[[Library], None] | None = None,
    always_sync: bool = False,
) -> None:
    """Check the token, open the library, and serve until a signal comes.

    `read_first` reads the first papers, in a thread beside the running bot. With `always_sync`,
    the commands are registered with Discord even if they did not change.
    """
    token = checked_token(os.environ.get(TOKEN_VARIABLE, ""))
    logging.getLogger(request_log.__name__).setLevel(logging.INFO)  # with or without -v
    asyncio.run(_run_bot(app, terminal, token, read_first, always_sync=always_sync))


async def _run_bot(
    app: App,
    terminal: Terminal,
    token: str,
    read_first: Callable[[Library], None] | None,
    *,
    always_sync: bool,
) -> None:
    settings = app.settings.bot
    shards = shards_of(settings)
    await check_token(token, tell=terminal.note)
    with app.assistant("paperboy run") as qa:
        await asyncio.to_thread(_warm_up, qa)
        _spare_the_collector()
        reading = asyncio.create_task(_read(read_first, qa.library, terminal))
        executor = Executor(qa)
        services = build_services(
            executor,
            model_name=app.model_name,
            guild_settings=_guild_settings(settings, qa.library.catalog.database),
            receipt_days=settings.receipt_days,
            log_questions=settings.log_questions,
            ingest=app.settings.ingest,
            digests=digest_options(app, qa.library, is_reading=lambda: not reading.done()),
            shards=shards,
        )
        options = _options(settings, always_sync=always_sync)
        health = HealthEndpoint(services)

        def make_bot() -> PaperboyBot:
            health.bot = new_bot(services, options)
            return health.bot

        _tell_start(terminal, qa, settings)
        try:
            with (
                shards.claimed(app.data_dir),
                building_index(qa.library, terminal.note),
                services.metrics.counting_errors(),
            ):
                ports = health.listening(
                    settings.health_port, settings.metrics_port, host=settings.listen_address
                )
                async with ports:
                    await serve(token, make_bot, tell=terminal.note)
        finally:
            executor.close()
            await reading


def _options(settings: BotConfig, *, always_sync: bool) -> BotOptions:
    return BotOptions(
        message_content=settings.message_content,
        error_channel=settings.error_channel,
        always_sync=always_sync,
    )


def _tell_start(terminal: Terminal, qa: PaperQA, settings: BotConfig) -> None:
    """Say what has been read, and what the bot will do without."""
    if not settings.message_content:
        terminal.note(NO_MESSAGE_CONTENT)
    terminal.note(f"I have read {qa.library.catalog.coverage()}. Connecting to Discord …")
    warn_without_model(terminal, qa)


def _guild_settings(settings: BotConfig, database: Database) -> GuildSettingsStore:
    """Return the settings of every server, with config.toml's as the defaults."""
    defaults = GuildSettings(
        threads=settings.threads,
        person_per_hour=settings.person_per_hour,
        server_per_hour=settings.server_per_hour,
    )
    return GuildSettingsStore(database, defaults, denied=settings.deny)


def digest_options(
    app: App, library: Library, *, is_reading: Callable[[], bool] = lambda: False
) -> DigestOptions:
    """Return how digests are made and sent; no new papers are read while `is_reading`."""
    settings = app.settings.bot
    state = BotStateStore(library.catalog.database)
    every = timedelta(minutes=settings.digest.sync_minutes)

    def sync(stopping: threading.Event) -> None:
        if is_reading():
            raise SourceError("the first papers are being read: wait until they are.")
        if library.owns_index():
            read_new(app, library, stopping)
            if not stopping.is_set():
                state.set(PAPERS_READ_AT, utc_now().isoformat())
        else:
            _require_read(state.get(PAPERS_READ_AT), every)

    mail = None
    if settings.mail.host:
        mail = EmailTransport(
            settings.mail,
            os.environ.get(PASSWORD_VARIABLE, ""),
            clock=utc_now,
            picture=lambda digest: draw(digest, library),
        )
    return DigestOptions(
        window=timedelta(hours=settings.digest.catch_up_hours),
        sync=sync,
        sync_every=every,
        mail=mail,
        timezone=settings.zone.name,
    )


def _require_read(read_at: str | None, every: timedelta) -> None:
    """Raise SourceError unless the process that reads new papers did so lately."""
    if not read_at or utc_now() - datetime.fromisoformat(read_at) > every + RETRY_AFTER:
        raise SourceError(
            "another process of this data folder reads new papers, and has not lately: see its log."
        )


def read_new(app: App, library: Library, stopping: threading.Event) -> None:
    """Read the papers of the last days as `paperboy sync` does; end early if `stopping` is set."""
    with contextlib.suppress(StoppedError):
        report = sync_papers(library, app.settings.ingest, today=app.today(), stopping=stopping)
        log.info("%s", report)
        library.choose_backend()  # once on a machine; nobody waits for this thread


def _warm_up(qa: PaperQA) -> None:
    """Load what takes long to load, so that neither users nor the event loop wait for it."""
    qa.library.embedder.encode_question("warm up")
    qa.library.retriever.snapshots.current()  # which may read all papers
    unread_language("a question that loads the languages", read_as=ENGLISH)
    zones_like("places", 1)
    warm_up(qa.library)


def _spare_the_collector() -> None:
    """Let Python's garbage collector pass over what stays loaded.

    The libraries make about a million objects; going through them all stops every thread, and so
    the event loop, for half a second each time.
    """
    gc.collect()
    gc.freeze()


async def _read(
    read_first: Callable[[Library], None] | None, library: Library, terminal: Terminal
) -> None:
    """Read the first papers beside the running bot, which continues even if that fails."""
    if read_first is None:
        return
    try:
        await asyncio.to_thread(read_first, library)
    except PaperboyError as error:
        terminal.error(str(error))
