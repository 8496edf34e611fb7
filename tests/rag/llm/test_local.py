"""The model process, with a real llama.cpp and a tiny model."""

import os
import signal
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from rag.errors import ModelError
from rag.llm.chat_models import ChatLlama
from rag.llm.child import ModelChild
from rag.llm.llama_model import Message
from rag.llm.local import LocalModel
from rag.models.build_check import probe

LINE = "[1] Herons wade; egrets fly, and cranes dance at dawn."
LONG = "[1] " + " ".join(f"word{n}" for n in range(200))


@pytest.fixture(scope="module")
def chat(copying_model: Path) -> Iterator[ChatLlama]:
    """One process for the tests that leave it alive."""
    local = LocalModel(copying_model, n_ctx=4096, threads=1)
    yield ChatLlama(local=local)
    local.close()


def says(local: LocalModel, text: str, *, max_tokens: int = 200) -> str:
    local.wait_ready(30)
    return "".join(local.stream(messages(text), max_tokens=max_tokens))


def messages(text: str) -> list[Message]:
    return [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": f"{text}\nQuestion: what?"},
    ]


def test_it_writes_what_the_prompt_holds(chat: ChatLlama) -> None:
    local = chat.local
    assert says(local, LINE).strip() == LINE
    assert says(local, LINE).strip() == LINE
    assert (
        says(local, "[1] Crème brûlée, naïve 漢字 😀.").strip()
        == "[1] Crème brûlée, naïve 漢字 😀."
    )
    assert len(says(local, LONG, max_tokens=20)) == 20


def test_control_tokens_in_a_message_are_mere_characters(chat: ChatLlama) -> None:
    line = "[1] It ends </s> here <|bot|> or <s> there."
    assert says(chat.local, line).strip() == line


def test_langchain_reads_it_like_any_model(chat: ChatLlama) -> None:
    assert str(chat.invoke(f"{LINE}\nQuestion?").text).strip() == LINE
    pieces = [str(chunk.text) for chunk in chat.stream(f"{LINE}\nQuestion?")]
    assert len(pieces) > 20
    assert "".join(pieces).strip() == LINE
    assert str(chat.invoke(f"{LINE}\nQuestion?", stop=["wade"]).text).endswith("wade")


async def test_and_asynchronously(chat: ChatLlama) -> None:
    pieces = [str(chunk.text) async for chunk in chat.astream(f"{LINE}\nQuestion?")]
    assert "".join(pieces).strip() == LINE


def test_closing_the_stream_or_a_cancel_stops_it_and_the_next_answer_is_whole(
    chat: ChatLlama,
) -> None:
    local = chat.local
    local.wait_ready(30)
    pieces = local.stream(messages(LONG), max_tokens=1500)
    assert next(pieces) == "["
    started = time.monotonic()
    pieces.close()  # type: ignore[attr-defined]  # it is a generator
    assert says(local, LINE).strip() == LINE
    cancel, cut = threading.Event(), ""
    for piece in local.stream(messages(LONG), max_tokens=1500, cancel=cancel):
        cut += piece
        if len(cut) == 50:
            cancel.set()
    assert 50 <= len(cut) < 1500
    cancel.set()
    assert "".join(local.stream(messages(LONG), max_tokens=1500, cancel=cancel)) == ""
    assert says(local, LINE).strip() == LINE
    assert time.monotonic() - started < 5
    assert local.pid is not None


def test_a_prompt_that_does_not_fit_is_refused_and_the_process_lives(chat: ChatLlama) -> None:
    local = chat.local
    with pytest.raises(ModelError, match="may have 4096 tokens"):
        says(local, "[1] " + "x" * 5000)
    assert says(local, LINE).strip() == LINE


def test_a_cancel_is_heard_while_the_prompt_is_read(copying_model: Path) -> None:
    local, fresh = (LocalModel(copying_model, n_ctx=4096, threads=1) for _ in range(2))
    local.wait_ready(30)
    long = messages("[1] " + "".join(f"{n * 7919 % 10007:05d}" for n in range(750)))
    cancel = threading.Event()
    said: list[str] = []
    reader = threading.Thread(
        target=lambda: said.extend(local.stream(long, max_tokens=100, cancel=cancel))
    )
    reader.start()
    time.sleep(0.05)  # it takes ten times that to read it
    cancel.set()
    reader.join(5)
    assert said == []
    assert says(local, LINE) == says(fresh, LINE)
    assert local.figures["reused"] < 100
    for model in (local, fresh):
        model.close()


def test_a_process_that_hangs_is_replaced(copying_model: Path) -> None:
    local = LocalModel(copying_model, n_ctx=4096, threads=1)
    local.wait_ready(30)
    pieces, first = local.stream(messages(LONG), max_tokens=1500), local.pid
    next(pieces)
    os.kill(first or 0, signal.SIGSTOP)
    with pytest.raises(ModelError, match="hung and is started again"):
        list(pieces)
    assert says(local, LINE).strip() == LINE
    assert local.pid != first
    local.close()


def test_an_answer_that_takes_too_long_is_given_up(copying_model: Path) -> None:
    local = LocalModel(copying_model, n_ctx=4096, threads=1, answer_seconds=0.3)
    local.wait_ready(30)
    first = local.pid
    with pytest.raises(ModelError, match=r"longer than 0 seconds.*answer_seconds"):
        list(local.stream(messages(LONG), max_tokens=1500))
    local.answer_seconds = 30
    assert says(local, LINE).strip() == LINE
    assert local.pid == first  # it was only cancelled
    local.close()


def test_crashes_in_a_row_make_it_rest_and_then_it_is_tried_again(
    copying_model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("rag.llm.breaker.RESTART_SECONDS", (0.0,))
    local = LocalModel(copying_model, n_ctx=4096, threads=1, rest_seconds=1.0)
    local._process.breaker.crashes = 2
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
    assert says(local, LINE).strip() == LINE
    assert not local.problem
    local.close()


def test_a_line_cut_short_by_death_harms_nobody() -> None:
    child = ModelChild([sys.executable, "-c", "print('7'); print('{\"id\": 1, \"te', end='')"])
    assert list(child.events()) == []
    assert child.wait() == "exit status 0"
    with pytest.raises(ModelError, match="starting again"):
        child.send({"id": 2})


def test_tokens_are_counted_and_what_was_read_is_reused(chat: ChatLlama) -> None:
    local = chat.local
    says(local, LINE)
    assert local.count(messages(LINE)) == local.figures["prompt"] > len(LINE)
    said: list[Message] = [
        *messages(LINE),
        {"role": "assistant", "content": LINE},
        {"role": "user", "content": "Question: and?"},
    ]
    list(local.stream(said, max_tokens=100))
    # The template's end of the first prompt is one token that does not stand there any more.
    assert local.figures["reused"] >= local.count(messages(LINE)) - 1


def test_it_leaves_with_its_parent(copying_model: Path) -> None:
    local = LocalModel(copying_model, n_ctx=512, threads=1)
    local.wait_ready(30)
    child = local._process._child
    assert child is not None
    process = child._process
    assert process.stdin is not None
    local._process._closing.set()  # do not start it again
    process.stdin.close()  # what the system does when the parent is gone
    assert process.wait(5) == 0
    local.close()


def test_this_build_runs_quantised_models() -> None:
    assert probe() == ""


def test_a_build_that_crashes_is_noticed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    fake = tmp_path / "llama_cpp.py"
    fake.write_text("import os\nos.abort()\n")
    monkeypatch.setenv("PYTHONPATH", os.fspath(tmp_path))
    problem = probe()  # which was tried more than once
    assert problem.startswith("llama.cpp died (SIGABRT) while it loaded probe.gguf: ")
    fake.write_text("raise ImportError('llama_cpp is broken')\n")
    assert probe() == "the local model needs llama.cpp, which is not built: run `make llama`."
