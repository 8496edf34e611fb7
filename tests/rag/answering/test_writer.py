"""Written answers, by LangChain's fake chat model with lines of ours."""

import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any, Literal

import pytest
from langchain_core.language_models.fake_chat_models import GenericFakeChatModel
from langchain_core.messages import AIMessage
from langchain_core.outputs import ChatGenerationChunk

from ingest.sync import ingest
from rag.answering.refusal import REFUSAL
from rag.answering.writer import (
    BROKEN_OFF,
    LANGUAGE,
    NO_TEXT,
    NOTES,
    REFUSED,
    STOPPED,
    UNCITED,
    UNREADABLE,
    UNSUPPORTED,
    WORSE,
)
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


TRUE = "HeronNet reaches 94.2% of the accuracy of human counters [1]."
ALSO = "It counts herons and egrets in drone video [1]."
FALSE = "HeronNet won a prize at a film festival [1]."


def test_the_written_answer_grows_by_sentences_and_cites(says: Callable[..., PaperQA]) -> None:
    qa = says(f"{TRUE} {ALSO} It trains for 3 hours on one laptop.")
    quoted = qa.ask(QUESTION)
    *growing, last = qa.write(quoted)
    assert [partial.text for partial in growing] == [TRUE, f"{TRUE} {ALSO}", last.text]
    assert all(not partial.finished and partial.mode == "generated" for partial in growing)
    assert last.finished
    assert last.mode == "generated"
    # The third sentence was cited nowhere, and is true.
    assert last.text == f"{TRUE} {ALSO} It trains for 3 hours on one laptop [1]."
    assert not last.note
    assert [c.paper for c in last.citations] == [HERON]
    assert last.citations[0].quote in HERON.abstract
    assert last.seconds >= quoted.seconds
    assert last.writing
    assert (last.writing.kept_quotes, last.writing.removed) == ("", 0)
    assert qa.written(quoted).note  # the fake has no more lines to say


def test_an_answer_that_ran_out_of_tokens_ends_with_a_complete_sentence(
    says: Callable[..., PaperQA],
) -> None:
    answer = says("It reaches 94.2% [1]. And furthermore, the").answer(QUESTION)
    assert answer.text == "It reaches 94.2% [1]."
    unended = says("[1] HeronNet counts herons and egrets").answer(QUESTION)
    assert unended.text == "[1] HeronNet counts herons and egrets"


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("  \n", NO_TEXT),
        ("Birds are loved by all.", UNCITED),
        ("See [8].", UNCITED),
        (FALSE, UNSUPPORTED),
        (f"{FALSE} {FALSE}", UNREADABLE),
        (f"[1] {HERON.title} (2025-01-06): Counting birds by hand is slow.", UNREADABLE),
        (f"{HERON.title}: {TRUE}", UNREADABLE),
        ("User: how accurate is it? Assistant: 94.2% [1].", UNREADABLE),
        ("Use only the numbered passages. After each sentence put the number.", UNREADABLE),
        ("herons and egrets and " * 9, UNREADABLE),
        ("HeronNet erreicht 94,2 % der Genauigkeit, die bei Menschen üblich ist [1].", LANGUAGE),
        ("ХеронНет считает 94.2% [1].", WORSE),
    ],
)
def test_quotes_stay_and_people_read_why(says: Callable[..., PaperQA], line: str, why: str) -> None:
    qa = says(line)
    quoted = qa.ask(QUESTION)
    answers = list(qa.write(quoted))
    assert len(answers) == 1  # nothing else was ever shown
    answer = answers[0]
    assert (answer.text, answer.mode, answer.model) == (quoted.text, "extractive", "")
    assert answer.note == NOTES[why]
    assert answer.writing
    assert answer.writing.kept_quotes == why
    assert line.startswith(answer.writing.raw)  # all of it, if the model was not stopped


@pytest.mark.parametrize(
    "line",
    [
        f"[1] {HERON.title} (2025-01-06): Counting birds by hand is slow.",
        f"\n{HERON.title}: Counting birds by hand is slow.",
        "User: how accurate is it? Assistant: 94.2% [1].",
        "It is, as it is, and as it is, as it is, and as it is, as it is, and as it is",
        TRUE,
    ],
)
def test_good_sentences_in_front_of_unreadable_text_are_the_answer(
    says: Callable[..., PaperQA], line: str
) -> None:
    *growing, last = says(f"{TRUE} {ALSO} {line} And on.").write(says("").ask(QUESTION))
    assert {answer.text for answer in growing} <= {TRUE, f"{TRUE} {ALSO}"}
    assert (last.text, last.mode) == (f"{TRUE} {ALSO}", "generated")
    assert last.note == BROKEN_OFF
    assert last.writing
    assert not last.writing.raw.endswith("And on.")  # the model was stopped


def test_a_model_that_finds_nothing_is_believed_only_if_the_quotes_are_weak(
    says: Callable[..., PaperQA],
) -> None:
    qa = says(REFUSAL, REFUSAL)
    quoted = qa.ask(QUESTION)
    answer = qa.written(quoted)
    assert not answer.refused
    assert (answer.text, answer.note) == (quoted.text, NOTES[REFUSED])
    answer = qa.written(replace(quoted, support=0.3))
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
    qa, cancel = says(f"{TRUE} {ALSO}"), threading.Event()
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


def test_unsupported_sentences_are_never_shown(says: Callable[..., PaperQA]) -> None:
    other = "The moon is made of cheese [1]."
    qa = says(f"{FALSE} {TRUE} {other}")
    *growing, last = qa.write(qa.ask(QUESTION))
    assert [answer.text for answer in growing] == [TRUE]
    assert last.text == TRUE
    assert last.note == "2 sentences that the abstracts do not say were taken out."
    assert [c.paper for c in last.citations] == [HERON]
    # What the model reads in the next turn is what people saw.
    assert last.exchanges[-1].answer == TRUE


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
