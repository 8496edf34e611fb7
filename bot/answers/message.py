"""The Discord message that shows one answer."""

from dataclasses import dataclass

import discord

from bot.answers.buttons import finished_view, writing_view
from bot.answers.receipts import Inquiry
from bot.answers.reply_target import Reply
from bot.render.answer import answer_embeds
from rag.records import Answer


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
        await self.reply.show(self.embeds(answer, next_step)[0], view)

    async def send_overflow(self, answer: Answer) -> None:
        """Send the embeds that did not fit into the message."""
        for embed in self.embeds(answer)[1:]:
            await self.reply.send_more(embed)

    def embeds(self, answer: Answer, next_step: str = "") -> list[discord.Embed]:
        """Return the answer as embeds, one per message."""
        written_by = answer.model or self.model_name
        return answer_embeds(answer, question=self.title, written_by=written_by, doing=next_step)
