"""Runs the Discord bot: checks the token first, retries while Discord cannot be reached."""

import asyncio
import base64
import binascii
import contextlib
import logging
import re
import signal
from collections.abc import Callable

import aiohttp
import discord

from bot.gateway.client import PaperboyBot
from bot.gateway.proxy import discord_connector, explain_unreachable
from rag.errors import PaperboyError

log = logging.getLogger(__name__)

FIRST_WAIT = 5.0  # seconds before the second attempt; doubled before each further one …
LONGEST_WAIT = 300.0  # … up to this: 1,000 new sessions a day would reset the token
CHECK_SECONDS = 3.0  # for Discord to check a token that does not look like one
LOGIN_SECONDS = 20.0

# All permissions that the bot asks for: to read and answer, with embeds and images, also in
# threads that it starts.
PERMISSIONS = discord.Permissions(
    view_channel=True,
    send_messages=True,
    send_messages_in_threads=True,
    create_public_threads=True,
    embed_links=True,
    attach_files=True,
    read_message_history=True,
)

UNREACHABLE = (OSError, aiohttp.ClientError, asyncio.TimeoutError, discord.DiscordServerError,
               discord.GatewayNotFound)  # fmt: skip


class TokenError(PaperboyError):
    """Discord rejects the token, or there is none."""


class IntentError(PaperboyError):
    """Discord does not allow an intent that the bot needs."""


class DiscordDownError(PaperboyError):
    """Discord cannot be reached."""


def checked_token(token: str) -> str:
    """Return the token without spaces around it; raise TokenError if it cannot be one."""
    token = token.strip()
    if not token:
        raise TokenError(
            "there is no token: set DISCORD_TOKEN to the bot's token "
            "(README.md, Connect it to your server)."
        )
    if re.search(r"\s|[^\x21-\x7e]", token):
        raise _rejected()
    return token


async def serve(
    token: str, make_bot: Callable[[], PaperboyBot], *, tell: Callable[[str], None]
) -> None:
    """Run until a signal comes. `make_bot` is called for each new connection.

    Raises TokenError or IntentError, for which retrying is of no use.
    """
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        with contextlib.suppress(NotImplementedError, RuntimeError):  # Windows; not the main thread
            loop.add_signal_handler(number, stopped.set)
    wait = FIRST_WAIT
    while not stopped.is_set():
        started = loop.time()
        try:
            await _run_until(stopped, make_bot(), token)
        except DiscordDownError as error:
            if loop.time() - started > LONGEST_WAIT:  # it was connected for a while
                wait = FIRST_WAIT
            tell(f"{error} Trying again in {wait:.0f} s.")
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(stopped.wait(), wait)
            wait = min(2 * wait, LONGEST_WAIT)


async def _run_until(stopped: asyncio.Event, bot: PaperboyBot, token: str) -> None:
    """Run one client until it fails or `stopped` is set."""
    running = asyncio.create_task(bot.start(token))
    stopping = asyncio.create_task(stopped.wait())
    try:
        await asyncio.wait({running, stopping}, return_when=asyncio.FIRST_COMPLETED)
        if running.done():
            await running
    except BaseException as error:
        raise _explain(error, bot) from error
    finally:
        stopping.cancel()
        await bot.close()
        await asyncio.gather(running, return_exceptions=True)


async def check_token(token: str, *, tell: Callable[[str], None]) -> None:
    """Check the token with Discord before anything is loaded; print the invite link.

    Raises TokenError, and ProxyError for an unusable proxy. If Discord does not answer, a token
    that looks like one is accepted.
    """
    seconds = LOGIN_SECONDS if looks_like_a_token(token) else CHECK_SECONDS
    client = discord.Client(intents=discord.Intents.none(), connector=discord_connector())
    try:
        await asyncio.wait_for(client.login(token), seconds)
        if client.application_id:
            tell(f"To bring me into a server, open {invite_link(client.application_id)}")
    except discord.LoginFailure as error:
        raise _rejected() from error
    except (discord.HTTPException, *UNREACHABLE) as error:
        if not looks_like_a_token(token):
            raise _rejected() from error
        tell(explain_unreachable(error))
    finally:
        await client.close()


def invite_link(application: int) -> str:
    """Return the URL with which an administrator adds the bot to a server."""
    return discord.utils.oauth_url(
        application, permissions=PERMISSIONS, scopes=("bot", "applications.commands")
    )


def looks_like_a_token(token: str) -> bool:
    """Return whether it has the three parts of a token, the first being the bot's id in base64."""
    first, *rest = token.split(".")
    try:
        identity = base64.urlsafe_b64decode(first + "=" * (-len(first) % 4))
    except (binascii.Error, ValueError):
        return False
    return len(rest) == 2 and identity.isdigit()


def _rejected() -> TokenError:
    return TokenError(
        "Discord does not know this token: copy the bot's token from the developer portal "
        "(Bot, Reset Token) into DISCORD_TOKEN."
    )


def _explain(error: BaseException, bot: PaperboyBot) -> BaseException:
    """Return an error that says what to do; the error itself if it is unexpected."""
    if isinstance(error, discord.LoginFailure):
        return _rejected()
    if isinstance(error, discord.PrivilegedIntentsRequired):
        return IntentError(
            "the bot may not read messages: switch on Message Content Intent in the developer "
            "portal (Bot), or set [bot] message_content = false in config.toml, with which it "
            "reads only mentions, replies that ping, direct messages and slash commands."
        )
    if isinstance(error, discord.ConnectionClosed) and error.code == 4004:
        return _rejected()
    # discord.py 2.7 raises AttributeError if the very first connection fails: it has no socket.
    never_connected = isinstance(error, AttributeError) and bot.ws is None
    if never_connected or isinstance(error, (*UNREACHABLE, discord.ConnectionClosed)):
        return DiscordDownError(explain_unreachable(error))
    return error
