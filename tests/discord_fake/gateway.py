"""The gateway: a web socket for each client, and the replay of what one missed."""

import asyncio
import json
import zlib
from dataclasses import dataclass, field
from typing import Any

from aiohttp import WSMsgType, web

from tests.discord_fake.payloads import Payload, snowflake
from tests.discord_fake.settings import Settings
from tests.discord_fake.world import EPHEMERAL, World

DISPATCH, HEARTBEAT, IDENTIFY, PRESENCE, RESUME = 0, 1, 2, 3, 6
REQUEST_MEMBERS, START_ANEW, HELLO, HEARTBEAT_ACK = 8, 9, 10, 11
UNKNOWN_OPCODE, DECODE_ERROR, NOT_AUTHENTICATED, WRONG_TOKEN = 4001, 4002, 4003, 4004
ALREADY_AUTHENTICATED, FORBIDDEN_INTENTS = 4005, 4014
ABORTED, GOING_AWAY = 1006, 1001
MAX_MESSAGE_BYTES = 4096  # Discord's own limit for what a client sends


class Connection:
    """One open web socket."""

    def __init__(self, socket: web.WebSocketResponse, request: web.Request, compress: bool) -> None:
        self.socket = socket
        self.request = request
        self.listener: Listener | None = None
        self._compressor = zlib.compressobj() if compress else None

    async def send(self, payload: Payload | str) -> None:
        """Send a payload; one that comes too late is lost, as on a real network."""
        text = payload if isinstance(payload, str) else json.dumps(payload)
        if self.socket.closed:
            return
        try:
            if self._compressor is None:
                await self.socket.send_str(text)
            else:
                packed = self._compressor.compress(text.encode())
                await self.socket.send_bytes(packed + self._compressor.flush(zlib.Z_SYNC_FLUSH))
        except ConnectionError:  # cut in this very moment
            return

    async def send_operation(self, operation: int, data: object = None) -> None:
        """Send something that is not an event."""
        await self.send({"op": operation, "d": data, "s": None, "t": None})

    def abort(self) -> None:
        """Cut the connection without a word."""
        if self.request.transport is not None:
            self.request.transport.abort()


@dataclass
class Listener:
    """A client that has identified: connected or not, it gets every event since its READY."""

    id: str
    intents: int
    connection: Connection | None
    shard: tuple[int, int] = (0, 1)  # its number, and how many there are
    replay: list[str] = field(default_factory=list)

    def has(self, guild: str) -> bool:
        """Return whether events of a guild are for its shard; "": those of direct messages."""
        number, count = self.shard
        return shard_of(guild, count) == number

    async def send(self, event: str, data: Payload) -> None:
        """Send an event, now or when the client resumes."""
        sequence = len(self.replay) + 1
        self.replay.append(json.dumps({"op": DISPATCH, "t": event, "s": sequence, "d": data}))
        if self.connection is not None:
            await self.connection.send(self.replay[-1])


def shard_of(guild: str, count: int) -> int:
    """Return the shard of a guild, of so many; "": of direct messages."""
    return (int(guild or 0) >> 22) % count


class Gateway:
    """All connections, and the listeners by the id that they resume with."""

    def __init__(self, settings: Settings, world: World, log: list[tuple[Any, ...]]) -> None:
        self.settings = settings
        self.world = world
        self.log = log
        self.listeners: dict[str, Listener] = {}
        self.connections: list[Connection] = []
        self.identifies = 0
        self.shards: list[tuple[int, int]] = []  # of each IDENTIFY that was accepted

    async def dispatch(self, event: str, data: Payload) -> None:
        """Send an event to every listener whose shard it is for."""
        for listener in list(self.listeners.values()):
            if listener.has(data.get("guild_id") or ""):
                await listener.send(event, data)

    async def publish(self, message: Payload, event: str = "MESSAGE_CREATE") -> None:
        """Tell of a message, unless only one person sees it, or the bot is not a member there."""
        if message["flags"] & EPHEMERAL or message["channel_id"] in self.world.foreign:
            return
        where = self.world.in_guild(message["channel_id"])
        if where and message.get("webhook_id") in (None, self.world.bot["id"]):
            where["member"] = self.world.member(message["author"], with_user=False)
        await self.dispatch(event, {**self.world.as_sent(message), **where})

    async def drop(self, code: int = ABORTED, op: int | None = None) -> None:
        """Cut every connection or, with op 7 or 9, ask the clients to come again."""
        if op == START_ANEW:
            self.listeners.clear()
        for connection in self.open_connections():
            if op is not None:
                await connection.send_operation(op, False if op == START_ANEW else None)
                continue
            if connection.listener is not None:  # what happens from now on waits for the resume
                connection.listener.connection = None
            if code == ABORTED:
                connection.abort()
            else:
                await connection.socket.close(code=code)

    def open_connections(self) -> list[Connection]:
        """Return the connections that are not closed yet."""
        return [connection for connection in self.connections if not connection.socket.closed]

    async def close(self) -> None:
        """Say goodbye to every client."""
        sockets = [connection.socket for connection in self.open_connections()]
        await asyncio.gather(*(socket.close(code=GOING_AWAY) for socket in sockets))

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Serve one client until it leaves."""
        if not self.settings.accepting:
            return web.Response(status=503)
        socket = web.WebSocketResponse(max_msg_size=MAX_MESSAGE_BYTES, timeout=1.0)
        await socket.prepare(request)
        compress = self.settings.compress and request.query.get("compress") == "zlib-stream"
        connection = Connection(socket, request, compress)
        self.connections.append(connection)
        self.log.append(("WS", dict(request.query)))
        await connection.send_operation(HELLO, {"heartbeat_interval": self.settings.heartbeat_ms})
        async for message in socket:
            text = message.data if message.type == WSMsgType.TEXT else ""
            if close_code := await self._receive(connection, text):
                await socket.close(code=close_code)
                break
        listener = connection.listener
        if listener is not None and listener.connection is connection:
            listener.connection = None
        return socket

    async def _receive(self, connection: Connection, text: str) -> int | None:
        """Do what a client asks; return a code if the connection is to be closed for it."""
        try:
            payload = json.loads(text)
        except ValueError:
            payload = None
        if not isinstance(payload, dict):
            return DECODE_ERROR
        operation, data = payload.get("op"), payload.get("d") or {}
        self.log.append(("WS<", operation))
        if operation == HEARTBEAT:
            await connection.send_operation(HEARTBEAT_ACK)
        elif operation == IDENTIFY:
            return await self._identify(connection, data)
        elif operation == RESUME:
            await self._resume(connection, data)
        elif operation == REQUEST_MEMBERS:
            await self._send_members(data)
        elif operation != PRESENCE:
            return UNKNOWN_OPCODE if connection.listener else NOT_AUTHENTICATED
        return None

    async def _identify(self, connection: Connection, data: Payload) -> int | None:
        self.identifies += 1
        intents = data.get("intents", 0)
        if connection.listener is not None:
            return ALREADY_AUTHENTICATED
        if data["token"] != self.settings.token:
            return WRONG_TOKEN
        if intents & self.settings.forbidden_intents:
            return FORBIDDEN_INTENTS
        shard = tuple(data.get("shard") or (0, 1))
        self.shards.append(shard)
        listener = Listener("resume-" + snowflake(), intents, connection, shard)
        connection.listener = self.listeners[listener.id] = listener
        guilds = [guild for guild in self.world.guilds if listener.has(guild)]
        ready = {
            "v": 10,
            "user": self.world.bot,
            "guilds": [{"id": guild, "unavailable": True} for guild in guilds],
            "shard": shard,
            "session_id": listener.id,
            "resume_gateway_url": self.world.ws_url,
            "application": {"id": self.world.bot["id"], "flags": 0},
            "private_channels": [],
        }
        await listener.send("READY", ready)
        for guild in guilds:
            await listener.send("GUILD_CREATE", self.world.guild_payload(guild))
        return None

    async def _resume(self, connection: Connection, data: Payload) -> None:
        listener = self.listeners.get(data["session_id"])
        seen = data["seq"]
        if data["token"] != self.settings.token or listener is None or seen > len(listener.replay):
            await connection.send_operation(START_ANEW, False)
            return
        while seen < len(listener.replay):  # it may grow meanwhile; the order stays
            await connection.send(listener.replay[seen])
            seen += 1
        connection.listener, listener.connection = listener, connection
        await listener.send("RESUMED", {})

    async def _send_members(self, data: Payload) -> None:
        everybody = [self.world.member(user) for user in self.world.users.values()]
        chunk = {
            "guild_id": self.world.guild,
            "members": everybody,
            "chunk_index": 0,
            "chunk_count": 1,
            "nonce": data.get("nonce"),
        }
        await self.dispatch("GUILD_MEMBERS_CHUNK", chunk)
