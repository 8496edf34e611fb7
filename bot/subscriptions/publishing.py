"""Publishes (crossposts) the digests in announcement channels to the servers that follow them.

What is to be published is in the outbox until Discord says that it is. Publishing a message twice
changes nothing: Discord answers that it is published already, which counts as done. So each digest
is published exactly once, also if the bot is killed in between.
"""

import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Protocol

from bot.subscriptions.delivery import RunInThread
from bot.subscriptions.outbox import Outbox
from bot.subscriptions.records import (
    Delivery,
    FailedError,
    GoneError,
    LaterError,
    SlowDownError,
    Subscription,
)
from bot.subscriptions.store import SubscriptionStore

log = logging.getLogger(__name__)

AGAIN = timedelta(minutes=10)  # before the next attempt to publish
TEN_AN_HOUR = "Discord takes ten an hour in a channel, so I try again until {:%H:%M} UTC"


class PublishingTransport(Protocol):
    """What publishes messages and tells those who subscribed a channel."""

    async def publish(self, subscription: Subscription, message_id: int) -> None:
        """Publish a message, unless it is published. Raises LaterError, FailedError, GoneError."""
        ...

    async def notify_unpublished(self, subscription: Subscription, reason: str) -> None:
        """Tell the user who made the subscription that a digest was not published."""
        ...


class DigestPublisher:
    """Publishes the digests that were sent; an error of one does not affect the others."""

    def __init__(
        self,
        subscriptions: SubscriptionStore,
        outbox: Outbox,
        transport: PublishingTransport,
        *,
        read: RunInThread,
        write: RunInThread,
        clock: Callable[[], datetime],
        window: timedelta,
    ) -> None:
        """`window` is how long after it was sent a digest may be published."""
        self.subscriptions = subscriptions
        self.outbox = outbox
        self.transport = transport
        self.read = read
        self.write = write
        self.clock = clock
        self.window = window

    async def publish_due(self) -> None:
        """Publish what is due now."""
        for delivery in await self.read(self.outbox.to_publish, self.clock()):
            try:
                subscription = await self.read(self.subscriptions.get, delivery.subscription)
                await self._publish(subscription, delivery)
            except Exception:  # a bug must not stop the others
                log.exception("publishing digest %s", delivery.id)

    async def _publish(self, subscription: Subscription, delivery: Delivery) -> None:
        last = (delivery.done_at or delivery.due_at) + self.window
        try:
            for n, message_id in enumerate(delivery.unpublished, start=1):
                await self.transport.publish(subscription, message_id)
                await self.write(self.outbox.published, delivery.id, delivery.unpublished[n:])
        except (FailedError, GoneError) as error:
            await self._put_off(subscription, delivery, None, str(error))
        except LaterError as error:
            next_try = self.clock() + AGAIN
            if next_try > last:
                await self._put_off(subscription, delivery, None, str(error))
            elif isinstance(error, SlowDownError):
                await self._put_off(subscription, delivery, next_try, TEN_AN_HOUR.format(last))
            else:  # such as a lost connection, of which nobody needs to be told
                await self.write(self.outbox.publish_later, delivery.id, next_try, delivery.reason)

    async def _put_off(
        self, subscription: Subscription, delivery: Delivery, next_try: datetime | None, reason: str
    ) -> None:
        """Record why a digest is not published (yet), and tell its owner once."""
        log.info("digest %s is not published: %s", delivery.id, reason)
        await self.write(self.outbox.publish_later, delivery.id, next_try, reason)
        if delivery.reason:  # they were told
            return
        try:
            await self.transport.notify_unpublished(subscription, reason)
        except Exception as error:  # the owner can see it in /subscriptions
            log.warning("the owner of digest %s could not be told: %s", delivery.id, error)
