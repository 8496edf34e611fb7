"""The interface over every kind of model."""

import threading
from collections.abc import Iterator
from typing import Any

import pytest
from langchain_core.language_models.fake_chat_models import FakeListChatModel
from langchain_core.messages import HumanMessage

from rag.config import ModelConfig
from rag.errors import ModelError
from rag.llm.language_model import TEMPLATE_TOKENS, adapt, load_language_model
from rag.llm.reasoning import AnswerText

PROMPT = [HumanMessage("What do herons do?")]


class FailingChat(FakeListChatModel):
    """A provider whose client raises its own kind of error after the first piece."""

    def _stream(self, *_args: Any, **_kwargs: Any) -> Iterator[Any]:
        yield next(super()._stream(*_args, **_kwargs))
        raise ConnectionResetError("with a secret address")


def test_a_provider_is_named_and_sized_by_the_configuration() -> None:
    model = adapt(FakeListChatModel(responses=["."]), ModelConfig(provider="fake:x", n_ctx=777))
    assert (model.name, model.n_ctx, model.problem) == ("fake:x", 777, "")


def test_a_providers_tokens_are_estimated_by_the_characters() -> None:
    model = adapt(FakeListChatModel(responses=["."]))
    assert model.count_tokens([HumanMessage("a" * 300)]) == 100 + TEMPLATE_TOKENS


def test_a_provider_streams_without_thinking_until_it_is_cancelled() -> None:
    model = adapt(FakeListChatModel(responses=["<think>Hm.</think>They wade."]))
    assert "".join(model.stream(PROMPT, max_tokens=50)) == "They wade."
    cancel, text = threading.Event(), ""
    for piece in model.stream(PROMPT, cancel=cancel):
        text += piece
        if text == "They":
            cancel.set()
    assert text == "They"


def test_a_providers_error_becomes_one_sentence_without_its_text() -> None:
    model = adapt(FailingChat(responses=["They wade."]))
    with pytest.raises(ModelError, match=r"^the model did not answer \(ConnectionResetError\)\.$"):
        list(model.stream(PROMPT))


def test_without_a_configured_model_there_is_none() -> None:
    assert load_language_model(ModelConfig()) is None


def test_a_provider_that_only_thinks_is_an_error_with_a_cure() -> None:
    model = adapt(FakeListChatModel(responses=["<think>Hm, which?", "<think>Hm.</think>Herons."]))
    with pytest.raises(ModelError, match="spent the whole answer on thinking: raise"):
        list(model.stream(PROMPT))
    assert "".join(model.stream(PROMPT)) == "Herons."


@pytest.mark.parametrize(
    "metadata",
    [{"finish_reason": "length"}, {"stop_reason": "max_tokens"}, {"finish_reason": "MAX_TOKENS"}],
)
def test_a_provider_says_in_its_own_words_that_an_answer_was_cut_off(
    metadata: dict[str, str],
) -> None:
    class CutChat(FakeListChatModel):
        def _stream(self, *args: Any, **kwargs: Any) -> Iterator[Any]:
            *chunks, last = super()._stream(*args, **kwargs)
            yield from chunks
            last.message.response_metadata = metadata
            yield last

    answer = AnswerText()
    for piece in adapt(CutChat(responses=["They wade and"])).stream(PROMPT):
        answer.add(piece)
    assert answer == AnswerText("They wade and", has_thought=False, is_cut_off=True)
