"""The language model fails a hundred times at random moments; nobody loses an answer."""

import os
import random
import signal
import statistics
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from ingest.sync import ingest
from rag.config import RagConfig
from rag.errors import ModelError
from rag.library import Library
from rag.llm.chat_models import ChatLlama
from rag.llm.language_model import adapt
from rag.llm.llama_model import Message
from rag.llm.local_model import LocalModel
from rag.pipeline import PaperQA
from rag.records import Answer, Question
from tests.benchmarks.lag import measured_lag, percentile
from tests.discord_server import MODEL_NAME, Connect, finished, text_of
from tests.papers import LONG, TODAY, ListSource
from tests.reliability.test_model import papers

PEOPLE = 100
CANCELS = 50
LONG_PROMPT = "".join(f"{n * 7919 % 10007:05d}" for n in range(720))  # no run of it comes twice


def user(text: str) -> list[Message]:
    return [{"role": "user", "content": f"[1] {text}\nQuestion: what?"}]


@pytest.fixture
def models(copying_model: Path) -> Iterator[Callable[[], LocalModel]]:
    """Start a model in a fresh process; all are closed in the end."""
    opened: list[LocalModel] = []

    def start() -> LocalModel:
        local = LocalModel(copying_model, n_ctx=4096, threads=1)
        opened.append(local)
        local.wait_ready(60)
        return local

    yield start
    for local in opened:
        local.close()


@pytest.mark.slow
@pytest.mark.parametrize("when", ["prompt", "answer"])
def test_m4_fifty_cancels_are_quick_and_leave_nothing_behind(
    models: Callable[[], LocalModel], when: str
) -> None:
    local, fresh, chance, seconds = models(), models(), random.Random(7), []
    text = LONG_PROMPT if when == "prompt" else LONG_PROMPT[:900]
    for n in range(CANCELS):
        cancel, stopped_at, said = threading.Event(), [0.0], ""
        asked = user(f"{n:02d}{text}")

        def stop(cancel: threading.Event = cancel, stopped_at: list[float] = stopped_at) -> None:
            stopped_at[0] = time.monotonic()
            cancel.set()

        if when == "prompt":
            threading.Timer(chance.uniform(0, 0.4), stop).start()
        characters = chance.randrange(1, 400)
        for piece in local.stream(asked, max_tokens=450, cancel=cancel):
            said += piece
            if when == "answer" and len(said) == characters:
                stop()
        seconds.append(time.monotonic() - stopped_at[0])
        assert cancel.is_set()
        if n % 5 == 0:  # a fresh process each time would take minutes
            expected = "".join(fresh.stream(user(f"Herons {n}"), max_tokens=60))
            assert "".join(local.stream(user(f"Herons {n}"), max_tokens=60)) == expected
            assert f"Herons {n}" in expected
    assert statistics.median(seconds) <= 0.5
    assert max(seconds) <= 2.0
    last = models()  # one that has answered nothing at all yet
    assert list(last.stream(user("Egrets."), max_tokens=60)) == list(
        local.stream(user("Egrets."), max_tokens=60)
    )


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_m2_a_hundred_people_and_every_second_answer_dies(
    library: Library, load_chat: Callable[..., ChatLlama]
) -> None:
    ingest(ListSource([LONG]), library)
    chat, chance, back = load_chat(), random.Random(11), []
    qa = PaperQA(library, RagConfig(), today=lambda: TODAY, model=adapt(chat))
    quoted = qa.ask(Question(text="is it so?", paper=LONG.paper_id))
    chat.local.wait_ready(60)
    answers: list[Answer] = []
    for person in range(PEOPLE):
        growing, last, died_at = qa.write(quoted), quoted, 0.0
        chat.max_tokens = 1500 if person % 2 else 150
        if person % 2:
            assert next(growing).mode == "generated"
            time.sleep(chance.uniform(0, 0.2))
            name = chance.choice(["SIGSEGV", "SIGABRT", "SIGKILL", "SIGSTOP"])
            os.kill(chat.local.pid or 0, getattr(signal, name))
            died_at = time.monotonic()
        for answer in growing:
            last = answer
        answers.append(last)
        if died_at:
            chat.local.wait_ready(60)
            back.append(time.monotonic() - died_at)
    assert all(answer.finished and answer.text for answer in answers)
    for person, answer in enumerate(answers):
        if person % 2:
            assert answer.text == quoted.text
            assert "is started again" in answer.note
        else:
            assert answer.mode == "generated"
            assert not answer.note
    assert statistics.median(back) < 5  # seconds; SIGSTOP alone takes ten more


@pytest.mark.slow
async def test_m2_five_crashes_in_a_row_are_said_once_and_get_over(
    library: Library, connect: Connect, load_chat: Callable[..., ChatLlama],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setattr("rag.llm.breaker.RESTART_SECONDS", (0.0,))
    ingest(ListSource([LONG]), library)
    chat = load_chat(max_tokens=1500)
    chat.local.wait_ready(30)
    chat.local._supervisor.breaker.pause_seconds = 3.0
    server = await connect(library, chat=chat)
    texts = []
    for _ in range(5):
        asked = await server.fake.slash("alice", "ask", question="is it so?", paper=LONG.paper_id)
        await server.fake.until(
            lambda a=asked: a.original and len(server.fake.edits(a.message_id)) >= 2, 20
        )
        os.kill(chat.local.pid or 0, signal.SIGSEGV)
        await server.fake.until(lambda a=asked: finished(a.original), 10)
        texts.append(text_of(asked.original))
    texts += [text_of(await server.ask("is it so?", paper=LONG.paper_id)) for _ in range(3)]
    assert all("Quoted word for word." in text for text in texts)
    assert [n for n, text in enumerate(texts) if "5 times in a row" in text] == [4]
    chat.max_tokens = 150
    await server.fake.until(lambda: not chat.local.problem, 20)
    assert f"Written by {MODEL_NAME}" in text_of(await server.ask("is it so?", paper=LONG.paper_id))


@pytest.mark.slow
async def test_m1_the_event_loop_is_on_time_while_eight_are_served(
    library: Library, connect: Connect, load_chat: Callable[..., ChatLlama]
) -> None:
    ingest(ListSource(papers()), library)
    chat = load_chat(max_tokens=600)
    chat.local.wait_ready(30)
    server = await connect(library, chat=chat)
    await server.ask("is it so?", paper=papers()[0].paper_id)  # imports and loads what is missing
    async with measured_lag() as lags:
        asked = [
            await server.fake.slash(f"person {n}", "ask", question="is it so?", paper=p.paper_id)
            for n, p in enumerate(papers())
        ]
        for interaction in asked:
            await server.fake.until(lambda i=interaction: finished(i.original), 60)
    for interaction, paper in zip(asked, papers(), strict=True):
        assert paper.abstract in text_of(interaction.original)
    assert percentile(lags, 0.99) < 0.1  # seconds


def test_the_deadline_leaves_the_quotes(
    library: Library, load_chat: Callable[..., ChatLlama]
) -> None:
    ingest(ListSource([LONG]), library)
    chat = load_chat(max_tokens=1500)
    chat.local.answer_seconds = 0.3
    qa = PaperQA(library, RagConfig(), today=lambda: TODAY, model=adapt(chat))
    quoted = qa.ask(Question(text="is it so?", paper=LONG.paper_id))
    answer = qa.written(quoted)
    assert answer.text == quoted.text
    assert "took longer than" in answer.note
    with pytest.raises(ModelError):
        list(chat.local.stream(user(LONG_PROMPT), max_tokens=100))
