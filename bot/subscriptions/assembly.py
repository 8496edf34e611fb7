"""Builds the scheduler that delivers digests through a connected client."""

from collections.abc import Awaitable, Callable
from datetime import date, datetime

import discord

from bot.conversation.shown_lists import ShownLists
from bot.subscriptions.delivery import DigestSender
from bot.subscriptions.discord_transport import DiscordTransport
from bot.subscriptions.publishing import DigestPublisher
from bot.subscriptions.records import Kind, Subscription
from bot.subscriptions.refresh import Refresher
from bot.subscriptions.scheduler import Scheduler
from bot.subscriptions.service import SubscriptionService
from bot.subscriptions.transport import Transport
from bot.taste.learn import TasteCache
from bot.taste.rating_view import rating_view
from rag.digest.make import make_digest
from rag.digest.records import Digest, Taste
from rag.library import Library


def make_scheduler(
    client: discord.Client,
    subscriptions: SubscriptionService,
    shown_lists: ShownLists,
    *,
    tastes: TasteCache,
    record_look: Callable[[int, date, datetime], object],
    send_alerts: Callable[[datetime], Awaitable[object]] | None = None,
) -> Scheduler:
    """Return a scheduler; it does nothing before `start`.

    `record_look` records that a digest showed a user the lists up to a day, and when; `send_alerts`
    is called after each time that new papers and upvotes were read.
    """
    executor, options = subscriptions.executor, subscriptions.options
    library = executor.library
    discord_transport = DiscordTransport(
        client,
        executor,
        shown_lists,
        clock=options.clock,
        record_look=record_look,
        make_view=rating_view,
    )
    transports: dict[Kind, Transport] = {
        "channel": discord_transport, "person": discord_transport
    }  # fmt: skip
    if options.mail:
        transports["mail"] = options.mail
    sender = DigestSender(
        subscriptions.store,
        subscriptions.outbox,
        library.catalog,
        transports,
        make=lambda subscription, day: digest_for(library, tastes, subscription, day),
        brief=lambda digest, seconds: executor.brief(digest, seconds=seconds),
        read=executor.read,
        write=executor.write,
        clock=options.clock,
        window=options.window,
    )
    refresher = Refresher(options.sync, every=options.sync_every, clock=options.clock)
    return Scheduler(
        sender,
        refresher,
        send_alerts=send_alerts,
        publish=_make_publisher(subscriptions, discord_transport).publish_due,
        clock=options.clock,
        round_seconds=options.round_seconds,
    )


def _make_publisher(
    subscriptions: SubscriptionService, transport: DiscordTransport
) -> DigestPublisher:
    return DigestPublisher(
        subscriptions.store,
        subscriptions.outbox,
        transport,
        read=subscriptions.executor.read,
        write=subscriptions.executor.write,
        clock=subscriptions.options.clock,
        window=subscriptions.options.window,
    )


def digest_for(
    library: Library, tastes: TasteCache, subscription: Subscription, day: date
) -> Digest:
    """Return the digest of a subscription for a day, or for the day's week or month."""
    taste = _taste_of(tastes, subscription)
    return make_digest(library, subscription.rhythm.period, day, subscription.wish, taste=taste)


def _taste_of(tastes: TasteCache, subscription: Subscription) -> Taste | None:
    """Return the taste of the channel's server, or of the person who gets the digest."""
    if subscription.kind == "channel":
        return tastes.of_guild(subscription.guild_id) if subscription.guild_id else None
    return tastes.of_user(subscription.user_id) if subscription.user_id else None
