"""Runs blocking work in threads, so that the event loop never waits for it."""

import asyncio
import logging
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import ParamSpec, TypeVar

from rag.digest.records import Digest
from rag.errors import QuestionError
from rag.library import Library
from rag.pipeline import PaperQA
from rag.query.followups import ALONE, refers_back
from rag.query.request import Kind
from rag.records import Answer, Paper, Question

log = logging.getLogger(__name__)

READERS = 2  # threads that search and quote, which takes a few hundredths of a second

P = ParamSpec("P")
T = TypeVar("T")


class Executor:
    """The bot's threads, one pool for each kind of work; nothing here blocks the event loop."""

    def __init__(self, qa: PaperQA) -> None:
        self.qa = qa
        self._readers = ThreadPoolExecutor(READERS, thread_name_prefix="reader")
        # One thread writes to SQLite, in order: it may have to wait for an ingest.
        self._database_writer = ThreadPoolExecutor(1, thread_name_prefix="database-writer")
        # One thread fetches single papers, at the pace that their host asks for.
        self._fetcher = ThreadPoolExecutor(1, thread_name_prefix="fetcher")
        # One thread reads whole papers: it waits for the network, then encodes for seconds.
        self._paper_reader = ThreadPoolExecutor(1, thread_name_prefix="paper-reader")
        # Threads for the answers being generated, one for each in the queue, one to say "busy".
        threads = qa.config.model.sequences + qa.config.model.waiting + 1
        self._generators = ThreadPoolExecutor(threads, thread_name_prefix="generator")
        self._cancels: set[threading.Event] = set()

    @property
    def library(self) -> Library:
        """The papers."""
        return self.qa.library

    @property
    def timezone(self) -> str:
        """The time zone of the days that people speak of."""
        return self.qa.query.day_habit.timezone

    async def read(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run a function that reads the library or the database."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._readers, lambda: function(*args, **kwargs))

    async def write(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run a function that writes to SQLite, after every earlier one has finished."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._database_writer, lambda: function(*args, **kwargs))

    async def fetch(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run a function that waits for the network, after every earlier one has finished."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._fetcher, lambda: function(*args, **kwargs))

    async def read_whole(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run a function that reads a whole paper, after every earlier one has finished."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._paper_reader, lambda: function(*args, **kwargs))

    def similar_papers(self, paper: Paper, count: int) -> list[Paper]:
        """Return the papers most similar to this one; blocks, so call it through `read`."""
        hits = self.library.retriever.neighbours([paper.paper_id], top_k=count)
        return [hit.paper for hit in hits]

    async def quote(self, question: Question) -> Answer:
        """Return the quoted answer, see PaperQA.ask. Raises QuestionError."""
        return await self.read(self.qa.ask, question)

    async def request_kind(self, text: str) -> Kind:
        """Return the kind of a message that may continue a conversation.

        Nothing waits for the language model. A text that is no question is one about content.
        """
        understand = partial(self.qa.query.understand, follows=True, again=True)
        try:
            return (await self.read(understand, text, self.qa.today())).kind
        except QuestionError:
            return "content"

    async def only_points(self, text: str) -> bool:
        """Return whether a text says nothing of what it is about, as "explain this" does."""
        understand = partial(self.qa.query.understand, follows=True, again=True)
        try:
            request = await self.read(understand, text, self.qa.today())
        except QuestionError:
            return False
        return not request.has_topic or (refers_back(request.text) and not request.named)

    def is_request(self, text: str) -> bool:
        """Return whether a text wants something, in words of a request; blocks."""
        try:
            kind = self.qa.query.understand(text, self.qa.today(), again=True).kind
        except QuestionError:
            return False
        return kind not in ("content", *ALONE)

    def can_generate(self, quoted: Answer) -> bool:
        """Return whether the model can write an answer to replace this quoted one."""
        return self.qa.can_write(quoted)

    def queue_length(self) -> int:
        """Return how many answers are being generated or wait in the queue."""
        return len(self.qa.writer.queue) if self.qa.writer else 0

    def people_in_front(self) -> int:
        """Return how many have to be done before an answer that is asked for now is begun."""
        return self.qa.writer.queue.people_in_front if self.qa.writer else 0

    async def generate(
        self,
        quoted: Answer,
        *,
        on_text: Callable[[Answer], None],
        on_place: Callable[[int], None],
        cancel: threading.Event,
    ) -> Answer:
        """Return the written answer (or the quoted one with a note).

        `on_text` gets the answer as it grows and `on_place` the number of people in front, both on
        the event loop. Setting `cancel` ends it soon.
        """
        loop = asyncio.get_running_loop()

        def on_loop(callback: Callable[[T], None]) -> Callable[[T], None]:
            def call(value: T) -> None:
                loop.call_soon_threadsafe(callback, value)

            return call

        def work() -> Answer:
            answer = quoted
            for answer in self.qa.write(quoted, cancel=cancel, on_place=on_loop(on_place)):
                if not answer.finished:
                    on_loop(on_text)(answer)
            return answer

        self._cancels.add(cancel)
        try:
            return await loop.run_in_executor(self._generators, work)
        except asyncio.CancelledError:
            cancel.set()
            raise
        finally:
            self._cancels.discard(cancel)

    async def brief(self, digest: Digest, *, seconds: float) -> Digest:
        """Return the digest with a brief; as it is if there is no model or it takes too long."""
        loop, cancel = asyncio.get_running_loop(), threading.Event()
        self._cancels.add(cancel)
        try:
            async with asyncio.timeout(seconds):
                work = partial(self.qa.brief, digest, cancel=cancel)
                return await loop.run_in_executor(self._generators, work)
        except TimeoutError:
            return digest
        except Exception:  # a bug there must not keep the digest from people
            log.exception("writing a brief")
            return digest
        finally:
            cancel.set()
            self._cancels.discard(cancel)

    def stop_generating(self) -> None:
        """Cancel the answers that are being generated or wait in the queue."""
        for cancel in list(self._cancels):
            cancel.set()

    def close(self) -> None:
        """Stop generating and wait for all threads to end."""
        self.stop_generating()
        self._fetcher.shutdown(cancel_futures=True)
        self._paper_reader.shutdown(cancel_futures=True)
        self._generators.shutdown()
        self._readers.shutdown()
        self._database_writer.shutdown()
