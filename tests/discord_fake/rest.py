"""Discord's REST API: the routes, and what each of them does.

In a route, {a} is an application, {c} a channel, {e} an emoji, {g} a guild, {i} an interaction,
{m} a message, {t} an interaction's token and {u} a user.
"""

import re
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from tests.discord_fake import payloads
from tests.discord_fake.gateway import Gateway
from tests.discord_fake.interaction import Interaction
from tests.discord_fake.payloads import Payload, snowflake
from tests.discord_fake.permissions import (
    READ_HISTORY,
    SEND,
    START_THREADS,
    VIEW,
    needed_to_send,
)
from tests.discord_fake.settings import Settings
from tests.discord_fake.world import EPHEMERAL, ApiError, World, invalid_form

MESSAGE, DEFERRAL, DEFERRED_UPDATE, UPDATE, CHOICES = 4, 5, 6, 7, 8  # kinds of first answers
INTERACTION_MESSAGE = 20
MAX_CHOICES = 25
MAX_FOREIGN_FOLLOWUPS = 5  # messages after the first answer, where the bot is not a member
ORIGINAL = ("@original", "%40original")

Answer = Payload | list[Payload] | None  # None is sent as 204


@dataclass(frozen=True)
class Call:
    """One request: `ids` holds what stands in the path for the letters of the route."""

    route: str
    ids: dict[str, str]
    query: Mapping[str, str]
    body: Any


class Rest:
    """The handlers; each may raise ApiError."""

    def __init__(self, settings: Settings, world: World, gateway: Gateway) -> None:
        self.settings = settings
        self.world = world
        self.gateway = gateway
        self.commands: dict[str, Payload] = {}  # by name
        self.interactions: dict[str, Interaction] = {}

    # ---- the bot itself

    async def get_me(self, call: Call) -> Answer:
        """Return the bot's user."""
        private = {"verified": True, "mfa_enabled": False, "email": None, "premium_type": 0}
        return {**self.world.bot, **private, "locale": "en-US"}

    async def get_application(self, call: Call) -> Answer:
        """Return the bot's application."""
        return payloads.application(self.world.bot, self.world.owner)

    async def get_gateway(self, call: Call) -> Answer:
        """Return where the gateway is."""
        starts = {"total": 1000, "remaining": 999, "reset_after": 0, "max_concurrency": 1}
        return {"url": self.world.ws_url, "shards": 1, "session_start_limit": starts}

    async def get_user(self, call: Call) -> Answer:
        """Return a user."""
        return self._user(call.ids["u"])

    async def get_member(self, call: Call) -> Answer:
        """Return a user as a member of the guild."""
        return self.world.member(self._user(call.ids["u"]))

    def _user(self, user_id: str) -> Payload:
        for user in self.world.users.values():
            if user["id"] == user_id:
                return user
        raise ApiError(404, 10013, "Unknown User")

    # ---- commands

    async def put_commands(self, call: Call) -> Answer:
        """Replace the commands."""
        self.commands.clear()
        for command in call.body:
            self.commands[command["name"]] = {
                "id": snowflake(),
                "application_id": call.ids["a"],
                "version": snowflake(),
                "type": 1,
                "description": "",  # an entry in a menu has none
                "default_member_permissions": None,
                "dm_permission": True,
                "nsfw": False,
                "contexts": None,
                **command,
                "integration_types": command.get("integration_types") or [0],
                **({"guild_id": call.ids["g"]} if "g" in call.ids else {}),
            }
        return list(self.commands.values())

    async def get_commands(self, call: Call) -> Answer:
        """Return the commands."""
        return list(self.commands.values())

    # ---- channels and threads

    async def get_channel(self, call: Call) -> Answer:
        """Return a channel."""
        return self._channel(call.ids["c"])

    def _channel(self, channel_id: str) -> Payload:
        channel = self.world.channels.get(channel_id)
        if channel is None:
            raise ApiError(404, 10003, "Unknown Channel")
        return channel

    async def patch_channel(self, call: Call) -> Answer:
        """Change a channel's name or topic."""
        channel = self._channel(call.ids["c"])
        channel |= {key: call.body[key] for key in ("name", "topic") if key in call.body}
        return channel

    async def open_direct_channel(self, call: Call) -> Answer:
        """Return the channel between the bot and a person."""
        person = self._user(str(call.body["recipient_id"]))
        return self.world.direct_channel(person) or self.world.add_direct_channel(person)

    async def start_thread(self, call: Call) -> Answer:
        """Start a thread that the bot owns."""
        body = call.body
        self._channel(call.ids["c"])
        self.world.require(call.ids["c"], VIEW | START_THREADS)
        if "m" in call.ids:
            self._message(call.ids["m"])
        thread = self.world.add_thread(
            call.ids["c"], body["name"], owner=self.world.bot, message_id=call.ids.get("m")
        )
        thread["type"] = body.get("type", payloads.PUBLIC_THREAD)
        if "auto_archive_duration" in body:
            thread["thread_metadata"]["auto_archive_duration"] = body["auto_archive_duration"]
        await self.gateway.dispatch("THREAD_CREATE", {**thread, "newly_created": True})
        return thread

    async def do_nothing(self, call: Call) -> Answer:
        """Take note of typing, reactions and the like."""
        return None

    # ---- messages in a channel

    async def post_message(self, call: Call) -> Answer:
        """Let the bot say something."""
        needed = needed_to_send(
            self._channel(call.ids["c"]),
            embeds=bool(call.body.get("embeds")),
            replies=bool(call.body.get("message_reference")),
        )
        self.world.require(call.ids["c"], needed)
        for person in self._channel(call.ids["c"]).get("recipients", ()):
            if person["username"] in self.settings.closed_to_bot:
                raise ApiError(403, 50007, "Cannot send messages to this user")
        if known := self._of_nonce(call.ids["c"], call.body):
            return self.world.as_sent(known)
        message = self.world.new_message(call.ids["c"], self.world.bot, call.body)
        return await self._posted(message, call.body)

    def _of_nonce(self, channel: str, body: Payload) -> Payload | None:
        """Return the young message of the same nonce, where the bot asks for that to be checked."""
        nonce = body.get("nonce")
        if not nonce or not body.get("enforce_nonce"):
            return None
        oldest = time.time() - self.settings.nonce_life
        for message in reversed(self.world.messages.values()):
            if message.get("nonce") == nonce and message["channel_id"] == channel:
                return message if payloads.created(message["id"]) > oldest else None
        return None

    async def _posted(self, message: Payload, body: Payload) -> Payload:
        self.world.posts.append((time.monotonic(), body))
        await self.gateway.publish(message)
        return self.world.as_sent(message)

    async def get_messages(self, call: Call) -> Answer:
        """Return the latest messages, newest first, or those around an id; none has its nonce."""
        self.world.require(call.ids["c"], VIEW)
        if not self.world.may(call.ids["c"], READ_HISTORY):
            return []
        there = [m for m in self.world.messages.values() if m["channel_id"] == call.ids["c"]]
        if before := call.query.get("before"):
            there = [m for m in there if int(m["id"]) < int(before)]
        there.sort(key=lambda message: int(message["id"]), reverse=True)
        count = int(call.query.get("limit", 50))
        if after := call.query.get("after"):
            there = [m for m in there if int(m["id"]) > int(after)][-count:]
        sent = [self.world.as_sent(message) for message in there[:count]]
        return [{key: m[key] for key in m if key != "nonce"} for m in sent]

    async def get_message(self, call: Call) -> Answer:
        """Return a message."""
        self.world.require(call.ids["c"], VIEW | READ_HISTORY)
        message = self._message(call.ids["m"])
        if message["channel_id"] != call.ids["c"]:
            raise ApiError(404, 10008, "Unknown Message")
        return self.world.as_sent(message)

    def _message(self, message_id: str | None) -> Payload:
        message = self.world.messages.get(message_id or "")
        if message is None:
            raise ApiError(404, 10008, "Unknown Message")
        return message

    async def patch_message(self, call: Call) -> Answer:
        """Let the bot change what it said."""
        message = self._message(call.ids["m"])
        if message["author"] is not self.world.bot:
            raise ApiError(403, 50005, "Cannot edit a message authored by another user")
        return await self._edited(message, call.body)

    async def _edited(self, message: Payload, body: Payload) -> Payload:
        self.world.edit(message, body)
        await self.gateway.publish(message, "MESSAGE_UPDATE")
        return self.world.as_sent(message)

    async def crosspost(self, call: Call) -> Answer:
        """Publish a message of the bot's to the servers that follow its channel."""
        self.world.require(call.ids["c"], VIEW | SEND)
        message = self._message(call.ids["m"])
        self.world.crosspost(message)
        await self.gateway.publish(message, "MESSAGE_UPDATE")
        return self.world.as_sent(message)

    async def delete_message(self, call: Call) -> Answer:
        """Remove a message."""
        await self.delete(self._message(call.ids["m"]))
        return None

    async def delete(self, message: Payload) -> None:
        """Remove a message and tell of it."""
        del self.world.messages[message["id"]]
        channel = message["channel_id"]
        gone = {"id": message["id"], "channel_id": channel, **self.world.in_guild(channel)}
        await self.gateway.dispatch("MESSAGE_DELETE", gone)

    # ---- answers to interactions

    async def answer_interaction(self, call: Call) -> Answer:
        """Take the first answer to an interaction."""
        interaction, body = self._unanswered(call.ids["i"], call.ids["t"]), call.body
        kind, data = body["type"], body.get("data") or {}
        message = await self._answer_message(interaction, kind, data)
        interaction.acknowledge(body, message["id"] if message else None)
        if message is not None and kind == DEFERRAL:
            await self.gateway.publish(message)
        elif message is not None and kind == MESSAGE:
            await self._posted(message, data)
        if call.query.get("with_response") not in ("1", "true"):
            return None
        answer: Payload = {
            "id": interaction.id,
            "type": interaction.type,
            "response_message_loading": kind == DEFERRAL,
            "response_message_ephemeral": bool(message and message["flags"] & EPHEMERAL),
        }
        if message is None:
            return {"interaction": answer}
        answer["response_message_id"] = message["id"]
        if kind not in (MESSAGE, UPDATE):
            return {"interaction": answer}
        resource = {"type": kind, "message": self.world.as_sent(message)}
        return {"interaction": answer, "resource": resource}

    def _unanswered(self, interaction_id: str, token: str) -> Interaction:
        interaction = self.interactions.get(interaction_id)
        if interaction is None or interaction.token != token:
            raise ApiError(404, 10062, "Unknown interaction")
        if interaction.callback is not None:
            raise ApiError(400, 40060, "Interaction has already been acknowledged.")
        if interaction.age > self.settings.ack_deadline:
            raise ApiError(404, 10062, "Unknown interaction")
        return interaction

    async def _answer_message(
        self, interaction: Interaction, kind: int, data: Payload
    ) -> Payload | None:
        """Return the message that a first answer makes or changes, if it does."""
        if kind == MESSAGE:
            return self._new_answer(interaction, data, kind=INTERACTION_MESSAGE)
        if kind == DEFERRAL:
            hidden = {"flags": (data.get("flags") or 0) & EPHEMERAL}
            return self._new_answer(interaction, hidden, kind=INTERACTION_MESSAGE, loading=True)
        if kind in (DEFERRED_UPDATE, UPDATE):
            if interaction.source is None:
                raise invalid_form("type", "INVALID", "There is no message to change")
            message = self._message(interaction.source)
            if kind == UPDATE:
                await self._edited(message, data)
            return message
        if kind == CHOICES and len(data.get("choices", [])) > MAX_CHOICES:
            too_long = f"Must be {MAX_CHOICES} or fewer in length."
            raise invalid_form("choices", "BASE_TYPE_MAX_LENGTH", too_long)
        return None

    def _new_answer(self, interaction: Interaction, body: Payload, **options: Any) -> Payload:
        return self.world.new_message(
            interaction.channel,
            self.world.bot,
            body,
            webhook_id=self.world.bot["id"],
            application_id=self.world.bot["id"],
            interaction_metadata=interaction.metadata,
            **options,
        )

    async def post_followup(self, call: Call) -> Answer:
        """Let the bot say more."""
        interaction = self._living(call.ids["t"])
        if interaction.callback is None:
            raise ApiError(404, 10015, "Unknown Webhook")
        is_foreign = interaction.channel in self.world.foreign
        if is_foreign and len(interaction.followups) >= MAX_FOREIGN_FOLLOWUPS:
            too_many = "This interaction has reached the maximum number of follow up messages"
            raise ApiError(400, 40094, too_many)
        message = self._new_answer(interaction, call.body)
        interaction.followups.append(message["id"])
        return await self._posted(message, call.body)

    def _living(self, token: str) -> Interaction:
        for interaction in self.interactions.values():
            if interaction.token == token and interaction.age <= self.settings.token_life:
                return interaction
        raise ApiError(401, 50027, "Invalid Webhook Token")

    def _answer(self, call: Call) -> Payload:
        interaction, message_id = self._living(call.ids["t"]), call.ids["m"]
        return self._message(interaction.message_id if message_id in ORIGINAL else message_id)

    async def get_answer(self, call: Call) -> Answer:
        """Return an answer."""
        return self.world.as_sent(self._answer(call))

    async def patch_answer(self, call: Call) -> Answer:
        """Let the bot change an answer."""
        return await self._edited(self._answer(call), call.body)

    async def delete_answer(self, call: Call) -> Answer:
        """Remove an answer."""
        await self.delete(self._answer(call))
        return None


Handler = Callable[[Rest, Call], Awaitable[Answer]]

# The first route that fits is taken.
ROUTES: dict[str, Handler] = {
    "GET /users/@me": Rest.get_me,
    "GET /oauth2/applications/@me": Rest.get_application,
    "GET /gateway/bot": Rest.get_gateway,
    "GET /users/{u}": Rest.get_user,
    "GET /guilds/{g}/members/{u}": Rest.get_member,
    "POST /users/@me/channels": Rest.open_direct_channel,
    "PUT /applications/{a}/commands": Rest.put_commands,
    "PUT /applications/{a}/guilds/{g}/commands": Rest.put_commands,
    "GET /applications/{a}/commands": Rest.get_commands,
    "GET /channels/{c}": Rest.get_channel,
    "PATCH /channels/{c}": Rest.patch_channel,
    "POST /channels/{c}/typing": Rest.do_nothing,
    "POST /channels/{c}/threads": Rest.start_thread,
    "PUT /channels/{c}/thread-members/@me": Rest.do_nothing,
    "GET /channels/{c}/messages": Rest.get_messages,
    "POST /channels/{c}/messages": Rest.post_message,
    "GET /channels/{c}/messages/{m}": Rest.get_message,
    "PATCH /channels/{c}/messages/{m}": Rest.patch_message,
    "DELETE /channels/{c}/messages/{m}": Rest.delete_message,
    "POST /channels/{c}/messages/{m}/crosspost": Rest.crosspost,
    "POST /channels/{c}/messages/{m}/threads": Rest.start_thread,
    "PUT /channels/{c}/messages/{m}/reactions/{e}/@me": Rest.do_nothing,
    "DELETE /channels/{c}/messages/{m}/reactions/{e}/@me": Rest.do_nothing,
    "POST /interactions/{i}/{t}/callback": Rest.answer_interaction,
    "POST /webhooks/{a}/{t}": Rest.post_followup,
    "GET /webhooks/{a}/{t}/messages/{m}": Rest.get_answer,
    "PATCH /webhooks/{a}/{t}/messages/{m}": Rest.patch_answer,
    "DELETE /webhooks/{a}/{t}/messages/{m}": Rest.delete_answer,
}


def _pattern(route: str) -> re.Pattern[str]:
    return re.compile(re.sub(r"\{(\w)\}", r"(?P<\1>[^/]+)", route))


PATTERNS = {route: _pattern(route) for route in ROUTES}


def find_route(method: str, path: str) -> tuple[str, dict[str, str]] | None:
    """Return the route of a request and the ids in its path."""
    for route, pattern in PATTERNS.items():
        if match := pattern.fullmatch(f"{method} {path}"):
            return route, match.groupdict()
    return None
