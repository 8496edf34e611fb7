"""A paper is fetched once, however many users ask for it, and not at all if it is known."""

import asyncio
from collections.abc import Iterator

import pytest

from bot.executor import Executor
from bot.papers import fetch
from bot.papers.fetch import FetchFailedError, PaperFetcher
from ingest.config import FetchConfig
from rag.config import RagConfig
from rag.errors import SourceError
from rag.library import Library
from rag.pipeline import PaperQA
from tests.papers import HERON, TODAY


@pytest.fixture
def fetcher(filled: Library) -> Iterator[PaperFetcher]:
    executor = Executor(PaperQA(filled, RagConfig(), today=lambda: TODAY))
    yield PaperFetcher(executor, FetchConfig())
    executor.close()


async def test_a_known_paper_is_not_fetched(
    fetcher: PaperFetcher, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delattr(fetch, "resolve_source")
    assert HERON.arxiv_id
    assert (await fetcher.fetch(HERON.arxiv_id)).paper_id == HERON.paper_id


async def test_two_users_share_one_fetch_and_a_failure_says_what_to_do(
    fetcher: PaperFetcher, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[str] = []

    def fail(paper_id: str, *args: object, **options: object) -> None:
        opened.append(paper_id)
        raise SourceError("arXiv does not answer: timed out after 12 s")

    monkeypatch.setattr(fetch, "resolve_source", fail)
    both = await asyncio.gather(
        fetcher.fetch("2501.99999"), fetcher.fetch("2501.99999"), return_exceptions=True
    )
    assert opened == ["arxiv:2501.99999"]
    assert all(isinstance(error, FetchFailedError) for error in both)
    assert str(both[0]) == "arXiv does not answer: check the link, or try again later."
    with pytest.raises(FetchFailedError):  # the next attempt asks arXiv again
        await fetcher.fetch("2501.99999")
    assert len(opened) == 2
