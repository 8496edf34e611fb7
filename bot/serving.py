"""The Discord bot put together: token, library, model, client."""

import asyncio
import os
from collections.abc import Callable

from bot.app import App
from bot.client import PaperboyBot
from bot.desk import Desk
from bot.digesting import digesting
from bot.discord_run import check_token, checked_token, serve
from bot.listening import LOST
from bot.servers import Servers, ServerSettings
from bot.terminal import Terminal
from rag.errors import PaperboyError
from rag.library import Library
from rag.pipeline import PaperQA

TOKEN_VARIABLE = "DISCORD_TOKEN"


def run_bot(
    app: App, terminal: Terminal, *, read_first: Callable[[Library], None] | None = None
) -> None:
    """Check the token, open the library, and serve until a signal comes.

    `read_first` brings papers in, in a thread beside the running bot.
    """
    token = checked_token(os.environ.get(TOKEN_VARIABLE, ""))
    asyncio.run(_run_bot(app, terminal, token, read_first))


async def _run_bot(
    app: App,
    terminal: Terminal,
    token: str,
    read_first: Callable[[Library], None] | None,
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

        def make_bot() -> PaperboyBot:
            return PaperboyBot(
                desk,
                model_name=app.model_name,
                message_content=settings.message_content,
                servers=servers,
                receipt_days=settings.receipt_days,
                digesting=digesting(app, qa.library, is_reading=lambda: not reading.done()),
            )

        terminal.note(f"I have read {qa.library.catalog.coverage()}. Connecting to Discord …")
        terminal.warn(qa)
        try:
            await serve(token, make_bot, tell=terminal.note)
        finally:
            desk.close()
            await reading


def _warm_up(qa: PaperQA) -> None:
    """Load the embedding model and the index, so that the first person does not wait for them."""
    qa.library.embedder.encode_question("warm up")


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
