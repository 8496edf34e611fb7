"""Written answers, by LangChain's fake chat model with lines of ours."""

import threading
from collections.abc import Callable, Iterator
from itertools import pairwise
from typing import Any

import pytest
from langchain_core.language_models.fake_chat_models import GenericFakeChatModel
from langchain_core.messages import AIMessage
from langchain_core.outputs import ChatGenerationChunk

from rag.config import RagConfig
from rag.library import Library
from rag.pipeline import PaperQA
from rag.records import Answer
from rag.refusal import REFUSAL
from rag.writer import STOPPED, UNCITED
from tests.papers import HERON, TODAY

QUESTION = "how accurate is HeronNet compared with human counters?"


class FailingModel(GenericFakeChatModel):
    """Breaks off in mid-answer."""

    def _stream(self, *args: Any, **kwargs: Any) -> Iterator[ChatGenerationChunk]:
        for n, chunk in enumerate(super()._stream(*args, **kwargs)):
            if n == 3:
                raise ConnectionError("gone")
            yield chunk


@pytest.fixture
def says(filled: Library) -> Callable[..., PaperQA]:
    """A PaperQA whose model says these things, one a question."""

    def make(*lines: str, model: type[GenericFakeChatModel] = GenericFakeChatModel) -> PaperQA:
        chat = model(messages=iter([AIMessage(line) for line in lines]))
        return PaperQA(filled, RagConfig(), today=lambda: TODAY, chat=chat)

    return make


def test_the_written_answer_grows_and_cites(says: Callable[..., PaperQA]) -> None:
    qa = says("HeronNet reaches 94.2% of the accuracy of human counters [1]. It is fast [9].")
    quoted = qa.ask(QUESTION)
    *growing, last = qa.write(quoted)
    assert len(growing) > 5
    assert all(not partial.finished and partial.mode == "generated" for partial in growing)
    assert all(a.text in b.text for a, b in pairwise(growing))
    assert last.finished
    assert last.mode == "generated"
    assert last.text == "HeronNet reaches 94.2% of the accuracy of human counters [1]. It is fast."
    assert [c.paper for c in last.citations] == [HERON]
    assert last.citations[0].quote in HERON.abstract
    assert last.seconds >= quoted.seconds
    assert qa.written(quoted).note  # the fake has no more lines to say


def test_an_answer_that_ran_out_of_tokens_ends_with_a_whole_sentence(
    says: Callable[..., PaperQA],
) -> None:
    answer = says("It reaches 94.2% [1]. And furthermore, the").answer(QUESTION)
    assert answer.text == "It reaches 94.2% [1]."
    assert says("[1] no sentence ends here").answer(QUESTION).text == "[1] no sentence ends here"


@pytest.mark.parametrize("line", ["Herons are birds.", "See [8]."])
def test_without_a_valid_citation_the_quotes_stay(says: Callable[..., PaperQA], line: str) -> None:
    qa = says(line)
    quoted = qa.ask(QUESTION)
    answer = qa.written(quoted)
    assert (answer.text, answer.mode, answer.note) == (quoted.text, "extractive", UNCITED)


def test_a_model_that_finds_nothing_refuses_with_what_was_read(
    says: Callable[..., PaperQA],
) -> None:
    answer = says(REFUSAL).answer(QUESTION)
    assert answer.refused
    assert answer.text.startswith(REFUSAL)
    assert "I have read 4 papers" in answer.text


def test_a_model_that_breaks_off_leaves_the_quotes_with_a_note(
    says: Callable[..., PaperQA],
) -> None:
    qa = says("HeronNet reaches 94.2% [1].", model=FailingModel)
    quoted = qa.ask(QUESTION)
    answer = qa.written(quoted)
    assert answer.text == quoted.text
    assert answer.note == "The model did not answer (ConnectionError)."


def test_stopping_leaves_the_quotes(says: Callable[..., PaperQA]) -> None:
    qa, cancel = says("One two three four five six [1]."), threading.Event()
    quoted = qa.ask(QUESTION)
    seen: list[Answer] = []
    for answer in qa.write(quoted, cancel=cancel):
        seen.append(answer)
        cancel.set()
    assert len(seen) == 2
    assert (seen[-1].text, seen[-1].note) == (quoted.text, STOPPED)


def test_lists_and_refusals_are_not_written(says: Callable[..., PaperQA]) -> None:
    qa = says("Never said [1].")
    for question in ("what came out in January 2025?", "what is the weather on Mars tomorrow?"):
        quoted = qa.ask(question)
        assert not qa.can_write(quoted)
        assert qa.written(quoted) == quoted
