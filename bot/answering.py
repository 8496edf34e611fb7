"""A question in Discord: quoted at once, then written into the same message."""

import asyncio
import logging
import sqlite3
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace

import discord

from bot.buttons import finished_view, writing_view
from bot.conversations import Conversations
from bot.desk import Desk
from bot.live_message import LiveMessage
from bot.receipts import Inquiry, Receipts, receipt_of
from bot.render.answer import answer_embeds, left_embed
from bot.replies import Reply
from bot.reply_chain import bounded
from rag.history import Turn
from rag.records import Answer, Paper

log = logging.getLogger(__name__)

WRITING = "Writing an answer …"
LEFT_WRITING = "I was restarted while I wrote an answer; these are the quoted sentences."
WORTH_SHOWING = 40  # characters of a written answer that may replace the quotes
SETTLE_SECONDS = 2.0  # that a reply waits for the answer before it to be remembered
STOP_SECONDS = 5.0  # for the last edits when the bot stops


@dataclass(frozen=True, slots=True)
class Page:
    """The message of one answer: where it stands, what was asked, what it shows."""

    reply: Reply
    inquiry: Inquiry
    title: str
    model_name: str

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


@dataclass(slots=True)
class Writing:
    """An answer that is being written or waits for it."""

    person: int
    cancel: threading.Event
    is_forgotten: bool = False


class Answering:
    """Answers questions wherever they come from."""

    def __init__(
        self, desk: Desk, conversations: Conversations, receipts: Receipts, *, model_name: str
    ) -> None:
        self.desk = desk
        self.conversations = conversations
        self.receipts = receipts
        self.model_name = model_name
        self._beginnings: set[asyncio.Task[None]] = set()
        self._owed: set[asyncio.Task[None]] = set()
        self._running: set[asyncio.Future[None]] = set()
        self._writings: dict[int, Writing] = {}  # by message
        self._stops = False

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
        """Answer into `reply`, unless what asked was answered before.

        `earlier` is the answer this goes on from, `said_before` what people said since, `keep_to`
        the paper that is meant unless it does not say, `by` the name of the one who asks. Raises
        QuestionError.
        """
        if reply.event_id and await self.desk.run(self.receipts.is_answered, reply.event_id):
            return
        inquiry = Inquiry(
            question=question,
            earlier=earlier,
            said=tuple(said_before),
            paper=paper.paper_id if paper else None,
            keep_to=keep_to.paper_id if keep_to else None,
            by=by,
        )
        page = Page(reply, inquiry, question if show_question else "", self.model_name)
        with self._counted():
            quoted = await self._quote(page, paper, keep_to)
            cancel = threading.Event()
            written = quoted
            writes = self.desk.can_write(quoted) and not self._stops
            doing = doing_next(self.desk.people_in_front()) if writes else ""
            beginning = asyncio.create_task(self._begin(page, quoted, doing, cancel))
            self._beginnings.add(beginning)
            beginning.add_done_callback(self._beginnings.discard)
            await beginning
            if writes:
                written = await self._write(page, quoted, cancel)
            await page.show_rest(written)
        log.info("answered in %s", reply.channel_id)

    async def settled(self) -> None:
        """Wait until the answers that are being sent are remembered, so that one can reply."""
        if self._beginnings:
            await asyncio.wait(self._beginnings, timeout=SETTLE_SECONDS)

    async def stop(self) -> None:
        """End the answers that are being written: they stay quoted, and say so."""
        self._stops = True
        for writing in self._writings.values():
            writing.cancel.set()
        if self._running:
            await asyncio.wait(self._running, timeout=STOP_SECONDS)

    def stop_one(self, message: int) -> bool:
        """End the writing of this answer; return whether anybody wrote it."""
        writing = self._writings.get(message)
        if writing:
            writing.cancel.set()
        return writing is not None

    def forget(self, person: int) -> None:
        """End what is being written for a person, and keep nothing of it."""
        self.conversations.forget_said()
        for writing in self._writings.values():
            if writing.person == person:
                writing.is_forgotten = True
                writing.cancel.set()

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

    async def _quote(self, page: Page, paper: Paper | None, keep_to: Paper | None) -> Answer:
        """Return the quoted answer; a bot that ends meanwhile will know that it owes one."""
        if page.reply.message_id:  # it says that an answer will come
            owed = asyncio.create_task(self._keep(page, None, [left_embed(page.title)]))
            self._owed.add(owed)
            owed.add_done_callback(self._owed.discard)
        try:
            asked = page.inquiry
            above = await self.desk.run(self.conversations.turns, asked.earlier)
            history = bounded([*above, *(Turn(said) for said in asked.said)])
            return await self.desk.ask(
                asked.question, history=history, paper=paper, keep_to=keep_to, by=asked.by
            )
        except Exception:  # a bot that ends owes the answer still
            if page.reply.message_id:
                await self.desk.keep(self.receipts.drop, page.reply.message_id)
            raise

    async def _begin(self, page: Page, quoted: Answer, doing: str, cancel: threading.Event) -> None:
        """Show the first form of the answer and remember what it answers."""
        await page.show(quoted, doing)
        message = page.reply.message_id
        if doing and message:
            self._writings[message] = Writing(page.reply.person_id, cancel)
        if self._stops:
            cancel.set()
        left = page.embeds(replace(quoted, note=LEFT_WRITING)) if doing else None
        await self._keep(page, quoted, left)

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
        if reply.message_id is None:
            return
        if answer:
            self.conversations.remember(
                reply.message_id, channel=reply.channel_id, person=reply.person_id,
                turn=Turn.of(answer), earlier=page.inquiry.earlier,
            )  # fmt: skip
        self.receipts.keep(
            reply.message_id, channel=reply.channel_id, person=reply.person_id,
            event=reply.event_id, inquiry=page.inquiry,
            receipt=receipt_of(answer, written_by=page.model_name) if answer else None,
            unfinished=None if left is None else [dict(embed.to_dict()) for embed in left],
        )  # fmt: skip

    async def _write(self, page: Page, quoted: Answer, cancel: threading.Event) -> Answer:
        """Stream the written answer into the message; return the finished one."""

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

        message = page.reply.message_id or 0
        try:
            answer = await self.desk.write(
                quoted, on_text=on_text, on_place=on_place, cancel=cancel
            )
            if not live.is_gone:
                await live.finish((answer, ""))
        finally:
            await asyncio.shield(live.stop())
            writing = self._writings.pop(message, None)
        if live.is_gone or (writing and writing.is_forgotten):
            await self.desk.keep(self.receipts.drop, message)
        else:
            await self._keep(page, answer, None)  # it may cite fewer papers
        return answer


def doing_next(people_in_front: int) -> str:
    """Return what happens next to a quoted answer."""
    if not people_in_front:
        return WRITING
    people = "1 person is" if people_in_front == 1 else f"{people_in_front} people are"
    return f"{people} in front of you."
