"""The chat models behind LangChain's interface, and the choice among them by the configuration."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from langchain_core.callbacks import BaseCallbackHandler
from langchain_core.messages import AIMessageChunk

from rag.config import ModelConfig
from rag.errors import ModelError
from rag.llm.chat_models import ChatLlama, ChatServer, load_chat_model
from rag.llm.local_model import LocalModel

LINE = "[1] Herons wade; egrets fly, and cranes dance at dawn."
PROMPT = f"{LINE}\nQuestion?"


@pytest.fixture(scope="module")
def chat(copying_model: Path) -> Iterator[ChatLlama]:
    local = LocalModel(copying_model, n_ctx=4096, threads=1)
    yield ChatLlama(local=local)
    local.close()


def test_langchain_invokes_and_streams_the_local_model(chat: ChatLlama) -> None:
    assert str(chat.invoke(PROMPT).text).strip() == LINE
    pieces = [str(chunk.text) for chunk in chat.stream(PROMPT)]
    assert len(pieces) > 20
    assert "".join(pieces).strip() == LINE


async def test_langchain_streams_the_local_model_asynchronously(chat: ChatLlama) -> None:
    pieces = [str(chunk.text) async for chunk in chat.astream(PROMPT)]
    assert "".join(pieces).strip() == LINE


def test_a_stop_word_ends_the_answer(chat: ChatLlama) -> None:
    assert str(chat.invoke(PROMPT, stop=["wade"]).text).endswith("wade")


def test_callbacks_get_every_token_and_the_message_its_usage(chat: ChatLlama) -> None:
    class Tokens(BaseCallbackHandler):
        def __init__(self) -> None:
            self.tokens: list[str] = []

        def on_llm_new_token(self, token: Any, **_kwargs: Any) -> None:
            self.tokens.append(token)

    handler = Tokens()
    chunks = list(chat.stream(PROMPT, {"callbacks": [handler]}))
    assert "".join(handler.tokens).strip() == LINE
    whole = sum(chunks[1:], chunks[0])
    assert isinstance(whole, AIMessageChunk)
    assert whole.usage_metadata is not None
    assert whole.usage_metadata["output_tokens"] == sum(token != "" for token in handler.tokens)
    assert whole.usage_metadata["input_tokens"] == chat.get_num_tokens_from_messages(
        [chat._convert_input(PROMPT).to_messages()[0]]
    )


def test_without_a_configured_model_there_is_none() -> None:
    assert load_chat_model(ModelConfig()) is None


def test_a_server_gets_the_configured_timeouts() -> None:
    config = ModelConfig(
        server_url="http://127.0.0.1:9/v1", server_first_seconds=7, answer_seconds=8, max_tokens=99
    )
    chat = load_chat_model(config)
    assert isinstance(chat, ChatServer)
    assert (chat.server.timeouts.first_token, chat.server.timeouts.answer) == (7, 8)
    assert chat.max_tokens == 99
    chat.server.close()


def test_a_local_file_is_checked_before_it_is_loaded(tmp_path: Path) -> None:
    chat = load_chat_model(ModelConfig(path=str(tmp_path / "missing.gguf")))
    assert isinstance(chat, ChatLlama)
    with pytest.raises(ModelError, match=r"missing\.gguf does not exist"):
        chat.invoke("hello")


def test_an_unknown_provider_is_one_sentence_with_the_cure() -> None:
    with pytest.raises(ModelError, match=r"^the model nobody:x cannot be used \(.*\): change \["):
        load_chat_model(ModelConfig(provider="nobody:x"))
