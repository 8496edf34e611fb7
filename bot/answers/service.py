"""Answers a question in Discord: quoted at once, then written into the same message."""

import asyncio
import logging
import threading
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import replace
from typing import Any

import discord

from bot.answers.in_flight import AnswerInProgress, AnswersInFlight
from bot.answers.live_message import LiveMessage, keep_trying
from bot.answers.message import AnswerMessage, Reply, place_of
from bot.answers.receipts import Inquiry
from bot.answers.record import AnswerRecord
from bot.answers.request_log import log_question
from bot.answers.whole_papers import NOT_READ, READING, NotReadError, WholePapers, reading
from bot.components.discord_errors import UNANSWERED
from bot.executor import Executor
from bot.monitoring import Metrics, Outcome, outcome_of
from rag.answering.writer import STOPPED, WENT_WRONG
from rag.errors import QuestionError
from rag.records import Answer, Paper

log = logging.getLogger(__name__)

WRITING = "Writing an answer …"
OUT_OF_TIME = (
    "I am not a member here, so Discord lets me change this for 15 minutes only; these are the "
    "quoted sentences."
)
READING_INTERRUPTED = "I was restarted while I read the paper."
INTERRUPTED = "I was restarted while I wrote an answer; these are the quoted sentences."
FIRST_RETRY_SECONDS = (0.5, 1, 2, 4)  # people are waiting for the quotes
LEAST_SHOWN = 40  # characters of a written answer, before it replaces the quotes


class AnswerService:
    """Answers questions from any source: commands, messages, buttons and forms.

    If the abstract of a paper does not say it, it reads the whole paper: at once, or on request.
    """

    def __init__(
        self,
        executor: Executor,
        record: AnswerRecord,
        in_flight: AnswersInFlight,
        whole_papers: WholePapers,
        metrics: Metrics,
        *,
        model_name: str,
        log_questions: bool = False,
    ) -> None:
        """With `log_questions`, the log contains the text of each question."""
        self.executor = executor
        self.record = record
        self.in_flight = in_flight
        self.whole_papers = whole_papers
        self.metrics = metrics
        self.model_name = model_name
        self.log_questions = log_questions

    @asynccontextmanager
    async def expecting(
        self, interaction: discord.Interaction[Any], question: str
    ) -> AsyncIterator[None]:
        """Defer and answer an interaction within the block: a kill does not lose it."""
        self.record.expect(interaction, question)
        try:
            yield
        except Exception:
            await self.record.drop_expected(interaction.id)
            raise
        finally:
            self.record.expected.discard(interaction.id)

    async def answer(self, inquiry: Inquiry, reply: Reply, *, show_question: bool = False) -> None:
        """Answer into `reply`, unless this message or interaction has an answer already.

        Raises QuestionError.
        """
        if reply.event_id and await self.record.is_answered(reply.event_id):
            return
        title = inquiry.question if show_question else ""
        message = AnswerMessage(reply, inquiry, title, self.model_name)
        await self._answer_logged(message, self._quote)

    async def answer_from_paper(
        self, inquiry: Inquiry, reply: Reply, *, show_question: bool = False
    ) -> None:
        """Read the paper that a stored answer is silent about, and answer in the same message.

        Raises QuestionError and, with the answer shown again that the abstract gives, what reading
        raises.
        """
        title = inquiry.question if show_question else ""
        message = AnswerMessage(reply, inquiry, title, self.model_name)
        failed: list[Exception] = []

        async def quote(progress: AnswerInProgress) -> Answer:
            quoted = await self._ask(message)
            if quoted.silent_paper is None:  # it was read for somebody else
                return quoted
            await self._store_unread(progress, quoted)
            try:
                return await self._read(progress, quoted, quoted.silent_paper)
            except Exception as error:
                failed.append(error)
                return quoted

        await self._answer_logged(message, quote)
        if failed:
            raise failed[0]

    async def _answer_logged(
        self, message: AnswerMessage, quote: Callable[[AnswerInProgress], Awaitable[Answer]]
    ) -> None:
        """Answer into a message, and log the question and its result."""
        reply, question = message.reply, message.inquiry.question
        started, answer = time.perf_counter(), None
        outcome: Outcome = "failed"
        with self.in_flight.track(message) as progress:
            try:
                answer = await self._answer(progress, quote)
                outcome = outcome_of(answer)
            except QuestionError:  # the person is told what to ask instead
                outcome = "refused"
                raise
            finally:
                place = place_of(reply.guild_id, is_member=reply.is_member)
                self.metrics.count_question(place, outcome)
                seconds = time.perf_counter() - started
                with_text = self.log_questions
                log_question(reply, question, answer, seconds=seconds, with_text=with_text)

    async def _answer(
        self, progress: AnswerInProgress, quote: Callable[[AnswerInProgress], Awaitable[Answer]]
    ) -> Answer:
        """Quote, then write if there is a model; return the final answer."""
        message = progress.message
        answer = await quote(progress)
        if progress.is_retracted:
            if progress.is_stored:
                await self._remove(message, answer)
            await self.record.drop(message)
            return answer
        writes = self.executor.can_generate(answer) and not self.in_flight.is_stopping
        next_step = describe_wait(self.executor.people_in_front()) if writes else ""
        await self.in_flight.send(self._show_quoted(progress, answer, next_step))
        try:
            if writes:
                answer = await self._write(progress, answer)
            await self._close(progress, answer)
        except Exception:  # nothing replaces an answer that people see by an error
            log.exception("after an answer was shown")
        return answer

    async def _close(self, progress: AnswerInProgress, answer: Answer) -> None:
        """Send what did not fit, or take the answer back if its question is gone."""
        message = progress.message
        if progress.is_retracted:
            await self._remove(message, answer)
        else:
            further = await message.send_overflow(answer)
            if not progress.is_forgotten:
                await self.record.store_further(message, answer, further)
        if progress.is_retracted or progress.is_forgotten:
            await self.record.drop(message)

    async def _quote(self, progress: AnswerInProgress) -> Answer:
        """Return the quoted answer, from the whole paper where papers are read at once."""
        message = progress.message
        self.record.promise(message)
        try:
            quoted = await self._ask(message)
        except Exception:  # not CancelledError: a bot that ends still owes the answer
            await self.record.drop(message)
            raise
        if quoted.silent_paper is None or not self.whole_papers.reads_at_once:
            return quoted
        try:
            return await self._read(progress, quoted, quoted.silent_paper)
        except NotReadError as error:
            return replace(quoted, note=f"{quoted.note} {NOT_READ.format(error)}".strip())
        except Exception:
            log.exception("reading a whole paper")
            return quoted

    async def _read(self, progress: AnswerInProgress, quoted: Answer, paper: Paper) -> Answer:
        """Say which paper is being read, read it, and return what it answers.

        If that is stopped, return what the abstract answers.
        """
        await self.in_flight.send(self._show_reading(progress, quoted, paper))
        if self.in_flight.is_stopping:
            progress.stop()
        with self.metrics.timing("read"):
            is_read = await self.whole_papers.read(paper, progress.stopped)
        if not is_read:
            return quoted
        return await self._ask(progress.message)

    async def _show_reading(self, progress: AnswerInProgress, quoted: Answer, paper: Paper) -> None:
        """Show that a paper is being read; store the answer that the abstract gives."""
        state = reading(quoted, paper)
        await keep_trying(lambda: progress.message.show(state, READING), FIRST_RETRY_SECONDS)
        if not progress.is_stored:
            await self._store_unread(progress, quoted)

    async def _store_unread(self, progress: AnswerInProgress, quoted: Answer) -> None:
        """Store what the message is to show if the bot ends before the paper is read."""
        message = progress.message
        unfinished = await message.rendered(replace(quoted, note=READING_INTERRUPTED))
        await self.record.store(message, quoted, unfinished=unfinished)
        progress.is_stored = True

    async def _ask(self, message: AnswerMessage) -> Answer:
        """Return the quoted answer; one that is silent about a paper if that may be read."""
        inquiry = message.inquiry
        turns = await self.record.earlier_turns(message)
        place = place_of(message.reply.guild_id, is_member=message.reply.is_member)
        question = inquiry.to_question(turns, place=place)
        answer = await self.executor.quote(question)
        self.metrics.observe_quoted(answer)
        if inquiry.otherwise and (answer.refused or answer.is_chat):
            other = await self.executor.quote(replace(question, text=inquiry.otherwise))
            answer = answer if other.refused and not answer.is_chat else other
        answer = self.whole_papers.offered(answer)
        if inquiry.note and answer.is_chat and not answer.refused:  # it is about the file
            return replace(answer, text=inquiry.note)
        return replace(answer, note=f"{inquiry.note} {answer.note}".strip())

    async def _show_quoted(
        self, progress: AnswerInProgress, quoted: Answer, next_step: str
    ) -> None:
        """Show the quoted answer and store it."""
        message = progress.message
        try:
            with self.metrics.timing("show"):
                await keep_trying(lambda: message.show(quoted, next_step), FIRST_RETRY_SECONDS)
        except Exception as error:
            # What is stored already is shown by the next run, unless the message is gone.
            if not progress.is_stored or isinstance(error, discord.NotFound):
                await self.record.drop(message)
            raise
        interrupted = replace(quoted, note=INTERRUPTED)
        unfinished = await message.rendered(interrupted) if next_step else None
        await self.record.store(message, quoted, unfinished=unfinished)

    async def _write(self, progress: AnswerInProgress, quoted: Answer) -> Answer:
        """Stream the written answer into the message; return the finished one.

        Whatever goes wrong, the quotes stay or come back.
        """
        message, cancel = progress.message, progress.cancel
        if self.in_flight.is_stopping:
            cancel.set()

        async def edit(state: tuple[Answer, str]) -> None:
            await message.show(*state)

        live = LiveMessage(edit)

        def on_text(answer: Answer) -> None:
            if live.is_gone or message.reply.is_removed:
                cancel.set()
            if len(answer.text) >= LEAST_SHOWN:
                live.show((answer, WRITING))

        def on_place(people_in_front: int) -> None:
            live.show((quoted, describe_wait(people_in_front)))

        try:
            with _in_time(message.reply, cancel):
                answer = await self._generated(
                    quoted, on_text=on_text, on_place=on_place, cancel=cancel
                )
            self.metrics.observe_written(quoted, answer)
            if _is_late(message.reply):
                answer = replace(answer, note=answer.note.replace(STOPPED, OUT_OF_TIME))
            if not live.is_gone and not progress.is_retracted:
                answer = await self._finish(live, answer, quoted)
        except discord.NotFound:
            live.is_gone, answer = True, quoted
        finally:
            await asyncio.shield(live.stop())
        if live.is_gone:
            await self.record.drop_receipt(message)
        elif not (progress.is_forgotten or progress.is_retracted):
            # Stored again, since it may cite fewer papers than the quotes did.
            await self.record.store(message, answer, unfinished=None)
        return answer

    async def _generated(self, quoted: Answer, **options: Any) -> Answer:
        """Return the written answer; after any failure the quoted one with a note."""
        try:
            return await self.executor.generate(quoted, **options)
        except Exception:
            log.exception("writing an answer")
            return replace(quoted, note=f"{quoted.note} {WENT_WRONG}".strip())

    async def _finish(
        self, live: LiveMessage[tuple[Answer, str]], answer: Answer, quoted: Answer
    ) -> Answer:
        """Show the finished answer, or the quotes if it cannot be shown; return what is shown."""
        try:
            await live.finish((answer, ""))
        except (*UNANSWERED, discord.NotFound):
            raise
        except Exception:
            log.exception("a written answer could not be shown")
            answer = replace(quoted, note=f"{quoted.note} {WENT_WRONG}".strip())
            await live.finish((answer, ""))
        return answer

    async def _remove(self, message: AnswerMessage, answer: Answer) -> None:
        """Delete the message of an answer; if that fails, show it as finished."""
        try:
            await message.reply.remove()
        except discord.NotFound:
            pass
        except discord.HTTPException as error:
            log.info("an answer to a deleted question stays: %s", error)
            await message.show(answer)


@contextmanager
def _in_time(reply: Reply, cancel: threading.Event) -> Iterator[None]:
    """Cancel what the block writes when Discord soon takes no more edits of the reply."""
    seconds = reply.seconds_left()
    if seconds is None:
        yield
        return
    timer = asyncio.get_running_loop().call_later(max(0.0, seconds), cancel.set)
    try:
        yield
    finally:
        timer.cancel()


def _is_late(reply: Reply) -> bool:
    seconds = reply.seconds_left()
    return seconds is not None and seconds <= 0


def describe_wait(people_in_front: int) -> str:
    """Return what is shown below a quoted answer until it is written."""
    if not people_in_front:
        return WRITING
    people = "1 person is" if people_in_front == 1 else f"{people_in_front} people are"
    return f"{people} in front of you."
