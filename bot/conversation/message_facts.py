"""Collects the facts about a Discord message by which bot/conversation/policy.py decides."""

import re
from dataclasses import dataclass

import discord

from bot.access.checks import role_ids
from bot.access.guild_settings import GuildSettingsStore
from bot.conversation.attachments import may_have_words
from bot.conversation.message_reader import MessageReader, attachments_of
from bot.conversation.policy import MessageFacts
from bot.conversation.threads import Threads
from rag.errors import PaperboyError

USER_MESSAGES = (discord.MessageType.default, discord.MessageType.reply)

# Quotations and code: a mention in them does not address the bot.
_QUOTED = re.compile(
    r"```.*?(?:```|\Z)|``.+?``|`[^`\n]+`|^>>> .*|^> [^\n]*", re.DOTALL | re.MULTILINE
)
_FIRST_MENTION = re.compile(r"\s*<@!?(\d+)>")


@dataclass(frozen=True, slots=True)
class MessageLocation:
    """The channel of a message, and what the bot may do there."""

    channel: "discord.abc.MessageableChannel"
    permissions: discord.Permissions

    @property
    def parent(self) -> int | None:
        """The parent channel of a thread."""
        return self.channel.parent_id if isinstance(self.channel, discord.Thread) else None

    @property
    def channels(self) -> tuple[int, ...]:
        """The channel and, for a thread, its parent."""
        return (self.channel.id, self.parent) if self.parent else (self.channel.id,)

    @property
    def may_send(self) -> bool:
        """Whether the bot may send a message here."""
        if isinstance(self.channel, discord.Thread):
            unlocked = not self.channel.locked or self.permissions.manage_threads
            return unlocked and self.permissions.send_messages_in_threads
        return self.permissions.send_messages


async def location_of(message: discord.Message, client: discord.Client) -> MessageLocation | None:
    """Return the location of a message; None if the bot cannot answer there.

    A thread that was archived until now is not cached, so it is fetched.
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
    """Collects the facts about messages."""

    def __init__(
        self,
        client: discord.Client,
        reader: MessageReader,
        guild_settings: GuildSettingsStore,
        threads: Threads,
    ) -> None:
        self.client = client
        self.reader = reader
        self.guild_settings = guild_settings
        self.threads = threads

    async def facts(self, message: discord.Message, location: MessageLocation) -> MessageFacts:
        """Return the facts about a message."""
        me, guild = self.client.user, message.guild
        if me is None:
            return MessageFacts(by_user=False)
        is_user_message = message.type in USER_MESSAGES and not message.webhook_id
        settings = self.guild_settings.of(guild.id if guild else None)
        own_text = unquoted(message.content)
        mentions_bot = any(mention in own_text for mention in self._mentions(message))
        replied = replied_to(message)
        first = _FIRST_MENTION.match(message.content)
        files = attachments_of(message)
        is_withheld = guild is not None and not self.client.intents.message_content
        return MessageFacts(
            text=self.reader.words(message),
            has_document=any(map(may_have_words, files)),
            has_file=bool(files),
            by_user=is_user_message and not message.author.bot,
            to_everyone=message.mention_everyone,
            is_allowed=self._is_allowed(message, location),
            may_send=location.may_send,
            may_embed=location.permissions.embed_links,
            is_direct=guild is None,
            mentions_bot=mentions_bot,
            replies_to_bot=replied is not None and replied.author == me,
            replies_to_other=replied is not None and replied.author not in (me, message.author),
            addresses_other=first is not None and int(first[1]) != me.id,
            in_bot_thread=isinstance(location.channel, discord.Thread)
            and not mentions_bot
            and await self.threads.is_own(location.channel),
            in_ask_channel=_is_ask_channel(location, settings.ask_channels),
            is_hidden=is_withheld and not message.content and me not in message.mentions,
        )

    def _mentions(self, message: discord.Message) -> list[str]:
        """Return how the bot can be mentioned: by its user or by its own role."""
        me = self.client.user
        names = [f"<@{me.id}>", f"<@!{me.id}>"] if me else []
        role = message.guild.self_role if message.guild else None
        return [*names, role.mention] if role else names

    def _is_allowed(self, message: discord.Message, location: MessageLocation) -> bool:
        guild = message.guild
        try:
            self.guild_settings.check_access(
                guild.id if guild else None,
                message.author.id,
                role_ids(message.author),
                location.channels,
            )
        except PaperboyError:
            return False
        return True


def unquoted(text: str) -> str:
    """Return a text without quotations and code."""
    return _QUOTED.sub(" ", text)


def _is_ask_channel(location: MessageLocation, ask_channels: frozenset[int]) -> bool:
    """Return whether every message here is a question; in a forum, those of every post."""
    parent = location.channel.parent if isinstance(location.channel, discord.Thread) else None
    in_forum = isinstance(parent, discord.ForumChannel) and parent.id in ask_channels
    return in_forum or location.channel.id in ask_channels


def replied_to(message: discord.Message) -> discord.Message | None:
    """Return the message that this one replies to, if Discord included it."""
    reference = message.reference
    if reference is None or reference.type is not discord.MessageReferenceType.reply:
        return None  # a forwarded message is not a reply
    return reference.resolved if isinstance(reference.resolved, discord.Message) else None
