"""FakeDiscord: the parts put together, and what people do in it."""

from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any, Literal, Self, TypeVar
from unittest.mock import patch

import discord
import discord.asset
import discord.gateway
import discord.http
import yarl
from aiohttp import web

from tests.discord_fake import interaction as interactions
from tests.discord_fake.bodies import components
from tests.discord_fake.gateway import ABORTED, Gateway
from tests.discord_fake.interaction import PATIENCE, Interaction
from tests.discord_fake.payloads import EVERY_PERMISSION, TEXT_CHANNEL, Payload, now, snowflake
from tests.discord_fake.rest import Rest
from tests.discord_fake.server import API_PREFIX, Server
from tests.discord_fake.settings import Settings
from tests.discord_fake.world import (
    FORWARD,
    PEOPLE_MAY_PING,
    SUPPRESS_EMBEDS,
    Record,
    World,
)

BUTTON, ACTION_ROW, TEXT_INPUT, LABEL = 2, 1, 4, 18  # kinds of components
MESSAGE_COMMAND = 3  # kind of a command: an entry in a message's menu
IN_GUILD, IN_DIRECT_CHANNEL, IN_PRIVATE_CHANNEL = 0, 1, 2  # contexts of an interaction
BY_GUILD, BY_USER = 0, 1  # who installed a command
MAX_UPLOAD_BYTES = 10 << 20

T = TypeVar("T")


async def at_once(*_: object, **__: object) -> None:
    """Wait for nothing."""


@dataclass(kw_only=True, eq=False)
class FakeDiscord(Settings):
    """As much of Discord's REST v10 and gateway v10 as this bot needs, on 127.0.0.1.

        async with FakeDiscord() as fake:
            fake.point_discord_py()
            ...  # start the bot with fake.token
            asked = await fake.slash("alice", "ask", question="why?")
            answer = await asked.wait_message("because")

    People are named; whoever is not known joins. A person's message, a click and so on go to
    the bot through the gateway. `log` holds every request as (route, ids, body, monotonic time),
    every ("429", route, wait), every new connection ("WS", query) and gateway ("WS<", op).
    """

    def __post_init__(self) -> None:
        self.log: list[tuple[Any, ...]] = []
        self.world = World(self)
        self.gateway = Gateway(self, self.world, self.log)
        self.rest = Rest(self, self.world, self.gateway)
        self.server = Server(self, self.rest, self.log)
        # The parts of the world that tests look at.
        self.users, self.channels = self.world.users, self.world.channels
        self.messages, self.files = self.world.messages, self.world.files
        self.crossposts = self.world.crossposts
        self.commands, self.interactions = self.rest.commands, self.rest.interactions
        self.unknown_routes = self.server.unknown_routes
        self.bot, self.guild, self.general = self.world.bot, self.world.guild, self.world.general
        self.app_id = self.bot["id"]
        self.mention = f"<@{self.bot['id']}>"
        self.locales: dict[str, str] = {}  # of people's Discord, "en-US" without an entry
        self._undo = ExitStack()

    async def __aenter__(self) -> Self:
        self._runner = web.AppRunner(self.server.application(), shutdown_timeout=0.2)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        host, port = self._runner.addresses[0][:2]
        self.world.url, self.world.ws_url = f"http://{host}:{port}", f"ws://{host}:{port}/gateway"
        return self

    async def __aexit__(self, *error: object) -> None:
        self._undo.close()
        await self.gateway.close()
        await self._runner.cleanup()

    def point_discord_py(self) -> None:
        """Let discord.py talk to this server until the block ends."""
        for owner, name, value in (
            (discord.http.Route, "BASE", self.url + API_PREFIX),
            (discord.gateway.DiscordWebSocket, "DEFAULT_GATEWAY", yarl.URL(self.ws_url)),
            (discord.asset.Asset, "BASE", self.url + "/cdn"),
            # Discord limits how often a client identifies; discord.py waits five seconds for that.
            (discord.Client, "before_identify_hook", at_once),
        ):
            self._undo.enter_context(patch.object(owner, name, value))

    # ---- what there is

    @property
    def url(self) -> str:
        """Where the server listens."""
        return self.world.url

    @property
    def ws_url(self) -> str:
        """Where the gateway listens."""
        return self.world.ws_url

    @property
    def identifies(self) -> int:
        """How many IDENTIFYs came, good or bad."""
        return self.gateway.identifies

    def edits(self, message_id: str) -> list[Record]:
        """Return (monotonic time, body) of every successful edit of a message."""
        return list(self.world.edits[message_id])

    def posts(self) -> list[Record]:
        """Return (monotonic time, body) of every message that the bot made; no deferrals."""
        return list(self.world.posts)

    def add_user(self, name: str, bot: bool = False) -> Payload:
        """Add a person, or a bot that is not ours."""
        return self.world.add_user(name, bot=bot)

    def add_channel(self, name: str, kind: int = TEXT_CHANNEL, **fields: Any) -> str:
        """Add a channel; return its id."""
        return self.world.add_channel(name, kind, **fields)

    def add_foreign_channel(self, *people: str) -> str:
        """Add a channel without the bot: of these people, or else of another guild; return its id.

        One person has it with somebody else; more are a group.
        """
        return self.world.add_foreign_channel(*map(self.world.user, people))

    def offers(self, name: str, channel: str) -> bool:
        """Return whether Discord offers a command in a channel, as the bot has declared it."""
        command, is_foreign = self.commands[name], channel in self.world.foreign
        contexts, installs = command["contexts"], command["integration_types"]
        fits = contexts is None or self._context(channel) in contexts
        return fits and (BY_USER if is_foreign else BY_GUILD) in installs

    def _context(self, channel: str) -> int:
        if self.world.in_guild(channel):
            return IN_GUILD
        return IN_PRIVATE_CHANNEL if channel in self.world.foreign else IN_DIRECT_CHANNEL

    async def dispatch(self, event: str, data: Payload) -> None:
        """Send an event to the bot."""
        await self.gateway.dispatch(event, data)

    async def drop(self, code: int = ABORTED, op: int | None = None) -> None:
        """Cut every gateway connection (1006: without a word) or, with op=7 or 9, ask politely."""
        await self.gateway.drop(code, op)

    async def until(
        self, predicate: Callable[[], T | Literal[False] | None], timeout: float = PATIENCE
    ) -> T:
        """Wait for something true; return it."""
        return await interactions.until(predicate, timeout)

    # ---- what people do

    async def open_dm(self, user: str) -> str:
        """Open the channel between a person and the bot; return its id."""
        person = self.world.user(user)
        channel = self.world.direct_channel(person)
        if channel is None:
            channel = self.world.add_direct_channel(person)
            await self.dispatch("CHANNEL_CREATE", channel)
        return str(channel["id"])

    async def say(
        self,
        user: str,
        text: str,
        channel: str | None = None,
        *,
        reply_to: Payload | None = None,
        forward: Payload | None = None,
        ping: bool = True,
        **body: Any,
    ) -> Payload:
        """Let somebody say something; `webhook_id` lets a webhook say it under that name.

        With a `kind` Discord itself says it, for example that somebody joined. What is said in an
        archived thread takes it out of the archive; Discord tells of that afterwards.
        """
        author = self.world.user(user)
        fields = {key: body.pop(key) for key in ("webhook_id", "kind") if key in body}
        if reply_to is not None:
            channel = channel or reply_to["channel_id"]
            body["message_reference"] = {"message_id": reply_to["id"]}
        if forward is not None:
            body["message_reference"] = {"message_id": forward["id"], "type": FORWARD}
        body = {"allowed_mentions": {**PEOPLE_MAY_PING, "replied_user": ping}, **body}
        message = self.world.new_message(
            channel or self.general, author, {"content": text, **body}, **fields
        )
        await self.gateway.publish(message)
        state = self.channels[message["channel_id"]].get("thread_metadata", {})
        if state.get("archived"):
            await self.change_thread(message["channel_id"], archived=False)
        return message

    def attach(self, name: str, contents: bytes, **fields: Any) -> Payload:
        """Upload a file for the `attachments` of what somebody says, and serve it."""
        self.files[name] = contents
        url = f"{self.url}/cdn/{name}"
        known = {"id": snowflake(), "filename": name, "size": len(contents)}
        return {**known, "url": url, "proxy_url": url, **fields}

    async def edit(self, message: Payload, text: str) -> None:
        """Let whoever said something change it."""
        message |= {"content": text, "edited_timestamp": now()}
        message["mentions"] = self.world.mentioned(message, PEOPLE_MAY_PING)
        await self.gateway.publish(message, "MESSAGE_UPDATE")

    async def delete(self, message: Payload) -> None:
        """Let whoever said something take it back."""
        await self.rest.delete(message)

    async def remove_embeds(self, message: Payload) -> None:
        """Let a moderator remove the embeds of a message; its text and components stay."""
        message["flags"] |= SUPPRESS_EMBEDS
        message["embeds"] = []
        await self.gateway.publish(message, "MESSAGE_UPDATE")

    async def post(self, user: str, forum: str, title: str, text: str) -> Payload:
        """Let somebody post in a forum; return its first message, which has the thread's id."""
        author = self.world.user(user)
        thread = self.world.add_thread(forum, title, owner=author)
        await self.dispatch("THREAD_CREATE", {**thread, "newly_created": True})
        body = {"content": text, "allowed_mentions": PEOPLE_MAY_PING}
        message = self.world.new_message(thread["id"], author, body, id=thread["id"])
        await self.gateway.publish(message)
        return message

    async def change_thread(self, thread: str, **state: bool) -> None:
        """Archive or lock a thread, or take it back."""
        self.channels[thread]["thread_metadata"] |= state
        await self.dispatch("THREAD_UPDATE", self.channels[thread])

    async def add_role(self, name: str, *people: str) -> str:
        """Add a role that these people have; return its id."""
        role = self.world.add_role(name)
        await self.dispatch("GUILD_ROLE_CREATE", {"guild_id": self.guild, "role": role})
        for person in people:
            self.world.roles_of[self.world.user(person)["id"]].append(role["id"])
        return str(role["id"])

    async def start_thread(self, user: str, message: Payload, name: str = "A thread") -> str:
        """Let somebody start a thread from a message; return its id, which is the message's."""
        thread = self.world.add_thread(
            message["channel_id"], name, owner=self.world.user(user), message_id=message["id"]
        )
        await self.dispatch("THREAD_CREATE", {**thread, "newly_created": True})
        return str(thread["id"])

    async def slash(
        self, user: str, name: str, /, *, channel: str | None = None, **options: Any
    ) -> Interaction:
        """Use a command that the bot has synced."""
        data = self._command_data(name, options)
        return await self.interact(user, interactions.COMMAND, data, channel)

    async def autocomplete(
        self, user: str, name: str, focused: str, /, *, channel: str | None = None, **options: Any
    ) -> Interaction:
        """Type into the option `focused` of a command."""
        data = self._command_data(name, options, focused)
        return await self.interact(user, interactions.AUTOCOMPLETE, data, channel)

    async def menu(self, user: str, name: str, message: Payload) -> Interaction:
        """Use an entry in a message's menu that the bot has synced."""
        if name not in self.commands:
            raise LookupError(f"“{name}” was never synced")
        data = {
            "id": self.commands[name]["id"],
            "name": name,
            "type": MESSAGE_COMMAND,
            "target_id": message["id"],
            # Whoever chooses the entry shows the bot the message, whatever it may read else.
            "resolved": {"messages": {message["id"]: message}},
        }
        return await self.interact(user, interactions.COMMAND, data, message["channel_id"])

    def _command_data(
        self, name: str, options: dict[str, Any], focused: str | None = None
    ) -> Payload:
        if name not in self.commands:
            raise LookupError(f"/{name} was never synced")
        kinds = {
            option["name"]: option["type"] for option in self.commands[name].get("options", [])
        }
        given = [
            {"name": option, "type": kinds[option], "value": value}
            for option, value in options.items()
        ]
        for option in given:
            if option["name"] == focused:
                option["focused"] = True
        return {"id": self.commands[name]["id"], "name": name, "type": 1, "options": given}

    async def click(self, user: str, message: Payload, custom_id: str) -> Interaction:
        """Click a button under a message."""
        data = {"component_type": BUTTON, "custom_id": custom_id, "id": 2}
        return await self.interact(user, interactions.COMPONENT, data, message=message)

    async def select(
        self, user: str, message: Payload, custom_id: str, *chosen: Payload | str
    ) -> Interaction:
        """Choose channels, people, roles or the values of options in a menu under a message."""
        menu = next(one for one in components(message) if one.get("custom_id") == custom_id)
        resolved: Payload = {}
        things = [one for one in chosen if isinstance(one, dict)]
        for thing in things:
            kind = "users" if "username" in thing else "channels" if "type" in thing else "roles"
            resolved.setdefault(kind, {})[thing["id"]] = thing
            if kind == "channels":
                resolved[kind][thing["id"]] = {**thing, "permissions": EVERY_PERMISSION}
            if kind == "users":
                member = self.world.member(thing, with_user=False)
                member["permissions"] = self.world.permissions_of(thing)
                resolved.setdefault("members", {})[thing["id"]] = member
        data = {
            "component_type": menu["type"],
            "custom_id": custom_id,
            "id": menu["id"],
            "values": [one if isinstance(one, str) else one["id"] for one in chosen],
            **({"resolved": resolved} if things else {}),
        }
        return await self.interact(user, interactions.COMPONENT, data, message=message)

    async def submit(self, user: str, shown: Interaction, /, **fields: str) -> Interaction:
        """Fill in and send the form that was the answer to another interaction."""
        assert shown.callback is not None
        rows = []
        for name, value in fields.items():
            entry = {"type": TEXT_INPUT, "custom_id": name, "value": value}
            labelled = any(row["type"] == LABEL for row in shown.callback["data"]["components"])
            rows.append(
                {"type": LABEL, "id": 1, "component": {**entry, "id": 2}}
                if labelled
                else {"type": ACTION_ROW, "components": [entry]}
            )
        data = {"custom_id": shown.callback["data"]["custom_id"], "components": rows}
        message = self.messages.get(shown.source or "")
        return await self.interact(user, interactions.MODAL, data, shown.channel, message)

    async def interact(
        self,
        user: str,
        kind: int,
        data: Payload,
        channel: str | None = None,
        message: Payload | None = None,
    ) -> Interaction:
        """Send an interaction to the bot."""
        person = self.world.user(user)
        where = channel or (message and message["channel_id"]) or self.general
        source = message["id"] if message else None
        interaction = Interaction(self.world, kind, person, where, source)
        self.interactions[interaction.id] = interaction
        payload = {
            "id": interaction.id,
            "application_id": self.app_id,
            "type": kind,
            "token": interaction.token,
            "version": 1,
            "data": data,
            "channel_id": where,
            "channel": self.channels[where],
            "locale": self.locales.get(user, "en-US"),
            "app_permissions": EVERY_PERMISSION,
            "entitlements": [],
            "authorizing_integration_owners": interaction.owners,
            "attachment_size_limit": MAX_UPLOAD_BYTES,
            **self._place_and_person(where, person),
        }
        if message is not None:
            payload["message"] = self.world.as_sent(message)
        await self.dispatch("INTERACTION_CREATE", payload)
        return interaction

    def _place_and_person(self, channel: str, person: Payload) -> Payload:
        in_guild, context = self.world.in_guild(channel), self._context(channel)
        if not in_guild:
            return {"user": person, "context": context}
        permissions = self.world.permissions_of(person)
        member = {**self.world.member(person), "permissions": permissions}
        guild = {"id": in_guild["guild_id"], "features": [], "locale": "en-US"}
        place = {**in_guild, "guild": guild, "guild_locale": "en-US", "context": context}
        return {**place, "member": member}
