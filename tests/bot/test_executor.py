"""Blocking work runs in threads, and writes to SQLite in order."""

import asyncio
import threading
import time
from collections.abc import Iterator

import pytest

from bot.executor import Executor
from rag.config import RagConfig
from rag.digest.records import Digest, Entry, Group
from rag.library import Library
from rag.llm.language_model import adapt
from rag.pipeline import PaperQA
from rag.records import Answer, Question
from tests.bot.answers.slow_model import held
from tests.papers import HERON, PAPERS, QUESTION, TIDAL, TODAY


@pytest.fixture
def executor(filled: Library) -> Iterator[Executor]:
    executor = Executor(PaperQA(filled, RagConfig(), today=lambda: TODAY))
    yield executor
    executor.close()


async def test_writes_run_one_after_the_other_in_order(executor: Executor) -> None:
    done: list[int] = []

    def write(number: int) -> None:
        time.sleep(0.02 * (3 - number))  # the first takes longest
        done.append(number)

    await asyncio.gather(*(executor.write(write, number) for number in range(3)))
    assert done == [0, 1, 2]


async def test_a_read_does_not_wait_for_a_write(executor: Executor) -> None:
    released = threading.Event()
    writing = asyncio.create_task(executor.write(released.wait, 5))
    assert await asyncio.wait_for(executor.read(lambda: "read"), 2) == "read"
    assert not writing.done()
    released.set()
    assert await writing


async def test_an_error_in_a_thread_reaches_the_caller(executor: Executor) -> None:
    with pytest.raises(ZeroDivisionError):
        await executor.read(lambda: 1 / 0)


async def test_similar_papers_do_not_contain_the_paper_itself(executor: Executor) -> None:
    similar = await executor.read(executor.similar_papers, HERON, 2)
    assert len(similar) == 2
    assert HERON.paper_id not in {paper.paper_id for paper in similar}


async def test_without_a_model_an_answer_can_only_be_quoted(executor: Executor) -> None:
    quoted = await executor.quote(Question(text=QUESTION))
    assert not executor.can_generate(quoted)
    assert executor.queue_length() == 0


async def test_text_and_place_arrive_on_the_event_loop(filled: Library) -> None:
    chat = held("HeronNet counts herons in drone video [1].")
    chat.go.set()
    executor = Executor(PaperQA(filled, RagConfig(), today=lambda: TODAY, model=adapt(chat)))
    threads: set[str] = set()
    texts: list[Answer] = []

    def on_text(answer: Answer) -> None:
        threads.add(threading.current_thread().name)
        texts.append(answer)

    quoted = await executor.quote(Question(text=QUESTION, paper=HERON.paper_id))
    assert executor.can_generate(quoted)
    answer = await executor.generate(
        quoted, on_text=on_text, on_place=lambda place: None, cancel=threading.Event()
    )
    assert answer.finished
    await asyncio.sleep(0)
    assert threads <= {threading.current_thread().name}
    assert all(not text.finished for text in texts)
    executor.close()


async def test_a_brief_that_takes_too_long_is_stopped_and_left_out(filled: Library) -> None:
    chat = held("HeronNet counts herons in drone video [1].")
    executor = Executor(PaperQA(filled, RagConfig(), today=lambda: TODAY, model=adapt(chat)))
    entries = tuple(Entry(paper, paper.title, rank=n) for n, paper in enumerate(PAPERS, 1))
    digest = Digest("day", TODAY, TODAY, (Group("all", entries),))
    assert await executor.brief(digest, seconds=0.3) == digest
    while executor.queue_length():
        await asyncio.sleep(0.01)
    executor.close()


async def test_closing_stops_an_answer_that_is_being_generated(filled: Library) -> None:
    chat = held("Tidal Attention forgets tokens in waves [1].")
    executor = Executor(PaperQA(filled, RagConfig(), today=lambda: TODAY, model=adapt(chat)))
    quoted = await executor.quote(Question(text="what is it about?", paper=TIDAL.paper_id))
    cancel = threading.Event()
    generating = asyncio.create_task(
        executor.generate(
            quoted, on_text=lambda text: None, on_place=lambda place: None, cancel=cancel
        )
    )
    while not executor.queue_length():
        await asyncio.sleep(0.01)
    executor.stop_generating()
    assert cancel.is_set()
    chat.go.set()
    await asyncio.wait_for(generating, 5)
    executor.close()


async def test_the_kind_of_a_message_that_may_follow_another(executor: Executor) -> None:
    assert await executor.request_kind("thanks!") == "small talk"
    assert await executor.request_kind("show me more") == "follow-up"
    assert await executor.request_kind("…") == "content"  # no words
