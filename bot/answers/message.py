"""The message of one answer, and the answer while it is being made."""

import threading
from dataclasses import dataclass, field

import discord

from bot.answers.buttons import finished_view, writing_view
from bot.answers.receipts import Inquiry
from bot.answers.reply_target import Reply
from bot.render.answer import answer_embeds
from rag.records import Answer


@dataclass(frozen=True, slots=True)
class Page:
    """Where an answer stands, what was asked, what it shows."""

    reply: Reply
    inquiry: Inquiry
    title: str
    model_name: str

    @property
    def number(self) -> int | None:
        """What it is known by: its message, or before there is one the message that asks."""
        return self.reply.message_id or self.reply.event_id

    async def show(self, answer: Answer, doing: str = "") -> None:
        """Show the answer; `doing` is what happens next, where something does."""
        asker = self.reply.person_id
        view = writing_view(asker) if doing else finished_view(asker, answer)
        await self.reply.show(self.embeds(answer, doing)[0], view)

    async def show_rest(self, answer: Answer) -> None:
        """Send what did not fit into the message."""
        for embed in self.embeds(answer)[1:]:
            await self.reply.more(embed)

    def embeds(self, answer: Answer, doing: str = "") -> list[discord.Embed]:
        """Return the answer as embeds, one a message."""
        written_by = answer.model or self.model_name
        return answer_embeds(answer, question=self.title, written_by=written_by, doing=doing)


@dataclass(slots=True, eq=False)
class Making:
    """An answer that is being made: looked for, shown, written.

    `is_forgotten`: the person wishes nothing of it to be kept; `is_taken_back`: the question was
    deleted meanwhile.
    """

    page: Page
    cancel: threading.Event = field(default_factory=threading.Event)
    is_forgotten: bool = False
    is_taken_back: bool = False
