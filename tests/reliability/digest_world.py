"""A world in which digests are due: what in it is real and what is simulated.

Real: SQLite on disk, subscriptions, schedule, outbox, deliveries, scheduler, catalogue.
Simulated: the clock; the source of papers, which is down when `source_down` says so; and Discord,
which takes messages, remembers nonces for three minutes and messages for good, is down when
`discord_down` says so (sometimes after it took the message), and refuses closed direct messages.

A kill is an exception that nothing catches, at a point where something is about to be written or
sent, or just was: all that the process held is dropped and another one opens the same file. What
was not committed is gone, as after kill -9 (which tests/reliability/test_digests.py does, too).
"""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from sqlite3 import Connection
from threading import Event
from typing import Any

import bot.migrations
import rag.store.migrations
from bot.subscriptions.delivery import DigestSender
from bot.subscriptions.discord_transport import CLOSED, NONCE_SAFE
from bot.subscriptions.outbox import Outbox
from bot.subscriptions.records import Delivery, GoneError, LaterError, Subscription
from bot.subscriptions.refresh import Refresher
from bot.subscriptions.scheduler import Scheduler
from bot.subscriptions.store import SubscriptionStore
from rag.digest.records import Digest, Entry, Group
from rag.errors import SourceError
from rag.store.catalog import Catalog
from rag.store.database import Database
from tests.papers import HERON

NONCE_LIFE = timedelta(minutes=3)
PERIODS = {"day": 1, "week": 7, "month": 31}


class Killed(BaseException):
    """The process is no more."""


@dataclass
class Killer:
    """Kills at the `countdown`-th point from now on; None: not at all.

    Where `only` is set, those points count whose name holds it.
    """

    countdown: int | None = None
    only: str = ""
    where: Counter[str] = field(default_factory=Counter)
    points: int = 0

    def point(self, name: str) -> None:
        self.points += 1
        if self.countdown is None or self.only not in name:
            return
        self.countdown -= 1
        if self.countdown < 0:
            self.countdown = None
            self.where[name] += 1
            raise Killed(name)


class MortalDatabase(Database):
    """The real one, in a process that may be killed around every write."""

    def __init__(self, path: Path, killer: Killer) -> None:
        super().__init__(path)
        self.killer = killer

    @contextmanager
    def transaction(self) -> Iterator[Connection]:
        self.killer.point("before a write")
        with super().transaction() as db:
            yield db
            self.killer.point("before a commit")
        self.killer.point("after a commit")


@dataclass
class Sent:
    """A message that arrived."""

    at: datetime
    target: str
    name: str


def always_up(now: datetime) -> bool:
    return False


@dataclass
class World:
    """Everything that outlives the process."""

    folder: Path
    now: datetime
    window: timedelta = timedelta(hours=12)
    killer: Killer = field(default_factory=Killer)
    source_down: Callable[[datetime], bool] = always_up
    discord_down: Callable[[datetime], bool] = always_up
    takes_it_all_the_same: Callable[[], bool] = lambda: False
    messages_of_a_digest: int = 1
    sent: list[Sent] = field(default_factory=list)
    told: list[str] = field(default_factory=list)
    closed: set[str] = field(default_factory=set)  # people
    unreadable: set[str] = field(default_factory=set)  # channels whose history the bot cannot see
    kills: int = 0

    def clock(self) -> datetime:
        return self.now

    def start(self) -> None:
        """Start a process on what is on disk."""
        self.database = MortalDatabase(self.folder / "paperboy.sqlite", self.killer)
        self.database.migrate([rag.store.migrations.MIGRATIONS, bot.migrations.MIGRATIONS])
        self.catalog = Catalog(self.database)
        self.subscriptions = SubscriptionStore(self.database)
        self.outbox = Outbox(self.database, self.subscriptions)
        post = SimulatedPost(self)
        deliveries = DigestSender(
            self.subscriptions, self.outbox, self.catalog, {"channel": post, "person": post},
            make=self.make, read=here, write=here, clock=self.clock, window=self.window,
        )  # fmt: skip
        keeping_up = Refresher(self.sync, every=timedelta(hours=1), clock=self.clock, run=here)
        self.scheduler = Scheduler(deliveries, keeping_up, clock=self.clock)

    async def round(self) -> bool:
        """Let the scheduler do what is to be done; return whether it survived."""
        try:
            await self.scheduler.round()
        except Killed:
            self.kills += 1
            self.database.close()
            return False
        return True

    def alive(self, function: Callable[..., Any], *arguments: Any) -> None:
        """Do something in the process, which may be killed in the middle of it."""
        try:
            function(*arguments)
        except Killed:
            self.kills += 1
            self.database.close()
            self.start()

    def sync(self, stopping: Event) -> None:
        """Read the papers of the last days: two of every weekday."""
        self.killer.point("before a sync")
        if self.source_down(self.now):
            raise SourceError("Hugging Face cannot be reached: try again later.")
        for back in range(4):
            day = self.now.date() - timedelta(days=back)
            if day.weekday() < 5 and not self.catalog.featured(day):
                self.catalog.upsert(papers_of(day))
        self.killer.point("after a sync")

    def make(self, subscription: Subscription, day: date) -> Digest:
        """Return the papers of the day or of the last one before it that has any."""
        days = PERIODS[subscription.rhythm.period]
        for back in range(5):
            last = day - timedelta(days=back)
            if papers := self.catalog.featured(last):
                entries = tuple(Entry(paper, "tldr", rank=n) for n, paper in enumerate(papers, 1))
                first = last - timedelta(days=days - 1)
                return Digest(subscription.rhythm.period, first, last, (Group("all", entries),))
        return Digest(subscription.rhythm.period, day, day, ())


def papers_of(day: date) -> list[Any]:
    return [
        replace(HERON, title=f"{HERON.title} {day} {n}", arxiv_id=f"{day:%y%m}.{day.day:02}{n:03}",
                featured_on=day)
        for n in range(2)
    ]  # fmt: skip


async def here(function: Callable[..., Any], /, *arguments: Any) -> Any:
    """Run something at once, in place of a thread."""
    return function(*arguments)


class SimulatedPost:
    """Discord, as far as digests see it."""

    def __init__(self, world: World) -> None:
        self.world = world

    async def messages(self, subscription: Subscription, digest: Digest) -> Sequence[Any]:
        assert digest.groups
        return range(self.world.messages_of_a_digest)

    async def send(self, subscription: Subscription, message: Any, name: str) -> int:
        world = self.world
        world.killer.point("before a message")
        is_down = world.discord_down(world.now)
        if is_down and not world.takes_it_all_the_same():
            raise LaterError("Discord cannot be reached")
        if subscription.target in world.closed:
            raise GoneError(CLOSED)
        young = world.now - NONCE_LIFE
        if not any(s.name == name and s.at > young for s in world.sent[-500:]):
            world.sent.append(Sent(world.now, subscription.target, name))
        world.killer.point("after a message")
        if is_down:
            raise LaterError("Discord answered 502")
        return 1 + next(n for n, s in enumerate(world.sent) if s.name == name)

    async def arrived(self, subscription: Subscription, message: Any, message_id: int) -> None:
        assert self.world.sent[message_id - 1].target == subscription.target

    async def find(self, subscription: Subscription, delivery: Delivery) -> int | None:
        world = self.world
        if world.discord_down(world.now):
            raise LaterError("Discord cannot be reached")
        assert delivery.claimed_at
        if subscription.target in world.unreadable:
            return 0 if world.now - delivery.claimed_at < NONCE_SAFE else None
        wanted = delivery.name_of(delivery.part)
        return next((n for n, s in enumerate(world.sent, start=1) if s.name == wanted), 0)

    async def notify(self, subscription: Subscription, reason: str) -> None:
        self.world.told.append(subscription.target)


def utc(*values: int) -> datetime:
    return datetime(*values, tzinfo=UTC)  # type: ignore[arg-type, misc]
