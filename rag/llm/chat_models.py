"""LangChain chat models for the local model process and for a model server."""

import contextlib
import os
import threading
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from langchain_core.callbacks import CallbackManagerForLLMRun
from langchain_core.language_models import LanguageModelInput
from langchain_core.language_models.chat_models import BaseChatModel, generate_from_stream
from langchain_core.messages import AIMessageChunk, BaseMessage
from langchain_core.messages.ai import UsageMetadata
from langchain_core.output_parsers import PydanticOutputParser
from langchain_core.outputs import ChatGenerationChunk, ChatResult
from langchain_core.runnables import Runnable
from pydantic import BaseModel

from rag.config import ModelConfig, answer_tokens
from rag.errors import ModelError, ProxyError
from rag.llm.llama_model import Message
from rag.llm.local_model import LocalModel
from rag.llm.reasoning import CUT_OFF, answer_of
from rag.llm.server_client import ServerClient
from rag.llm.server_errors import Timeouts
from rag.proxies import exempt_this_machine

SERVER_KEY_VARIABLE = "PAPERBOY_SERVER_KEY"
ROLES = {"human": "user", "ai": "assistant", "system": "system"}


class ChunkStreamingChatModel(BaseChatModel):
    """What both chat models share: LangChain's methods over a stream of chunks."""

    max_tokens: int = 300
    temperature: float = 0.0
    model_config = {"arbitrary_types_allowed": True}  # noqa: RUF012  # as pydantic wants it

    def _chunks(
        self,
        messages: list[BaseMessage],
        *,
        stop: list[str] | None,
        cancel: threading.Event | None,
        max_tokens: int,
        schema: Mapping[str, Any] | None,
    ) -> Iterator[AIMessageChunk]:
        """Yield the answer in chunks, the last one without text."""
        raise NotImplementedError

    def _stream(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        *,
        cancel: threading.Event | None = None,
        max_tokens: int | None = None,
        schema: Mapping[str, Any] | None = None,
        **_kwargs: Any,
    ) -> Iterator[ChatGenerationChunk]:
        chunks = self._chunks(
            messages,
            stop=stop,
            cancel=cancel,
            max_tokens=max_tokens or self.max_tokens,
            schema=schema,
        )
        for message in chunks:
            chunk = ChatGenerationChunk(message=message)
            if run_manager and message.text:
                run_manager.on_llm_new_token(str(message.text), chunk=chunk)
            yield chunk

    def _generate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        return generate_from_stream(self._stream(messages, stop, run_manager, **kwargs))

    def with_structured_output(  # type: ignore[override]  # pydantic models only
        self, schema: type[BaseModel], **_kwargs: Any
    ) -> Runnable[LanguageModelInput, BaseModel]:
        """Return a chain that answers with an object of this class."""
        parser: PydanticOutputParser[BaseModel] = PydanticOutputParser(pydantic_object=schema)
        return self.bind(schema=schema.model_json_schema()) | _without_thinking | parser


def _without_thinking(message: BaseMessage) -> str:
    return answer_of(str(message.text))


class ChatServer(ChunkStreamingChatModel):
    """A LangChain chat model for a model server, through ChatOpenAI.

    `stream(messages, cancel=event)` ends soon after another thread sets the event, even while it
    waits for the first token; so does closing the stream. Every failure is a ModelError.
    """

    server: ServerClient

    @property
    def _llm_type(self) -> str:
        return "openai-compatible server"

    def _chunks(
        self,
        messages: list[BaseMessage],
        *,
        stop: list[str] | None,
        cancel: threading.Event | None,
        max_tokens: int,
        schema: Mapping[str, Any] | None,
    ) -> Iterator[AIMessageChunk]:
        pieces = self.server.stream(
            messages,
            max_tokens=max_tokens,
            temperature=self.temperature,
            stop=stop,
            schema=schema,
            cancel=cancel,
        )
        with contextlib.closing(pieces):  # type: ignore[type-var]  # a generator
            reason = "stop"
            for piece in pieces:
                if piece is CUT_OFF:
                    reason = "length"
                else:
                    yield AIMessageChunk(content=piece)
        # An answer may be empty, but LangChain takes a stream without chunks for an error.
        yield _last_chunk(reason)


class ChatLlama(ChunkStreamingChatModel):
    """A LangChain chat model for the local model process.

    `stream(messages, cancel=event)` ends soon after another thread sets the event, even while the
    prompt is still evaluated; so does closing the stream.
    """

    local: LocalModel
    load_seconds: float = 120.0

    @property
    def _llm_type(self) -> str:
        return "llama.cpp"

    def _chunks(
        self,
        messages: list[BaseMessage],
        *,
        stop: list[str] | None,
        cancel: threading.Event | None,
        max_tokens: int,
        schema: Mapping[str, Any] | None,
    ) -> Iterator[AIMessageChunk]:
        self.local.wait_ready(self.load_seconds, cancel=cancel)
        text = ""
        pieces = self.local.stream(
            [_llama_message(message) for message in messages],
            max_tokens=answer_tokens(max_tokens, self.local.n_ctx),
            temperature=self.temperature,
            schema=schema,
            cancel=cancel,
        )
        with contextlib.closing(pieces):
            while True:
                try:
                    piece = next(pieces)
                except StopIteration as ended:
                    usage = ended.value
                    break
                yield AIMessageChunk(content=piece)
                text += piece
                if stop and any(word in text for word in stop):
                    return
        yield _last_chunk(
            "length" if usage.get("done") == "length" else "stop",
            usage_metadata=self._usage(usage),
        )

    def _usage(self, usage: Mapping[str, Any]) -> UsageMetadata:
        """Return the tokens of an answer; LangChain calls a reused prompt a cache read."""
        prompt, answer = usage.get("prompt", 0), usage.get("tokens", 0)
        return UsageMetadata(
            input_tokens=prompt,
            output_tokens=answer,
            total_tokens=prompt + answer,
            input_token_details={"cache_read": usage.get("reused", 0)},
        )

    def get_num_tokens_from_messages(
        self,
        messages: list[BaseMessage],
        tools: Sequence[Any] | None = None,  # noqa: ARG002  # LangChain's signature
    ) -> int:
        """Count with the model's own tokenizer and chat template. Raises ModelError."""
        self.local.wait_ready(self.load_seconds)
        return self.local.count([_llama_message(message) for message in messages])


def load_chat_model(config: ModelConfig) -> BaseChatModel | None:
    """Return the configured model; None if none is configured.

    A local model loads in the background. Raises ModelError for an unusable `provider:model`.
    """
    if config.provider:
        return _from_provider(config)
    if config.server_url:
        return _from_server(config)
    if not config.path:
        return None
    local = LocalModel(
        Path(config.path),
        n_ctx=config.n_ctx,
        threads=config.threads,
        gpu_layers=config.gpu_layers,
        sequences=config.sequences,
        answer_seconds=config.answer_seconds,
    )
    return ChatLlama(local=local, max_tokens=config.max_tokens, temperature=config.temperature)


def _from_server(config: ModelConfig) -> ChatServer:
    """Return a model that has so far only asked the server for its list of models."""
    server = ServerClient(
        config.server_url,
        model=config.server_model,
        key=os.environ.get(SERVER_KEY_VARIABLE, ""),
        timeouts=Timeouts(
            first_token=config.server_first_seconds,
            next_token=config.server_next_seconds,
            answer=config.answer_seconds,
        ),
    )
    return ChatServer(server=server, max_tokens=config.max_tokens, temperature=config.temperature)


def _from_provider(config: ModelConfig) -> BaseChatModel:
    from langchain.chat_models import init_chat_model

    try:
        exempt_this_machine()
        model: BaseChatModel = init_chat_model(
            config.provider, temperature=config.temperature, max_tokens=config.max_tokens
        )
    except ProxyError as error:
        raise ModelError(str(error)) from error
    except Exception as error:  # a missing package, an unknown provider, a missing key
        reason = (str(error).strip().splitlines() or [type(error).__name__])[0].rstrip(".")
        raise ModelError(
            f"the model {config.provider} cannot be used ({reason}): "
            "change [rag.model] provider in config.toml."
        ) from error
    return model


def _last_chunk(reason: str, **more: Any) -> AIMessageChunk:
    """Return the chunk that says why an answer ended, in OpenAI's words: "stop" or "length"."""
    metadata = {"finish_reason": reason}
    return AIMessageChunk(content="", chunk_position="last", response_metadata=metadata, **more)


def _llama_message(message: BaseMessage) -> Message:
    return {"role": ROLES.get(message.type, "user"), "content": str(message.text)}
