"""One interface for the models that write answers: a local process, a server, or a provider."""

import contextlib
import logging
import threading
from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Protocol, TypeVar

from langchain_core.language_models.chat_models import BaseChatModel
from langchain_core.messages import BaseMessage
from pydantic import BaseModel

from rag.config import ModelConfig
from rag.errors import ModelError, first_line
from rag.llm.chat_models import ChatLlama, ChatServer, load_chat_model
from rag.llm.offload import Offload
from rag.llm.reasoning import CUT_OFF, AnswerText, without_thinking
from rag.llm.server_errors import ONLY_THOUGHT as SERVER_ONLY_THOUGHT
from rag.llm.untrusted_text import (
    MAX_TOKEN_CHARACTERS,
    bounded,
    whole_characters,
    without_control_tokens,
)

log = logging.getLogger(__name__)

TEMPLATE_TOKENS = 16  # per message, at most, for the chat template's own markup
TOKEN_CHARACTERS = 3  # per token, a rough guess for models without a tokenizer
Fields = TypeVar("Fields", bound=BaseModel)
# What providers call the reason for which an answer was cut off: OpenAI, Anthropic, Ollama; Google.
REASONS = ("finish_reason", "stop_reason", "done_reason")
CUT_OFF_REASONS = ("length", "max_tokens", "MAX_TOKENS")
ONLY_THOUGHT = (
    "the model spent the whole answer on thinking: raise [rag.model] max_tokens, or use a model "
    "that does not think."
)


class LanguageModel(Protocol):
    """A chat model as the writer uses it."""

    @property
    def name(self) -> str:
        """The model's name in messages to people."""

    @property
    def problem(self) -> str:
        """What keeps the model from answering at all, in one sentence; else an empty string."""

    @property
    def n_ctx(self) -> int:
        """The tokens that prompt and answer may have together."""

    @property
    def at_once(self) -> int:
        """How many answers it writes at the same time."""

    @property
    def is_base(self) -> bool:
        """Whether the model was never trained to answer, so that it needs an example."""

    def count_tokens(self, messages: Sequence[BaseMessage]) -> int:
        """Return the number of tokens, estimated for models without a tokenizer."""

    def stream(
        self,
        messages: Sequence[BaseMessage],
        *,
        max_tokens: int | None = None,
        cancel: threading.Event | None = None,
    ) -> Iterator[str]:
        """Yield pieces of the answer, without thinking, until it ends or `cancel` is set.

        The signals of rag/llm/reasoning.py are among them: AnswerText puts the answer together.
        Raises ModelError, also for an answer that is nothing but thinking.
        """

    def fill(
        self,
        messages: Sequence[BaseMessage],
        fields: type[Fields],
        *,
        max_tokens: int,
        cancel: threading.Event | None = None,
    ) -> Fields:
        """Return an object of this class, filled in by the model.

        Raises ModelError, also if the model cannot do it or `cancel` is set.
        """

    def close(self) -> None:
        """Release the process or connection."""


@dataclass(frozen=True)
class ProviderModel:
    """Any LangChain chat model; its own client handles its connection."""

    chat: BaseChatModel
    config: ModelConfig
    # Whether the chat model stops by itself once `cancel` is set, even before the first token.
    takes_cancel: ClassVar[bool] = False
    # Whether control tokens in a message may become control tokens: many servers read them so.
    reads_control_tokens: ClassVar[bool] = True
    only_thought: ClassVar[str] = ONLY_THOUGHT

    @property
    def name(self) -> str:
        """The name in config.toml."""
        return self.config.name

    @property
    def problem(self) -> str:
        """Always empty: a provider's problems show only in its answers."""
        return ""

    @property
    def n_ctx(self) -> int:
        """The configured context."""
        return self.config.n_ctx

    @property
    def at_once(self) -> int:
        """Always 1: what a server can take is not known."""
        return 1

    @property
    def is_base(self) -> bool:
        """Always False: servers and providers offer models that answer."""
        return False

    def count_tokens(self, messages: Sequence[BaseMessage]) -> int:
        """Return an estimate from the number of characters."""
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
        answer = AnswerText()
        tokens = max_tokens or getattr(self.chat, "max_tokens", None) or self.config.max_tokens
        with contextlib.closing(self._stream(messages, max_tokens, cancel)) as raw:
            pieces = bounded(whole_characters(raw), tokens * MAX_TOKEN_CHARACTERS)
            for piece in without_thinking(pieces):
                answer.add(piece)
                yield piece
        was_cancelled = cancel is not None and cancel.is_set()
        if answer.has_thought and not answer.text.strip() and not was_cancelled:
            raise ModelError(self.only_thought)

    def close(self) -> None:
        """Do nothing: the provider's client holds no connection."""

    def fill(
        self,
        messages: Sequence[BaseMessage],
        fields: type[Fields],
        *,
        max_tokens: int,
        cancel: threading.Event | None = None,
    ) -> Fields:
        """See LanguageModel."""
        options = self._options(max_tokens, cancel)
        try:
            # With another method, some providers first compile the class, which takes seconds.
            chain = self.chat.with_structured_output(fields, method="function_calling")
            return fields.model_validate(chain.invoke(self._harmless(messages), **options))
        except ModelError:
            raise
        except Exception as error:  # of a provider's client, of LangChain, or no such object
            log.info("the model filled in nothing: %s", first_line(error))
            raise ModelError(f"the model did not answer ({type(error).__name__}).") from error

    def _stream(
        self,
        messages: Sequence[BaseMessage],
        max_tokens: int | None,
        cancel: threading.Event | None,
    ) -> Generator[str]:
        options = self._options(max_tokens, cancel)
        try:
            for chunk in self.chat.stream(self._harmless(messages), **options):
                if cancel and cancel.is_set():
                    return
                yield str(chunk.text)
                if any(chunk.response_metadata.get(key) in CUT_OFF_REASONS for key in REASONS):
                    yield CUT_OFF
        except ModelError:
            raise
        except Exception as error:  # any error of a provider's client
            log.info("the model failed", exc_info=True)
            raise ModelError(f"the model did not answer ({type(error).__name__}).") from error

    def _harmless(self, messages: Sequence[BaseMessage]) -> list[BaseMessage]:
        """Return the messages without control tokens, which only a chat template may write."""
        if not self.reads_control_tokens:
            return list(messages)
        return [
            message.model_copy(update={"content": without_control_tokens(str(message.text))})
            for message in messages
        ]

    def _options(self, max_tokens: int | None, cancel: threading.Event | None) -> dict[str, Any]:
        options: dict[str, Any] = {}
        if cancel and self.takes_cancel:
            options["cancel"] = cancel
        if max_tokens is not None:
            options["max_tokens"] = max_tokens
        return options


@dataclass(frozen=True)
class ServerModel(ProviderModel):
    """A server that speaks OpenAI's protocol; cancelling closes the connection."""

    chat: ChatServer
    takes_cancel: ClassVar[bool] = True
    only_thought: ClassVar[str] = SERVER_ONLY_THOUGHT

    @property
    def name(self) -> str:
        """The server's own name for the model, once it is known."""
        return self.chat.server.name or self.config.name

    def close(self) -> None:
        """Close the connection."""
        self.chat.server.close()


@dataclass(frozen=True)
class LocalProcessModel(ProviderModel):
    """llama.cpp in a child process; cancelling also stops the evaluation of the prompt."""

    chat: ChatLlama
    takes_cancel: ClassVar[bool] = True
    reads_control_tokens: ClassVar[bool] = False  # see LlamaModel.prompt_tokens

    @property
    def problem(self) -> str:
        """Why the process cannot answer, permanently or for a while."""
        return self.chat.local.problem

    @property
    def n_ctx(self) -> int:
        """The context of the loaded model."""
        return self.chat.local.n_ctx

    @property
    def at_once(self) -> int:
        """How many sequences the process decodes together."""
        return self.chat.local.sequences

    @property
    def offload(self) -> Offload:
        """What the loaded model has on a GPU."""
        return self.chat.local.offload

    @property
    def is_base(self) -> bool:
        """Whether the file has no chat template."""
        return self.chat.local.is_base

    def count_tokens(self, messages: Sequence[BaseMessage]) -> int:
        """Count with the model's own tokenizer and chat template. Raises ModelError."""
        return self.chat.get_num_tokens_from_messages(list(messages))

    def close(self) -> None:
        """End the process."""
        self.chat.local.close()


def adapt(chat: BaseChatModel, config: ModelConfig | None = None) -> LanguageModel:
    """Return a LangChain chat model as a LanguageModel."""
    config = config or ModelConfig()
    if isinstance(chat, ChatLlama):
        return LocalProcessModel(chat, config)
    if isinstance(chat, ChatServer):
        return ServerModel(chat, config)
    return ProviderModel(chat, config)


def load_language_model(config: ModelConfig) -> LanguageModel | None:
    """Return the configured model; None if none is configured.

    A local model loads in the background. Raises ModelError for an unusable provider.
    """
    chat = load_chat_model(config)
    return adapt(chat, config) if chat else None
