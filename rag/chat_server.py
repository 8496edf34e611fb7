"""A model server behind LangChain's interface, as rag/llm.py has the local process there."""

import contextlib
import threading
from collections.abc import Iterator
from typing import Any

from langchain_core.callbacks import CallbackManagerForLLMRun
from langchain_core.language_models.chat_models import BaseChatModel, generate_from_stream
from langchain_core.messages import AIMessageChunk, BaseMessage
from langchain_core.outputs import ChatGenerationChunk, ChatResult

from rag.model_server import ModelServer


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
