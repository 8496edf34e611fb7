"""Questions from the event loop to the threads that answer them, and back."""

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import ParamSpec, TypeVar

from rag.library import Library
from rag.pipeline import PaperQA
from rag.records import Answer, Paper, Question

READERS = 2  # threads that search and quote, which takes a few hundredths of a second

P = ParamSpec("P")
T = TypeVar("T")


class Desk:
    """What the cogs ask; nothing here blocks the event loop."""

    def __init__(self, qa: PaperQA) -> None:
        self.qa = qa
        self._readers = ThreadPoolExecutor(READERS, thread_name_prefix="reader")
        # One that writes things down, in order: it may have to wait for an ingest.
        self._keeper = ThreadPoolExecutor(1, thread_name_prefix="keeper")
        # One that fetches single papers, at the pace that their host asks for.
        self._fetcher = ThreadPoolExecutor(1, thread_name_prefix="fetcher")
        # One for the answer that is written, one for each person who waits, one to say "busy".
        waiting = qa.config.model.waiting
        self._writers = ThreadPoolExecutor(waiting + 2, thread_name_prefix="writer")
        self._unfinished: set[threading.Event] = set()

    @property
    def library(self) -> Library:
        """The papers."""
        return self.qa.library

    async def run(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run something that reads the library."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._readers, lambda: function(*args, **kwargs))

    async def keep(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run something that writes into SQLite, after everything that was handed in before."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._keeper, lambda: function(*args, **kwargs))

    async def fetch(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run something that waits for the network, after what was asked for before."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._fetcher, lambda: function(*args, **kwargs))

    def neighbours(self, paper: Paper, count: int) -> list[Paper]:
        """Return the papers that are nearest to one; call it by `run`."""
        hits = self.library.retriever.neighbours([paper.paper_id], top_k=count)
        return [hit.paper for hit in hits]

    async def ask(self, question: Question) -> Answer:
        """Return the quoted answer, see PaperQA.ask. Raises QuestionError."""
        return await self.run(self.qa.ask, question)

    def can_write(self, quoted: Answer) -> bool:
        """Return whether a written answer will follow."""
        return self.qa.can_write(quoted)

    def people_in_front(self) -> int:
        """Return how many written answers are asked for already."""
        return len(self.qa.writer.queue) if self.qa.writer else 0

    async def write(
        self,
        quoted: Answer,
        *,
        on_text: Callable[[Answer], None],
        on_place: Callable[[int], None],
        cancel: threading.Event,
    ) -> Answer:
        """Return the written answer (or the quoted one with a note).

        `on_text` hears it grow and `on_place` how many people are in front, both on the event
        loop. Setting `cancel` ends it soon.
        """
        loop = asyncio.get_running_loop()

        def later(hear: Callable[[T], None]) -> Callable[[T], None]:
            def tell(value: T) -> None:
                loop.call_soon_threadsafe(hear, value)

            return tell

        def work() -> Answer:
            answer = quoted
            for answer in self.qa.write(quoted, cancel=cancel, on_place=later(on_place)):
                if not answer.finished:
                    later(on_text)(answer)
            return answer

        self._unfinished.add(cancel)
        try:
            return await loop.run_in_executor(self._writers, work)
        except asyncio.CancelledError:
            cancel.set()
            raise
        finally:
            self._unfinished.discard(cancel)

    def stop_writing(self) -> None:
        """Cancel the answers that are being written or wait for their turn."""
        for cancel in list(self._unfinished):
            cancel.set()

    def close(self) -> None:
        """Stop the answers that are being written and wait for the threads."""
        self.stop_writing()
        self._fetcher.shutdown(cancel_futures=True)
        self._writers.shutdown()
        self._readers.shutdown()
        self._keeper.shutdown()
