"""A question in Discord: quoted at once, then written into the same message."""

import asyncio
import logging
import sqlite3
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace

import discord

from bot.answers.live_message import LiveMessage
from bot.answers.message import Making, Page
from bot.answers.receipts import Inquiry, Receipts, receipt_of
from bot.answers.reply_target import Reply
from bot.answers.request_log import note_question
from bot.conversation.reply_chain import bounded
from bot.conversation.store import Conversations
from bot.executor import Desk
from bot.render.answer import unanswered_embed
from rag.records import Answer, Question, Turn

log = logging.getLogger(__name__)

WRITING = "Writing an answer …"
LEFT_WRITING = "I was restarted while I wrote an answer; these are the quoted sentences."
WORTH_SHOWING = 40  # characters of a written answer that may replace the quotes
SETTLE_SECONDS = 2.0  # that a reply waits for the answer before it to be remembered
STOP_SECONDS = 5.0  # for the last edits when the bot stops


class Answering:
    """Answers questions wherever they come from."""

    def __init__(
        self,
        desk: Desk,
        conversations: Conversations,
        receipts: Receipts,
        *,
        model_name: str,
        log_questions: bool = False,
    ) -> None:
        """`log_questions`: the log holds their words too."""
        self.desk = desk
        self.conversations = conversations
        self.receipts = receipts
        self.model_name = model_name
        self.log_questions = log_questions
        self._beginnings: set[asyncio.Task[None]] = set()
        self._owed: set[asyncio.Task[None]] = set()
        self._running: set[asyncio.Future[None]] = set()
        self._makings: set[Making] = set()
        self._stops = False

    async def answer(self, inquiry: Inquiry, reply: Reply, *, show_question: bool = False) -> None:
        """Answer into `reply`, unless this message or interaction was answered before.

        Raises QuestionError.
        """
        if reply.event_id and await self.desk.run(self.receipts.is_answered, reply.event_id):
            return
        page = Page(reply, inquiry, inquiry.question if show_question else "", self.model_name)
        started, answer = time.perf_counter(), None
        with self._counted(), self._making(Making(page)) as making:
            try:
                answer = await self._answer(making)
            finally:
                seconds = time.perf_counter() - started
                with_text = self.log_questions
                note_question(reply, inquiry.question, answer, seconds=seconds, with_text=with_text)

    async def settled(self) -> None:
        """Wait until the answers that are being sent are remembered, so that one can reply."""
        if self._beginnings:
            await asyncio.wait(self._beginnings, timeout=SETTLE_SECONDS)

    async def stop(self) -> None:
        """End the answers that are being written: they stay quoted, and say so."""
        self._stops = True
        for making in self._makings:
            making.cancel.set()
        if self._running:
            await asyncio.wait(self._running, timeout=STOP_SECONDS)

    def stop_one(self, message: int) -> bool:
        """End the writing of this answer; return whether anybody wrote it."""
        found = [one for one in self._makings if one.page.reply.message_id == message]
        for making in found:
            making.cancel.set()
        return bool(found)

    def take_back(self, event: int) -> None:
        """End the answer to a message that was deleted, and remove what there is of it."""
        for making in self._makings:
            if making.page.reply.event_id == event:
                making.is_taken_back = True
                making.cancel.set()

    def forget(self, person: int) -> None:
        """End what is being written for a person, and keep nothing of it."""
        self.conversations.forget_said()
        for making in self._makings:
            if making.page.reply.person_id == person:
                making.is_forgotten = True
                making.cancel.set()

    async def _answer(self, making: Making) -> Answer:
        """Quote, then write where a model is; return what is shown in the end."""
        page = making.page
        answer = await self._quote(page)
        if making.is_taken_back:
            await self._drop(page)
            return answer
        writes = self.desk.can_write(answer) and not self._stops
        doing = doing_next(self.desk.people_in_front()) if writes else ""
        beginning = asyncio.create_task(self._begin(page, answer, doing))
        self._beginnings.add(beginning)
        beginning.add_done_callback(self._beginnings.discard)
        await beginning
        if writes:
            if self._stops:
                making.cancel.set()
            answer = await self._write(making, answer)
        if making.is_taken_back:
            await self._remove(page, answer)
        else:
            await page.show_rest(answer)
        if making.is_taken_back or making.is_forgotten:
            await self._drop(page)
        return answer

    @contextmanager
    def _making(self, making: Making) -> Iterator[Making]:
        """Have what is made inside be stopped, taken back or forgotten by others."""
        self._makings.add(making)
        try:
            yield making
        finally:
            self._makings.discard(making)

    @contextmanager
    def _counted(self) -> Iterator[None]:
        """Have `stop` wait for what happens inside."""
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._running.add(done)
        try:
            yield
        finally:
            self._running.discard(done)
            done.set_result(None)

    async def _quote(self, page: Page) -> Answer:
        """Return the quoted answer; a bot that ends meanwhile will know that it owes one."""
        if page.number:
            owed = asyncio.create_task(self._keep(page, None, [unanswered_embed(page.title)]))
            self._owed.add(owed)
            owed.add_done_callback(self._owed.discard)
        try:
            asked = page.inquiry
            above = await self.desk.run(self.conversations.turns, asked.earlier)
            history = bounded([*above, *(Turn(said) for said in asked.said)])
            return await self.desk.ask(
                Question(
                    text=asked.question,
                    history=tuple(history),
                    paper=asked.paper,
                    keep_to=asked.keep_to,
                    asker=asked.by,
                )
            )
        except Exception:  # a bot that ends owes the answer still
            await self._drop(page)
            raise

    async def _begin(self, page: Page, quoted: Answer, doing: str) -> None:
        """Show the first form of the answer and remember what it answers."""
        try:
            await page.show(quoted, doing)
        except Exception:
            await self._drop(page)
            raise
        left = page.embeds(replace(quoted, note=LEFT_WRITING)) if doing else None
        await self._keep(page, quoted, left)

    async def _remove(self, page: Page, answer: Answer) -> None:
        """Delete the message of an answer, or finish it where that cannot be."""
        try:
            await page.reply.remove()
        except discord.NotFound:
            pass
        except discord.HTTPException as error:
            log.info("an answer to a deleted question stays: %s", error)
            await page.show(answer)

    async def _drop(self, page: Page) -> None:
        """Forget an answer that came to nothing."""
        if page.number:
            await self.desk.keep(self.receipts.drop, page.number)
            await self.desk.keep(self.conversations.drop, page.number)

    async def _keep(
        self, page: Page, answer: Answer | None, left: Sequence[discord.Embed] | None
    ) -> None:
        """Remember the answer; `left` is what it shows if nobody finishes it."""
        try:
            await self.desk.keep(self._note, page, answer, left)
        except sqlite3.Error as error:  # a full disk, say: people get their answer all the same
            log.warning("an answer could not be remembered: %s", error)

    def _note(
        self, page: Page, answer: Answer | None, left: Sequence[discord.Embed] | None
    ) -> None:
        reply = page.reply
        if page.number is None:
            return
        if answer and reply.message_id:
            self.conversations.remember(
                reply.message_id, channel=reply.channel_id, person=reply.person_id,
                turn=Turn.of(answer), earlier=page.inquiry.earlier, server=reply.server_id,
            )  # fmt: skip
        self.receipts.keep(
            page.number, channel=reply.channel_id, person=reply.person_id,
            event=reply.event_id, inquiry=page.inquiry,
            receipt=receipt_of(answer, written_by=page.model_name) if answer else None,
            unfinished=None if left is None else [dict(embed.to_dict()) for embed in left],
        )  # fmt: skip

    async def _write(self, making: Making, quoted: Answer) -> Answer:
        """Stream the written answer into the message; return the finished one."""
        page, cancel = making.page, making.cancel

        async def edit(state: tuple[Answer, str]) -> None:
            await page.show(*state)

        live = LiveMessage(edit)

        def on_text(answer: Answer) -> None:
            if live.is_gone:
                cancel.set()
            if len(answer.text) >= WORTH_SHOWING:
                live.show((answer, WRITING))

        def on_place(place: int) -> None:
            live.show((quoted, doing_next(place)))

        try:
            answer = await self.desk.write(
                quoted, on_text=on_text, on_place=on_place, cancel=cancel
            )
            if not live.is_gone and not making.is_taken_back:
                await live.finish((answer, ""))
        finally:
            await asyncio.shield(live.stop())
        if live.is_gone:
            await self.desk.keep(self.receipts.drop, page.number or 0)
        elif not (making.is_forgotten or making.is_taken_back):
            await self._keep(page, answer, None)  # it may cite fewer papers
        return answer


def doing_next(people_in_front: int) -> str:
    """Return what happens next to a quoted answer."""
    if not people_in_front:
        return WRITING
    people = "1 person is" if people_in_front == 1 else f"{people_in_front} people are"
    return f"{people} in front of you."
