"""One digest out of the outbox: found if it left already, else made and sent, and noted."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any, Protocol

from bot.digest.records import Digest
from bot.digest.serialization import digest_from_json, digest_to_json
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
from bot.subscriptions.schedule import told_day
from bot.subscriptions.store import Subscriptions
from bot.subscriptions.transport import Post
from rag.errors import PaperboyError
from rag.store.catalog import Catalog

log = logging.getLogger(__name__)

FIRST_WAIT = timedelta(minutes=2)  # before the second try; doubled before each further one …
LONGEST_WAIT = timedelta(hours=1)  # … up to this
SECONDS = 180.0  # for one digest; after that the others are served first
NOTHING_NEW = "no new papers since the last one"
NOT_FRESH = "I could not read new papers lately, so that some may be missing."
NONE_READ = "no Daily Papers have been read yet (see `paperboy sync`)"
NOTHING_FITS = "no paper fits what was subscribed to"

Make = Callable[[Subscription, date], Digest]


class Run(Protocol):
    """Runs something beside the event loop, see Desk.run and Desk.keep."""

    def __call__(self, function: Callable[..., Any], /, *arguments: Any) -> Awaitable[Any]:
        """Return what it returns."""
        ...


class Deliveries:
    """Takes digests from the outbox to people. Whatever happens to one of them stays its own."""

    def __init__(
        self,
        subscriptions: Subscriptions,
        outbox: Outbox,
        catalog: Catalog,
        posts: Mapping[Kind, Post],
        *,
        make: Make,
        run: Run,
        keep: Run,
        clock: Callable[[], datetime],
        window: timedelta,
    ) -> None:
        """`make` reads the papers; `window` is how long after its due time a digest may be sent."""
        self.subscriptions = subscriptions
        self.outbox = outbox
        self.catalog = catalog
        self.posts = posts
        self.make = make
        self.run = run
        self.keep = keep
        self.clock = clock
        self.window = window

    async def deliver(self, delivery: Delivery, *, not_fresh: str = "") -> None:
        """Send one digest and note what became of it.

        `not_fresh` says why the papers are not up to date: then it waits for half of the window
        before it makes do with those that are there.
        """
        try:
            subscription = await self.run(self.subscriptions.get, delivery.subscription)
        except SubscriptionError:  # it was removed meanwhile, and the outbox's row with it
            return
        try:
            async with asyncio.timeout(SECONDS):
                await self._deliver(subscription, delivery, not_fresh)
        except FailedError as error:
            await self._end(delivery, "failed", str(error))
        except GoneError as error:
            await self._end(delivery, "failed", str(error))
            await self.keep(self.subscriptions.pause, subscription.id, str(error))
            await self._tell(subscription, str(error))
        except (LaterError, PaperboyError, TimeoutError) as error:
            if isinstance(error, LaterError) and not error.may_have_left:
                await self.keep(self.outbox.not_sent, delivery.id)
            await self._later(delivery, str(error) or "it took too long")
        except Exception as error:  # a fault of ours must not stop the others
            log.exception("digest %s of subscription %s", delivery.id, delivery.subscription)
            await self._later(delivery, f"something went wrong on my side ({type(error).__name__})")

    def _post_of(self, subscription: Subscription) -> Post:
        post = self.posts.get(subscription.kind)
        if post is None:
            raise LaterError("e-mail is not set up: see [bot.mail] in config.toml")
        return post

    async def _deliver(
        self, subscription: Subscription, delivery: Delivery, not_fresh: str
    ) -> None:
        post, part = self._post_of(subscription), delivery.part
        if delivery.claimed_at:
            found = await post.find(subscription, delivery)
            if found is None:
                raise FailedError(
                    "I was stopped while I sent it, and cannot see whether it arrived; sending it "
                    "again might double it"
                )
            part += found
            await self.keep(self.outbox.part_sent, delivery.id, part)
        if part == 0 and self.clock() > delivery.due_at + self.window:
            await self._too_late(delivery)
            return
        if part == 0 and subscription.paused:
            await self._end(delivery, "skipped", subscription.reason or "paused")
            return
        digest = await self._digest(subscription, delivery, not_fresh)
        if digest is None:
            return
        messages = await post.messages(subscription, digest)
        for number in range(part, len(messages)):
            await self.keep(self.outbox.claim, delivery.id, self.clock())
            await post.send(subscription, messages[number], delivery.name_of(number))
            await self.keep(self.outbox.part_sent, delivery.id, number + 1)
        await self._end(delivery, "sent")

    async def _digest(
        self, subscription: Subscription, delivery: Delivery, not_fresh: str
    ) -> Digest | None:
        """Return what is to be sent, as it was when the first try made it; None: nothing."""
        if delivery.digest:
            frozen: Digest = await self.run(digest_from_json, delivery.digest, self.catalog)
            return frozen
        is_patient = self.clock() < delivery.due_at + self.window / 2
        if not_fresh and is_patient:
            raise LaterError(not_fresh)
        day = told_day(subscription.rhythm, delivery.due_at)
        digest: Digest = await self.run(self.make, subscription, day)
        told = await self.run(self.outbox.told_until, subscription.id)
        is_extra = delivery.day.startswith(EXTRA)
        nothing = "" if is_extra else _nothing_in(digest, told)
        if nothing and not_fresh:
            raise LaterError(not_fresh)
        if nothing:
            await self._end(delivery, "skipped", nothing)
            return None
        if not_fresh:
            digest = replace(digest, note=f"{digest.note} {NOT_FRESH}".strip())
        await self.keep(self.outbox.keep_digest, delivery.id, digest_to_json(digest), digest.last)
        return digest

    async def _end(self, delivery: Delivery, state: str, reason: str = "") -> None:
        await self.keep(self.outbox.done, delivery.id, state, self.clock(), reason)
        log.info("digest %s of subscription %s: %s %s", delivery.id, delivery.subscription, state,
                 reason)  # fmt: skip

    async def _later(self, delivery: Delivery, reason: str) -> None:
        """Try again with more and more time between, until the window is over."""
        wait = min(FIRST_WAIT * 2 ** min(delivery.attempts, 16), LONGEST_WAIT)
        next_try = self.clock() + wait
        last = delivery.due_at + self.window
        if self.clock() >= last:
            await self._too_late(delivery, reason)
            return
        log.warning("digest %s waits: %s", delivery.id, reason)
        await self.keep(self.outbox.later, delivery, min(next_try, last), reason)

    async def _too_late(self, delivery: Delivery, reason: str = "") -> None:
        """Give up on a digest whose window is over."""
        reason = reason or delivery.reason
        if reason:
            until = f"until {delivery.due_at + self.window:%Y-%m-%d %H:%M} UTC"
            row: Delivery | None = await self.run(self.outbox.get, delivery.id)
            perhaps = " (it may have arrived all the same)" if row and row.claimed_at else ""
            await self._end(delivery, "failed", f"{until}: {reason}{perhaps}")
        else:  # it was never tried
            back = f"{self.clock():%Y-%m-%d %H:%M} UTC"
            await self._end(delivery, "skipped", f"I was not running from then until {back}")

    async def _tell(self, subscription: Subscription, reason: str) -> None:
        try:
            async with asyncio.timeout(SECONDS):
                await self._post_of(subscription).tell(subscription, reason)
        except Exception as error:  # they will see it in /subscriptions
            log.warning("the owner of %s could not be told: %s", subscription.id, error)


def _nothing_in(digest: Digest, told: date | None) -> str:
    """Return why there is nothing to send, "" where there is; `told` is the last day told of."""
    if not digest.groups:
        return NOTHING_FITS
    if not any(entry.paper.featured_on for entry in digest.ranked):
        return NONE_READ
    return NOTHING_NEW if told and digest.last <= told else ""
