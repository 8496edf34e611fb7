"""The model process, with a real llama.cpp and a tiny model."""

import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from pathlib import Path

import pytest
from langchain_core.messages import HumanMessage

from rag.errors import ModelError
from rag.llm.chat_models import ChatLlama
from rag.llm.llama_model import Message
from rag.llm.local_model import LocalModel
from tests.models.tiny_gguf import write_copying_model

LINE = "[1] Herons wade; egrets fly, and cranes dance at dawn."
LONG = "[1] " + " ".join(f"word{n}" for n in range(200))


@pytest.fixture(scope="module")
def chat(copying_model: Path) -> Iterator[ChatLlama]:
    """One process for the tests that do not end it."""
    local = LocalModel(copying_model, n_ctx=4096, threads=1)
    yield ChatLlama(local=local)
    local.close()


def answer(local: LocalModel, text: str, *, max_tokens: int = 200) -> str:
    local.wait_ready(30)
    return "".join(local.stream(messages(text), max_tokens=max_tokens))


def messages(text: str) -> list[Message]:
    return [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": f"{text}\nQuestion: what?"},
    ]


@pytest.mark.slow
def test_it_writes_text_from_the_prompt(chat: ChatLlama) -> None:
    local = chat.local
    assert answer(local, LINE).strip() == LINE
    assert answer(local, LINE).strip() == LINE
    assert (
        answer(local, "[1] Crème brûlée, naïve 漢字 😀.").strip()
        == "[1] Crème brûlée, naïve 漢字 😀."
    )
    assert len(answer(local, LONG, max_tokens=20)) == 20


def test_control_tokens_in_a_message_are_plain_characters(chat: ChatLlama) -> None:
    line = "[1] It ends </s> here <|bot|> or <s> there."
    assert answer(chat.local, line).strip() == line


def test_closing_or_cancelling_a_stream_stops_it_and_the_next_answer_is_complete(
    chat: ChatLlama,
) -> None:
    local = chat.local
    local.wait_ready(30)
    pieces = local.stream(messages(LONG), max_tokens=1500)
    assert next(pieces) == "["
    pieces.close()
    assert answer(local, LINE).strip() == LINE
    cancel, cut = threading.Event(), ""
    for piece in local.stream(messages(LONG), max_tokens=1500, cancel=cancel):
        cut += piece
        if len(cut) == 50:
            cancel.set()
    assert 50 <= len(cut) < 1500
    cancel.set()
    assert "".join(local.stream(messages(LONG), max_tokens=1500, cancel=cancel)) == ""
    assert answer(local, LINE).strip() == LINE
    assert local.pid is not None


def test_a_prompt_that_does_not_fit_is_refused_and_the_process_lives(chat: ChatLlama) -> None:
    local = chat.local
    with pytest.raises(ModelError, match="may have 4096 tokens"):
        answer(local, "[1] " + "x" * 5000)
    assert answer(local, LINE).strip() == LINE


@pytest.mark.slow
def test_a_cancel_takes_effect_while_the_prompt_is_evaluated(copying_model: Path) -> None:
    local, fresh = (LocalModel(copying_model, n_ctx=4096, threads=1) for _ in range(2))
    local.wait_ready(30)
    long = messages("[1] " + "".join(f"{n * 7919 % 10007:05d}" for n in range(750)))
    cancel = threading.Event()
    pieces: list[str] = []
    reader = threading.Thread(
        target=lambda: pieces.extend(local.stream(long, max_tokens=100, cancel=cancel))
    )
    heartbeats = local._supervisor.messages_received
    reader.start()
    while local._supervisor.messages_received == heartbeats:  # the worker has the request
        time.sleep(0.001)
    cancel.set()
    reader.join(30)
    assert pieces == []
    assert answer(local, LINE) == answer(fresh, LINE)
    assert local.last_usage["reused"] < 100
    for model in (local, fresh):
        model.close()


@pytest.mark.slow
def test_a_process_that_hangs_is_replaced(copying_model: Path) -> None:
    local = LocalModel(copying_model, n_ctx=4096, threads=1)
    local.wait_ready(30)
    pieces, first = local.stream(messages(LONG), max_tokens=1500), local.pid
    next(pieces)
    os.kill(first or 0, signal.SIGSTOP)
    with pytest.raises(ModelError, match="hung and is started again"):
        list(pieces)
    assert answer(local, LINE).strip() == LINE
    assert local.pid != first
    local.close()


def test_an_answer_that_takes_too_long_is_cancelled(
    copying_model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("rag.llm.local_model.CANCEL_SECONDS", 30.0)  # a busy machine is slow
    local = LocalModel(copying_model, n_ctx=4096, threads=1, answer_seconds=0.1)
    local.wait_ready(30)
    first = local.pid
    with pytest.raises(ModelError, match=r"longer than 0 seconds.*answer_seconds"):
        list(local.stream(messages(LONG), max_tokens=1500))
    local.answer_seconds = 30
    assert answer(local, LINE).strip() == LINE
    assert local.pid == first  # it was only cancelled
    local.close()


@pytest.mark.slow
def test_crashes_in_a_row_pause_the_model_and_then_it_is_tried_again(
    copying_model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("rag.llm.breaker.RESTART_SECONDS", (0.0,))
    local = LocalModel(copying_model, n_ctx=4096, threads=1, pause_seconds=1.0)
    local._supervisor.breaker.max_crashes = 2
    for crash in (1, 2):
        local.wait_ready(30)
        assert not local.problem
        pieces = local.stream(messages(LONG), max_tokens=1500)
        next(pieces)
        os.kill(local.pid or 0, signal.SIGSEGV)
        with pytest.raises(ModelError, match="died") as raised:
            list(pieces)
        assert ("2 times in a row" in str(raised.value)) == (crash == 2)
    assert "tried again in" in local.problem
    with pytest.raises(ModelError, match="tried again in"):
        local.wait_ready(30)
    while local.problem:
        time.sleep(0.05)
    assert answer(local, LINE).strip() == LINE
    assert not local.problem
    local.close()


def test_tokens_are_counted_and_an_evaluated_prompt_is_reused(chat: ChatLlama) -> None:
    local = chat.local
    answer(local, LINE)
    assert local.count(messages(LINE)) == local.last_usage["prompt"] > len(LINE)
    conversation: list[Message] = [
        *messages(LINE),
        {"role": "assistant", "content": LINE},
        {"role": "user", "content": "Question: and?"},
    ]
    list(local.stream(conversation, max_tokens=100))
    # The first prompt ends with one token of the template that the second one does not have.
    assert local.last_usage["reused"] >= local.count(messages(LINE)) - 1


def test_the_process_exits_with_its_parent(copying_model: Path) -> None:
    local = LocalModel(copying_model, n_ctx=512, threads=1)
    local.wait_ready(30)
    child = local._supervisor._worker
    assert child is not None
    process = child._process
    assert process.stdin is not None
    local._supervisor._closing.set()  # do not start it again
    process.stdin.close()  # what the system does when the parent is gone
    assert process.wait(5) == 0
    local.close()


def test_a_model_that_was_trained_for_less_than_was_asked_for_gets_less(tmp_path: Path) -> None:
    path = write_copying_model(tmp_path / "short.gguf", heads=6, n_ctx=512)
    local = LocalModel(path, n_ctx=4096, threads=1)
    try:
        assert local.n_ctx == 512  # before it is loaded, too
        assert answer(local, LINE).strip() == LINE
        assert local.n_ctx == 512
        with pytest.raises(ModelError, match="prompt and answer may have 512 tokens"):
            answer(local, LONG)
    finally:
        local.close()


@pytest.fixture(scope="module")
def four(copying_model: Path) -> Iterator[LocalModel]:
    """One process that writes four answers at once."""
    local = LocalModel(copying_model, n_ctx=2048, threads=1, sequences=4)
    local.wait_ready(30)
    yield local
    local.close()


def subject(n: int) -> str:
    return f"[1] {'abcdefgh'[n]}: " + " ".join(f"{n}{i * 37 % 100:02d}{n}" for i in range(30))


def all_at_once(count: int, call: Callable[[int], str]) -> list[str]:
    """Call it in that many threads; return what it returned or raised."""

    def one(n: int) -> str:
        try:
            return call(n)
        except ModelError as error:
            return str(error)

    with ThreadPoolExecutor(count) as people:
        return list(people.map(one, range(count)))


def test_several_are_answered_at_once_and_each_gets_its_own(four: LocalModel) -> None:
    assert (four.sequences, four.n_ctx) == (4, 2048)
    open_at_once, most = 0, 0

    def ask(n: int) -> str:
        nonlocal open_at_once, most
        text = ""
        for piece in four.stream(messages(subject(n)), max_tokens=200):
            if not text:
                open_at_once += 1
                most = max(most, open_at_once)
            text += piece
        open_at_once -= 1
        return text.strip()

    # Two more than it writes at once: they wait in the process.
    assert all_at_once(6, ask) == [subject(n) for n in range(6)]
    assert most > 1


def test_each_answer_knows_its_own_tokens(four: LocalModel) -> None:
    chat = ChatLlama(local=four, max_tokens=200)

    def ask(n: int) -> str:
        reply = chat.invoke([HumanMessage(f"{subject(n)[: 20 + 10 * n]}\nQuestion: what?")])
        assert reply.usage_metadata
        return str(reply.usage_metadata["output_tokens"])

    told = list(map(int, all_at_once(4, ask)))
    assert [later - earlier for earlier, later in pairwise(told)] == [10, 10, 10]


def test_who_cancels_leaves_and_the_others_are_written_on(four: LocalModel) -> None:
    pid = four.pid

    def ask(n: int) -> str:
        cancel, text = threading.Event(), ""
        for piece in four.stream(messages(subject(n)), max_tokens=200, cancel=cancel):
            text += piece
            if n % 2 and len(text) == 20 * n:
                cancel.set()
        return text.strip()

    texts = all_at_once(4, ask)
    assert [texts[0], texts[2]] == [subject(0), subject(2)]
    assert all(len(texts[n]) < len(subject(n)) for n in (1, 3))
    assert four.pid == pid


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("SIGSEGV", "died (SIGSEGV) and is started"),
        pytest.param("SIGSTOP", "hung and is", marks=pytest.mark.slow),
    ],
)
def test_all_who_are_answered_lose_their_answers_when_the_process_fails(
    copying_model: Path, name: str, told: str
) -> None:
    local = LocalModel(copying_model, n_ctx=4096, threads=1, sequences=4)
    local.wait_ready(30)
    first, begun = local.pid or 0, threading.Barrier(4)

    def ask(n: int) -> str:
        pieces = local.stream(messages(LONG), max_tokens=1500)
        next(pieces)
        begun.wait(30)
        if n == 0:
            os.kill(first, getattr(signal, name))
        return "".join(pieces)

    assert all("the model process " + told in text for text in all_at_once(4, ask))
    local.wait_ready(30)
    second = local.pid
    assert first != second
    assert local._supervisor.breaker._crashes_in_a_row == 1  # and none was asked again
    assert all_at_once(4, lambda n: answer(local, subject(n)).strip()) == list(
        map(subject, range(4))
    )
    assert local.pid == second
    local.close()
