"""Subscriptions as users manage them: who may change which, and the options that hold for all."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.access.shards import ALL_SHARDS, Shards
from bot.executor import Executor
from bot.subscriptions.outbox import Outbox
from bot.subscriptions.records import Delivery, Rhythm, Subscription, SubscriptionError
from bot.subscriptions.refresh import Sync
from bot.subscriptions.scheduler import ROUND_SECONDS, utc_now
from bot.subscriptions.store import SubscriptionStore
from bot.subscriptions.transport import Transport
from rag.digest.records import Wish


@dataclass(frozen=True, slots=True, kw_only=True)
class DigestOptions:
    """Options of digests: config.toml's [bot.digest], and an e-mail transport.

    `sync` reads new papers, every `sync_every`; with None something else does.
    """

    window: timedelta = timedelta(hours=12)
    sync: Sync | None = None
    sync_every: timedelta = timedelta(hours=1)
    mail: Transport | None = None
    timezone: str = "UTC"  # unless the user names one
    clock: Callable[[], datetime] = utc_now
    round_seconds: float = ROUND_SECONDS


@dataclass(frozen=True, slots=True)
class Manager:
    """A user, and the guild whose subscriptions they may change, if any."""

    user_id: int
    guild_id: int | None = None


class SubscriptionService:
    """The stored subscriptions and their outbox. All errors are SubscriptionError."""

    def __init__(
        self, executor: Executor, options: DigestOptions, shards: Shards = ALL_SHARDS
    ) -> None:
        self.executor = executor
        self.options = options
        database = executor.library.catalog.database
        self.store = SubscriptionStore(database)
        self.outbox = Outbox(database, self.store, shards)

    async def add(self, subscription: Subscription) -> Subscription:
        """Store a new subscription; return it with its id and its first due time."""
        return await self.executor.write(self.store.add, subscription, self.options.clock())

    async def managed_by(self, manager: Manager) -> list[Subscription]:
        """Return the user's own subscriptions, and those of the guild that they manage."""
        found = await self.executor.read(self.store.of_user, manager.user_id)
        if manager.guild_id:
            found += await self.executor.read(self.store.of_guild, manager.guild_id)
        return found

    async def get(self, number: int, manager: Manager) -> Subscription:
        """Return a subscription that this user may change."""
        chosen = await self.executor.read(self.store.get, number)
        if chosen.id not in {own.id for own in await self.managed_by(manager)}:
            raise SubscriptionError(
                "Only whoever gets it may change it; a channel's, those who manage the server."
            )
        return chosen

    async def change(
        self, number: int, rhythm: Rhythm, wish: Wish, manager: Manager
    ) -> Subscription:
        """Change when it is due and what it contains."""
        await self.get(number, manager)
        now = self.options.clock()
        return await self.executor.write(self.store.change, number, rhythm, wish, now)

    async def pause(self, number: int, manager: Manager) -> Subscription:
        """Send nothing until `resume`."""
        await self.get(number, manager)
        return await self.executor.write(self.store.pause, number)

    async def resume(self, number: int, manager: Manager) -> Subscription:
        """Send again, from the next due time on."""
        await self.get(number, manager)
        return await self.executor.write(self.store.resume, number, self.options.clock())

    async def remove(self, number: int, manager: Manager) -> Subscription:
        """Delete a subscription; return what it was."""
        await self.get(number, manager)
        return await self.executor.write(self.store.remove, number)

    async def last_delivery(self, number: int) -> Delivery | None:
        """Return the latest delivery of a subscription."""
        return await self.executor.read(self.outbox.last, number)

    async def forget_guild(self, guild_id: int) -> None:
        """Delete the subscriptions of a guild's channels."""
        await self.executor.write(self.store.forget_guild, guild_id)
