"""Fetches single papers by arXiv id, each once, however many users ask for it."""

import asyncio
import re
from typing import Any, Self

import discord

from bot.components.persistent import PersistentItem
from bot.executor import Executor
from ingest.config import FetchConfig
from ingest.resolve_source import resolve_source
from ingest.sync import ingest_now
from rag.arxiv_id import CANONICAL
from rag.errors import SourceError
from rag.records import Paper

FETCH_SECONDS = 12.0  # for arXiv's answer; stopping the bot waits no longer than this
CLICKED = "fetch_button"  # the event of a click: (interaction, arXiv id)


class FetchFailedError(SourceError):
    """A paper could not be fetched."""


class PaperFetcher:
    """Fetches and indexes single papers while the bot runs."""

    def __init__(self, executor: Executor, config: FetchConfig) -> None:
        self.executor = executor
        self.config = config
        self._running: dict[str, asyncio.Task[Paper]] = {}

    async def fetch(self, arxiv_id: str) -> Paper:
        """Return the paper; fetch and index it if it is unknown. Raises FetchFailedError."""
        task = self._running.get(arxiv_id)
        if task is None:
            task = asyncio.create_task(self.executor.fetch(self._fetch, arxiv_id))
            self._running[arxiv_id] = task
            task.add_done_callback(lambda _: self._running.pop(arxiv_id, None))
        return await asyncio.shield(task)  # other users may wait for it as well

    def _fetch(self, arxiv_id: str) -> Paper:
        library, paper_id = self.executor.library, f"arxiv:{arxiv_id}"
        if paper := library.catalog.get([paper_id]).get(paper_id):
            return paper
        today = self.executor.qa.today()
        try:
            with resolve_source(
                paper_id, self.config, today=today, library=library, deadline=FETCH_SECONDS
            ) as source:
                papers = ingest_now(source, library)
        except SourceError as error:
            reason = str(error).partition(": ")[0]
            raise FetchFailedError(f"{reason}: check the link, or try again later.") from error
        for paper in papers:
            if paper.paper_id == paper_id:
                return paper
        raise FetchFailedError(f"arXiv sent no paper {arxiv_id} that I can read: check the link.")


class FetchButton(
    PersistentItem,
    discord.ui.DynamicItem[discord.ui.Button[Any]],
    template=rf"fetch:(?P<arxiv_id>{CANONICAL})",
):
    """The button on a card of an unknown paper; it keeps working after a restart."""

    def __init__(self, arxiv_id: str) -> None:
        button = discord.ui.Button[Any](label="Fetch and add it", custom_id=f"fetch:{arxiv_id}")
        super().__init__(button)
        self.arxiv_id = arxiv_id

    @classmethod
    def from_match(cls, match: re.Match[str], /) -> Self:
        """See PersistentItem."""
        return cls(match["arxiv_id"])

    async def callback(self, interaction: discord.Interaction) -> None:
        """Dispatch the click to the cog."""
        interaction.client.dispatch(CLICKED, interaction, self.arxiv_id)


def fetch_view(arxiv_id: str) -> discord.ui.View:
    """Return a view with the button."""
    return discord.ui.View(timeout=None).add_item(FetchButton(arxiv_id))
