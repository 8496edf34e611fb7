"""Answers by Ollama and by LM Studio, each in its own dialect of OpenAI's protocol."""

import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from typing import Literal

import pytest
from langchain_core.messages import HumanMessage
from pydantic import BaseModel

from rag.config import ModelConfig, RagConfig
from rag.errors import ModelError
from rag.library import Library
from rag.llm.chat_models import ChatServer
from rag.llm.language_model import LanguageModel, adapt
from rag.llm.reasoning import CUT_OFF
from rag.llm.server_client import ServerClient
from rag.llm.server_errors import Timeouts
from rag.pipeline import PaperQA
from tests.models.server_dialects import EMBEDDER, DialectServer, LMStudioServer, OllamaServer
from tests.papers import HERON, TODAY

QUESTION = "how accurate is HeronNet compared with human counters?"
TEXT = "HeronNet reaches 94.2% of the accuracy of human counters [1]."
THINKING = "The question is about birds. Let me look at the passages."
PROMPT = [HumanMessage("hello")]
LONG_SECONDS = 60.0
TIMEOUTS = Timeouts(first_token=LONG_SECONDS, next_token=LONG_SECONDS, answer=LONG_SECONDS)
SERVERS: list[Callable[[str], DialectServer]] = [OllamaServer, LMStudioServer]
Load = Callable[..., LanguageModel]


@pytest.fixture(params=SERVERS)
def server(request: pytest.FixtureRequest) -> Iterator[DialectServer]:
    with closing(request.param(TEXT)) as server:
        server.start()
        yield server


@pytest.fixture
def ollama() -> Iterator[OllamaServer]:
    with closing(OllamaServer(TEXT)) as server:
        server.start()
        yield server


@pytest.fixture
def lm_studio() -> Iterator[LMStudioServer]:
    with closing(LMStudioServer(TEXT)) as server:
        server.start()
        yield server


@pytest.fixture
def load() -> Iterator[Load]:
    """Connect to servers; all connections are closed at the end."""
    opened: list[LanguageModel] = []

    def make(url: str, model: str = "", timeouts: Timeouts = TIMEOUTS) -> LanguageModel:
        client = ServerClient(url, model=model, timeouts=timeouts)
        opened.append(adapt(ChatServer(server=client, max_tokens=300), ModelConfig()))
        return opened[-1]

    yield make
    for model in opened:
        model.close()


def written(model: LanguageModel, max_tokens: int = 300) -> str:
    return "".join(model.stream(PROMPT, max_tokens=max_tokens))


def failure(model: LanguageModel, max_tokens: int = 300) -> str:
    """Return the sentence for an answer that does not arrive."""
    with pytest.raises(ModelError) as caught:
        written(model, max_tokens)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_an_answer_is_streamed_by_the_first_model_that_can_chat(
    server: DialectServer, filled: Library, load: Load
) -> None:
    model = load(server.url)
    qa = PaperQA(filled, RagConfig(), today=lambda: TODAY, model=model)
    server.text = f"{TEXT} It counts herons and egrets in drone video [1]."
    *growing, last = qa.write(qa.ask(QUESTION))
    assert [partial.text for partial in growing] == [TEXT, server.text]
    assert (last.text, last.mode, last.note) == (server.text, "generated", "")
    assert [citation.paper for citation in last.citations] == [HERON]
    assert server.requests[-1]["model"] == last.model == server.models[1]


def test_what_the_model_thinks_is_not_shown(server: DialectServer, load: Load) -> None:
    server.thinking = THINKING
    for field in ("reasoning_content", "reasoning", "content"):
        if isinstance(server, LMStudioServer):
            server.thinks_in = field
        assert written(load(server.url)) == TEXT


def test_an_answer_that_is_all_thinking_is_explained(server: DialectServer, load: Load) -> None:
    server.thinking = THINKING
    model = load(server.url)
    assert failure(model, 8) == (
        "the model server spent the whole answer on thinking: switch thinking off there, or raise "
        "[rag.model] max_tokens."
    )
    assert written(model) == TEXT


def test_the_limit_of_tokens_is_the_one_that_the_server_knows(
    server: DialectServer, load: Load
) -> None:
    *pieces, last = load(server.url).stream(PROMPT, max_tokens=3)
    assert "".join(pieces) == "HeronNet reaches 94.2%"
    assert last is CUT_OFF
    assert server.requests[-1]["max_tokens"] == 3


def test_an_object_that_fits_a_schema_is_asked_for_as_the_server_wants_it(
    server: DialectServer, load: Load
) -> None:
    class Form(BaseModel):
        kind: Literal["list", "summary"]

    server.form = '{"kind": "list"}'
    model = load(server.url)
    assert model.fill(PROMPT, Form, max_tokens=20) == Form(kind="list")
    server.thinking = "Is it {a list}?"
    if isinstance(server, LMStudioServer):
        server.thinks_in = "content"
    assert model.fill(PROMPT, Form, max_tokens=20) == Form(kind="list")


def test_cancelling_closes_the_connection(server: DialectServer, load: Load) -> None:
    server.pause = 0.2
    cancel, pieces = threading.Event(), list[str]()
    for piece in load(server.url).stream(PROMPT, cancel=cancel):
        pieces.append(piece)
        cancel.set()
    assert len(pieces) == 1
    assert server.disconnected.wait(LONG_SECONDS)


def test_a_model_that_is_still_being_loaded_is_waited_for(
    server: DialectServer, load: Load
) -> None:
    server.load_seconds = 0.3
    assert written(load(server.url)) == TEXT
    server.load_seconds = LONG_SECONDS
    impatient = load(server.url, timeouts=replace(TIMEOUTS, first_token=0.3))
    assert "raise [rag.model] server_first_seconds" in failure(impatient)


def test_an_unknown_model_and_an_empty_list_have_a_cure(server: DialectServer, load: Load) -> None:
    said = failure(load(server.url, model="gpt-5"))
    assert said.startswith("the model server does not have the model gpt-5 (404, “")
    assert said.endswith(
        "”): load it there (`ollama pull`, `lms load`), or change [rag.model] server_model."
    )
    server.models = []
    assert failure(load(server.url)).startswith("the model server has no model (404, “")


def test_models_for_search_are_passed_over_or_named_if_there_are_no_others(
    ollama: OllamaServer, load: Load
) -> None:
    assert written(load(ollama.url)) == TEXT
    assert ollama.requests[-1]["model"] == "qwen3:4b-instruct"
    ollama.models = ["nomic-embed-text:latest", "bge-reranker:latest"]
    assert failure(load(ollama.url)) == (
        "the model server lists no model that can chat, only nomic-embed-text:latest (400, "
        '“"nomic-embed-text:latest" does not support chat”): load one there (`ollama pull`, `lms '
        "load`), or name one in [rag.model] server_model."
    )


def test_a_wrong_address_has_a_cure(server: DialectServer, load: Load) -> None:
    assert "check [rag.model] server_url, which usually ends in /v1" in failure(
        load(server.url.removesuffix("/v1"))
    )


def test_a_model_that_fails_in_mid_answer_is_explained(server: DialectServer, load: Load) -> None:
    server.breaks_off = True
    said = failure(load(server.url))
    assert "in mid-answer" in said
    assert said.endswith(": look at its log, then ask again.")
    server.breaks_off = False
    assert written(load(server.url)) == TEXT


def test_ollamas_refusals_have_cures(ollama: OllamaServer, load: Load) -> None:
    assert failure(load(ollama.url, model="nomic-embed-text")) == (
        "the model server was asked for nomic-embed-text, which cannot chat (400, "
        '“"nomic-embed-text" does not support chat”): name another model in [rag.model] '
        "server_model."
    )
    ollama.memory = "model requires more system memory (5.5 GiB) than is available (3.1 GiB)"
    assert failure(load(ollama.url)) == (
        f"the model server has too little memory for qwen3:4b-instruct (500, “{ollama.memory}”): "
        "have it run a smaller model, and name that in [rag.model] server_model."
    )


def test_lm_studio_reports_a_prompt_beyond_its_context(
    lm_studio: LMStudioServer, load: Load
) -> None:
    lm_studio.context = 0
    said = failure(load(lm_studio.url))
    assert said.startswith(
        "the model server has too small a context for the question to qwen/qwen3-4b-2507 (“The "
        "number of tokens to keep"
    )
    assert said.endswith("…”): start it with a larger one, or lower [rag.model] n_ctx.")


def test_lm_studio_without_loading_on_demand_uses_what_is_loaded(
    lm_studio: LMStudioServer, load: Load
) -> None:
    lm_studio.loads_on_demand = False
    model = load(lm_studio.url)
    assert "`lms load`" in failure(model)
    lm_studio.loaded = ["qwen/qwen3-4b-2507"]
    assert written(model) == TEXT
    assert model.name == "qwen/qwen3-4b-2507"
    lm_studio.loads_on_demand = True
    assert written(model) == TEXT
    assert EMBEDDER not in {request["model"] for request in lm_studio.requests}
