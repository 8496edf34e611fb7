"""The Discord bot put together: token, library, model, client."""

import asyncio
import contextlib
import logging
import os
import threading
from collections.abc import Callable
from datetime import timedelta

from bot.access.guild_settings import Servers, ServerSettings
from bot.answers import request_log
from bot.app import App
from bot.console.live import warn_without_model
from bot.console.terminal import Terminal
from bot.conversation.policy import LOST
from bot.executor import Desk
from bot.gateway.client import PaperboyBot
from bot.gateway.health import Health
from bot.gateway.runner import check_token, checked_token, serve
from bot.subscriptions.drawing import draw_once, drawn
from bot.subscriptions.email_transport import PASSWORD_VARIABLE, MailPost
from bot.subscriptions.scheduler import utc_now
from bot.subscriptions.service import Digesting
from ingest.sync import sync as sync_papers
from rag.errors import PaperboyError, SourceError, StoppedError
from rag.library import Library
from rag.pipeline import PaperQA

log = logging.getLogger(__name__)


def digesting(
    app: App, library: Library, *, is_reading: Callable[[], bool] = lambda: False
) -> Digesting:
    """Return how digests are to be made and sent; not while somebody else reads papers."""
    settings = app.settings.bot
    mail = settings.mail

    def sync(stopping: threading.Event) -> None:
        if is_reading():
            raise SourceError("the first papers are being read: wait until they are.")
        read_new(app, library, stopping)

    post = None
    if mail.host:
        post = MailPost(
            mail,
            os.environ.get(PASSWORD_VARIABLE, ""),
            clock=utc_now,
            picture=lambda digest: drawn(digest, library),
        )
    return Digesting(
        window=timedelta(hours=settings.digest.catch_up_hours),
        sync=sync,
        sync_every=timedelta(minutes=settings.digest.sync_minutes),
        mail=post,
        timezone=settings.timezone,
    )


def read_new(app: App, library: Library, stopping: threading.Event) -> None:
    """Read the papers of the last days as `paperboy sync` does, and stop early where asked to."""
    with contextlib.suppress(StoppedError):
        report = sync_papers(library, app.settings.ingest, today=app.today(), stopping=stopping)
        log.info("%s", report)


TOKEN_VARIABLE = "DISCORD_TOKEN"


def run_bot(
    app: App,
    terminal: Terminal,
    *,
    read_first: Callable[[Library], None] | None = None,
    always_sync: bool = False,
) -> None:
    """Check the token, open the library, and serve until a signal comes.

    `read_first` brings papers in, in a thread beside the running bot. `always_sync`: tell Discord
    of the commands though it knows them.
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
    await check_token(token, tell=terminal.note)
    with app.assistant("paperboy run") as qa:
        await asyncio.to_thread(_warm_up, qa)
        reading = asyncio.create_task(_read(read_first, qa.library, terminal))
        desk = Desk(qa)
        settings = app.settings.bot
        servers = Servers(
            qa.library.catalog.database,
            ServerSettings(
                threads=settings.threads,
                person_per_hour=settings.person_per_hour,
                server_per_hour=settings.server_per_hour,
            ),
            denied=settings.deny,
        )
        if not settings.message_content:
            terminal.note(LOST)

        health = Health(desk)

        def make_bot() -> PaperboyBot:
            health.bot = PaperboyBot(
                desk,
                model_name=app.model_name,
                message_content=settings.message_content,
                servers=servers,
                receipt_days=settings.receipt_days,
                log_questions=settings.log_questions,
                error_channel=settings.error_channel,
                always_sync=always_sync,
                fetch=app.settings.ingest.fetch,
                digesting=digesting(app, qa.library, is_reading=lambda: not reading.done()),
            )
            return health.bot

        terminal.note(f"I have read {qa.library.catalog.coverage()}. Connecting to Discord …")
        warn_without_model(terminal, qa)
        try:
            async with health.listening(settings.health_port):
                await serve(token, make_bot, tell=terminal.note)
        finally:
            desk.close()
            await reading


def _warm_up(qa: PaperQA) -> None:
    """Load what takes long to load, so that neither people nor the event loop wait for it."""
    qa.library.embedder.encode_question("warm up")
    draw_once(qa.library)


async def _read(
    read_first: Callable[[Library], None] | None, library: Library, terminal: Terminal
) -> None:
    """Bring papers in beside the running bot, which goes on whatever comes of it."""
    if read_first is None:
        return
    try:
        await asyncio.to_thread(read_first, library)
    except PaperboyError as error:
        terminal.error(str(error))
