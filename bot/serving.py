"""The Discord bot put together: token, library, model, client."""

import asyncio
import logging
import os
from collections.abc import Callable

from bot import question_log
from bot.app import App
from bot.client import PaperboyBot
from bot.desk import Desk
from bot.digesting import digesting
from bot.discord_run import check_token, checked_token, serve
from bot.health import Health
from bot.listening import LOST
from bot.servers import Servers, ServerSettings
from bot.subscriptions.drawing import draw_once
from bot.terminal import Terminal
from rag.errors import PaperboyError
from rag.library import Library
from rag.pipeline import PaperQA

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
    logging.getLogger(question_log.__name__).setLevel(logging.INFO)  # with or without -v
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
        terminal.warn(qa)
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
