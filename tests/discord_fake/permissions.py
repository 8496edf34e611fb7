"""Who may do what: the roles of the guild, and what a channel denies to everybody.

https://discord.com/developers/docs/topics/permissions
"""

from tests.discord_fake.payloads import THREADS, Payload

MANAGE_GUILD, VIEW, SEND, EMBED_LINKS, READ_HISTORY = 1 << 5, 1 << 10, 1 << 11, 1 << 14, 1 << 16
MENTION_EVERYONE, ATTACH_FILES = 1 << 17, 1 << 15
MANAGE_THREADS, START_THREADS, SEND_IN_THREADS = 1 << 34, 1 << 35, 1 << 38
ADMINISTRATOR = 1 << 3
EVERYTHING = (1 << 53) - 1 & ~ADMINISTRATOR


def denying(guild: str, permissions: int) -> list[Payload]:
    """Return the overwrites of a channel that takes these permissions from everybody."""
    return [{"id": guild, "type": 0, "allow": "0", "deny": str(permissions)}]


def permissions_in(channel: Payload, parent: Payload | None, everybody: int) -> int:
    """Return what members may do in a channel; a thread has the overwrites of its channel."""
    of_channel = parent or channel
    for overwrite in of_channel.get("permission_overwrites") or []:
        everybody &= ~int(overwrite["deny"])
    return everybody


def needed_to_send(channel: Payload, *, embeds: bool, replies: bool) -> int:
    """Return what the bot needs for a message there."""
    needed = VIEW | (SEND_IN_THREADS if channel["type"] in THREADS else SEND)
    if channel.get("thread_metadata", {}).get("locked"):
        needed |= MANAGE_THREADS
    return needed | (EMBED_LINKS if embeds else 0) | (READ_HISTORY if replies else 0)
