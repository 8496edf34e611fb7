"""Subscriptions, outbox and scheduler put together for a bot."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import discord

from bot.digest.make import make_digest
from bot.digest.records import Digest, Taste
from bot.executor import Desk
from bot.subscriptions.delivery import Deliveries
from bot.subscriptions.discord_transport import DiscordPost
from bot.subscriptions.outbox import Outbox
from bot.subscriptions.records import Kind, Subscription
from bot.subscriptions.refresh import KeepingUp, Sync
from bot.subscriptions.scheduler import ROUND_SECONDS, Scheduler, utc_now
from bot.subscriptions.store import Subscriptions
from bot.subscriptions.transport import Post
from bot.taste.learn import Tastes
from bot.taste.rating_view import rating_view
from rag.library import Library


@dataclass(frozen=True, slots=True, kw_only=True)
class Digesting:
    """What may be chosen about digests: config.toml's [bot.digest], and a mail server.

    `sync` brings new papers in, every `sync_every`; None: something else does.
    """

    window: timedelta = timedelta(hours=12)
    sync: Sync | None = None
    sync_every: timedelta = timedelta(hours=1)
    mail: Post | None = None
    timezone: str = "UTC"  # where nobody names one
    clock: Callable[[], datetime] = utc_now
    round_seconds: float = ROUND_SECONDS


class Digests:
    """What a bot needs for digests; nothing happens before `scheduler.start`."""

    def __init__(
        self,
        bot: discord.Client,
        desk: Desk,
        options: Digesting,
        *,
        tastes: Tastes,
        alerts: Callable[[datetime], Awaitable[object]] | None = None,
    ) -> None:
        """`alerts` tells what takes off, once the upvotes were read anew."""
        self.options = options
        self.clock = options.clock
        database = desk.library.catalog.database
        self.subscriptions = Subscriptions(database)
        self.outbox = Outbox(database, self.subscriptions)
        discord_post = DiscordPost(bot, desk, clock=self.clock, dress=rating_view)
        posts: dict[Kind, Post] = {"channel": discord_post, "person": discord_post}
        if options.mail:
            posts["mail"] = options.mail
        deliveries = Deliveries(
            self.subscriptions,
            self.outbox,
            desk.library.catalog,
            posts,
            make=lambda subscription, day: digest_for(desk.library, tastes, subscription, day),
            run=desk.run,
            keep=desk.keep,
            clock=self.clock,
            window=options.window,
        )
        keeping_up = KeepingUp(options.sync, every=options.sync_every, clock=self.clock)
        self.scheduler = Scheduler(
            deliveries,
            keeping_up,
            alerts=alerts,
            clock=self.clock,
            round_seconds=options.round_seconds,
        )


def digest_for(library: Library, tastes: Tastes, subscription: Subscription, day: date) -> Digest:
    """Return what a subscription tells of a day, or of the day's week or month."""
    taste = _taste_of(tastes, subscription)
    return make_digest(library, subscription.rhythm.period, day, subscription.wish, taste=taste)


def _taste_of(tastes: Tastes, subscription: Subscription) -> Taste | None:
    """Return the taste of the channel's server, or of whom a digest is for."""
    if subscription.kind == "channel":
        return tastes.of_server(subscription.server) if subscription.server else None
    return tastes.of_person(subscription.person) if subscription.person else None
