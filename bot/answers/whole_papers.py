"""Reads whole papers for answers that need them: each once, however many people wait for it."""

import asyncio
import logging
from dataclasses import replace

from bot.executor import Executor
from ingest.config import IngestConfig
from ingest.read_paper import Reading, read_paper
from rag.answering.explain import Explanation, explain
from rag.errors import SourceError
from rag.records import Answer, Citation, Paper

log = logging.getLogger(__name__)

READ_SECONDS = 20.0  # for Hugging Face's answer; stopping the bot waits no longer than this
READING = "Reading the whole paper …"
NOT_READ = "The paper itself was not read: {}"


class NotReadError(SourceError):
    """A whole paper could not be read."""

    def __init__(self, error: SourceError) -> None:
        self.reason = str(error).partition(": ")[0]  # what follows is for whoever runs the bot
        super().__init__(f"{self.reason}: open the paper by its link, or try again later.")


class WholePapers:
    """Reads whole papers while the bot runs."""

    def __init__(self, executor: Executor, config: IngestConfig) -> None:
        self.executor = executor
        self.config = config
        self._running: dict[str, asyncio.Task[Reading]] = {}

    @property
    def reads_at_once(self) -> bool:
        """Whether a paper is read as soon as somebody asks what its abstract does not say."""
        return self.config.whole_papers.when == "always"

    def may_read(self, paper: Paper) -> bool:
        """Return whether the paper itself could be read."""
        return self.config.whole_papers.may_read(paper)

    def offered(self, answer: Answer) -> Answer:
        """Return the answer, silent about no paper that may not be read."""
        paper = answer.silent_paper
        return answer if paper and self.may_read(paper) else replace(answer, silent_paper=None)

    async def read(self, paper: Paper, stopped: asyncio.Event) -> bool:
        """Read a paper; return False if `stopped` was set before it was read.

        Raises NotReadError, and whatever else reading raises.
        """
        key = paper.paper_id
        task = self._running.get(key)
        if task is None:
            reading = self.executor.read_whole(
                read_paper, self.executor.library, paper, self.config, deadline=READ_SECONDS
            )
            task = self._running[key] = asyncio.create_task(reading)
            task.add_done_callback(lambda done: self._forget(key, done))
        stop = asyncio.create_task(stopped.wait())
        try:
            await asyncio.wait({task, stop}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            stop.cancel()
        if not task.done():  # it goes on: the next question about this paper finds it read
            return False
        try:
            task.result()
        except SourceError as error:
            raise NotReadError(error) from error
        return True

    async def explain(self, paper: Paper) -> Explanation:
        """Explain a paper, read whole if that is not known yet; if it cannot be, say why."""
        note, texts = "", self.executor.library.full_texts
        if await self.executor.read(texts.get, paper.paper_id) is None:
            try:
                await self.read(paper, asyncio.Event())
            except NotReadError as error:
                note = error.reason
            except Exception:  # a bug there must not keep the explanation from people
                log.exception("reading a whole paper")
                note = "something went wrong while the paper was read"
        return replace(await self.executor.read(explain, paper, texts), note=note)

    async def needs_reading(self, paper: Paper) -> bool:
        """Return whether a paper is to be read before it is explained."""
        texts = self.executor.library.full_texts
        return self.may_read(paper) and await self.executor.read(texts.get, paper.paper_id) is None

    def _forget(self, key: str, task: asyncio.Task[Reading]) -> None:
        self._running.pop(key, None)
        if not task.cancelled():
            task.exception()  # those who wait for it have it; nobody may be left


def reading(quoted: Answer, paper: Paper) -> Answer:
    """Return what is shown while a paper is read for an answer."""
    return replace(
        quoted,
        text=f"Reading “{paper.title}” [1] …",
        citations=(Citation(1, paper, paper.title),),
        refused=False,
        finished=False,
    )
