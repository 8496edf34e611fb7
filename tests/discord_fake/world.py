"""Who and what there is: users, channels, threads and messages, and how a message changes."""

import re
import time
from collections import defaultdict
from typing import Any

from tests.discord_fake import payloads
from tests.discord_fake.payloads import Payload, now, snowflake
from tests.discord_fake.permissions import MENTION_EVERYONE, permissions_in
from tests.discord_fake.settings import Settings

REPLY = 19
FORWARD = 1  # a kind of reference
SPOKEN = (0, REPLY, 20)  # kinds of messages that have words; the others are Discord's own
CROSSPOSTED, SUPPRESS_EMBEDS, EPHEMERAL, LOADING, HAS_SNAPSHOT, COMPONENTS_V2 = (
    1 << 0, 1 << 2, 1 << 6, 1 << 7, 1 << 14, 1 << 15
)  # fmt: skip
CONTENT_LIMIT = 2000
SNAPSHOT = (
    "type",
    "content",
    "embeds",
    "attachments",
    "timestamp",
    "edited_timestamp",
    "flags",
    "mentions",
    "mention_roles",
    "components",
)  # what is forwarded of a message
PEOPLE_MAY_PING = {"parse": ["users", "roles", "everyone"]}

Record = tuple[float, Payload]  # monotonic time and body of a request


class ApiError(Exception):
    """An answer of Discord's that is an error."""

    def __init__(self, status: int, code: int, message: str, errors: Payload | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.body = {"code": code, "message": message, **({"errors": errors} if errors else {})}


def invalid_form(key: str, code: str, message: str) -> ApiError:
    """Return the error for a value in a body that Discord does not take."""
    errors = {key: {"_errors": [{"code": code, "message": message}]}}
    return ApiError(400, 50035, "Invalid Form Body", errors)


class World:
    """One guild with a bot in it, and everything that was said there."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.users: dict[str, Payload] = {}  # by name
        self.channels: dict[str, Payload] = {}
        self.messages: dict[str, Payload] = {}
        self.files: dict[str, bytes] = {}  # uploads, by file name
        self.posts: list[Record] = []
        self.crossposts: list[str] = []  # ids of messages
        self.edits: defaultdict[str, list[Record]] = defaultdict(list)
        self.url = self.ws_url = ""  # known when the server listens
        self.bot = self.add_user("papersbot", bot=True)
        self.owner = self.add_user("alice")
        self.add_user("bob")
        self.guild = snowflake()
        self.more_guilds: list[str] = []
        self.roles: dict[str, Payload] = {}  # by name
        self.roles_of: defaultdict[str, list[str]] = defaultdict(list)  # by the person's id
        self.add_role("@everyone", id=self.guild, permissions=settings.everybody_may)
        managed = self.add_role("papersbot", managed=True, tags={"bot_id": self.bot["id"]})
        self.roles_of[self.bot["id"]].append(managed["id"])
        self.general = self.add_channel("general")
        self.foreign: set[str] = set()  # the channels where the bot is not a member

    @property
    def guilds(self) -> list[str]:
        """The ids of all guilds with the bot."""
        return [self.guild, *self.more_guilds]

    def add_guild(self, shard: int, count: int) -> str:
        """Add a guild to this shard of `count`, with the bot in it; return its channel's id."""
        since_epoch, number = divmod(int(snowflake()), 1 << 22)
        since_epoch -= (since_epoch - shard) % count
        self.more_guilds.append(str(since_epoch << 22 | number))
        return self.add_channel("general", guild=self.more_guilds[-1])

    def add_user(self, name: str, bot: bool = False) -> Payload:
        """Add a person, or a bot that is not ours."""
        self.users[name] = payloads.new_user(name, bot=bot)
        return self.users[name]

    def add_role(self, name: str, permissions: int = 0, **fields: Any) -> Payload:
        """Add a role."""
        self.roles[name] = payloads.new_role(name, permissions, **fields)
        return self.roles[name]

    def permissions_of(self, person: Payload) -> str:
        """Return what a person may do in the guild."""
        if person is self.owner:
            return payloads.EVERY_PERMISSION
        return str(self.settings.everybody_may)

    def require(self, channel: str, permissions: int) -> None:
        """Raise what Discord answers where the bot lacks one of these in a channel."""
        if not self.may(channel, permissions):
            raise ApiError(403, 50013, "Missing Permissions")

    def may(self, channel: str, permissions: int) -> bool:
        """Return whether the bot has all of these in a channel."""
        there = self.channels.get(channel, {})
        if "guild_id" not in there:
            return True
        parent = self.channels.get(there.get("parent_id") or "")
        return not permissions & ~permissions_in(there, parent, self.settings.everybody_may)

    def user(self, name: str) -> Payload:
        """Return the user of this name, who joins now if nobody has it."""
        return self.users.get(name) or self.add_user(name)

    def add_channel(
        self, name: str, kind: int = payloads.TEXT_CHANNEL, guild: str = "", **fields: Any
    ) -> str:
        """Add a channel to the guild, or to another one; return its id."""
        channel = {**payloads.new_channel(guild or self.guild, name, kind), **fields}
        self.channels[channel["id"]] = channel
        return str(channel["id"])

    def add_foreign_channel(self, *people: Payload) -> str:
        """Add a channel without the bot: that of a person with another, a group's, or a guild's.

        Without people it belongs to a guild of its own. Return its id.
        """
        if people:
            channel = payloads.new_direct_channel(*people)
        else:
            channel = payloads.new_channel(snowflake(), "elsewhere", payloads.TEXT_CHANNEL)
        self.channels[channel["id"]] = channel
        self.foreign.add(channel["id"])
        return str(channel["id"])

    def require_member(self, channel: str) -> None:
        """Raise what Discord answers about a channel where the bot is not a member."""
        if channel in self.foreign:
            raise ApiError(403, 50001, "Missing Access")

    def direct_channel(self, person: Payload) -> Payload | None:
        """Return the open channel between the bot and a person, if there is one."""
        for channel in self.channels.values():
            if channel["id"] in self.foreign:
                continue
            if channel["type"] == payloads.DIRECT_CHANNEL and channel["recipients"][0] is person:
                return channel
        return None

    def add_direct_channel(self, person: Payload) -> Payload:
        """Open a channel between the bot and a person."""
        channel = payloads.new_direct_channel(person)
        self.channels[channel["id"]] = channel
        return channel

    def add_thread(
        self, parent: str, name: str, *, owner: Payload, message_id: str | None = None
    ) -> Payload:
        """Start a thread, from a message if one is named."""
        if message_id is not None and message_id in self.channels:
            raise ApiError(400, 160004, "A thread has already been created for this message")
        thread = payloads.new_thread(self.channels[parent]["guild_id"], parent, owner["id"], name)
        thread["id"] = message_id or thread["id"]
        if owner is self.bot:  # Discord tells a bot of its own membership only
            thread["member"] = payloads.thread_member(thread["id"], self.bot["id"])
        self.channels[thread["id"]] = thread
        return thread

    def guild_payload(self, guild: str) -> Payload:
        """Return a guild as GUILD_CREATE shows it."""
        owner = self.owner["id"]
        payload = payloads.guild(
            guild,
            owner=owner,
            channels=[c for c in self.channels.values() if c.get("guild_id") == guild],
            roles=[
                role | ({"id": guild} if role["id"] == self.guild else {})  # that of everyone
                for role in self.roles.values()
            ],
            bot=self.member(self.bot),
        )
        return {**payload, "member_count": len(self.users)}

    def member(self, user: Payload, with_user: bool = True) -> Payload:
        """Return a user as a member of the guild."""
        roles = {"roles": self.roles_of[user["id"]]}
        return {**payloads.new_member(), **roles, **({"user": user} if with_user else {})}

    def in_guild(self, channel: str) -> Payload:
        """Return the guild's id for the payload of an event there; nothing for a direct channel."""
        there = self.channels[channel]
        return {"guild_id": there["guild_id"]} if "guild_id" in there else {}

    def new_message(
        self,
        channel: str,
        author: Payload,
        body: Payload,
        *,
        kind: int = 0,
        loading: bool = False,
        **fields: Any,
    ) -> Payload:
        """Add a message, or raise what Discord answers to such a body."""
        if channel not in self.channels:
            raise ApiError(404, 10003, "Unknown Channel")
        message = {
            "id": snowflake(),
            "channel_id": channel,
            "type": kind,
            "author": author,
            "content": body.get("content") or "",
            "timestamp": now(),
            "edited_timestamp": None,
            "tts": False,
            "mention_everyone": self._pings_everyone(author, body),
            "pinned": False,
            "mentions": [],
            "mention_roles": re.findall(r"<@&(\d+)>", body.get("content") or ""),
            "attachments": body.get("attachments") or [],
            "embeds": body.get("embeds") or [],
            "components": payloads.with_component_ids(body.get("components") or []),
            "flags": (body.get("flags") or 0) | (LOADING if loading else 0),
            **fields,
        }
        message |= {key: body[key] for key in ("nonce", "poll") if body.get(key)}
        if kind in SPOKEN:
            _require_sendable(message, body)
        message |= self._reply_fields(channel, body.get("message_reference") or {})
        message["mentions"] = self.mentioned(message, body.get("allowed_mentions"))
        self.messages[message["id"]] = message
        self.channels[channel]["last_message_id"] = message["id"]
        return message

    def _pings_everyone(self, author: Payload, body: Payload) -> bool:
        may = int(self.permissions_of(author)) & MENTION_EVERYONE
        said = re.search("@everyone|@here", body.get("content") or "")
        return bool(may and said and author is not self.bot)

    def _reply_fields(self, channel: str, reference: Payload) -> Payload:
        if not reference:
            return {}
        # discord.py sends these ids as JSON numbers.
        ids = {key: str(value) for key, value in reference.items() if key.endswith("_id")}
        replied = self.messages.get(ids["message_id"])
        if replied is None:
            if reference.get("fail_if_not_exists", True):
                raise invalid_form(
                    "message_reference", "REPLIES_UNKNOWN_MESSAGE", "Unknown message"
                )
            return {}
        if reference.get("type") == FORWARD:
            shown = {key: replied[key] for key in SNAPSHOT}
            return {
                "message_reference": {"type": FORWARD, "channel_id": channel, **ids},
                "message_snapshots": [{"message": shown}],
                "flags": HAS_SNAPSHOT,
            }
        return {
            "type": REPLY,
            "message_reference": {
                "type": 0,
                "channel_id": channel,
                **self.in_guild(channel),
                **ids,
            },
            "referenced_message": replied,
        }

    def mentioned(self, message: Payload, allowed: Payload | None) -> list[Payload]:
        """Return the people whom a message mentions."""
        ids = set(re.findall(r"<@!?(\d+)>", message["content"]))
        # Who says nothing about mentions pings whom they reply to; who says something does not.
        if "referenced_message" in message and (allowed is None or allowed.get("replied_user")):
            ids.add(message["referenced_message"]["author"]["id"])
        return [user for user in self.users.values() if user["id"] in ids]

    def edit(self, message: Payload, body: Payload) -> Payload:
        """Change a message, or raise what Discord answers to such a body."""
        changes: Payload = {
            key: body[key] or [] for key in ("embeds", "attachments") if key in body
        }
        if "content" in body:
            changes["content"] = body["content"] or ""
        if "components" in body:
            changes["components"] = payloads.with_component_ids(body["components"] or [])
        if changes.get("attachments"):  # an attachment that stays is named by its id alone
            kept = {attachment["id"]: attachment for attachment in message["attachments"]}
            changes["attachments"] = [kept.get(a["id"], a) for a in changes["attachments"]]
        changes["flags"] = _flags_after_edit(message["flags"], body.get("flags"))
        if changes["flags"] & SUPPRESS_EMBEDS:  # nobody gets to see what the edit shows
            changes["embeds"] = []
        _require_sendable({**message, **changes}, body)
        message.update(changes, edited_timestamp=now())
        self.edits[message["id"]].append((time.monotonic(), body))
        return message

    def crosspost(self, message: Payload) -> None:
        """Publish a message, or raise what Discord answers."""
        if self.channels[message["channel_id"]]["type"] != payloads.ANNOUNCEMENT_CHANNEL:
            raise ApiError(400, 50024, "Cannot execute action on this channel type")
        if message["flags"] & CROSSPOSTED:
            raise ApiError(400, 40033, "This message has already been crossposted.")
        message["flags"] |= CROSSPOSTED
        self.crossposts.append(message["id"])

    def as_sent(self, message: Payload) -> Payload:
        """Return a message as Discord sends it to the bot."""
        if "referenced_message" in message:
            replied = self.messages.get(message["message_reference"]["message_id"])
            if replied is not None:  # a reply to a reply shows one level only
                replied = {k: v for k, v in replied.items() if k != "referenced_message"}
                replied = self._without_secrets(replied)
            message = {**message, "referenced_message": replied}
        return self._without_secrets(message)

    def _without_secrets(self, message: Payload) -> Payload:
        """Return what a bot without the message content intent gets to read."""
        if (
            self.settings.message_content
            or message["author"]["id"] == self.bot["id"]
            or any(user["id"] == self.bot["id"] for user in message["mentions"])
            or self.channels[message["channel_id"]]["type"] == payloads.DIRECT_CHANNEL
        ):
            return message
        return {**message, "content": "", "embeds": [], "attachments": [], "components": []}


def _require_sendable(message: Payload, body: Payload) -> None:
    if len(message["content"]) > CONTENT_LIMIT:
        too_long = f"Must be {CONTENT_LIMIT} or fewer in length."
        raise invalid_form("content", "BASE_TYPE_MAX_LENGTH", too_long)
    parts = [message[key] for key in ("content", "embeds", "components", "attachments")]
    parts += [body.get("sticker_ids"), body.get("poll"), message["flags"] & LOADING]
    parts += [(body.get("message_reference") or {}).get("type") == FORWARD]
    if not any(parts):
        raise ApiError(400, 50006, "Cannot send an empty message")


def _flags_after_edit(before: int, wanted: int | None) -> int:
    """An edit may hide previews or switch to the new components; a deferred answer is done."""
    before &= ~LOADING
    if wanted is None:
        return before
    return before & ~SUPPRESS_EMBEDS | wanted & (SUPPRESS_EMBEDS | COMPONENTS_V2)
