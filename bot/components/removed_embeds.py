"""Edits of messages whose embeds somebody may have removed: what was removed does not come back.

Who may delete a message can also remove its embeds, while its text, its buttons and everything that
the bot stores about it stay. Discord tells so by a flag (`SUPPRESS_EMBEDS`), which stays unless an
edit says otherwise. discord.py's `Message.edit` does, unless `suppress` is MISSING, while
`PartialMessage.edit` and the edits of an interaction do not.
"""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any, TypeVar

import discord

REMOVED = (
    "The embed of this message was removed, so I wrote no further. To see an answer, ask again."
)

M = TypeVar("M", bound=discord.Message)


def are_removed(message: discord.Message | None) -> bool:
    """Return whether somebody removed the embeds of a message."""
    return message is not None and message.flags.suppress_embeds


def shown(embeds: Sequence[discord.Embed], *, removed: bool) -> dict[str, Any]:
    """Return the options of an edit that shows embeds, or says that they were removed."""
    return {"content": REMOVED, "embeds": []} if removed else {"embeds": embeds}


async def edit_embeds(
    edit: Callable[..., Awaitable[M]],
    embeds: Sequence[discord.Embed],
    *,
    removed: bool = False,
    **options: Any,
) -> M:
    """Show embeds by an edit; if they were removed by then, say so instead.

    `removed` tells that this is known already. Discord's reply to the edit tells it otherwise.
    """
    message = await edit(**shown(embeds, removed=removed), **options)
    if are_removed(message) and not removed:
        message = await edit(**shown(embeds, removed=True), **options)
    return message
