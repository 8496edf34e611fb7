"""The errors of Discord and of the way there: which there are, and what they mean for people."""

import aiohttp
import discord

# What any request to Discord may raise; aiohttp's errors are not wrapped by discord.py.
FAILURES = (discord.DiscordException, aiohttp.ClientError, OSError)
# Discord did not get the request, or may not have: what is sent again can still arrive.
UNANSWERED = (discord.DiscordServerError, aiohttp.ClientError, OSError)

LATE = "Discord did not wait for my reply: please try again."
UNREACHABLE = "Discord cannot be reached at the moment: please try again."
NOT_ALLOWED = "Discord does not let me do that here: ask those who manage this server."
GONE = "What this is about is gone on Discord."
# https://discord.com/developers/docs/topics/opcodes-and-status-codes#json
MEANINGS = {
    10003: "The channel is gone.",
    10004: "The server is gone.",
    10008: "The message is gone: ask again.",
    10015: LATE,
    10062: LATE,
    50027: LATE,
    50001: "I cannot see the channel: those who manage this server can give me View Channel.",
    50007: "Your direct messages are closed to me: allow them in this server's privacy settings.",
    50013: (
        "I lack a permission there: those who manage this server can give me View Channel, Send "
        "Messages and Embed Links."
    ),
    50083: "The thread is closed: write in it to open it again.",
    50278: "We share no server any more, so I cannot write to you.",
    160002: "I may not read old messages there: those who manage this server can let me.",
    160005: "The thread is locked: ask elsewhere.",
}


def meaning_of(error: BaseException) -> str | None:
    """Return what an error of Discord means, for the person it hits; None for a bug of ours."""
    if isinstance(error, discord.DiscordServerError | aiohttp.ClientError | ConnectionError):
        return UNREACHABLE
    if isinstance(error, TimeoutError | discord.RateLimited):
        return UNREACHABLE
    if not isinstance(error, discord.HTTPException):
        return None
    if meaning := MEANINGS.get(error.code):
        return meaning
    if isinstance(error, discord.Forbidden):
        return NOT_ALLOWED
    return GONE if isinstance(error, discord.NotFound) else None
