"""A question in Discord: quoted at once, then written into the same message."""

import asyncio
import logging
import threading
from collections.abc import Sequence
from typing import Protocol

import discord

from bot.conversations import Conversations
from bot.desk import Desk
from bot.live_message import LiveMessage
from bot.render.answer import answer_embeds
from bot.reply_chain import bounded
from rag.history import Turn
from rag.records import Answer, Paper

log = logging.getLogger(__name__)

WRITING = "Writing an answer …"
WORTH_SHOWING = 40  # characters of a written answer that may replace the quotes
SETTLE_SECONDS = 2.0  # that a reply waits for the answer before it to be remembered
STOP_SECONDS = 5.0  # for the last edits when the bot stops
EXPIRED_TOKEN = 50027  # Discord's code for it


class Reply(Protocol):
    """Where an answer goes: the reply to an interaction or to a message."""

    @property
    def channel_id(self) -> int:
        """The channel or thread."""

    @property
    def person_id(self) -> int:
        """Who asked."""

    async def show(self, embed: discord.Embed) -> int:
        """Send or edit the one message of the answer; return its id."""

    async def more(self, embed: discord.Embed) -> None:
        """Send what did not fit into it."""


class Answering:
    """Answers questions wherever they come from."""

    def __init__(self, desk: Desk, conversations: Conversations, *, model_name: str) -> None:
        self.desk = desk
        self.conversations = conversations
        self.model_name = model_name
        self._beginnings: set[asyncio.Task[int]] = set()
        self._writings: set[asyncio.Task[Answer]] = set()

    async def answer(
        self,
        question: str,
        reply: Reply,
        *,
        earlier: int | None = None,
        said_before: Sequence[str] = (),
        paper: Paper | None = None,
        keep_to: Paper | None = None,
        by: str = "",
        show_question: bool = False,
    ) -> None:
        """Answer into `reply`.

        `earlier` is the answer this goes on from, `said_before` what people said since, `keep_to`
        the paper that is meant unless it does not say, `by` the name of the one who asks. Raises
        QuestionError.
        """
        above = await self.desk.run(self.conversations.turns, earlier)
        since = [Turn(said) for said in said_before]
        quoted = await self.desk.ask(
            question, history=bounded([*above, *since]), paper=paper, keep_to=keep_to, by=by
        )
        title = question if show_question else ""

        def embeds(answer: Answer, doing: str = "") -> list[discord.Embed]:
            written_by = answer.model or self.model_name
            return answer_embeds(answer, question=title, written_by=written_by, doing=doing)

        writes = self.desk.can_write(quoted)
        shown = embeds(quoted, doing(self.desk.people_in_front()) if writes else "")
        beginning = asyncio.create_task(self._begin(quoted, reply, shown[0], earlier))
        self._beginnings.add(beginning)
        beginning.add_done_callback(self._beginnings.discard)
        message = await beginning
        if writes:
            writing = asyncio.create_task(self._write(quoted, reply, embeds))
            self._writings.add(writing)
            writing.add_done_callback(self._writings.discard)
            written = await writing
            shown = embeds(written)
            await self._remember(message, written, reply, earlier)  # it may cite fewer papers
        for embed in shown[1:]:
            await reply.more(embed)
        log.info("answered in %s", reply.channel_id)

    async def settled(self) -> None:
        """Wait until the answers that are being sent are remembered, so that one can reply."""
        if self._beginnings:
            await asyncio.wait(self._beginnings, timeout=SETTLE_SECONDS)

    async def stop(self) -> None:
        """End the answers that are being written: they stay quoted, and say so."""
        self.desk.stop_writing()
        if self._writings:
            await asyncio.wait(self._writings, timeout=STOP_SECONDS)

    async def _begin(
        self, quoted: Answer, reply: Reply, embed: discord.Embed, earlier: int | None
    ) -> int:
        """Show the first form of the answer and remember what it answers; return its message."""
        message = await reply.show(embed)
        await self._remember(message, quoted, reply, earlier)
        return message

    async def _remember(
        self, message: int, answer: Answer, reply: Reply, earlier: int | None
    ) -> None:
        await self.desk.run(
            self.conversations.remember, message, channel=reply.channel_id,
            person=reply.person_id, turn=Turn.of(answer), earlier=earlier,
        )  # fmt: skip

    async def _write(self, quoted: Answer, reply: Reply, embeds: "Embeds") -> Answer:
        """Stream the written answer into the message; return the finished one."""
        cancel = threading.Event()

        async def edit(state: tuple[Answer, str]) -> None:
            await reply.show(embeds(*state)[0])

        live = LiveMessage(edit)

        def on_text(answer: Answer) -> None:
            if live.is_gone:
                cancel.set()
            if len(answer.text) >= WORTH_SHOWING:
                live.show((answer, WRITING))

        def on_place(place: int) -> None:
            live.show((quoted, doing(place)))

        try:
            answer = await self.desk.write(
                quoted, on_text=on_text, on_place=on_place, cancel=cancel
            )
            if not live.is_gone:
                await live.finish((answer, ""))
            return answer
        finally:
            await asyncio.shield(live.stop())


def doing(people_in_front: int) -> str:
    """Return what happens next to a quoted answer."""
    if not people_in_front:
        return WRITING
    people = "1 person is" if people_in_front == 1 else f"{people_in_front} people are"
    return f"{people} in front of you."


class Embeds(Protocol):
    """Answer → embeds, with what stays the same over its life already in."""

    def __call__(self, answer: Answer, doing: str = "") -> list[discord.Embed]:
        """Return the embeds of this state of the answer."""


class InteractionReply:
    """The deferred reply to a slash command."""

    def __init__(self, interaction: discord.Interaction) -> None:
        self.interaction = interaction
        self.channel_id = interaction.channel_id or 0
        self.person_id = interaction.user.id
        self._later: ChannelReply | None = None

    async def show(self, embed: discord.Embed) -> int:
        """Edit the deferred reply, or go on in the channel once Discord's 15 minutes are over."""
        if self._later is None:
            try:
                return (await self.interaction.edit_original_response(embed=embed)).id
            except discord.HTTPException as error:
                channel = self.interaction.channel
                if error.code != EXPIRED_TOKEN or not isinstance(channel, discord.abc.Messageable):
                    raise
                self._later = ChannelReply(channel, self.person_id)
        return await self._later.show(embed)

    async def more(self, embed: discord.Embed) -> None:
        """Send a follow-up."""
        if self._later is not None:
            await self._later.more(embed)
        else:
            await self.interaction.followup.send(embed=embed)


class ChannelReply:
    """A message of the bot's own in a channel or thread; it pings nobody."""

    def __init__(
        self,
        channel: "discord.abc.MessageableChannel",
        person_id: int,
        reference: discord.MessageReference | None = None,
    ) -> None:
        """Show it as a reply to `reference`, where that is given."""
        self.channel = channel
        self.channel_id = channel.id
        self.person_id = person_id
        self.reference = reference
        self._sent: discord.Message | None = None

    async def show(self, embed: discord.Embed) -> int:
        """Send the message, or edit it once it is sent."""
        if self._sent is None and self.reference is not None:
            self._sent = await self.channel.send(embed=embed, reference=self.reference)
        elif self._sent is None:
            self._sent = await self.channel.send(embed=embed)
        else:
            # discord.py leaves its default out of edits that carry no text.
            nobody = discord.AllowedMentions.none()
            self._sent = await self._sent.edit(embed=embed, allowed_mentions=nobody)
        return self._sent.id

    async def more(self, embed: discord.Embed) -> None:
        """Send another message behind it."""
        await self.channel.send(embed=embed)
