"""The Discord client with several shards, of which each has its own connection."""

import asyncio
import logging
from typing import Any

import discord

from bot.gateway.client import BotOptions, PaperboyBot
from bot.services import Services
from ingest.clock import Clock
from ingest.rate_limiter import RateLimit, RateLimiter

log = logging.getLogger(__name__)

# Discord lets a bot identify one shard in five seconds, all its processes together.
IDENTIFY = RateLimit(requests=1, seconds=5.0)
MAX_WAIT = 900.0  # seconds: the turn of the last of 180 shards
GATEWAY = "gateway.discord.gg"


class ShardedBot(PaperboyBot, discord.AutoShardedClient):
    """A bot with the shards of its options; it is connected while all of them are."""

    def __init__(self, services: Services, options: BotOptions, **client_options: Any) -> None:
        """`client_options` go to discord.py. Raises ProxyError for an unusable proxy."""
        shards = services.shards
        client_options |= {"shard_count": shards.count, "shard_ids": list(shards.ids) or None}
        super().__init__(services, options, **client_options)
        self._interrupted: set[int] = set()  # shards whose connection was lost

    async def before_identify_hook(self, shard_id: int | None, *, initial: bool = False) -> None:  # noqa: ARG002  # discord.py's signature
        """Wait until this shard may identify; the other processes of the data folder count."""
        await asyncio.to_thread(self._wait_for_turn)

    def _wait_for_turn(self) -> None:
        database = self.services.executor.library.catalog.database
        with RateLimiter(database, Clock()).turn(GATEWAY, IDENTIFY, max_wait=MAX_WAIT):
            pass

    async def on_ready(self) -> None:
        """Log that all shards are connected. Discord may send this event again at any time."""
        await super().on_ready()
        self._note_connection()

    async def on_shard_ready(self, shard_id: int) -> None:
        """Record that a shard has a new session."""
        self._interrupted.discard(shard_id)
        log.info("shard %s is connected", shard_id)
        self._note_connection()

    async def on_shard_resumed(self, shard_id: int) -> None:
        """Record that a shard's lost connection is back."""
        self._interrupted.discard(shard_id)
        self._note_connection()

    async def on_shard_disconnect(self, shard_id: int) -> None:
        """Record that a shard has no connection at the moment."""
        self._interrupted.add(shard_id)
        self._note_connection()

    async def on_resumed(self) -> None:
        """Wait for `on_shard_resumed`, which names the shard."""

    def _note_connection(self) -> None:
        self.is_connected = self.is_ready() and not self._interrupted


def new_bot(services: Services, options: BotOptions, **client_options: Any) -> PaperboyBot:
    """Return a bot with one connection or, if configured, with several shards."""
    if services.shards.count == 1:
        return PaperboyBot(services, options, **client_options)
    return ShardedBot(services, options, **client_options)
