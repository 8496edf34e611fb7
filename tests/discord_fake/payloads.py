"""Discord's objects as JSON, with the fields that discord.py reads."""

import itertools
import time
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import Any

Payload = dict[str, Any]

TEXT_CHANNEL, DIRECT_CHANNEL, GROUP_CHANNEL, PUBLIC_THREAD = 0, 1, 3, 11
THREADS = (10, 11, 12)  # of announcements, public, private
FORUM_CHANNEL, ANNOUNCEMENT_CHANNEL, VOICE_CHANNEL, STAGE_CHANNEL = 15, 5, 2, 13
EVERY_PERMISSION = str((1 << 53) - 1)
DISCORD_EPOCH_MS = 1420070400000

_numbers = itertools.count()


def snowflake() -> str:
    """Return a new id; ids rise with time."""
    since_epoch = int(time.time() * 1000) - DISCORD_EPOCH_MS
    return str(since_epoch << 22 | next(_numbers) & 0x3FFFFF)


def created(snowflake_: str) -> float:
    """Return when an id was made, in seconds since 1970."""
    return ((int(snowflake_) >> 22) + DISCORD_EPOCH_MS) / 1000


def now() -> str:
    """Return the present time as Discord writes it."""
    return datetime.now(UTC).isoformat()


def new_user(name: str, *, bot: bool) -> Payload:
    """Return somebody new."""
    return {
        "id": snowflake(),
        "username": name,
        "discriminator": "0",
        "global_name": name.title(),
        "avatar": None,
        "bot": bot,
        "public_flags": 0,
        "flags": 0,
        "primary_guild": None,
    }


def new_member() -> Payload:
    """Return what a guild knows of a person, without the person."""
    return {
        "roles": [],
        "joined_at": "2024-01-01T00:00:00+00:00",
        "deaf": False,
        "mute": False,
        "flags": 0,
    }


def new_channel(guild: str, name: str, kind: int) -> Payload:
    """Return a channel of a guild."""
    return {
        "id": snowflake(),
        "type": kind,
        "guild_id": guild,
        "name": name,
        "position": 0,
        "permission_overwrites": [],
        "nsfw": False,
        "parent_id": None,
        "topic": None,
        "rate_limit_per_user": 0,
        "last_message_id": None,
        **({"bitrate": 64_000, "user_limit": 0} if kind in (VOICE_CHANNEL, STAGE_CHANNEL) else {}),
        **({"available_tags": [], "flags": 0} if kind == FORUM_CHANNEL else {}),
    }


def new_direct_channel(*people: Payload) -> Payload:
    """Return the channel between the bot and one person, or a group's; it belongs to no guild."""
    return {
        "id": snowflake(),
        "type": DIRECT_CHANNEL if len(people) == 1 else GROUP_CHANNEL,
        "last_message_id": None,
        "flags": 0,
        "recipients": list(people),
        **({} if len(people) == 1 else {"name": None, "icon": None, "owner_id": people[0]["id"]}),
    }


def new_thread(guild: str, parent: str, owner: str, name: str) -> Payload:
    """Return a public thread; one that starts at a message takes over the message's id."""
    return {
        "id": snowflake(),
        "type": PUBLIC_THREAD,
        "guild_id": guild,
        "parent_id": parent,
        "owner_id": owner,
        "name": name,
        "last_message_id": None,
        "message_count": 0,
        "member_count": 1,
        "rate_limit_per_user": 0,
        "flags": 0,
        "total_message_sent": 0,
        "thread_metadata": {
            "archived": False,
            "auto_archive_duration": 1440,
            "archive_timestamp": now(),
            "locked": False,
            "create_timestamp": now(),
        },
    }


def thread_member(thread: str, user: str) -> Payload:
    """Return the bot's membership in a thread."""
    return {"id": thread, "user_id": user, "join_timestamp": now(), "flags": 0}


def guild(
    guild_id: str,
    *,
    owner: str,
    channels: Iterable[Payload],
    roles: Iterable[Payload],
    bot: Payload,
) -> Payload:
    """Return a whole guild; threads that are archived are not shown."""
    everywhere = [channel for channel in channels if channel["type"] != DIRECT_CHANNEL]
    return {
        "id": guild_id,
        "name": "Papers",
        "owner_id": owner,
        "unavailable": False,
        "member_count": 3,
        "large": False,
        "joined_at": now(),
        "roles": list(roles),
        "emojis": [],
        "stickers": [],
        "features": [],
        "channels": [channel for channel in everywhere if channel["type"] not in THREADS],
        "threads": [
            channel
            for channel in everywhere
            if channel["type"] in THREADS and not channel["thread_metadata"]["archived"]
        ],
        "members": [bot],
        "voice_states": [],
        "presences": [],
        "stage_instances": [],
        "guild_scheduled_events": [],
        "soundboard_sounds": [],
        "verification_level": 0,
        "default_message_notifications": 0,
        "explicit_content_filter": 0,
        "mfa_level": 0,
        "nsfw_level": 0,
        "premium_tier": 0,
        "preferred_locale": "en-US",
        "system_channel_flags": 0,
        "afk_timeout": 300,
    }


def new_role(name: str, permissions: int, **fields: Any) -> Payload:
    """Return a role; that of everyone has the guild's id."""
    return {
        "id": snowflake(),
        "name": name,
        "permissions": str(permissions),
        "position": 0,
        "color": 0,
        "colors": {"primary_color": 0, "secondary_color": None, "tertiary_color": None},
        "hoist": False,
        "managed": False,
        "mentionable": False,
        "flags": 0,
        **fields,
    }


def application(bot: Payload, owner: Payload) -> Payload:
    """Return the application that the bot belongs to; the two have the same id."""
    return {
        "id": bot["id"],
        "name": bot["username"],
        "icon": None,
        "description": "",
        "bot_public": True,
        "bot_require_code_grant": False,
        "verify_key": "00",
        "owner": owner,
        "team": None,
        "flags": 0,
        "flags_new": "0",
        "summary": "",
        "type": None,
        "redirect_uris": [],
        "interactions_endpoint_url": None,
        "role_connections_verification_url": None,
        "approximate_guild_count": 1,
        "approximate_user_install_count": 0,
        "approximate_user_authorization_count": 0,
        "explicit_content_filter": 0,
        "eligible_oauth2_scopes": [],
    }


def with_component_ids(
    components: Iterable[Payload], numbers: Iterator[int] | None = None
) -> list[Payload]:
    """Number the components that have no id yet, as Discord does."""
    numbers = numbers or itertools.count(1)
    numbered = []
    for component in components:
        numbered.append({**component, "id": component.get("id") or next(numbers)})
        if "components" in component:
            numbered[-1]["components"] = with_component_ids(component["components"], numbers)
    return numbered
