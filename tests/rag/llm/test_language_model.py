"""The interface over every kind of model, and the removal of what models think aloud."""

import threading
from collections.abc import Iterator
from typing import Any

import pytest
from langchain_core.language_models.fake_chat_models import FakeListChatModel
from langchain_core.messages import HumanMessage

from rag.config import ModelConfig
from rag.errors import ModelError
from rag.llm.language_model import TEMPLATE_TOKENS, adapt, load_language_model, without_thinking

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


@pytest.mark.parametrize(
    ("text", "visible"),
    [
        ("It does [1].", "It does [1]."),
        ("<think>Hm, which?</think>It does [1].", "It does [1]."),
        ("<think>\n\n</think>\n\nIt does.", "\n\nIt does."),
        ("One. <think>Hm.</think>Two. <think>Hm!</think>Three.", "One. Two. Three."),
        ("Said. <think>Never closed", "Said. "),
        ("a < b and <thin", "a < b and <thin"),
        ("<<think>x</think>>", "<>"),
        ("", ""),
    ],
)
def test_thinking_is_removed_however_the_text_is_split(text: str, visible: str) -> None:
    for size in (1, 2, 3, 5, 7, 100):
        pieces = [text[i : i + size] for i in range(0, len(text), size)]
        assert "".join(without_thinking(pieces)) == visible, size


def test_only_the_possible_start_of_a_tag_is_held_back() -> None:
    pieces = ["It", " does", " <th", "ink>no</think>", "!"]
    assert list(without_thinking(pieces)) == ["It", " does", " ", "!"]
