"""Written answers: the language model puts the quoted sentences into its own words."""

import logging
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date

from langchain_core.messages import BaseMessage

from rag.answering.brief import (
    COMPLETE_SENTENCES,
    REQUEST,
    Brief,
    clean,
    finish,
    passages_of_list,
)
from rag.answering.prompt import Prompt, build_prompt, make_messages, paper_ids
from rag.answering.refusal import REFUSAL, refuse
from rag.config import ModelConfig
from rag.errors import JudgeError, ModelError
from rag.grounding.checker import Grounding
from rag.grounding.citations import check
from rag.llm.language_model import TEMPLATE_TOKENS, LanguageModel
from rag.llm.waiting_queue import WaitingQueue
from rag.records import Answer, Evidence, Exchange, Paper, Passage
from rag.text.language import question_language

log = logging.getLogger(__name__)

STOPPED = "The answer was stopped; these are the quoted sentences."
UNCITED = "The model's answer cited no paper; these are the quoted sentences."
UNSUPPORTED = "The abstracts do not say what the model wrote; these are the quoted sentences."
NO_TEXT = "The model thought until its words ran out; these are the quoted sentences."


class Writer:
    """Writes one answer at a time; callers that arrive meanwhile wait in a bounded queue."""

    def __init__(
        self,
        model: LanguageModel,
        config: ModelConfig,
        *,
        papers: Callable[[Sequence[str]], Mapping[str, Paper]],
        grounding: Grounding | None = None,
    ) -> None:
        """`papers` looks up the papers of earlier turns by their ids.

        `grounding` checks the written sentences; without it only the markers are checked.
        """
        self.model = model
        self.config = config
        self.queue = WaitingQueue(config.waiting)
        self.papers = papers
        self.grounding = grounding

    @property
    def name(self) -> str:
        """The model's name in messages to people; a server's may be known only after an answer."""
        return self.model.name

    @property
    def problem(self) -> str:
        """What keeps the model from answering at all, in one sentence; else an empty string."""
        return self.model.problem

    def write(
        self,
        quoted: Answer,
        *,
        cancel: threading.Event | None = None,
        on_place: Callable[[int], None] | None = None,
    ) -> Iterator[Answer]:
        """Yield the answer as it grows, and last the finished one.

        After any failure the last one is the quoted answer with a note that explains it. `on_place`
        is called with the number of people in front, in the thread that iterates. A list stays
        below a brief about its papers; after a failure it stands alone, without a note.
        """
        if quoted.brief_from:
            yield from self._write_above(quoted, cancel, on_place)
            return
        started = time.perf_counter()
        text = ""
        try:
            with self.queue.wait_for_turn(on_place=on_place, cancel=cancel):
                prompt = self._prompt(quoted)
                for piece in self.model.stream(prompt.messages, cancel=cancel):
                    text += piece
                    partial, citations = check(text, prompt.citable)
                    written = replace(quoted, text=partial, citations=citations, model=self.name)
                    yield replace(written, mode="generated", finished=False)
            last = self._finish(replace(quoted, model=self.name), text, prompt.citable)
            last = replace(last, exchanges=(*prompt.exchanges, prompt.exchange(last)))
        except (ModelError, JudgeError) as error:
            last = _fall_back(quoted, str(error))
        if cancel and cancel.is_set():
            last = _fall_back(quoted, STOPPED)
        yield replace(last, seconds=quoted.seconds + time.perf_counter() - started)

    def _write_above(
        self,
        quoted: Answer,
        cancel: threading.Event | None,
        on_place: Callable[[int], None] | None,
    ) -> Iterator[Answer]:
        """Yield the list with a growing brief above it."""
        started = time.perf_counter()
        for brief in self.brief(quoted.brief_from, quoted.today, cancel=cancel, on_place=on_place):
            answer = quoted
            if brief.text:
                text, note = f"{brief.text}\n\n{quoted.text}", _join_notes(quoted.note, brief.note)
                answer = replace(quoted, text=text, note=note, mode="generated", model=self.name)
            seconds = quoted.seconds + time.perf_counter() - started
            yield replace(answer, finished=brief.finished, seconds=seconds)

    def brief(
        self,
        sentences: Sequence[Evidence],
        today: date,
        *,
        cancel: threading.Event | None = None,
        on_place: Callable[[int], None] | None = None,
    ) -> Iterator[Brief]:
        """Yield a brief of a list's papers as it grows, and last the finished one.

        `sentences` are one of each paper, in the order of the list, whose numbers the markers are.
        The last brief is empty after any failure.
        """
        text, passages = "", passages_of_list(sentences)
        try:
            with self.queue.wait_for_turn(on_place=on_place, cancel=cancel):
                messages = make_messages(REQUEST, passages, today)
                while len(passages) > 1 and not self._fits(messages, self._room):
                    passages.pop()
                    messages = make_messages(REQUEST, passages, today)
                for piece in self.model.stream(messages, cancel=cancel):
                    text += piece
                    yield Brief(clean(text, passages))
            last = finish(text, passages, self.grounding)
        except (ModelError, JudgeError) as error:
            log.info("no brief: %s", error)
            last = Brief(finished=True)
        yield Brief(finished=True) if cancel and cancel.is_set() else last

    @property
    def _room(self) -> int:
        """The tokens that a prompt may have."""
        return self.model.n_ctx - self.config.max_tokens

    def _prompt(self, quoted: Answer) -> Prompt:
        """Return a prompt that leaves room for the answer.

        Drops the oldest turns first, several at a time, so that the start of the conversation,
        which the model has evaluated already, seldom changes; then the weakest sentences of
        evidence.
        """
        room = self._room
        earlier, evidence = quoted.exchanges, quoted.evidence
        prompt = self._build(quoted, earlier, evidence)
        if self._fits(prompt.messages, room):
            return prompt
        while earlier and not self._fits(prompt.messages, room // 2):
            earlier = earlier[1:]
            prompt = self._build(quoted, earlier, evidence)
        while len(evidence) > 1 and not self._fits(prompt.messages, room):
            evidence = evidence[:-1]
            prompt = self._build(quoted, earlier, evidence)
        return prompt

    def _build(
        self, quoted: Answer, earlier: Sequence[Exchange], evidence: Sequence[Evidence]
    ) -> Prompt:
        papers = self.papers(paper_ids(earlier)) if earlier else {}
        return build_prompt(
            quoted.standalone,
            evidence,
            quoted.today,
            exchanges=earlier,
            papers=papers,
            asker=quoted.question.asker,
        )

    def _fits(self, messages: Sequence[BaseMessage], room: int) -> bool:
        """Return whether a prompt has at most `room` tokens; counts them only if necessary."""
        texts = [message.text for message in messages]
        max_tokens = sum(len(text.encode("utf-8", "replace")) for text in texts)
        if max_tokens + TEMPLATE_TOKENS * len(texts) <= room:
            return True  # no token is shorter than a byte
        return self.model.count_tokens(messages) <= room

    def _finish(self, quoted: Answer, text: str, passages: Sequence[Passage]) -> Answer:
        """Return the finished answer: written, refused, or quoted if nothing passes the checks."""
        if REFUSAL.rstrip(".") in text:
            text, citations = refuse(quoted.coverage, quoted.hits)
            return replace(quoted, text=text, citations=citations, mode="generated", refused=True)
        if complete := COMPLETE_SENTENCES.match(text.strip()):
            text = complete[0]
        shown, citations = check(text, passages)
        if not shown:
            return _fall_back(quoted, NO_TEXT)
        failure = UNSUPPORTED if citations else UNCITED
        note = ""
        if self.grounding:
            language = question_language(quoted.question.text)
            checked = self.grounding.check(text, passages, language=language)
            note = checked.note
            shown, citations = check(checked.text if checked.passed else "", passages)
        if not citations:
            return _fall_back(quoted, failure)
        note = _join_notes(quoted.note, note)
        return replace(quoted, text=shown, citations=citations, mode="generated", note=note)


def _fall_back(quoted: Answer, note: str) -> Answer:
    """Return the quoted answer with a note that explains why it is not a written one."""
    note = note[:1].upper() + note[1:]
    return replace(quoted, model="", note=_join_notes(quoted.note, note))


def _join_notes(*notes: str) -> str:
    return " ".join(filter(None, notes))
