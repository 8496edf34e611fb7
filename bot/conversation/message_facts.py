"""The facts about a Discord message that bot/conversation/policy.py decides by, and its words."""

import re
from dataclasses import dataclass

import discord

from bot.access.checks import role_ids
from bot.access.guild_settings import GuildSettingsStore
from bot.conversation.policy import MessageFacts
from bot.conversation.threads import Threads
from rag.errors import PaperboyError

SPEECH = (discord.MessageType.default, discord.MessageType.reply)

# What is shown as a quotation or as code: a name in it is not called.
_QUOTED = re.compile(
    r"```.*?(?:```|\Z)|``.+?``|`[^`\n]+`|^>>> .*|^> [^\n]*", re.DOTALL | re.MULTILINE
)
_FIRST_NAME = re.compile(r"\s*<@!?(\d+)>")


@dataclass(frozen=True, slots=True)
class MessageLocation:
    """Where a message stands, and what the bot may do there."""

    channel: "discord.abc.MessageableChannel"
    permissions: discord.Permissions

    @property
    def parent(self) -> int | None:
        """The channel that a thread belongs to."""
        return self.channel.parent_id if isinstance(self.channel, discord.Thread) else None

    @property
    def channels(self) -> tuple[int, ...]:
        """The channel and, of a thread, the one that it belongs to."""
        return (self.channel.id, self.parent) if self.parent else (self.channel.id,)

    @property
    def may_send(self) -> bool:
        """Whether a message may be sent here."""
        if isinstance(self.channel, discord.Thread):
            unlocked = not self.channel.locked or self.permissions.manage_threads
            return unlocked and self.permissions.send_messages_in_threads
        return self.permissions.send_messages


async def location_of(message: discord.Message, client: discord.Client) -> MessageLocation | None:
    """Return where a message stands; None where the bot is shut out.

    A thread that was archived until now is not known yet, so it is asked for.
    """
    channel = message.channel
    if isinstance(channel, discord.DMChannel):
        return MessageLocation(channel, discord.Permissions.all())
    if message.guild is None or isinstance(channel, discord.GroupChannel):
        return None
    if isinstance(channel, discord.PartialMessageable):
        try:
            found = await client.fetch_channel(channel.id)
        except discord.HTTPException:
            return None
        if not isinstance(found, discord.Thread):
            return None
        channel = found
    if isinstance(channel, discord.Thread) and channel.parent is None:
        return None
    return MessageLocation(channel, channel.permissions_for(message.guild.me))


class MessageInspector:
    """Finds out what `bot/conversation/policy.py` wants to know."""

    def __init__(
        self, client: discord.Client, servers: GuildSettingsStore, threads: Threads
    ) -> None:
        self.client = client
        self.servers = servers
        self.threads = threads

    async def facts(self, message: discord.Message, place: MessageLocation) -> MessageFacts:
        """Return what is true of this message."""
        me, guild = self.client.user, message.guild
        if me is None:
            return MessageFacts(by_person=False)
        is_speech = message.type in SPEECH and not message.webhook_id
        settings = self.servers.of(guild.id if guild else None)
        outside = own_words(message.content)
        mentions_me = any(name in outside for name in self._names(message))
        replied = replied_to(message)
        first = _FIRST_NAME.match(message.content)
        hides = guild is not None and not self.client.intents.message_content
        return MessageFacts(
            words=self.words_of(message),
            by_person=is_speech and not message.author.bot,
            to_everyone=message.mention_everyone,
            is_admitted=self._is_admitted(message, place),
            may_send=place.may_send,
            may_embed=place.permissions.embed_links,
            is_direct=guild is None,
            mentions_me=mentions_me,
            replies_to_me=replied is not None and replied.author == me,
            replies_to_other=replied is not None and replied.author not in (me, message.author),
            addresses_other=first is not None and int(first[1]) != me.id,
            in_my_thread=isinstance(place.channel, discord.Thread)
            and not mentions_me
            and await self.threads.is_mine(place.channel),
            in_ask_channel=_asks(place, settings.ask_channels),
            is_hidden=hides and not message.content and me not in message.mentions,
        )

    def words_of(self, message: discord.Message) -> str:
        """Return what is said, without the bot's name."""
        words = message.content
        for name in self._names(message):
            words = words.replace(name, " ")
        return " ".join(words.split(" ")).strip()

    def _names(self, message: discord.Message) -> list[str]:
        """Return how the bot is mentioned: by its name, or by the role that Discord gave it."""
        me = self.client.user
        names = [f"<@{me.id}>", f"<@!{me.id}>"] if me else []
        role = message.guild.self_role if message.guild else None
        return [*names, role.mention] if role else names

    def _is_admitted(self, message: discord.Message, place: MessageLocation) -> bool:
        guild = message.guild
        try:
            self.servers.check_access(
                guild.id if guild else None,
                message.author.id,
                role_ids(message.author),
                place.channels,
            )
        except PaperboyError:
            return False
        return True


def own_words(text: str) -> str:
    """Return what somebody says themselves: without quotations and code."""
    return _QUOTED.sub(" ", text)


def _asks(place: MessageLocation, ask_channels: frozenset[int]) -> bool:
    """Return whether a message here is a question by itself; in a forum, every post's are."""
    parent = place.channel.parent if isinstance(place.channel, discord.Thread) else None
    in_forum = isinstance(parent, discord.ForumChannel) and parent.id in ask_channels
    return in_forum or place.channel.id in ask_channels


def replied_to(message: discord.Message) -> discord.Message | None:
    """Return the message that this one replies to, where Discord sent it along."""
    reference = message.reference
    if reference is None or reference.type is not discord.MessageReferenceType.reply:
        return None  # a forwarded message is no reply
    return reference.resolved if isinstance(reference.resolved, discord.Message) else None
