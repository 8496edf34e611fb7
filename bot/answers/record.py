"""What the bot remembers of an answer: its turn of the conversation and its receipt."""

import asyncio
import logging
import sqlite3
from collections.abc import Coroutine, Sequence
from dataclasses import replace
from typing import Any

import discord

from bot.answers.message import AnswerMessage
from bot.answers.receipts import Inquiry, ReceiptStore, StoredAnswer, receipt_of
from bot.components.discord_errors import FAILURES
from bot.components.membership import is_member
from bot.conversation.store import ConversationStore
from bot.executor import Executor
from bot.json_rows import Row
from bot.render.answer import unanswered_embed
from bot.user_data import forget_words
from rag.records import Answer, Turn
from rag.text.discord_markup import as_spoiler, has_spoiler

log = logging.getLogger(__name__)


class AnswerRecord:
    """Writes to the stores of conversations and receipts, through the executor."""

    def __init__(
        self, executor: Executor, conversations: ConversationStore, receipts: ReceiptStore
    ) -> None:
        self.executor = executor
        self.conversations = conversations
        self.receipts = receipts
        self._promising: set[asyncio.Task[None]] = set()
        self.expected: set[int] = set()  # interactions that are being answered

    async def is_answered(self, event_id: int) -> bool:
        """Return whether this message or interaction has an answer already."""
        if event_id in self.expected:
            return False
        return await self.executor.read(self.receipts.is_answered, event_id)

    async def earlier_turns(self, message: AnswerMessage) -> list[Turn]:
        """Return the turns of the conversation that the inquiry continues, oldest first."""
        return await self.executor.read(self.conversations.turns, message.inquiry.earlier)

    def promise(self, message: AnswerMessage) -> None:
        """Store in the background that an answer is due: a restarted bot then says what happened.

        Nothing waits for it, since the answer should not. Where the bot is not a member, it could
        say nothing.
        """
        if message.id and message.reply.is_member:
            self._start(self.store(message, None, unfinished=[unanswered_embed(message.title)]))

    def expect(self, interaction: discord.Interaction[Any], question: str) -> None:
        """Store in the background that an interaction is about to be answered.

        Call it before the interaction is deferred: then Discord shows that an answer is due.
        """
        self.expected.add(interaction.id)
        if is_member(interaction):
            self._start(self._store_expected(interaction, question))

    async def _store_expected(self, interaction: discord.Interaction[Any], question: str) -> None:
        try:
            await self.executor.write(
                self.receipts.save, interaction.id, channel_id=interaction.channel_id or 0,
                user_id=interaction.user.id, event_id=interaction.id,
                guild_id=interaction.guild_id,
                inquiry=Inquiry(question=question), receipt=None,
                unfinished=[dict(unanswered_embed(question).to_dict())],
            )  # fmt: skip
        except sqlite3.Error as error:
            log.warning("a question could not be stored: %s", error)

    async def drop_expected(self, event_id: int) -> None:
        """Delete what `expect` stored, after an error that the user was told."""
        await self.executor.write(self.receipts.drop, event_id)

    def _start(self, storing: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(storing)
        self._promising.add(task)
        task.add_done_callback(self._promising.discard)

    async def store(
        self,
        message: AnswerMessage,
        answer: Answer | None,
        *,
        unfinished: Sequence[discord.Embed] | None,
    ) -> None:
        """Store the state of an answer.

        `unfinished` is what its message shows if the bot ends now; None if it is finished, or
        cannot be edited by another run.
        """
        if not message.reply.is_member:
            unfinished = None
        try:
            await self.executor.write(self._store, message, answer, unfinished)
        except sqlite3.Error as error:  # such as a full disk: users still get their answer
            log.warning("an answer could not be stored: %s", error)
        except Exception:
            log.exception("an answer could not be stored")

    def _store(
        self,
        message: AnswerMessage,
        answer: Answer | None,
        unfinished: Sequence[discord.Embed] | None,
    ) -> None:
        reply = message.reply
        if message.id is None:
            return
        if answer and self.conversations.answers(message.inquiry.earlier) is None:
            # What it went on from was deleted in the meantime.
            answer = replace(answer, understood="", exchanges=())
        if answer and reply.message_id and not answer.is_chat:
            self.conversations.remember(
                reply.message_id, channel_id=reply.channel_id, user_id=reply.user_id,
                turn=_turn_of(answer, message.inquiry), earlier=message.inquiry.earlier,
                guild_id=reply.guild_id,
            )  # fmt: skip
        self.receipts.save(
            message.id, channel_id=reply.channel_id, user_id=reply.user_id,
            event_id=reply.event_id, guild_id=reply.guild_id, inquiry=message.inquiry,
            receipt=receipt_of(answer, written_by=message.model_name) if answer else None,
            unfinished=None if unfinished is None else [dict(e.to_dict()) for e in unfinished],
        )  # fmt: skip

    async def store_further(
        self, message: AnswerMessage, answer: Answer, further: Sequence[int]
    ) -> None:
        """Store that the further messages of an answer show its papers as well."""
        papers = _turn_of(answer, message.inquiry).cited or ()
        for message_id in further:
            await self.executor.write(
                self.conversations.remember_list, message_id, channel_id=message.reply.channel_id,
                user_id=message.reply.user_id, papers=papers,
                is_hidden=answer.question.has_spoiler,
            )  # fmt: skip

    async def drop(self, message: AnswerMessage) -> None:
        """Delete everything about an answer that failed or was retracted."""
        await self.drop_receipt(message)
        if message.id:
            await self.executor.write(self.conversations.drop, message.id)

    async def retract(self, *messages: int) -> None:
        """Delete everything about answers, or the answers to questions, that were deleted."""
        await self.executor.write(self._retract, messages)

    def _retract(self, messages: Sequence[int]) -> None:
        gone = {*messages, *(a for message in messages for a in self.receipts.retract(message))}
        if known := [message for message in gone if self.conversations.knows(message)]:
            self.conversations.forget_exchanges()
        for answer in known:
            self.conversations.drop(answer)
        with self.receipts.database.transaction() as db:
            forget_words(db, gone)

    async def receipt_to_show(
        self, stored: StoredAnswer, interaction: discord.Interaction[Any]
    ) -> Row | None:
        """Return a receipt without words of earlier turns that were deleted, or may have been."""
        earlier = await self.executor.read(self._earlier_answers, stored)
        if earlier is not None and all([await self.is_there(*one, interaction) for one in earlier]):
            return stored.receipt
        left = await self.executor.read(self.receipts.get, stored.message_id)
        return left.receipt | {"understood": ""} if left and left.receipt else None

    def _earlier_answers(self, stored: StoredAnswer) -> list[tuple[int, int]] | None:
        """Return (message, channel) of the answers that this one has words of; None: not known."""
        inquiry = stored.inquiry
        heard = [self.conversations.answers(source) or [] for source in inquiry.heard_from]
        earlier = self.conversations.answers(inquiry.earlier)
        return None if earlier is None else [*earlier, *(one for found in heard for one in found)]

    async def is_there(
        self, message_id: int, channel_id: int, interaction: discord.Interaction[Any]
    ) -> bool:
        """Return whether an answer and its question can still be read by others.

        They may have been deleted while the bot was away. If that is unknown, return False.
        """
        if not is_member(interaction):
            return False
        channel = interaction.client.get_partial_messageable(channel_id)
        try:
            message = await channel.fetch_message(message_id)
        except discord.NotFound:
            await self.retract(message_id)
            return False
        except FAILURES as error:
            log.info("the answer %s cannot be read: %s", message_id, error)
            return False
        return not await self.is_retracted(message)

    async def is_retracted(self, message: discord.Message) -> bool:
        """Return whether the question of this answer was deleted; if so, forget both."""
        reference = message.reference
        resolved = reference.resolved if reference else None
        if not isinstance(resolved, discord.DeletedReferencedMessage):
            return False
        await self.retract(message.id)
        return True

    async def drop_receipt(self, message: AnswerMessage) -> None:
        """Delete the receipt of an answer whose message somebody deleted."""
        if message.id:
            await self.executor.write(self.receipts.drop, message.id)


def _turn_of(answer: Answer, inquiry: Inquiry) -> Turn:
    """Return the turn that ended with this answer.

    If its numbers go on from the parts of the list that were shown before, so do its papers. What
    continues a spoiler is one, too.
    """
    turn = Turn.of(answer)
    if answer.question.has_spoiler and not has_spoiler(turn.question):
        turn = replace(turn, question=as_spoiler(turn.question))
    if inquiry.shown and answer.citations and answer.citations[0].n > len(inquiry.shown):
        return replace(turn, cited=(*inquiry.shown, *(turn.cited or ())))
    return turn
