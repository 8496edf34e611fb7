"""The language model behind LangChain's interface: the local process, or another one."""

import contextlib
import os
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from langchain_core.callbacks import CallbackManagerForLLMRun
from langchain_core.language_models.chat_models import BaseChatModel, generate_from_stream
from langchain_core.messages import AIMessageChunk, BaseMessage
from langchain_core.messages.ai import UsageMetadata
from langchain_core.outputs import ChatGenerationChunk, ChatResult

from rag.config import ModelConfig
from rag.errors import ModelError
from rag.llm.llama_model import Message
from rag.llm.local import LocalModel
from rag.llm.server import ModelServer
from rag.llm.server_errors import Patience


class ChatServer(BaseChatModel):
    """A LangChain chat model over a model server, by ChatOpenAI.

    `stream(messages, cancel=event)` ends soon after another thread sets the event, also while the
    first token is awaited; so does closing the stream. Whatever fails is a ModelError.
    """

    server: ModelServer
    max_tokens: int = 300
    temperature: float = 0.0
    model_config = {"arbitrary_types_allowed": True}  # noqa: RUF012  # pydantic's way

    @property
    def _llm_type(self) -> str:
        return "openai-compatible server"

    def _stream(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        *,
        cancel: threading.Event | None = None,
        max_tokens: int | None = None,
        **_kwargs: Any,
    ) -> Iterator[ChatGenerationChunk]:
        pieces = self.server.stream(
            messages,
            max_tokens=max_tokens or self.max_tokens,
            temperature=self.temperature,
            stop=stop,
            cancel=cancel,
        )
        with contextlib.closing(pieces):  # type: ignore[type-var]  # a generator
            for piece in pieces:
                chunk = ChatGenerationChunk(message=AIMessageChunk(content=piece))
                if run_manager:
                    run_manager.on_llm_new_token(piece, chunk=chunk)
                yield chunk
        # An answer may be empty; LangChain takes no chunk at all for a fault of ours.
        yield ChatGenerationChunk(message=AIMessageChunk(content="", chunk_position="last"))

    def _generate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        return generate_from_stream(self._stream(messages, stop, run_manager, **kwargs))


SERVER_KEY_VARIABLE = "PAPERBOY_SERVER_KEY"
ROLES = {"human": "user", "ai": "assistant", "system": "system"}


class ChatLlama(BaseChatModel):
    """A LangChain chat model over the model process.

    `stream(messages, cancel=event)` ends soon after another thread sets the event, also while the
    prompt is still evaluated; so does closing the stream.
    """

    local: LocalModel
    max_tokens: int = 300
    temperature: float = 0.0
    load_seconds: float = 120.0
    model_config = {"arbitrary_types_allowed": True}  # noqa: RUF012  # pydantic's way

    @property
    def _llm_type(self) -> str:
        return "llama.cpp"

    def _stream(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        *,
        cancel: threading.Event | None = None,
        max_tokens: int | None = None,
        **_kwargs: Any,
    ) -> Iterator[ChatGenerationChunk]:
        self.local.wait_ready(self.load_seconds, cancel=cancel)
        text = ""
        pieces = self.local.stream(
            [_message(message) for message in messages],
            max_tokens=max_tokens or self.max_tokens,
            temperature=self.temperature,
            cancel=cancel,
        )
        for piece in pieces:
            chunk = ChatGenerationChunk(message=AIMessageChunk(content=piece))
            if run_manager:
                run_manager.on_llm_new_token(piece, chunk=chunk)
            yield chunk
            text += piece
            if stop and any(word in text for word in stop):
                return
        yield ChatGenerationChunk(message=AIMessageChunk(content="", usage_metadata=self._usage()))

    def _usage(self) -> UsageMetadata:
        """Return what the last answer cost; what was reused of its prompt is LangChain's cache."""
        figures = self.local.figures
        prompt, written = figures.get("prompt", 0), figures.get("tokens", 0)
        return UsageMetadata(
            input_tokens=prompt,
            output_tokens=written,
            total_tokens=prompt + written,
            input_token_details={"cache_read": figures.get("reused", 0)},
        )

    def get_num_tokens_from_messages(
        self,
        messages: list[BaseMessage],
        tools: Sequence[Any] | None = None,  # noqa: ARG002  # LangChain's signature
    ) -> int:
        """Count with the model's own tokenizer and chat template. Raises ModelError."""
        self.local.wait_ready(self.load_seconds)
        return self.local.count([_message(message) for message in messages])

    def _generate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        return generate_from_stream(self._stream(messages, stop, run_manager, **kwargs))


def load_chat_model(config: ModelConfig) -> BaseChatModel | None:
    """Return the configured model, or None where there is none.

    A local one loads in the background. Raises ModelError for a `provider:model` that cannot be
    used.
    """
    if config.provider:
        return _from_provider(config)
    if config.server_url:
        return _from_server(config)
    if not config.path:
        return None
    local = LocalModel(
        Path(config.path).expanduser(),
        n_ctx=config.n_ctx,
        threads=config.threads,
        answer_seconds=config.answer_seconds,
    )
    return ChatLlama(local=local, max_tokens=config.max_tokens, temperature=config.temperature)


def _from_server(config: ModelConfig) -> ChatServer:
    """Nothing is asked of the server yet but its list of models, and that in the background."""
    server = ModelServer(
        config.server_url,
        model=config.server_model,
        key=os.environ.get(SERVER_KEY_VARIABLE, ""),
        patience=Patience(
            first=config.server_first_seconds,
            next=config.server_next_seconds,
            answer=config.answer_seconds,
        ),
    )
    return ChatServer(server=server, max_tokens=config.max_tokens, temperature=config.temperature)


def _from_provider(config: ModelConfig) -> BaseChatModel:
    from langchain.chat_models import init_chat_model

    try:
        model: BaseChatModel = init_chat_model(
            config.provider, temperature=config.temperature, max_tokens=config.max_tokens
        )
    except Exception as error:  # a missing package, an unknown provider, a missing key
        reason = (str(error).strip().splitlines() or [type(error).__name__])[0].rstrip(".")
        raise ModelError(
            f"the model {config.provider} cannot be used ({reason}): "
            "change [rag.model] provider in config.toml."
        ) from error
    return model


def _message(message: BaseMessage) -> Message:
    return {"role": ROLES.get(message.type, "user"), "content": str(message.text)}
