"""Model servers instead of the model process: a fake one that fails on request, and a real one."""

import logging
import os
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal

import pytest
from langchain_core.messages import HumanMessage
from pydantic import BaseModel

from ingest.sync import ingest
from rag.answering.writer import STOPPED
from rag.config import ModelConfig, RagConfig
from rag.errors import ModelError
from rag.library import Library
from rag.llm.chat_models import SERVER_KEY_VARIABLE, ChatServer, load_chat_model
from rag.llm.language_model import adapt
from rag.llm.server_client import ServerClient
from rag.llm.server_errors import Timeouts
from rag.pipeline import PaperQA
from rag.records import Answer, Question
from tests.models.openai_server import FAULTS, OpenAIServer
from tests.papers import HERON, PLAIN, TODAY, ListSource

QUESTION = "how accurate is HeronNet compared with human counters?"
UNCLEAR = "maybe the birds thing"
TEXT = "HeronNet reaches 94.2% of the accuracy of human counters [1]."
ALSO = "It counts herons and egrets in drone video [1]."
PROMPT = [HumanMessage("hello")]
LONG_SECONDS = 60.0  # longer than anything here takes, however busy the machine is

TIMEOUTS = Timeouts(first_token=LONG_SECONDS, next_token=LONG_SECONDS, answer=LONG_SECONDS)
LoadServer = Callable[..., ChatServer]
SAID = "“worker 7 said no, key [hidden]”"
NOTES = {
    "400": f"refused the request to tiny (400, {SAID}): look at its log, or change [rag.model]",
    "401": f"wants a key for tiny (401, {SAID}): put it in $PAPERBOY_SERVER_KEY",
    "404": f"knows no such address or model when asked for tiny (404, {SAID}): check [rag.model]",
    "429": f"is busy or still loading tiny (429, {SAID}): ask again soon",
    "500": f"failed with tiny (500, {SAID}): look at its log, or change [rag.model] server_model",
    "503": f"is busy or still loading tiny (503, {SAID}): ask again soon",
    "redirect": "knows no such address or model when asked for tiny (307): check [rag.model]",
    "page": "something that is not an answer of tiny (a web page, “Welcome”): look at its log, and",
    "other JSON": 'sent something that is not an answer of tiny (“{"answer": 42}”)',
    "no JSON": "sent something that is not an answer",
    "odd JSON": "sent something that is not an answer",
    "odd content": "closed the connection in mid-answer",
    "odd usage": "sent something that is not an answer",
    "odd name": "closed the connection in mid-answer",
    "reported error": "has too little memory for tiny (“out of memory”): have it run a smaller mod",
    "ends": "closed the connection in mid-answer",
    "breaks": "closed the connection in mid-answer",
    "hangs up": "closed the connection in mid-answer",
    "endless line": "sent something that is not an answer",
    "endless lines": "sent something that is not an answer",
    "endless error": "sent something that is not an answer",
    "compressed": "sent something that is not an answer",
    "silent": "sent nothing for 0.5 s: see what it is doing, or raise [rag.model] server_first",
    "silent stream": "raise [rag.model] server_first_seconds",
    "stalls": "raise [rag.model] server_next_seconds",
    "drips": "took longer than 0.5 seconds: have it run a smaller model, or raise [rag.model] ans",
}


@pytest.fixture
def server() -> Iterator[OpenAIServer]:
    server = OpenAIServer(TEXT)
    server.start()
    yield server
    server.close()


@pytest.fixture
def load() -> Iterator[LoadServer]:
    """Create chat models for a server; all are closed at the end."""
    opened: list[ChatServer] = []

    def make(url: str, *, timeouts: Timeouts = TIMEOUTS, **options: Any) -> ChatServer:
        opened.append(ChatServer(server=ServerClient(url, timeouts=timeouts), **options))
        return opened[-1]

    yield make
    for chat in opened:
        chat.server.close()


@pytest.fixture
def asks(filled: Library, load: LoadServer) -> Callable[..., PaperQA]:
    """A PaperQA whose answers are written by the server."""

    def make(url: str, **options: Any) -> PaperQA:
        config = RagConfig(model=ModelConfig(server_url=url))
        return PaperQA(
            filled, config, today=lambda: TODAY, model=adapt(load(url, **options), config.model)
        )

    return make


def stopped(qa: PaperQA, quoted: Answer, has_begun: Callable[[], bool]) -> Answer:
    """Stop the answer once it has begun; return its final form."""
    cancel = threading.Event()

    def stop() -> None:
        while not has_begun():
            time.sleep(0.01)
        cancel.set()

    stopping = threading.Thread(target=stop)
    stopping.start()
    *_, last = qa.write(quoted, cancel=cancel)
    stopping.join()
    return last


def test_an_answer_is_streamed(
    server: OpenAIServer, asks: Callable[..., PaperQA], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "somebody-else's")
    monkeypatch.setenv("OPENAI_ORG_ID", "somebody")
    qa = asks(server.url, max_tokens=77)
    quoted = qa.ask(QUESTION)
    server.text = f"{TEXT} {ALSO}"
    *growing, last = qa.write(quoted)
    assert [partial.text for partial in growing] == [TEXT, server.text]
    assert (last.text, last.mode, last.model) == (server.text, "generated", "tiny")
    assert [citation.paper for citation in last.citations] == [HERON]
    assert {partial.model for partial in growing} == {"tiny"}
    asked = server.requests[0]
    assert (asked["stream"], asked["max_tokens"], asked["temperature"]) == (True, 77, 0)
    assert asked["model"] == "folder/tiny.gguf"
    assert [message["role"] for message in asked["messages"]] == ["system", "user"]
    sent = " ".join(server.headers[0].values())
    assert "somebody" not in sent
    assert not server.disconnected.is_set()


def test_the_key_comes_from_the_environment_and_is_not_logged(
    server: OpenAIServer, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv(SERVER_KEY_VARIABLE, "sesame-4711")
    caplog.set_level(logging.DEBUG)
    chat = load_chat_model(ModelConfig(server_url=f"{server.url}/", server_model="mine"))
    assert isinstance(chat, ChatServer)
    with closing(chat.server):
        assert chat.invoke("hello", max_tokens=5).text == TEXT
        server.fault = "401"
        with pytest.raises(ModelError):
            chat.invoke("hello")
    assert server.headers[0]["Authorization"] == "Bearer sesame-4711"
    assert (server.requests[0]["model"], server.requests[0]["max_tokens"]) == ("mine", 5)
    assert "sesame" not in caplog.text
    assert "sesame" not in repr(chat)


@pytest.mark.parametrize("fault", NOTES)
def test_every_failure_leaves_the_quotes_with_a_note_and_the_next_answer_is_written(
    server: OpenAIServer, asks: Callable[..., PaperQA], fault: str
) -> None:
    setting = {
        "silent": "first_token",
        "silent stream": "first_token",
        "stalls": "next_token",
        "drips": "answer",
    }
    short = {setting[fault]: 0.5} if fault in setting else {}
    qa = asks(server.url, timeouts=replace(TIMEOUTS, **short))
    quoted = qa.ask(QUESTION)
    server.fault = fault
    answer = qa.written(quoted)
    assert (answer.text, answer.mode, answer.model) == (quoted.text, "extractive", "")
    assert answer.finished
    assert NOTES[fault] in answer.note
    assert answer.note.startswith("The model server ")
    assert answer.note.count("\n") == 0
    assert "secret" not in answer.note
    assert len(server.requests) == 1  # a failed request is not sent again
    server.fault = ""
    again = qa.written(quoted)
    assert (again.mode, again.note, again.text) == ("generated", "", TEXT)


def test_an_answer_without_a_reason_for_its_end_is_complete(
    server: OpenAIServer, asks: Callable[..., PaperQA]
) -> None:
    qa = asks(server.url)
    quoted = qa.ask(QUESTION)
    server.fault = "only done"
    answer = qa.written(quoted)
    assert (answer.mode, answer.note, answer.text) == ("generated", "", TEXT)


def test_every_fault_is_tried() -> None:
    assert set(FAULTS) - set(NOTES) == {"never stops", "stays open", "only done"}


def test_a_server_that_is_down_is_used_when_it_comes_back(
    server: OpenAIServer, asks: Callable[..., PaperQA]
) -> None:
    server.stop()
    qa = asks(server.url)
    quoted = qa.ask(QUESTION)
    for _ in range(2):
        answer = qa.written(quoted)
        assert (answer.text, answer.mode) == (quoted.text, "extractive")
        assert answer.note == (
            "The model server cannot be reached: start it, or change [rag.model] server_url."
        )
        assert qa.writer
        assert qa.writer.name == "a model server"
        server.start()
        assert qa.written(quoted).mode == "generated"
        assert qa.writer.name == "tiny"
        server.stop()
        server.models = ["tiny"]
        qa.writer.model.chat.server._listed_model = ""  # type: ignore[attr-defined]  # as at the start


def test_a_changed_model_is_requested_by_its_name(server: OpenAIServer, load: LoadServer) -> None:
    chat = load(server.url)
    assert chat.invoke(PROMPT).text == TEXT
    server.models = ["Qwen/Qwen3-4B", "second"]
    assert chat.invoke(PROMPT).text == TEXT
    assert server.requests[-1]["model"] == chat.server.name == "Qwen/Qwen3-4B"
    server.models = ["x" * 500]
    chat.invoke(PROMPT)
    assert len(chat.server.name) == 80
    server.models, server.fault = [], "no list"
    fresh = load(server.url)
    assert fresh.invoke(PROMPT).text == TEXT
    assert (server.requests[-1]["model"], fresh.server.name) == ("default", "")


@pytest.mark.parametrize("fault", ["silent", "silent stream", "stalls", "never stops"])
def test_cancelling_closes_the_connection(
    server: OpenAIServer, load: LoadServer, fault: str
) -> None:
    chat = load(server.url, max_tokens=100_000)
    server.fault = fault
    cancel, pieces = threading.Event(), list[str]()
    stream = chat.stream(PROMPT, cancel=cancel)
    reader = threading.Thread(target=lambda: pieces.extend(chunk.text for chunk in stream))
    reader.start()
    while not server.requests:
        time.sleep(0.01)
    cancel.set()
    reader.join(LONG_SECONDS / 2)
    assert not reader.is_alive()
    assert server.disconnected.wait(LONG_SECONDS / 2)
    server.fault = ""
    assert chat.invoke(PROMPT).text == TEXT


def test_a_server_is_asked_for_an_object_that_fits_a_schema(
    server: OpenAIServer, load: LoadServer
) -> None:
    class Form(BaseModel):
        kind: Literal["list", "summary"]

    server.text = '{"kind": "summary"}'
    filled = adapt(load(server.url)).fill(PROMPT, Form, max_tokens=20)
    assert filled == Form(kind="summary")
    asked = server.requests[-1]["response_format"]
    assert asked["type"] == "json_schema"
    assert asked["json_schema"]["schema"] == Form.model_json_schema()
    server.text = "I would rather talk about birds."
    with pytest.raises(ModelError, match="did not answer"):
        adapt(load(server.url)).fill(PROMPT, Form, max_tokens=20)


def test_an_unclear_request_is_read_by_the_server_unless_it_is_late(
    server: OpenAIServer, filled: Library, load: LoadServer
) -> None:
    def read_as(**options: Any) -> str:
        config = RagConfig(model=ModelConfig(server_url=server.url, **options))
        model = adapt(load(server.url), config.model)
        return PaperQA(filled, config, today=lambda: TODAY, model=model).ask(UNCLEAR).read_as

    by_classifier = read_as(read_below=0)
    assert "by the classifier" in by_classifier
    assert server.requests == []
    server.text = '{"kind": "off topic"}'
    assert read_as(read_below=1) == "off topic (by the model)"
    assert server.requests[-1]["messages"][-1]["content"] == UNCLEAR
    server.fault = "silent"
    assert read_as(read_below=1, read_seconds=0.3) == by_classifier
    assert server.disconnected.wait(LONG_SECONDS)


def test_closing_the_stream_closes_the_connection(server: OpenAIServer, load: LoadServer) -> None:
    server.pause = LONG_SECONDS
    stream = load(server.url).stream(PROMPT)
    assert next(stream).text == "HeronNet"
    stream.close()  # type: ignore[attr-defined]  # a generator
    assert server.disconnected.wait(LONG_SECONDS / 2)


def test_stopping_an_answer_leaves_the_quotes(
    server: OpenAIServer, asks: Callable[..., PaperQA]
) -> None:
    server.fault = "stalls"
    qa = asks(server.url)
    quoted = qa.ask(QUESTION)
    answer = stopped(qa, quoted, lambda: bool(server.requests))
    assert (answer.text, answer.note) == (quoted.text, STOPPED)
    assert server.disconnected.wait(LONG_SECONDS / 2)


def test_a_stream_that_does_not_end_is_cut_off(server: OpenAIServer, load: LoadServer) -> None:
    chat = load(server.url, max_tokens=20)
    server.fault = "never stops"
    assert 20 <= chat.invoke(PROMPT).text.count("on and on") <= 100
    assert server.disconnected.wait(LONG_SECONDS / 2)
    server.fault = "stays open"
    assert chat.invoke(PROMPT).text == TEXT
    assert server.disconnected.wait(LONG_SECONDS / 2)


def test_closing_the_client_ends_a_running_answer(server: OpenAIServer, load: LoadServer) -> None:
    chat = load(server.url)
    server.fault = "stalls"
    stream = chat.stream(PROMPT)
    next(stream)
    chat.server.close()
    with pytest.raises(ModelError, match="has left the model server"):
        list(stream)
    with pytest.raises(ModelError, match="has left the model server"):
        chat.invoke(PROMPT)
    chat.server.close()


async def test_langchain_streams_it_asynchronously(server: OpenAIServer, load: LoadServer) -> None:
    chunks = [chunk.text async for chunk in load(server.url).astream(PROMPT)]
    assert "".join(chunks) == TEXT
    assert len(chunks) > 5


# -- llama-cpp-python's own server, with the copying model -------------------------------------


@pytest.fixture(scope="module")
def llama_url(copying_model: Path) -> Iterator[str]:
    """Its address; it is a process of ours."""
    with closing(socket.socket()) as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "llama_cpp.server", "--model", str(copying_model),
               "--host", "127.0.0.1", "--port", str(port), "--n_ctx", "4096",
               "--n_threads", "2"]  # fmt: skip
    environment = os.environ | {"OMP_WAIT_POLICY": "PASSIVE"}
    process = subprocess.Popen(
        command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    url = f"http://127.0.0.1:{port}/v1"
    try:
        _wait_for(f"{url}/models", process)
        yield url
    finally:
        process.kill()  # SIGTERM in mid-answer would leave it running
        process.wait()


def _wait_for(url: str, process: "subprocess.Popen[bytes]") -> None:
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    ends_at = time.monotonic() + LONG_SECONDS
    while time.monotonic() < ends_at and process.poll() is None:
        try:
            opener.open(url, timeout=5).close()
        except (urllib.error.URLError, OSError):
            time.sleep(0.05)
        else:
            return
    pytest.fail("llama_cpp.server did not start")


@pytest.mark.slow
def test_llama_cpp_pythons_server_writes_and_stops(
    llama_url: str, library: Library, load: LoadServer
) -> None:
    ingest(ListSource([PLAIN]), library)
    model = adapt(load(llama_url, max_tokens=300))
    qa = PaperQA(library, RagConfig(), today=lambda: TODAY, model=model)
    quoted = qa.ask(Question(text="is it so?", paper=PLAIN.paper_id))
    partial, *_, last = qa.write(quoted)
    assert partial.text == "[1] H: Herons wade in shallow marshes."
    assert last.text == f"[1] H: {PLAIN.abstract[:-1]} [1]."
    assert (last.mode, last.model, last.note) == ("generated", "copying", "")
    assert [citation.paper for citation in last.citations] == [PLAIN]
    cancel = threading.Event()
    answers = qa.write(quoted, cancel=cancel)
    assert next(answers).text == partial.text
    cancel.set()
    assert [answer.note for answer in answers][-1] == STOPPED
    assert qa.written(quoted).text == last.text


def test_llama_cpp_pythons_server_at_a_wrong_address(
    llama_url: str, asks: Callable[..., PaperQA]
) -> None:
    qa = asks(llama_url.removesuffix("/v1"))
    quoted = qa.ask(QUESTION)
    answer = qa.written(quoted)
    assert (answer.text, answer.mode) == (quoted.text, "extractive")
    assert "no such address or model when asked for its model (404, “Not Found”)" in answer.note


def test_llama_cpp_pythons_server_with_a_prompt_beyond_its_context(
    llama_url: str, load: LoadServer
) -> None:
    with pytest.raises(ModelError, match="look at its log"):  # it sends an empty stream
        load(llama_url).invoke([HumanMessage("word " * 5000)])
