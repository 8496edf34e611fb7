"""What writes answers, in the same terms whether it runs here, on a server or at a provider."""

import logging
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from langchain_core.language_models.chat_models import BaseChatModel
from langchain_core.messages import BaseMessage

from rag.config import ModelConfig
from rag.errors import ModelError
from rag.llm.chat_models import ChatLlama, ChatServer, load_chat_model

log = logging.getLogger(__name__)

TEMPLATE_TOKENS = 16  # of a message, at most, for the chat template's own markup
TOKEN_CHARACTERS = 3  # a rough guess where no tokenizer can be asked


class LanguageModel(Protocol):
    """A chat model as the writer uses it."""

    @property
    def name(self) -> str:
        """What the model is called in front of people."""

    @property
    def problem(self) -> str:
        """What keeps the model from answering at all, in one sentence; else an empty string."""

    @property
    def n_ctx(self) -> int:
        """Tokens of prompt and answer together that fit."""

    def count_tokens(self, messages: Sequence[BaseMessage]) -> int:
        """Return the tokens of these messages, estimated where no tokenizer can be asked."""

    def stream(
        self,
        messages: Sequence[BaseMessage],
        *,
        max_tokens: int | None = None,
        cancel: threading.Event | None = None,
    ) -> Iterator[str]:
        """Yield pieces of the answer until it ends or `cancel` is set. Raises ModelError."""

    def close(self) -> None:
        """Release the process or connection."""


@dataclass(frozen=True)
class ProviderModel:
    """Any LangChain chat model; its own client handles its connection."""

    chat: BaseChatModel
    config: ModelConfig

    @property
    def name(self) -> str:
        """The name in config.toml."""
        return self.config.name

    @property
    def problem(self) -> str:
        """Nothing is known before it is asked."""
        return ""

    @property
    def n_ctx(self) -> int:
        """As configured."""
        return self.config.n_ctx

    def count_tokens(self, messages: Sequence[BaseMessage]) -> int:
        """Estimate by the characters."""
        texts = [message.text for message in messages]
        return sum(map(len, texts)) // TOKEN_CHARACTERS + TEMPLATE_TOKENS * len(texts)

    def stream(
        self,
        messages: Sequence[BaseMessage],
        *,
        max_tokens: int | None = None,
        cancel: threading.Event | None = None,
    ) -> Iterator[str]:
        """See LanguageModel."""
        return _stream(self.chat, messages, cancel, max_tokens=max_tokens)

    def close(self) -> None:
        """Nothing of ours is open."""


@dataclass(frozen=True)
class ServerModel(ProviderModel):
    """A server that speaks OpenAI's protocol."""

    chat: ChatServer

    @property
    def name(self) -> str:
        """The server's own name for it, once the server has told it."""
        return self.chat.server.name or self.config.name

    def stream(
        self,
        messages: Sequence[BaseMessage],
        *,
        max_tokens: int | None = None,
        cancel: threading.Event | None = None,
    ) -> Iterator[str]:
        """Stream as LanguageModel; cancelling closes the connection, so the server stops too."""
        return _stream(self.chat, messages, cancel, max_tokens=max_tokens, cancel=cancel)

    def close(self) -> None:
        """Close the connection."""
        self.chat.server.close()


@dataclass(frozen=True)
class LocalProcessModel(ProviderModel):
    """llama.cpp in a child process."""

    chat: ChatLlama

    @property
    def problem(self) -> str:
        """Why the process cannot answer, for good or for a while."""
        return self.chat.local.problem

    @property
    def n_ctx(self) -> int:
        """As the model was loaded."""
        return self.chat.local.n_ctx

    def count_tokens(self, messages: Sequence[BaseMessage]) -> int:
        """Count with the model's own tokenizer and chat template. Raises ModelError."""
        return self.chat.get_num_tokens_from_messages(list(messages))

    def stream(
        self,
        messages: Sequence[BaseMessage],
        *,
        max_tokens: int | None = None,
        cancel: threading.Event | None = None,
    ) -> Iterator[str]:
        """Stream as LanguageModel; cancelling also stops the evaluation of the prompt."""
        return _stream(self.chat, messages, cancel, max_tokens=max_tokens, cancel=cancel)

    def close(self) -> None:
        """End the process."""
        self.chat.local.close()


def adapt(chat: BaseChatModel, config: ModelConfig | None = None) -> LanguageModel:
    """Return a LangChain chat model as something that can write answers."""
    config = config or ModelConfig()
    if isinstance(chat, ChatLlama):
        return LocalProcessModel(chat, config)
    if isinstance(chat, ChatServer):
        return ServerModel(chat, config)
    return ProviderModel(chat, config)


def load_language_model(config: ModelConfig) -> LanguageModel | None:
    """Return the configured model, or None where there is none.

    A local one loads in the background. Raises ModelError for a provider that cannot be used.
    """
    chat = load_chat_model(config)
    return adapt(chat, config) if chat else None


def _stream(
    chat: BaseChatModel,
    messages: Sequence[BaseMessage],
    stopped: threading.Event | None,
    **options: object,
) -> Iterator[str]:
    given = {name: value for name, value in options.items() if value is not None}
    try:
        for chunk in chat.stream(list(messages), **given):  # type: ignore[arg-type]
            if stopped and stopped.is_set():
                return
            yield str(chunk.text)
    except ModelError:
        raise
    except Exception as error:  # whatever a provider's client raises
        log.info("the model failed", exc_info=True)
        raise ModelError(f"the model did not answer ({type(error).__name__}).") from error
