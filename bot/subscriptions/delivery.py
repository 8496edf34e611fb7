"""Delivers one digest from the outbox: checks whether it was sent, else makes and sends it."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any, Protocol

from bot.subscriptions.outbox import EXTRA, Outbox
from bot.subscriptions.records import (
    Delivery,
    FailedError,
    GoneError,
    Kind,
    LaterError,
    Subscription,
    SubscriptionError,
)
from bot.subscriptions.schedule import covered_day
from bot.subscriptions.store import SubscriptionStore
from bot.subscriptions.transport import Transport
from rag.digest.records import Digest
from rag.digest.serialization import digest_from_json, digest_to_json
from rag.errors import PaperboyError
from rag.store.catalog import Catalog

log = logging.getLogger(__name__)

FIRST_WAIT = timedelta(minutes=2)  # before the second try; doubled before each further one …
LONGEST_WAIT = timedelta(hours=1)  # … up to this
TIMEOUT_SECONDS = 180.0  # for one digest, so that it cannot hold up the others
# A brief above the list is written within these times or left out: for one digest, and after its
# due time, so that the briefs of many digests do not add up.
BRIEF_SECONDS = 60.0
BRIEF_WITHIN = timedelta(minutes=10)
NOTHING_NEW = "no new papers since the last one"
STALE = "I could not read new papers recently, so some may be missing."
NONE_READ = "no Daily Papers have been read yet (see `paperboy sync`)"
NOTHING_MATCHES = "no paper matches the subscription"

MakeDigest = Callable[[Subscription, date], Digest]
AddBrief = Callable[[Digest, float], Awaitable[Digest]]


class RunInThread(Protocol):
    """Runs a function in a thread, see Executor.read and Executor.write."""

    def __call__(self, function: Callable[..., Any], /, *arguments: Any) -> Awaitable[Any]:
        """Return the result of the function."""
        ...


class DigestSender:
    """Delivers digests from the outbox; an error of one does not affect the others."""

    def __init__(
        self,
        subscriptions: SubscriptionStore,
        outbox: Outbox,
        catalog: Catalog,
        transports: Mapping[Kind, Transport],
        *,
        make: MakeDigest,
        brief: AddBrief | None = None,
        read: RunInThread,
        write: RunInThread,
        clock: Callable[[], datetime],
        window: timedelta,
    ) -> None:
        """`make` makes a digest, and `brief` adds a brief to it within some seconds.

        `window` is how long after its due time it may be sent.
        """
        self.subscriptions = subscriptions
        self.outbox = outbox
        self.catalog = catalog
        self.transports = transports
        self.make = make
        self.brief = brief
        self.read = read
        self.write = write
        self.clock = clock
        self.window = window

    async def deliver(self, delivery: Delivery, *, stale_reason: str = "") -> None:
        """Send one digest and store the result.

        `stale_reason` says why the papers are not up to date. Then the digest waits for half of the
        window before it is made from the papers that exist.
        """
        try:
            subscription = await self.read(self.subscriptions.get, delivery.subscription)
        except SubscriptionError:  # it was removed in the meantime, with its rows in the outbox
            return
        try:
            async with asyncio.timeout(TIMEOUT_SECONDS):
                await self._deliver(subscription, delivery, stale_reason)
        except FailedError as error:
            await self._end(delivery, "failed", str(error))
        except GoneError as error:
            await self._end(delivery, "failed", str(error))
            await self.write(self.subscriptions.pause, subscription.id, str(error))
            await self._notify(subscription, str(error))
        except (LaterError, PaperboyError, TimeoutError) as error:
            if isinstance(error, LaterError) and not error.may_have_arrived:
                await self.write(self.outbox.not_sent, delivery.id)
            await self._retry(delivery, str(error) or "it took too long")
        except Exception as error:  # a bug must not stop the other digests
            log.exception("digest %s of subscription %s", delivery.id, delivery.subscription)
            await self._retry(delivery, f"something went wrong on my side ({type(error).__name__})")

    def _transport_for(self, subscription: Subscription) -> Transport:
        transport = self.transports.get(subscription.kind)
        if transport is None:
            raise LaterError("e-mail is not set up: see [bot.mail] in config.toml")
        return transport

    async def _deliver(
        self, subscription: Subscription, delivery: Delivery, stale_reason: str
    ) -> None:
        transport = self._transport_for(subscription)
        found = await self._claimed(transport, subscription, delivery)
        if not (delivery.part or found):
            if self.clock() > delivery.due_at + self.window:
                await self._too_late(delivery)
                return
            if subscription.paused:
                await self._end(delivery, "skipped", subscription.reason or "paused")
                return
        digest = await self._digest(subscription, delivery, stale_reason)
        if digest is None:
            return
        messages = await transport.messages(subscription, digest)
        unpublished = list(delivery.unpublished)
        for number in range(delivery.part, len(messages)):
            message_id = found if number == delivery.part else 0
            if not message_id:
                await self.write(self.outbox.claim, delivery.id, self.clock())
                name = delivery.name_of(number)
                message_id = await transport.send(subscription, messages[number], name)
            await transport.arrived(subscription, messages[number], message_id)
            unpublished += [message_id] if subscription.publish else []
            await self.write(self.outbox.part_sent, delivery.id, number + 1, unpublished)
        await self._end(delivery, "sent")

    async def _claimed(
        self, transport: Transport, subscription: Subscription, delivery: Delivery
    ) -> int:
        """Return the id of a claimed message that has arrived; 0 if there is none."""
        if not delivery.claimed_at:
            return 0
        found = await transport.find(subscription, delivery)
        if found is None:
            raise FailedError(
                "I was stopped while I sent it, and cannot see whether it arrived; sending it "
                "again might duplicate it"
            )
        if not found:
            await self.write(self.outbox.not_sent, delivery.id)
        return found

    async def _digest(
        self, subscription: Subscription, delivery: Delivery, stale_reason: str
    ) -> Digest | None:
        """Return the digest, as the first attempt made it; None if there is nothing to send."""
        if delivery.digest:
            frozen: Digest = await self.read(digest_from_json, delivery.digest, self.catalog)
            return frozen
        is_patient = self.clock() < delivery.due_at + self.window / 2
        if stale_reason and is_patient:
            raise LaterError(stale_reason)
        day = covered_day(subscription.rhythm, delivery.due_at)
        digest: Digest = await self.read(self.make, subscription, day)
        covered = await self.read(self.outbox.covered_until, subscription.id)
        is_extra = delivery.day.startswith(EXTRA)
        skip_reason = "" if is_extra else _reason_to_skip(digest, covered)
        if skip_reason and stale_reason:
            raise LaterError(stale_reason)
        if skip_reason:
            await self._end(delivery, "skipped", skip_reason)
            return None
        if stale_reason:
            digest = replace(digest, note=f"{digest.note} {STALE}".strip())
        left = (delivery.due_at + BRIEF_WITHIN - self.clock()).total_seconds()
        if self.brief and left > 0:
            digest = await self.brief(digest, min(left, BRIEF_SECONDS))
        await self.write(self.outbox.save_digest, delivery.id, digest_to_json(digest), digest.last)
        return digest

    async def _end(self, delivery: Delivery, state: str, reason: str = "") -> None:
        await self.write(self.outbox.done, delivery.id, state, self.clock(), reason)
        log.info("digest %s of subscription %s: %s %s", delivery.id, delivery.subscription, state,
                 reason)  # fmt: skip

    async def _retry(self, delivery: Delivery, reason: str) -> None:
        """Retry after a growing wait, until the window is over."""
        wait = min(FIRST_WAIT * 2 ** min(delivery.attempts, 16), LONGEST_WAIT)
        next_try = self.clock() + wait
        last = delivery.due_at + self.window
        if self.clock() >= last:
            await self._too_late(delivery, reason)
            return
        log.warning("digest %s is retried later: %s", delivery.id, reason)
        await self.write(self.outbox.retry, delivery, min(next_try, last), reason)

    async def _too_late(self, delivery: Delivery, reason: str = "") -> None:
        """Give up on a digest whose window is over."""
        reason = reason or delivery.reason
        if reason:
            until = f"until {delivery.due_at + self.window:%Y-%m-%d %H:%M} UTC"
            row: Delivery | None = await self.read(self.outbox.get, delivery.id)
            perhaps = " (it may have arrived nevertheless)" if row and row.claimed_at else ""
            await self._end(delivery, "failed", f"{until}: {reason}{perhaps}")
        else:  # it was never attempted
            back = f"{self.clock():%Y-%m-%d %H:%M} UTC"
            await self._end(delivery, "skipped", f"I was not running from then until {back}")

    async def _notify(self, subscription: Subscription, reason: str) -> None:
        try:
            async with asyncio.timeout(TIMEOUT_SECONDS):
                await self._transport_for(subscription).notify(subscription, reason)
        except Exception as error:  # the owner can see it in /subscriptions
            log.warning(
                "the owner of subscription %s could not be notified: %s", subscription.id, error
            )


def _reason_to_skip(digest: Digest, covered: date | None) -> str:
    """Return why not to send a digest, or ""; `covered` is the last day that was sent before."""
    if not digest.groups:
        return NOTHING_MATCHES
    if not any(entry.paper.featured_on for entry in digest.ranked):
        return NONE_READ
    return NOTHING_NEW if covered and digest.last <= covered else ""
