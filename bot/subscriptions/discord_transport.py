"""Sends digests to channels and direct messages, each message exactly once.

Before a message is sent, its claim is on disk (bot/subscriptions/outbox.py). After a kill, or an
error that does not say whether Discord accepted the message, two things prevent that it is sent
twice or never:

- Its name is the nonce: within a few minutes Discord answers a second message with the same nonce
  with the first one (`enforce_nonce`) instead of posting it again. That covers a message still
  under way when the process died, and a request that discord.py repeats after a 502.
- Its name is also in the custom_id of its button, which Discord returns with the messages of the
  channel as long as they exist (unlike the nonce). So before anything is sent again, the messages
  sent around the time of the claim are read.

The limit: if the bot may not read the history of a channel, a claim older than a minute cannot be
checked. Then the digest fails with that reason rather than being sent twice. This also assumes that
the clock of this machine is less than five minutes wrong, and that nobody deletes the message in
between.
"""

import asyncio
import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import discord
from discord.utils import snowflake_time

from bot.components.discord_errors import FAILURES
from bot.conversation.shown_lists import ShownLists
from bot.executor import Executor
from bot.render.digest import digest_embeds
from bot.render.picture import Picture
from bot.render.safe_text import plain_within
from bot.subscriptions.buttons import DiscussButton, SubscriptionButton, names_in
from bot.subscriptions.drawing import draw
from bot.subscriptions.embeds import MAX_REASON
from bot.subscriptions.records import (
    Delivery,
    FailedError,
    GoneError,
    LaterError,
    SlowDownError,
    Subscription,
)
from rag.digest.records import Digest
from rag.records import Paper

NONCE_SAFE = timedelta(seconds=60)  # of the "few minutes" for which Discord remembers a nonce
CLOCK_TOLERANCE = timedelta(minutes=5)  # between the clock of this machine and Discord's
MAX_UNDER_WAY = timedelta(minutes=15)  # after this no claimed message arrives any more
PUBLISH_SECONDS = 25.0  # for publishing a message, in which discord.py tries five times
NOTHING_TO_PUBLISH = (40033, 10008)  # Discord's error codes: published already; deleted
IMAGE_NAME = "topics.png"
BLURPLE = discord.Colour.blurple()

SLOW_DOWN = "Discord asked me to slow down"
CLOSED = "your direct messages are closed to me: allow them in this server's privacy settings"
GONE = {
    50007: CLOSED,
    50278: "we no longer share a server, so I cannot write to you",
    10013: "this account is gone",
    10003: "the channel is gone",
    10004: "the server is gone",
    50001: "I cannot see the channel: give me View Channel there",
    50013: "I may not write there: give me View Channel, Send Messages and Embed Links",
    50024: "it is no announcement channel",
    50083: "the thread is closed",
    160005: "the thread is locked",
}


@dataclass(frozen=True, slots=True)
class DigestMessage:
    """One message of a digest, without its name."""

    embed: discord.Embed
    papers: Sequence[Paper]  # of the whole digest, in the order of their numbers
    picture: Picture | None = None
    digest: Digest | None = None  # with the last message, for the components under it


class DiscordTransport:
    """Sends to a channel or a user, by id."""

    def __init__(
        self,
        bot: discord.Client,
        executor: Executor,
        shown_lists: ShownLists,
        *,
        clock: Callable[[], datetime],
        record_look: Callable[[int, date, datetime], object],
        make_view: Callable[[Digest], discord.ui.View | None] = lambda _: None,
    ) -> None:
        """`record_look` records that a user was shown the lists up to a day, and when.

        `make_view` makes the components under the last message, besides the button "Discuss".
        """
        self.bot = bot
        self.executor = executor
        self.shown_lists = shown_lists
        self.clock = clock
        self.record_look = record_look
        self.make_view = make_view

    async def messages(self, subscription: Subscription, digest: Digest) -> Sequence[DigestMessage]:
        """Return the embeds, the first one with the image of the topics."""
        library = self.executor.library
        coverage = await self.executor.read(library.catalog.coverage)
        embeds = await self.executor.read(digest_embeds, digest, coverage)
        picture = await self.executor.read(draw, digest, library)
        may = _permissions(self.bot.get_channel(int(subscription.target)))
        if subscription.kind == "channel" and not (may and may.attach_files):
            picture = None
        last = len(embeds) - 1
        papers = [entry.paper for entry in digest.ranked]
        return [
            DigestMessage(embed, papers, picture if n == 0 else None, digest if n == last else None)
            for n, embed in enumerate(embeds)
        ]

    async def send(self, subscription: Subscription, message: DigestMessage, name: str) -> int:
        """Send one message, with its name as the nonce and in its button; return its id."""
        view = self.make_view(message.digest) if message.digest else None
        view = view or discord.ui.View(timeout=None)
        view.add_item(DiscussButton(name))
        embed, files = message.embed, []
        if message.picture:
            embed.set_image(url=f"attachment://{IMAGE_NAME}")
            contents, alt = io.BytesIO(message.picture.png), message.picture.alt
            files.append(discord.File(contents, IMAGE_NAME, description=alt))
        try:
            channel = await self._channel(subscription)
            sent = await channel.send(embed=embed, files=files, view=view, nonce=name)
        except FAILURES as error:
            raise _explain(error) from error
        return sent.id

    async def arrived(
        self, subscription: Subscription, message: DigestMessage, message_id: int
    ) -> None:
        """Record the papers of a message, and what a user has seen with the last one."""
        target, is_direct = int(subscription.target), subscription.kind == "person"
        channel_id = (await self._direct_channel(target)).id if is_direct else target
        user_id = target if is_direct else 0
        await self.shown_lists.remember(
            message_id, message.papers, channel_id=channel_id, user_id=user_id
        )
        if is_direct and message.digest:
            last, at = message.digest.last, snowflake_time(message_id)
            await self.executor.write(self.record_look, user_id, last, at)

    async def find(self, subscription: Subscription, delivery: Delivery) -> int | None:
        """Look for the claimed message among those sent around that time; return its id."""
        claimed, name = delivery.claimed_at, delivery.name_of(delivery.part)
        if claimed is None:
            return 0
        # If the history cannot be read, the nonce still prevents a duplicate of a recent message.
        unknown = 0 if self.clock() - claimed < NONCE_SAFE else None
        try:
            if not await self._may_read_history(subscription):
                return unknown
            channel = await self._channel(subscription)
            async for message in channel.history(
                after=claimed - CLOCK_TOLERANCE, limit=None, oldest_first=True
            ):
                if message.created_at > claimed + MAX_UNDER_WAY:
                    break
                if message.author == self.bot.user and name in names_in(message):
                    return message.id
        except FAILURES as error:
            meaning = _explain(error)
            if isinstance(meaning, LaterError):
                raise meaning from error
            return unknown
        return 0

    async def publish(self, subscription: Subscription, message_id: int) -> None:
        """Publish a message to those who follow its channel; one that is published stays so."""
        channel = self.bot.get_partial_messageable(int(subscription.target))
        try:
            async with asyncio.timeout(PUBLISH_SECONDS):
                await channel.get_partial_message(message_id).publish()
        except TimeoutError as error:
            raise SlowDownError(SLOW_DOWN) from error
        except discord.Forbidden as error:
            raise GoneError("I need View Channel and Send Messages there") from error
        except FAILURES as error:
            if getattr(error, "code", None) not in NOTHING_TO_PUBLISH:
                raise _explain(error) from error

    async def notify_unpublished(self, subscription: Subscription, reason: str) -> None:
        """Tell the user who subscribed a channel that its digest was not published."""
        if subscription.user_id:
            text = (
                f"The digest in <#{subscription.target}> is posted, but not published to its "
                f"followers: {plain_within(reason, MAX_REASON)}."
            )
            channel = await self._direct_channel(subscription.user_id)
            await channel.send(embed=discord.Embed(description=text, colour=BLURPLE))

    async def notify(self, subscription: Subscription, reason: str) -> None:
        """Notify the user where they subscribed; for a channel, the user who subscribed it."""
        channel: discord.abc.Messageable
        if subscription.kind == "person" and subscription.channel:
            channel = self.bot.get_partial_messageable(subscription.channel)
        elif subscription.kind == "channel" and subscription.user_id:
            channel = await self._direct_channel(subscription.user_id)
        else:
            return
        view = discord.ui.View(timeout=None)
        view.add_item(SubscriptionButton("resume", subscription.id))
        whose = f"<@{subscription.user_id}>, your" if subscription.kind == "person" else "The"
        where = "" if subscription.kind == "person" else f" for <#{subscription.target}>"
        embed = discord.Embed(
            title="A digest is paused",
            description=f"{whose} digest{where} could not be delivered: "
            f"{plain_within(reason, MAX_REASON)}. When that is fixed, resume it here or in "
            "/subscriptions.",
            colour=BLURPLE,
        )
        await channel.send(embed=embed, view=view)

    async def _channel(self, subscription: Subscription) -> discord.abc.Messageable:
        number = int(subscription.target)
        if subscription.kind == "channel":
            return self.bot.get_partial_messageable(number)
        return await self._direct_channel(number)

    async def _direct_channel(self, user_id: int) -> discord.DMChannel:
        user = self.bot.get_user(user_id) or await self.bot.fetch_user(user_id)
        return user.dm_channel or await user.create_dm()

    async def _may_read_history(self, subscription: Subscription) -> bool:
        """Return whether the bot may read old messages; without it, Discord returns none."""
        if subscription.kind == "person":
            return True
        number = int(subscription.target)
        channel = self.bot.get_channel(number) or await self.bot.fetch_channel(number)
        if isinstance(channel, discord.abc.GuildChannel) and channel.guild.me is None:
            raise LaterError("Discord has not sent me the server yet")
        may = _permissions(channel)
        return bool(may and may.read_message_history)


def _permissions(channel: object) -> discord.Permissions | None:
    """Return the permissions of the bot in a channel or thread; None if they are unknown."""
    if isinstance(channel, discord.Thread) and channel.parent is None:
        return None
    if not isinstance(channel, discord.Thread | discord.abc.GuildChannel):
        return None
    me: discord.Member | None = channel.guild.me  # None until Discord has sent the guild
    return None if me is None else channel.permissions_for(me)


def _explain(error: Exception) -> LaterError | FailedError | GoneError:
    """Return what an error of Discord means for a digest."""
    if isinstance(error, discord.HTTPException) and not isinstance(
        error, discord.DiscordServerError
    ):
        if error.code in GONE or isinstance(error, discord.Forbidden | discord.NotFound):
            return GoneError(GONE.get(error.code, f"Discord says “{error.text}”"))
        if error.status == 429:
            return SlowDownError(SLOW_DOWN)
        return FailedError(f"Discord refused the message ({error.code}: {error.text[:200]})")
    if isinstance(error, discord.RateLimited):
        return SlowDownError(SLOW_DOWN)
    return LaterError(f"Discord cannot be reached ({type(error).__name__})")
