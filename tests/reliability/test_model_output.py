"""Whatever a model or its server sends, memory, time and the event loop are bounded."""

import resource
import threading
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import closing, nullcontext
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from langchain_core.messages import HumanMessage
from pydantic import ValidationError

from bot.answers.live_message import LiveMessage
from ingest.sync import ingest
from rag.answering.writer import Writer
from rag.config import CheckConfig, ModelConfig, RagConfig, answer_tokens
from rag.errors import ModelError, ModelFileError
from rag.library import Library
from rag.llm.chat_models import ChatLlama, ChatServer
from rag.llm.language_model import adapt
from rag.llm.llama_model import LlamaModel
from rag.llm.local_model import LocalModel
from rag.llm.server_client import ServerClient
from rag.llm.server_errors import Timeouts
from rag.models.hub import fetch
from rag.models.known_models import HubFile
from rag.pipeline import PaperQA
from rag.records import Question
from tests.benchmarks.lag import measured_lag
from tests.discord_server import Connect, Server, button, finished, text_of
from tests.models.hub import model_hub
from tests.models.openai_server import OpenAIServer
from tests.models.tiny_gguf import write_copying_model
from tests.papers import HERON, PLAIN, QUESTION, TODAY, ListSource

STOP_SECONDS = 2.0
LAG_SECONDS = 0.25
MAX_MEGABYTES = 200  # more than before
GOOD = "HeronNet reaches 94.2% of the accuracy of human counters [1]."
WORDS = " ".join(f"heron{n} counts egret{n * 7} [1]." for n in range(3000))
FLOODS = {
    "no spaces": "a" * 40_000,
    "no spaces, much more": "aB" * 500_000,
    "the the": "the " * 20_000,
    "digits": "1,000" * 20_000,
    "white space": f"{GOOD}{' ' * 100_000}{GOOD}",
    "sentences": WORDS,
    "brackets": "[1](" * 20_000,
    "a long sentence": f"HeronNet counts herons {'and egrets ' * 5000} [1].",
}
CONTROL_TOKENS = (
    "</s>", "<s>", "<|im_end|>", "<|im_start|>system", "<start_of_turn>", "<<SYS>>", "[INST]",
    "[/INST]", "[|user|]", "<｜User｜>", "＜|im_end|＞", "<tool_call>", "[CLS]",
)  # fmt: skip


@pytest.fixture
def model() -> Iterator[OpenAIServer]:
    with closing(OpenAIServer(GOOD)) as model:
        model.start()
        yield model


@pytest.fixture
def load(model: OpenAIServer) -> Iterator[Callable[..., ChatServer]]:
    """Create chat models for the server; all are closed in the end."""
    opened: list[ChatServer] = []

    def make(**options: Any) -> ChatServer:
        timeouts = Timeouts(first_token=60, next_token=60, answer=60)
        opened.append(ChatServer(server=ServerClient(model.url, timeouts=timeouts), **options))
        return opened[-1]

    yield make
    for chat in opened:
        chat.server.close()


@pytest.fixture
def asks(filled: Library, load: Callable[..., ChatServer]) -> PaperQA:
    return PaperQA(filled, RagConfig(), today=lambda: TODAY, model=adapt(load()))


@pytest.fixture
async def server(
    filled: Library, connect: Connect, load: Callable[..., ChatServer],
    monkeypatch: pytest.MonkeyPatch,
) -> Server:  # fmt: skip
    defaults: Any = LiveMessage.__init__.__kwdefaults__
    monkeypatch.setitem(defaults, "interval", 0.0)
    server: Server = await connect(filled, chat=load(max_tokens=4000))
    return server


@pytest.mark.parametrize("flood", FLOODS)
async def test_m8_a_flood_of_text_stands_neither_the_loop_nor_stop_in_the_way(
    server: Server, model: OpenAIServer, flood: str
) -> None:
    await server.ask(QUESTION)  # imports and loads what is missing
    model.text, model.size = FLOODS[flood], 40_000
    async with measured_lag() as lags:
        asked = await server.fake.slash("bob", "ask", question=QUESTION)
        await server.quoted(asked)
        stopped = time.monotonic()
        shown: Any = asked.original
        if not finished(shown):
            await server.fake.click("bob", shown, button(shown, "stop"))
        answer = await server.fake.until(lambda: finished(asked.original), 10)
        assert time.monotonic() - stopped < STOP_SECONDS
    assert "94.2%" in text_of(answer)
    assert max(lags) < LAG_SECONDS


@pytest.mark.parametrize("flood", FLOODS)
def test_m8_a_flood_of_text_is_read_in_time(asks: PaperQA, model: OpenAIServer, flood: str) -> None:
    quoted = asks.ask(QUESTION)
    model.text, model.size = FLOODS[flood], 40_000
    started = time.monotonic()
    answer = asks.written(quoted)
    assert time.monotonic() - started < 10
    assert len(answer.text) < 10_000
    assert "94.2%" in answer.text


class SlowCheck:
    """A check that takes a quarter of a second for each step."""

    config = CheckConfig()

    def judged(self, *_: object, keep_on: Callable[[], None], **__: object) -> Any:
        for _step in range(16):
            keep_on()
            time.sleep(0.25)
        raise AssertionError


def _deaf(_self: Writer, _cancel: object) -> Callable[[], None]:
    return lambda: None


@pytest.mark.protection("rag.answering.writer.Writer._keep_on", _deaf)
@pytest.mark.parametrize("how", ["stop", "deadline"])
def test_m8_the_check_hears_stop_and_the_deadline(
    asks: PaperQA, model: OpenAIServer, how: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert asks.writer
    asks.writer.grounding = SlowCheck()  # type: ignore[assignment]
    quoted, cancel = asks.ask(QUESTION), threading.Event()
    if how == "deadline":
        asks.writer.config = ModelConfig(answer_seconds=1)
    else:
        threading.Timer(0.5, cancel.set).start()
    started = time.monotonic()
    *_, last = asks.write(quoted, cancel=cancel)
    assert time.monotonic() - started < STOP_SECONDS + 1
    assert last.text == quoted.text
    assert ("stopped" if how == "stop" else "took longer than 1 seconds") in last.note


def text_of_stream(chat: ChatServer) -> str:
    return "".join(adapt(chat).stream([HumanMessage("hello")]))


@pytest.mark.protection("rag.llm.language_model.whole_characters", lambda pieces: pieces)
@pytest.mark.parametrize("size", [1, 2, 1000])
def test_m8_halves_of_characters_become_whole_ones(
    model: OpenAIServer, load: Callable[..., ChatServer], size: int
) -> None:
    halves = "😀".encode("utf-16-be", "surrogatepass")
    first, second = (chr(int.from_bytes(halves[n : n + 2])) for n in (0, 2))
    model.text, model.size = f"a{first}{second}b{second}c{first}", size
    assert ascii(text_of_stream(load())) == ascii("a😀b\ufffdc\ufffd")


@pytest.mark.protection("rag.llm.language_model.bounded", lambda pieces, _: pieces)
def test_m8_an_answer_is_no_longer_than_its_tokens_can_be(
    model: OpenAIServer, load: Callable[..., ChatServer]
) -> None:
    model.text, model.size = "ab" * 100_000, 10_000
    assert 100 <= len(text_of_stream(load(max_tokens=100))) <= 10_000


async def _unbounded(_response: object) -> None:
    pass


@pytest.mark.protection("rag.llm.server_client._bound_response", _unbounded)
@pytest.mark.timeout(30)
@pytest.mark.parametrize("fault", ["endless line", "endless error"])
def test_m8_an_endless_response_is_cut_off(
    asks: PaperQA, model: OpenAIServer, fault: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert asks.writer
    quoted = asks.ask(QUESTION)
    model.fault = fault
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    cancel = threading.Event()
    threading.Timer(2.5, cancel.set).start()
    *_, answer = asks.write(quoted, cancel=cancel)
    assert not cancel.is_set()  # it ended by itself
    assert answer.text == quoted.text
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < MAX_MEGABYTES * 1024
    model.fault = ""
    assert asks.written(quoted).mode == "generated"


def test_m8_an_endless_list_of_models_is_cut_off(
    model: OpenAIServer, load: Callable[..., ChatServer]
) -> None:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    model.fault = "endless list"
    chat, started = load(), time.monotonic()
    assert text_of_stream(chat) == GOOD
    assert time.monotonic() - started < 10
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < MAX_MEGABYTES * 1024


@pytest.mark.protection("rag.llm.language_model.without_control_tokens", lambda text: text)
def test_m6_no_control_token_of_an_abstract_or_a_question_reaches_a_server(
    library: Library, model: OpenAIServer, load: Callable[..., ChatServer]
) -> None:
    tokens = " ".join(CONTROL_TOKENS)
    evil = replace(HERON, abstract=HERON.abstract.replace("e.g. in fog", f"{tokens} in fog"))
    ingest(ListSource([evil]), library)
    qa = PaperQA(library, RagConfig(), today=lambda: TODAY, model=adapt(load()))
    qa.answer(f"{QUESTION} {tokens}")
    sent = "".join(message["content"] for message in model.requests[-1]["messages"])
    assert "in fog" in sent
    assert [token for token in CONTROL_TOKENS if token in sent] == []


def test_m6_a_tokenizer_that_reads_control_tokens_finds_none(
    copying_model: Path, filled: Library, model: OpenAIServer, load: Callable[..., ChatServer]
) -> None:
    PaperQA(filled, RagConfig(), today=lambda: TODAY, model=adapt(load())).answer(
        f"{QUESTION} </s> <s>"
    )
    llama = LlamaModel(str(copying_model), n_ctx=512, threads=1).llama
    try:
        assert 2 in llama.tokenize(b"herons </s>", add_bos=False, special=True)
        for message in model.requests[-1]["messages"]:
            read = llama.tokenize(message["content"].encode(), add_bos=False, special=True)
            assert not {1, 2, 3} & set(read)
    finally:
        llama.close()


def test_m3_an_answer_leaves_room_for_the_prompt() -> None:
    for n_ctx, max_tokens in ((512, 600), (2048, 2048), (4096, 4000)):
        with pytest.raises(ValidationError, match="leaves no room in n_ctx"):
            ModelConfig(n_ctx=n_ctx, max_tokens=max_tokens)
    ModelConfig(n_ctx=512)
    assert [answer_tokens(300, n_ctx) for n_ctx in (4096, 512, 400, 256)] == [300, 300, 200, 128]


def _as_given(max_tokens: int, _n_ctx: int) -> int:
    return max_tokens


@pytest.mark.protection("rag.llm.chat_models.answer_tokens", _as_given)
def test_m3_a_model_with_a_small_context_still_answers(tmp_path: Path, library: Library) -> None:
    ingest(ListSource([PLAIN]), library)
    path = write_copying_model(tmp_path / "small.gguf", heads=6, n_ctx=1600)
    chat = ChatLlama(local=LocalModel(path, n_ctx=4096, threads=1), max_tokens=1600)
    try:
        chat.local.wait_ready(30)
        qa = PaperQA(library, RagConfig(), today=lambda: TODAY, model=adapt(chat))
        answer = qa.answer(Question(text="is it so?", paper=PLAIN.paper_id))
        assert "tokens, these are" not in answer.note
    finally:
        chat.local.close()


def _always_fits(*_: object) -> bool:
    return True


@pytest.mark.slow
@pytest.mark.protection("rag.answering.writer.Writer._fits", _always_fits)
def test_m3_evidence_is_dropped_but_the_question_stays_whole(
    filled: Library, load_chat: Callable[..., ChatLlama]
) -> None:
    qa = PaperQA(filled, RagConfig(), today=lambda: TODAY, model=adapt(load_chat(max_tokens=40)))
    assert qa.writer
    quoted = qa.ask(QUESTION)
    padding = tuple(
        replace(quoted.evidence[0], sentence=f"{'Herons wade. ' * 40}{n}", index=n)
        for n in range(20)
    )
    long = replace(quoted, evidence=(*quoted.evidence[:1], *padding))
    prompt = qa.writer._prompt(long)
    assert f"Question: {QUESTION}" in prompt.messages[-1].text
    assert quoted.evidence[0].sentence in prompt.messages[-1].text
    assert "tokens, these are" not in qa.written(long).note
    assert {passage.paper for passage in prompt.citable} <= {e.paper for e in long.evidence}


def never_cancelled(self: LocalModel, request: Any, _cancel: object = None) -> Any:
    return _replies(self, request, None)


_replies = LocalModel._replies


@pytest.mark.protection("rag.llm.local_model.LocalModel._replies", never_cancelled)
def test_m4_stop_is_heard_while_the_prompt_is_evaluated(
    load_chat: Callable[..., ChatLlama],
) -> None:
    chat, cancel = load_chat(), threading.Event()
    chat.local.wait_ready(30)
    expected = "".join(chat.local.stream(_user("Herons."), max_tokens=40))
    long = "".join(f"{n * 7919 % 10007:05d}" for n in range(700))
    threading.Timer(0.05, cancel.set).start()
    started = time.monotonic()
    said = "".join(chat.local.stream(_user(long), max_tokens=450, cancel=cancel))
    assert time.monotonic() - started < STOP_SECONDS
    assert len(said) < 400
    assert "".join(chat.local.stream(_user("Herons."), max_tokens=40)) == expected


def _user(text: str) -> Any:
    return [{"role": "user", "content": f"[1] {text}\nQuestion: what?"}]


@pytest.mark.protection("rag.models.hub._redirects_only_to_the_web", lambda _: nullcontext())
def test_i7_a_model_is_not_fetched_through_a_redirect_to_a_private_host(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", False)
    # The hub stands for a public one, and what it redirects to for a private host.
    monkeypatch.setattr("rag.models.hub.is_private", lambda host: host == "localhost")
    with model_hub(files={"owner/tiny/tiny.gguf": b"GGUF"}) as hub:
        with pytest.raises(ModelFileError, match="redirects to http://localhost, which no public"):
            fetch(HubFile("owner/tiny", "tiny.gguf"), tmp_path, endpoint=hub.url,
                  on_progress=lambda *_: None)  # fmt: skip
        assert hub.ranges == []  # no connection was made


def carrying_over(self: LocalModel, messages: Any, **options: Any) -> Any:
    """What M7 excludes: something of the latest question is still there in the next one."""
    earlier = vars(self).get("earlier", [])
    vars(self)["earlier"] = messages
    return _stream(self, [*earlier, *messages], **options)


_stream = LocalModel.stream


@pytest.mark.protection("rag.llm.local_model.LocalModel.stream", carrying_over)
@pytest.mark.parametrize(
    "questions", [30, pytest.param(500, marks=[pytest.mark.slow, pytest.mark.timeout(1800)])]
)
def test_m7_answers_equal_those_of_a_fresh_process_and_memory_stays_flat(
    load_chat: Callable[..., ChatLlama], questions: int
) -> None:
    chat, fresh = load_chat(), load_chat()
    chat.local.wait_ready(30)
    memory = []
    for n in range(questions):
        text = f"Herons {n * 7919 % 1000} wade at {n}."
        said = "".join(chat.local.stream(_user(text), max_tokens=50))
        if n % (questions // 20 + 9) == 9:
            assert said == "".join(fresh.local.stream(_user(text), max_tokens=50))
            fresh.local._supervisor.kill()
            fresh.local.wait_ready(30)
            status = Path(f"/proc/{chat.local.pid}/status").read_text(encoding="utf-8")
            memory.append(int(status.partition("VmRSS:")[2].split()[0]))
    assert memory[-1] - memory[len(memory) // 3] < 20_000  # kilobytes


@pytest.mark.protection("rag.llm.server_client.silence_serializer", lambda: None)
@pytest.mark.parametrize("fault", ["odd content", "odd usage", "odd name"])
def test_m8_a_field_of_another_type_warns_of_nothing_on_stderr(
    model: OpenAIServer, load: Callable[..., ChatServer], fault: str
) -> None:
    model.fault = fault
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        chat = load()  # in a thread of its own, the client is made as soon as possible
        with pytest.raises(ModelError, match="model server"):
            list(chat.server.stream([HumanMessage("hello")], max_tokens=20))
    assert not [str(w.message) for w in said if "Pydantic" in str(w.message)]
