"""What people read when a model server refuses: the model, the server's words, the setting."""

from collections.abc import Iterator
from contextlib import closing
from typing import Any

import pytest
from aiohttp import web
from langchain_core.messages import HumanMessage
from pydantic import BaseModel

from rag.config import ModelConfig
from rag.errors import ModelError
from rag.llm.chat_models import ChatServer, load_chat_model
from rag.llm.language_model import adapt
from tests.models.openai_server import Json, OpenAIServer

TEXT = "Herons wade in shallow marshes [1]."
PAGE = "<!DOCTYPE html>\n<html><head><title>{}</title></head><body><p>nginx</p></body></html>"


class RefusingServer(OpenAIServer):
    """Refuses the models in `refusals` with (status, body); `kinds` are more fields of its list."""

    def __init__(self) -> None:
        super().__init__(TEXT)
        self.models = ["qwen3:4b"]
        self.refusals: dict[str, tuple[int, Json | str]] = {}
        self.kinds: dict[str, Json] = {}

    def listing(self) -> Json:
        data = [{"id": name, "object": "model", **self.kinds.get(name, {})} for name in self.models]
        return {"object": "list", "data": data}

    async def answer(self, request: web.Request) -> web.StreamResponse:
        if refusal := self.refusals.get(self.requests[-1]["model"]):
            status, body = refusal
            if isinstance(body, str):
                kind = "text/html" if body.startswith("<") else "text/plain"
                return web.Response(text=body, status=status, content_type=kind)
            return web.json_response(body, status=status)
        return await super().answer(request)

    @property
    def asked(self) -> list[str]:
        """The models that were asked for, in order."""
        return [request["model"] for request in self.requests]


@pytest.fixture
def server() -> Iterator[RefusingServer]:
    with closing(RefusingServer()) as server:
        server.start()
        yield server


def answer(server: RefusingServer, times: int = 1, **settings: Any) -> str:
    chat = load_chat_model(ModelConfig(server_url=server.url, **settings))
    assert isinstance(chat, ChatServer)
    with closing(chat.server):
        texts = {str(chat.invoke([HumanMessage("hello")]).text) for _ in range(times)}
    assert len(texts) == 1
    return texts.pop()


def failure(server: RefusingServer, status: int, body: Json | str, **settings: Any) -> str:
    server.refusals = dict.fromkeys([*server.models, settings.get("server_model", "")],
                                    (status, body))  # fmt: skip
    with pytest.raises(ModelError) as caught:
        answer(server, **settings)
    said = str(caught.value)
    assert said.startswith("the model server ")
    assert "\n" not in said
    return said


def error(message: str, **fields: Any) -> Json:
    return {"error": {"message": message, **fields}}


@pytest.mark.parametrize(
    "body",
    [
        error("This model's maximum context length is 2048 tokens. However, you requested 4096 "
              "tokens (3796 in the messages, 300 in the completion)."),
        error("too long", code="context_length_exceeded"),
        error("the request exceeds the available context size. try increasing the context size",
              code=400, type="exceed_context_size_error"),
        error("The input (5000 tokens) is longer than the model's context length (4096 tokens)."),
        error("Requested tokens (5310) exceed context window of 4096"),
        error("The decoder prompt (length 5310) is longer than the maximum model length of 4096."),
        {"error": "Input validation error: `inputs` tokens + `max_new_tokens` must be <= 4096."},
        {"detail": [{"loc": ["body", "messages"], "msg": "prompt is too long: 5310 tokens"}]},
    ],
)  # fmt: skip
def test_only_a_prompt_that_is_too_long_is_told_as_one(server: RefusingServer, body: Json) -> None:
    said = failure(server, 400, body)
    assert said.startswith(
        "the model server has too small a context for the question to qwen3:4b (400, “"
    )
    assert said.endswith("”): start it with a larger one, or lower [rag.model] n_ctx.")
    assert server.asked == ["qwen3:4b"]


@pytest.mark.parametrize(
    ("status", "body", "words", "cure"),
    [
        (400, error("Conversation roles must alternate user/assistant/user/assistant/..."),
         "refused the request to qwen3:4b (400, “Conversation roles must alternate",
         "look at its log, or change [rag.model] server_model."),
        (400, error("temperature: must be strictly positive"),
         "refused the request to qwen3:4b (400, “temperature: must be strictly positive”)",
         "change [rag.model] temperature."),
        (422, {"detail": [{"loc": ["body", "max_tokens"], "msg": "max_tokens must be under 256"}]},
         "refused the request to qwen3:4b (422, “max_tokens must be under 256”)",
         "change [rag.model] max_tokens."),
        (400, error("unknown value", param="temperature"),
         "refused the request to qwen3:4b (400, “unknown value”)",
         "change [rag.model] temperature."),
        (400, error("invalid token in a context-free grammar"),
         "refused the request to qwen3:4b (400, “invalid token in a context-free grammar”)",
         "look at its log, or change [rag.model] server_model."),
        (400, "Bad Request", "refused the request to qwen3:4b (400, “Bad Request”)",
         "look at its log, or change [rag.model] server_model."),
        (400, error(""), "refused the request to qwen3:4b (400",
         "look at its log, or change [rag.model] server_model."),
        (404, error("The model `qwen3:4b` does not exist."),
         "does not have the model qwen3:4b (404, “The model `qwen3:4b` does not exist”)",
         "load it there (`ollama pull`, `lms load`), or change [rag.model] server_model."),
        (404, PAGE.format("404 Not Found: the model page"),
         "when asked for qwen3:4b (404, a web page, “404 Not Found: the model page”)",
         "check [rag.model] server_url, which usually ends in /v1, and server_model."),
        (405, "Method Not Allowed", "when asked for qwen3:4b (405, “Method Not Allowed”)",
         "check [rag.model] server_url, which usually ends in /v1, and server_model."),
        (413, PAGE.format("413 Request Entity Too Large"),
         "for the question to qwen3:4b (413, a web page, “413 Request Entity Too Large”)",
         "raise it there, or lower [rag.model] n_ctx."),
        (500, error("llama_decode failed"),
         "failed with qwen3:4b (500, “llama_decode failed”)",
         "look at its log, or change [rag.model] server_model."),
        (502, PAGE.format("502 Bad Gateway"),
         "failed with qwen3:4b (502, a web page, “502 Bad Gateway”)",
         "look at its log, or change [rag.model] server_model."),
        (504, error("context deadline exceeded"),
         "failed with qwen3:4b (504, “context deadline exceeded”)",
         "look at its log, or change [rag.model] server_model."),
        (429, error("Rate limit reached: 6000 tokens exceed the context of your plan"),
         "is busy or still loading qwen3:4b (429, “Rate limit", "ask again soon."),
        (503, error("Loading model"), "is busy or still loading qwen3:4b (503, “Loading model”)",
         "ask again soon."),
        (200, PAGE.format("Welcome to &lt;nginx&gt;!"),
         "is not an answer of qwen3:4b (a web page, “Welcome to <nginx>!”)",
         "look at its log, and check [rag.model] server_url, which usually ends in /v1."),
        (200, {"error": "Unexpected endpoint or method. (POST /chat/completions)"},
         "is not an answer of qwen3:4b (“Unexpected endpoint or method. (POST /chat/completions)”)",
         "look at its log, and check [rag.model] server_url, which usually ends in /v1."),
    ],
)  # fmt: skip
def test_a_refusal_names_the_model_the_reason_and_the_setting(
    server: RefusingServer, status: int, body: Json | str, words: str, cure: str
) -> None:
    said = failure(server, status, body)
    assert words in said
    assert said.endswith(f": {cure}")


def test_a_missing_and_a_wrong_key_are_told_apart(
    server: RefusingServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    missing = failure(server, 401, error("Missing API key"))
    assert missing == (
        "the model server wants a key for qwen3:4b (401, “Missing API key”): put it in "
        "$PAPERBOY_SERVER_KEY."
    )
    monkeypatch.setenv("PAPERBOY_SERVER_KEY", "open sesame")
    wrong = failure(server, 403, error("The key open sesame may not use this model"))
    assert wrong == (
        "the model server refused the key for qwen3:4b (403, “The key [hidden] may not use this "
        "model”): put the right one in $PAPERBOY_SERVER_KEY."
    )


@pytest.mark.parametrize(
    ("message", "shown"),
    [
        ("Incorrect API key provided: sk-proj-a1B2c3D4e5F6.", "API key provided: [hidden]"),
        ("bad header Authorization: Bearer abcdef0123456789", "Authorization: [hidden]"),
        ("token 'hunter2hunter2' has expired", "token [hidden]' has expired"),
        ("jwt eyJhbGciOi.eyJzdWIiOiI.c2lnbmF0dXJl is bad", "jwt [hidden] is bad"),
        ("cannot reach http://ann:s3cret@10.0.0.1/v1", "http://[hidden]@10.0.0.1/v1"),
        ("id 0123456789abcdef0123456789abcdef", "id [hidden]"),
        ("request AbCdEfGhIjKlMnOpQr0123456789", "request [hidden]"),
        ("no file /home/ann/models/qwen.gguf here", "no file qwen.gguf here"),
        ("no file C:\\Users\\ann\\qwen.gguf here", "no file qwen.gguf here"),
        ("line one\r\nline \x1b[31mtwo\u202e\u200b", "“line one line two”"),
        ("so “it” said", 'so "it" said'),
        ("x" * 100 + " " + "y" * 5000, "y…”"),
    ],
)
def test_the_servers_words_are_short_and_without_secrets(
    server: RefusingServer, message: str, shown: str
) -> None:
    said = failure(server, 400, error(message))
    assert shown in said
    assert len(said) < 400
    for secret in ("a1B2", "abcdef0", "hunter2", "eyJ", "s3cret", "/ann", "MnOp", "\x1b", "\u202e"):
        assert secret not in said


@pytest.mark.parametrize(
    "embedder",
    ["text-embedding-3-small", "nomic-embed-text:latest", "bge-m3:latest", "all-minilm:l6-v2",
     "intfloat/multilingual-e5-large", "BAAI/bge-reranker-v2-m3", "thenlper/gte-base"],
)  # fmt: skip
def test_an_embedder_is_passed_over_by_its_name(server: RefusingServer, embedder: str) -> None:
    server.models = [embedder, "llama3.2:3b"]
    assert answer(server) == TEXT
    assert server.asked == ["llama3.2:3b"]


@pytest.mark.parametrize(
    "kind",
    [{"type": "embeddings"}, {"task": "feature-extraction, embed"}, {"mode": "embedding"},
     {"capabilities": ["embedding"]}, {"capabilities": {"completion_chat": False, "embed": True}}],
)  # fmt: skip
def test_an_embedder_is_passed_over_by_what_the_server_says(
    server: RefusingServer, kind: Json
) -> None:
    server.models = ["arctic-l", "llama3.2:3b"]
    server.kinds = {"arctic-l": kind}
    assert answer(server) == TEXT
    assert server.asked == ["llama3.2:3b"]
    server.models, server.kinds = (
        ["embeddinggemma-chat"],
        {"embeddinggemma-chat": {"capabilities": ["completion", "embedding"]}},
    )
    assert answer(server) == TEXT


@pytest.mark.parametrize(
    "refusal",
    [(400, error('"arctic-l" does not support chat')),
     (400, error("The model does not support Chat Completions API")),
     (404, error("This is not a chat model and thus not supported in the v1/chat endpoint")),
     (501, error("This server does not support completions.", type="not_supported_error")),
     (500, error("model is an embedding model")),
     (422, {"detail": "no handler for arctic-l"})],
)  # fmt: skip
def test_a_model_that_refuses_is_followed_by_the_next_and_passed_over_later(
    server: RefusingServer, refusal: tuple[int, Json | str]
) -> None:
    server.models = ["arctic-l", "other-l", "llama3.2:3b"]
    server.refusals = {"arctic-l": refusal, "other-l": refusal}
    assert answer(server, times=2) == TEXT
    assert server.asked == ["arctic-l", "other-l", "llama3.2:3b", "llama3.2:3b"]


def test_a_model_that_takes_no_schema_still_writes_answers(server: RefusingServer) -> None:
    class Form(BaseModel):
        kind: str

    server.models = ["qwen3:4b", "llama3.2:3b"]
    server.refusals = {"qwen3:4b": (400, error("response_format is not known"))}
    chat = load_chat_model(ModelConfig(server_url=server.url))
    assert isinstance(chat, ChatServer)
    with closing(chat.server):
        with pytest.raises(ModelError, match=r"refused the request to qwen3:4b \(400, “response_f"):
            adapt(chat).fill([HumanMessage("hello")], Form, max_tokens=20)
        server.refusals = {}
        assert chat.invoke([HumanMessage("hello")]).text == TEXT
    assert server.asked == ["qwen3:4b", "qwen3:4b"]


def test_if_all_models_refuse_the_first_one_is_named(server: RefusingServer) -> None:
    server.models = ["arctic-l", *(f"other-{n}" for n in range(9))]
    said = failure(server, 400, error("does not support chat"))
    assert said.startswith("the model server was asked for arctic-l, which cannot chat (400, “")
    assert len(server.asked) == 4


def test_a_failure_that_is_not_the_models_is_not_sent_to_the_next(server: RefusingServer) -> None:
    server.models = ["qwen3:4b", "llama3.2:3b"]
    for status, message in ((400, "maximum context length is 512 tokens"), (500, "out of memory"),
                            (400, "temperature is too low"), (401, "no key")):  # fmt: skip
        failure(server, status, error(message))
    assert set(server.asked) == {"qwen3:4b"}


def test_the_configured_model_is_the_only_one_that_is_asked_for(server: RefusingServer) -> None:
    said = failure(server, 400, error('"bge-m3" does not support chat'), server_model="bge-m3")
    assert said == (
        'the model server was asked for bge-m3, which cannot chat (400, “"bge-m3" does not '
        "support chat”): name another model in [rag.model] server_model."
    )
    assert server.asked == ["bge-m3"]
