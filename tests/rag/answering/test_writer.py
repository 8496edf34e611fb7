"""Written answers, by LangChain's fake chat model with lines of ours."""

import threading
from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise
from typing import Any, Literal

import pytest
from langchain_core.language_models.fake_chat_models import GenericFakeChatModel
from langchain_core.messages import AIMessage
from langchain_core.outputs import ChatGenerationChunk

from ingest.sync import ingest
from rag.answering.refusal import REFUSAL
from rag.answering.writer import STOPPED, UNCITED, UNSUPPORTED
from rag.config import CheckConfig, RagConfig
from rag.errors import JudgeError
from rag.grounding.judge import Judge
from rag.library import Library
from rag.llm.language_model import adapt
from rag.pipeline import PaperQA
from rag.records import Answer
from tests.papers import HERON, TODAY, ListSource

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
        return PaperQA(filled, RagConfig(), today=lambda: TODAY, model=adapt(chat))

    return make


def test_the_written_answer_grows_and_cites(says: Callable[..., PaperQA]) -> None:
    qa = says("HeronNet reaches 94.2% of the accuracy of human counters [1]. It counts herons.")
    quoted = qa.ask(QUESTION)
    *growing, last = qa.write(quoted)
    assert len(growing) > 5
    assert all(not partial.finished and partial.mode == "generated" for partial in growing)
    assert all(a.text in b.text for a, b in pairwise(growing))
    assert last.finished
    assert last.mode == "generated"
    # The second sentence was cited nowhere, and is true.
    assert last.text == f"{growing[-1].text[:-1]} [1]."
    assert not last.note
    assert [c.paper for c in last.citations] == [HERON]
    assert last.citations[0].quote in HERON.abstract
    assert last.seconds >= quoted.seconds
    assert qa.written(quoted).note  # the fake has no more lines to say


def test_an_answer_that_ran_out_of_tokens_ends_with_a_complete_sentence(
    says: Callable[..., PaperQA],
) -> None:
    answer = says("It reaches 94.2% [1]. And furthermore, the").answer(QUESTION)
    assert answer.text == "It reaches 94.2% [1]."
    unended = says("[1] HeronNet counts herons and egrets").answer(QUESTION)
    assert unended.text == "[1] HeronNet counts herons and egrets"


@pytest.mark.parametrize("line", ["Birds are loved by all.", "See [8]."])
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


def test_a_model_that_fails_leaves_the_quotes_with_a_note(
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


TRUE = "HeronNet reaches 94.2% of the accuracy of human counters [1]."
FALSE = "HeronNet won a prize at a film festival [1]."


def test_unsupported_sentences_are_removed_at_the_end(
    says: Callable[..., PaperQA],
) -> None:
    qa = says(f"{FALSE} {TRUE} {FALSE}")
    *growing, last = qa.write(qa.ask(QUESTION))
    assert growing[-1].text == f"{FALSE} {TRUE} {FALSE}"  # nobody waits for the check
    assert last.text == TRUE
    assert last.note == "2 sentences that the abstracts do not say were taken out."
    assert [c.paper for c in last.citations] == [HERON]
    # What the model reads in the next turn is what people saw.
    assert last.exchanges[-1].answer == TRUE


def test_an_answer_without_supported_sentences_is_replaced_by_the_quotes(
    says: Callable[..., PaperQA],
) -> None:
    qa = says(FALSE)
    quoted = qa.ask(QUESTION)
    last = qa.written(quoted)
    assert (last.text, last.mode, last.note) == (quoted.text, "extractive", UNSUPPORTED)
    assert last.model == ""


@pytest.mark.parametrize(
    ("failed", "text", "note"),
    [
        ("mark", f"{TRUE} {FALSE[:-1]} (not found in the abstract).", "1 sentence could not be"),
        ("keep", f"{TRUE} {FALSE}", ""),
    ],
)
def test_failed_sentences_are_marked_or_kept_by_config(
    make_library: Callable[..., Library], failed: Literal["mark", "keep"], text: str, note: str
) -> None:
    config = RagConfig(check=CheckConfig(failed=failed))
    library = make_library(config=config)
    ingest(ListSource(), library)
    chat = GenericFakeChatModel(messages=iter([AIMessage(f"{TRUE} {FALSE}")]))
    last = PaperQA(library, config, today=lambda: TODAY, model=adapt(chat)).answer(QUESTION)
    assert last.text == text
    assert last.note.startswith(note)
    assert bool(last.note) == bool(note)


def test_answers_are_checked_in_the_language_of_the_question(says: Callable[..., PaperQA]) -> None:
    right = "HeronNet erreicht 94,2 % der Genauigkeit menschlicher Zähler [1]."
    wrong = "HeronNet erreicht 49,2 % der Genauigkeit menschlicher Zähler [1]."
    last = says(f"{right} {wrong}").answer("Wie genau ist HeronNet im Vergleich zu Menschen?")
    assert (last.text, last.mode) == (right, "generated")


def test_a_judge_that_fails_leaves_the_quotes(says: Callable[..., PaperQA]) -> None:
    class Broken(Judge):
        def __init__(self) -> None:
            pass

        def probability(self, sources: Sequence[str], sentence: str) -> float:
            raise JudgeError("the judge cannot be used.")

    qa = says(TRUE)
    assert qa.writer
    assert qa.writer.grounding
    qa.writer.grounding.judge = Broken()
    quoted = qa.ask(QUESTION)
    last = qa.written(quoted)
    assert (last.text, last.note) == (quoted.text, "The judge cannot be used.")
