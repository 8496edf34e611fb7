"""Briefs above lists, by LangChain's fake chat model with lines of ours."""

import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from langchain_core.language_models.fake_chat_models import GenericFakeChatModel
from langchain_core.messages import AIMessage, BaseMessage
from langchain_core.outputs import ChatGenerationChunk
from pydantic import Field

from ingest.sync import ingest
from rag.answering.brief import REQUEST
from rag.answering.prompt import INSTRUCTIONS
from rag.answering.refusal import REFUSAL
from rag.answering.summaries import Summaries
from rag.config import ModelConfig, RagConfig
from rag.digest.make import make_digest
from rag.digest.records import Wish
from rag.library import Library
from rag.llm.language_model import adapt
from rag.pipeline import PaperQA
from rag.query.request import Request
from rag.records import Answer, Window
from tests.papers import HERON, PASTRY, TIDAL, ListSource

FRIDAY = date(2025, 12, 5)
# The list begins with TIDAL [1] and PASTRY [2]; HERON is [3].
BIRDS = "HeronNet counts herons and egrets in drone video [3]."
RECIPES = "PastryBench has 1,200 recipes with errors planted in them [2]."
FALSE = "Tidal Attention won a prize at a film festival [1]."


class RecordingModel(GenericFakeChatModel):
    """Keeps the prompts."""

    prompts: list[list[BaseMessage]] = Field(default_factory=list)

    def _stream(
        self, messages: list[BaseMessage], *args: Any, **kwargs: Any
    ) -> Iterator[ChatGenerationChunk]:
        self.prompts.append(messages)
        yield from super()._stream(messages, *args, **kwargs)


class FailingModel(GenericFakeChatModel):
    """Breaks off in mid-brief."""

    def _stream(self, *args: Any, **kwargs: Any) -> Iterator[ChatGenerationChunk]:
        for n, chunk in enumerate(super()._stream(*args, **kwargs)):
            if n == 3:
                raise ConnectionError("gone")
            yield chunk


@pytest.fixture
def says(library: Library) -> Callable[..., PaperQA]:
    """A PaperQA over three papers of one day, whose model says this."""
    papers = [
        replace(paper, featured_on=FRIDAY, upvotes=votes)
        for paper, votes in ((TIDAL, 9), (PASTRY, 5), (HERON, 1))
    ]
    ingest(ListSource(papers), library)

    def make(line: str, chat: GenericFakeChatModel | None = None, **options: Any) -> PaperQA:
        chat = chat or GenericFakeChatModel(messages=iter([AIMessage(line)]))
        config = RagConfig(model=ModelConfig(**options))
        return PaperQA(library, config, today=lambda: FRIDAY, model=adapt(chat, config.model))

    return make


def listed(qa: PaperQA) -> Answer:
    """Return the summary of the day as an answer without a brief."""
    request = Request(topic="", kind="summary", window=Window(FRIDAY, FRIDAY))
    draft = Summaries(qa.library.catalog).draft(request, FRIDAY)
    answer = replace(qa.ask("herons"), text=draft.text, citations=draft.citations, evidence=())
    return replace(answer, brief_from=tuple(draft.brief_from))


def test_a_brief_stands_above_the_list_with_the_numbers_of_the_list(
    says: Callable[..., PaperQA],
) -> None:
    qa = says(f"{BIRDS} {RECIPES}")
    quoted = listed(qa)
    assert qa.can_write(quoted)
    *growing, last = qa.write(quoted)
    assert last.text == f"{BIRDS} {RECIPES}\n\n{quoted.text}"
    assert (last.citations, last.mode, last.note) == (quoted.citations, "generated", "")
    assert last.finished
    assert last.exchanges == quoted.exchanges
    assert [partial.text for partial in growing] == [last.text]  # once it has two sentences
    assert not any(partial.finished for partial in growing)


def test_a_brief_grows_by_sentences(says: Callable[..., PaperQA]) -> None:
    waves = "Tidal Attention keeps only one token in eight [1]."
    qa = says(f"{BIRDS} {FALSE} {RECIPES} {waves} And")
    quoted = listed(qa)
    briefs = [f"{BIRDS} {RECIPES}", f"{BIRDS} {RECIPES} {waves}"]
    *growing, last = qa.write(quoted)
    assert [partial.text for partial in growing] == [f"{b}\n\n{quoted.text}" for b in briefs]
    assert last.text == growing[-1].text


@pytest.mark.parametrize(
    "rest",
    [
        f"[1] {TIDAL.title} (2025-12-05): Long contexts slow",
        f"{PASTRY.title}\nRecipes are instructions",
        "User: and Tidal Attention? Assistant: it forgets.",
        BIRDS,
        "and in waves and in fog " * 12,
        REQUEST,
    ],
)
def test_what_degenerates_is_left_out(says: Callable[..., PaperQA], rest: str) -> None:
    qa = says(f"{BIRDS} {RECIPES} {rest} {RECIPES}")
    quoted = listed(qa)
    texts = {state.text for state in qa.write(quoted)}
    assert texts == {f"{BIRDS} {RECIPES}\n\n{quoted.text}"}
    # Alone it is no brief.
    qa = says(f"{rest} {rest}")
    assert {state.text for state in qa.write(quoted)} == {quoted.text}


def test_it_is_written_from_a_sentence_of_each_paper_behind_the_usual_instructions(
    says: Callable[..., PaperQA],
) -> None:
    chat = RecordingModel(messages=iter([AIMessage(BIRDS)]))
    qa = says("", chat)
    qa.written(listed(qa))
    ((system, human),) = chat.prompts
    assert system.text == INSTRUCTIONS
    passages = human.text.splitlines()[:3]
    assert [line[:4] for line in passages] == ["[1] ", "[2] ", "[3] "]
    assert HERON.title in passages[2]
    assert "We present HeronNet, a detector" in passages[2]
    assert "80 to 120 words" in human.text


def test_unsupported_sentences_are_taken_out(says: Callable[..., PaperQA]) -> None:
    qa = says(f"{BIRDS} {FALSE} {RECIPES} And then, the")
    last = qa.written(listed(qa))
    assert last.text.startswith(f"{BIRDS} {RECIPES}\n\n3 Daily Papers")
    assert last.note == "1 sentence that the abstracts do not say was taken out."
    assert last.writing
    assert (last.writing.kept_quotes, last.writing.removed) == ("", 1)
    assert last.writing.tokens > 0


@pytest.mark.parametrize(
    ("line", "why"),
    [
        (f"{BIRDS} {FALSE}", "worse"),
        (BIRDS, "worse"),
        (FALSE, "unsupported"),
        (REFUSAL, "refused"),
        ("Papers are nice. They are.", "uncited"),
        ("See [9]. So", "uncited"),
        ("User: and birds? Assistant: it counts.", "unreadable"),
    ],
)
def test_the_list_stands_alone_if_too_little_is_supported(
    says: Callable[..., PaperQA], line: str, why: str
) -> None:
    qa = says(line)
    quoted = listed(qa)
    last = qa.written(quoted)
    assert replace(last, seconds=quoted.seconds, writing=None) == quoted
    assert last.writing
    assert line.startswith(last.writing.raw)
    assert last.writing.kept_quotes == why


def test_the_list_stands_alone_if_the_model_fails_or_is_stopped(
    says: Callable[..., PaperQA],
) -> None:
    qa = says("", FailingModel(messages=iter([AIMessage(f"{BIRDS} {RECIPES}")])))
    quoted = listed(qa)
    assert replace(qa.written(quoted), seconds=quoted.seconds) == quoted
    qa, cancel = says(f"{BIRDS} {RECIPES}"), threading.Event()
    states = []
    for state in qa.write(quoted, cancel=cancel):
        states.append(state)
        cancel.set()
    assert len(states) == 2
    assert replace(states[-1], seconds=quoted.seconds) == quoted


def test_a_small_context_takes_fewer_papers(says: Callable[..., PaperQA]) -> None:
    chat = RecordingModel(messages=iter([AIMessage(BIRDS)]))
    qa = says("", chat, n_ctx=700, max_tokens=300)
    qa.written(listed(qa))
    assert "[1] " in chat.prompts[-1][-1].text
    assert "[3] " not in chat.prompts[-1][-1].text


def test_the_brief_of_a_digest_is_written_once(says: Callable[..., PaperQA]) -> None:
    qa = says(f"{BIRDS} {RECIPES}")  # the fake has no second line to say
    digest = make_digest(qa.library, "day", FRIDAY)
    assert qa.brief(digest) == replace(digest, brief=f"{BIRDS} {RECIPES}")
    assert qa.brief(digest).brief


def test_a_digest_stays_as_it_is_without_a_brief(says: Callable[..., PaperQA]) -> None:
    qa = says(FALSE)
    digest = make_digest(qa.library, "day", FRIDAY)
    assert qa.brief(digest) == digest
    two = make_digest(qa.library, "day", FRIDAY, Wish(count=2))
    assert says(f"{BIRDS} {RECIPES}").brief(two) == two
    assert PaperQA(qa.library, RagConfig(), today=lambda: FRIDAY).brief(digest) == digest


def test_few_papers_and_later_pages_have_no_brief(says: Callable[..., PaperQA]) -> None:
    summaries = Summaries(says("").library.catalog)
    day = Request(topic="", kind="summary", window=Window(FRIDAY, FRIDAY))
    assert len(summaries.draft(day, FRIDAY).brief_from) == 3
    assert not summaries.draft(replace(day, limit=2), FRIDAY).brief_from
    assert not summaries.draft(replace(day, offset=1), FRIDAY).brief_from


def test_without_a_check_two_cited_sentences_are_enough(says: Callable[..., PaperQA]) -> None:
    for line, is_brief in ((f"{BIRDS} {FALSE}", True), (BIRDS, False)):
        qa = says(line)
        assert qa.writer
        qa.writer.grounding = None
        quoted = listed(qa)
        brief = f"{line}\n\n" if is_brief else ""
        assert qa.written(quoted).text == f"{brief}{quoted.text}"
