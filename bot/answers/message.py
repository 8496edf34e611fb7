"""The Discord message that shows one answer, and where it goes: an interaction or a channel."""

import asyncio
import secrets
import time
from dataclasses import dataclass
from typing import Any, Protocol, Self

import discord

from bot.answers.buttons import finished_view, writing_view
from bot.answers.live_message import RETRY_SECONDS, keep_trying
from bot.answers.receipts import Inquiry, StoredAnswer
from bot.components.discord_errors import FAILURES, UNANSWERED
from bot.components.membership import is_member
from bot.components.removed_embeds import are_removed, edit_embeds
from bot.render.answer import answer_embeds
from rag.records import Answer, Place

MORE_TRIES = 5  # at a further message of an answer, within the time of a nonce
RECENT_MESSAGES = 20  # of a channel that are searched for a message that may have arrived
EDITABLE_SECONDS = 14.5 * 60  # of the 15 minutes in which an interaction can be replied to
EXPIRED_TOKEN = 50027  # Discord's error code for an interaction older than 15 minutes

KINDS = {
    discord.InteractionType.application_command: "command",
    discord.InteractionType.component: "button",
    discord.InteractionType.modal_submit: "form",
}


def place_of(guild_id: int | None, *, is_member: bool) -> Place:
    """Return where an answer is read; direct messages have no guild."""
    if not is_member:
        return "elsewhere"
    return "direct message" if guild_id is None else "server"


class Reply(Protocol):
    """One message that is sent, then edited.

    `is_removed`: somebody removed its embed, which does not come back.
    """

    is_removed: bool

    @property
    def channel_id(self) -> int:
        """The id of the channel or thread."""

    @property
    def user_id(self) -> int:
        """The id of the user who asked."""

    @property
    def event_id(self) -> int | None:
        """The id of the message or interaction that asked, if known."""

    @property
    def message_id(self) -> int | None:
        """The id of the message, once it is sent."""

    @property
    def guild_id(self) -> int | None:
        """The id of the guild; None in direct messages."""

    @property
    def is_member(self) -> bool:
        """Whether the bot is a member there; if not, it writes replies to interactions alone."""

    def seconds_left(self) -> float | None:
        """Return for how long the message can be edited; None for as long as it exists."""

    @property
    def kind(self) -> str:
        """The kind of request, for the log: `message`, `command`, `button` or `form`."""

    async def show(self, embed: discord.Embed, view: discord.ui.View | None = None) -> None:
        """Send or edit the message; without a view it has no buttons."""

    async def send_more(self, embed: discord.Embed) -> int:
        """Send another message after it; return its id."""

    async def remove(self) -> None:
        """Delete the message, if it was sent."""


class InteractionReply:
    """The deferred reply to a command, a button or a form."""

    def __init__(self, interaction: discord.Interaction, message_id: int | None = None) -> None:
        """Reply to an interaction that is deferred already; see `defer`."""
        self.interaction = interaction
        self.channel_id = interaction.channel_id or 0
        self.user_id = interaction.user.id
        self.guild_id = interaction.guild_id
        self.kind = KINDS.get(interaction.type, "interaction")
        self.event_id: int | None = interaction.id
        self.message_id = message_id
        self.is_removed = False
        self.is_member = is_member(interaction)
        self._ends_at = time.monotonic() + EDITABLE_SECONDS
        self._is_expired = False

    @classmethod
    async def defer(cls, interaction: discord.Interaction) -> Self:
        """Defer the interaction, with a new message for the reply."""
        callback = await interaction.response.defer(thinking=True)
        return cls(interaction, callback.message_id if callback else None)

    @classmethod
    def to_button(cls, interaction: discord.Interaction, stored: StoredAnswer) -> Self:
        """Return the message of a stored answer, whose button this interaction is.

        The answer goes on being that of the user who asked. The interaction is to be deferred.
        """
        reply = cls(interaction, stored.message_id)
        reply.user_id, reply.event_id = stored.user_id, stored.event_id
        reply.is_removed = are_removed(interaction.message)
        return reply

    def seconds_left(self) -> float | None:
        """Return for how long an interaction can be replied to, unless the bot is a member."""
        return None if self.is_member else self._ends_at - time.monotonic()

    async def show(self, embed: discord.Embed, view: discord.ui.View | None = None) -> None:
        """Edit the deferred reply; after Discord's 15 minutes, edit the message itself."""
        if not self._is_expired:
            try:
                edit = self.interaction.edit_original_response
                message = await edit_embeds(edit, [embed], removed=self.is_removed, view=view)
                self.message_id = message.id
                self.is_removed |= are_removed(message)
            except discord.HTTPException as error:
                if error.code != EXPIRED_TOKEN or self.message_id is None or not self.is_member:
                    raise
                self._is_expired = True
            else:
                return
        if self.message_id is not None:
            by_id = self._channel.get_partial_message(self.message_id).edit
            nobody = discord.AllowedMentions.none()
            await edit_embeds(
                by_id, [embed], removed=self.is_removed, view=view, allowed_mentions=nobody
            )

    async def send_more(self, embed: discord.Embed) -> int:
        """Send a follow-up; if Discord does not answer, once more unless it has arrived."""
        try:
            return await self._send_follow_up(embed)
        except UNANSWERED:
            await asyncio.sleep(RETRY_SECONDS[0])
            return await self._find(embed) or await self._send_follow_up(embed)

    async def _send_follow_up(self, embed: discord.Embed) -> int:
        if self._is_expired:
            return (await self._channel.send(embed=embed)).id
        return (await self.interaction.followup.send(embed=embed, wait=True)).id

    async def _find(self, embed: discord.Embed) -> int | None:
        """Return the id of the message with this embed; None if it may not be read."""
        if not self.is_member:
            return None
        try:
            async for message in self._channel.history(limit=RECENT_MESSAGES):
                is_own = message.author.id == self.interaction.application_id
                if is_own and any(e.description == embed.description for e in message.embeds):
                    return message.id
        except FAILURES:
            pass
        return None

    async def remove(self) -> None:
        """Delete the reply."""
        if not self.is_member:
            await self.interaction.delete_original_response()
        elif self.message_id is not None:
            await self._channel.get_partial_message(self.message_id).delete()

    @property
    def _channel(self) -> discord.PartialMessageable:
        return self.interaction.client.get_partial_messageable(self.channel_id)


class ChannelReply:
    """A new message in a channel or thread; it pings nobody."""

    is_member = True

    def __init__(
        self,
        channel: "discord.abc.MessageableChannel",
        user_id: int,
        reference: discord.MessageReference | None = None,
        *,
        question_id: int | None = None,
    ) -> None:
        """With `reference`, the message is a reply to that message. `question_id` is what asks."""
        self.channel = channel
        self.channel_id = channel.id
        self.user_id = user_id
        guild: discord.Guild | None = getattr(channel, "guild", None)
        self.guild_id: int | None = guild.id if guild else None
        self.kind = "message"
        self.reference = reference
        self.event_id = reference.message_id if reference else question_id
        # The same after a restart, which may not know whether the message was sent.
        self.nonce = str(self.event_id) if self.event_id else secrets.token_hex(12)
        self.is_removed = False
        self._sent: discord.Message | None = None
        self._more = 0  # messages after it

    @property
    def message_id(self) -> int | None:
        """The id of the message, once it is sent."""
        return self._sent.id if self._sent else None

    async def show(self, embed: discord.Embed, view: discord.ui.View | None = None) -> None:
        """Send the message, or edit it once it is sent."""
        if self._sent is not None:
            # discord.py does not apply its default to edits without text.
            nobody = discord.AllowedMentions.none()
            self._sent = await edit_embeds(
                self._sent.edit,
                [embed],
                removed=self.is_removed,
                suppress=discord.utils.MISSING,
                view=view,
                allowed_mentions=nobody,
            )
            self.is_removed |= are_removed(self._sent)
            return
        # With a nonce, Discord takes a message that is sent twice for one.
        options: dict[str, Any] = {"view": view, "reference": self.reference, "nonce": self.nonce}
        given = {name: value for name, value in options.items() if value is not None}
        self._sent = await self.channel.send(embed=embed, **given)

    def seconds_left(self) -> None:
        """Return None: the message can be edited as long as it exists."""

    async def send_more(self, embed: discord.Embed) -> int:
        """Send another message after it, again until Discord answers: it takes a nonce once."""
        self._more += 1
        nonce = f"{self.nonce[:20]}-{self._more}"

        async def send() -> int:
            return (await self.channel.send(embed=embed, nonce=nonce)).id

        return await keep_trying(send, RETRY_SECONDS[:MORE_TRIES])

    async def remove(self) -> None:
        """Delete the message, if it was sent."""
        if self._sent is not None:
            await self._sent.delete()


@dataclass(frozen=True, slots=True)
class AnswerMessage:
    """The reply that shows an answer, the inquiry it answers, and how it is titled."""

    reply: Reply
    inquiry: Inquiry
    title: str
    model_name: str

    @property
    def id(self) -> int | None:
        """The id of the message; before it is sent, that of the message that asks."""
        return self.reply.message_id or self.reply.event_id

    async def show(self, answer: Answer, next_step: str = "") -> None:
        """Show the answer; `next_step` says what happens next if it is not finished."""
        user_id = self.reply.user_id
        view = writing_view(user_id) if next_step else finished_view(user_id, answer)
        await self.reply.show((await self.rendered(answer, next_step))[0], view)

    async def send_overflow(self, answer: Answer) -> list[int]:
        """Send the embeds that did not fit into the message, unless its own was removed.

        Returns the ids of the further messages.
        """
        if self.reply.is_removed:
            return []
        return [await self.reply.send_more(e) for e in (await self.rendered(answer))[1:]]

    async def rendered(self, answer: Answer, next_step: str = "") -> list[discord.Embed]:
        """Return the answer as embeds, rendered off the event loop: it may be long."""
        return await asyncio.to_thread(self.embeds, answer, next_step)

    def embeds(self, answer: Answer, next_step: str = "") -> list[discord.Embed]:
        """Return the answer as embeds, one per message."""
        written_by = answer.model or self.model_name
        return answer_embeds(answer, question=self.title, written_by=written_by, doing=next_step)
