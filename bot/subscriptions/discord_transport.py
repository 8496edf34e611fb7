"""Digests into channels and direct messages, each message exactly once.

Before a message leaves, its claim is on disk (bot/subscriptions/outbox.py). After a kill, or an
error that leaves it open whether Discord took the message, two things keep it from being sent
twice or never:

- Its name is the nonce: within a few minutes Discord answers a second message of the same nonce
  with the first one (`enforce_nonce`) instead of posting it again. That covers what was still under
  way when the process died, and a request that discord.py repeats after a 502.
- Its name stands in the custom_id of its button too, which Discord gives back with the channel's
  messages for as long as they exist (the nonce it does not). So before anything is sent again the
  messages from around the claim are read.

The limit: where the bot may not read a channel's history, a claim older than a minute cannot be
checked. Then the digest is given up with that reason rather than sent a second time. It also takes
for granted that this machine's clock is less than five minutes wrong, and that nobody deletes the
message in between.
"""

import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import aiohttp
import discord

from bot.digest.records import Digest
from bot.executor import Desk
from bot.render.digest import digest_embeds
from bot.render.picture import Picture
from bot.subscriptions.buttons import DiscussButton, SubscriptionButton, names_in
from bot.subscriptions.drawing import drawn
from bot.subscriptions.records import Delivery, FailedError, GoneError, LaterError, Subscription

NONCE_SAFE = timedelta(seconds=60)  # of the "few minutes" for which Discord remembers a nonce
CLOCKS = timedelta(minutes=5)  # that this machine's clock may differ from Discord's
UNDER_WAY = timedelta(minutes=15)  # after this no message arrives any more
PICTURE = "topics.png"
BLURPLE = discord.Colour.blurple()

CLOSED = "your direct messages are closed to me: allow them in this server's privacy settings"
GONE = {
    50007: CLOSED,
    50278: "we share no server any more, so that I cannot write to you",
    10013: "this account is gone",
    10003: "the channel is gone",
    10004: "the server is gone",
    50001: "I cannot see the channel: give me View Channel there",
    50013: "I may not write there: give me View Channel, Send Messages and Embed Links",
    50083: "the thread is closed",
    160005: "the thread is locked",
}
UNREACHABLE = (discord.DiscordException, aiohttp.ClientError, OSError)


@dataclass(frozen=True, slots=True)
class Parcel:
    """One message of a digest, without its name."""

    embed: discord.Embed
    picture: Picture | None = None
    digest: Digest | None = None  # with the last message, for what is shown under it


class DiscordPost:
    """Sends to a channel by its id and to a person by theirs."""

    def __init__(
        self,
        bot: discord.Client,
        desk: Desk,
        *,
        clock: Callable[[], datetime],
        dress: Callable[[Digest], discord.ui.View | None] = lambda _: None,
    ) -> None:
        """`dress` makes what stands under the last message besides the button "Discuss"."""
        self.bot = bot
        self.desk = desk
        self.clock = clock
        self.dress = dress

    async def messages(self, subscription: Subscription, digest: Digest) -> Sequence[Parcel]:
        """Return the embeds, the first one with the picture of the topics."""
        library = self.desk.library
        coverage = await self.desk.run(library.catalog.coverage)
        embeds = await self.desk.run(digest_embeds, digest, coverage)
        picture = await self.desk.run(drawn, digest, library)
        may = _permissions(self.bot.get_channel(int(subscription.target)))
        if subscription.kind == "channel" and not (may and may.attach_files):
            picture = None
        last = len(embeds) - 1
        return [
            Parcel(embed, picture if n == 0 else None, digest if n == last else None)
            for n, embed in enumerate(embeds)
        ]

    async def send(self, subscription: Subscription, message: Parcel, name: str) -> None:
        """Send one message, with its name as nonce and in its button."""
        view = self.dress(message.digest) if message.digest else None
        view = view or discord.ui.View(timeout=None)
        view.add_item(DiscussButton(name))
        embed, files = message.embed, []
        if message.picture:
            embed.set_image(url=f"attachment://{PICTURE}")
            contents, alt = io.BytesIO(message.picture.png), message.picture.alt
            files.append(discord.File(contents, PICTURE, description=alt))
        try:
            channel = await self._open(subscription)
            await channel.send(embed=embed, files=files, view=view, nonce=name)
        except UNREACHABLE as error:
            raise _explain(error) from error

    async def find(self, subscription: Subscription, delivery: Delivery) -> bool | None:
        """Look for the message that was claimed among those from around that time."""
        claimed, wanted = delivery.claimed_at, delivery.name_of(delivery.part)
        if claimed is None:
            return False
        # Where it cannot be read, the nonce still keeps a young message from being doubled.
        unknown = False if self.clock() - claimed < NONCE_SAFE else None
        try:
            if not await self._may_look(subscription):
                return unknown
            channel = await self._open(subscription)
            async for message in channel.history(
                after=claimed - CLOCKS, limit=None, oldest_first=True
            ):
                if message.created_at > claimed + UNDER_WAY:
                    break
                if message.author == self.bot.user and wanted in names_in(message):
                    return True
        except UNREACHABLE as error:
            told = _explain(error)
            if isinstance(told, LaterError):
                raise told from error
            return unknown
        return False

    async def tell(self, subscription: Subscription, reason: str) -> None:
        """Say it where the subscription was made; of a channel's, to the person who made it."""
        channel: discord.abc.Messageable
        if subscription.kind == "person" and subscription.channel:
            channel = self.bot.get_partial_messageable(subscription.channel)
        elif subscription.kind == "channel" and subscription.person:
            channel = await self._direct(subscription.person)
        else:
            return
        view = discord.ui.View(timeout=None)
        view.add_item(SubscriptionButton("resume", subscription.id))
        whose = f"<@{subscription.person}>, your" if subscription.kind == "person" else "The"
        where = "" if subscription.kind == "person" else f" for <#{subscription.target}>"
        embed = discord.Embed(
            title="A digest is paused",
            description=f"{whose} digest{where} could not be delivered: {reason}. When that is "
            "mended, resume it here or in /subscriptions.",
            colour=BLURPLE,
        )
        await channel.send(embed=embed, view=view)

    async def _open(self, subscription: Subscription) -> discord.abc.Messageable:
        number = int(subscription.target)
        if subscription.kind == "channel":
            return self.bot.get_partial_messageable(number)
        return await self._direct(number)

    async def _direct(self, person: int) -> discord.DMChannel:
        user = self.bot.get_user(person) or await self.bot.fetch_user(person)
        return user.dm_channel or await user.create_dm()

    async def _may_look(self, subscription: Subscription) -> bool:
        """Return whether the bot sees old messages there; else Discord shows an empty channel."""
        if subscription.kind == "person":
            return True
        number = int(subscription.target)
        channel = self.bot.get_channel(number) or await self.bot.fetch_channel(number)
        if isinstance(channel, discord.abc.GuildChannel) and channel.guild.me is None:
            raise LaterError("Discord has not told me of the server yet")
        may = _permissions(channel)
        return bool(may and may.read_message_history)


def _permissions(channel: object) -> discord.Permissions | None:
    """Return what the bot may do in a channel or thread of a server, as far as that is known."""
    if isinstance(channel, discord.Thread) and channel.parent is None:
        return None
    if not isinstance(channel, discord.Thread | discord.abc.GuildChannel):
        return None
    me: discord.Member | None = channel.guild.me  # None until Discord has told of the server
    return None if me is None else channel.permissions_for(me)


def _explain(error: Exception) -> LaterError | FailedError | GoneError:
    """Return what an error of Discord's means for a digest."""
    if isinstance(error, discord.HTTPException) and not isinstance(
        error, discord.DiscordServerError
    ):
        if error.code in GONE or isinstance(error, discord.Forbidden | discord.NotFound):
            return GoneError(GONE.get(error.code, f"Discord says “{error.text}”"))
        if error.status == 429:
            return LaterError("Discord asked me to slow down")
        return FailedError(f"Discord refused the message ({error.code}: {error.text[:200]})")
    return LaterError(f"Discord cannot be reached ({type(error).__name__})")
