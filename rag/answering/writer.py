"""Written answers: the language model says what the quoted sentences say, in its own words."""

import logging
import re
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace

from rag.answering.conversation import Prompt, build_prompt, paper_ids
from rag.answering.refusal import REFUSAL, refuse
from rag.config import ModelConfig
from rag.errors import JudgeError, ModelError
from rag.grounding.checker import Grounding
from rag.grounding.citations import check
from rag.llm.language_model import TEMPLATE_TOKENS, LanguageModel
from rag.llm.waiting_queue import WaitingQueue
from rag.records import Answer, Evidence, Exchange, Paper, Passage
from rag.text.language import language_of

log = logging.getLogger(__name__)

STOPPED = "The answer was stopped; these are the quoted sentences."
UNCITED = "The model's answer cited no paper; these are the quoted sentences."
UNSUPPORTED = "The abstracts do not say what the model wrote; these are the quoted sentences."
UNSAID = "The model thought until its words ran out; these are the quoted sentences."
# Where an answer that ran out of tokens is cut: after the last whole sentence with its markers.
_WHOLE_SENTENCES = re.compile(
    r".*[.!?。！？…][\"”’)]*(?:\s*\[\d+\])*|.*[^\s\]]\s*(?:\[\d+\])+", re.DOTALL
)


class Writer:
    """Writes one answer at a time; who comes meanwhile waits in a bounded queue."""

    def __init__(
        self,
        model: LanguageModel,
        config: ModelConfig,
        *,
        papers: Callable[[Sequence[str]], Mapping[str, Paper]],
        grounding: Grounding | None = None,
    ) -> None:
        """`papers` looks up by their ids the papers that earlier turns spoke of.

        `grounding` checks what is written; without it only the markers are checked.
        """
        self.model = model
        self.config = config
        self.queue = WaitingQueue(config.waiting)
        self.papers = papers
        self.grounding = grounding

    @property
    def name(self) -> str:
        """What the model is called in front of people; a server may tell it late."""
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
        """Yield the answer as it grows, last the finished one.

        Whatever goes wrong, the last one is the quoted answer with a note that says so.
        `on_place` hears how many people are in front, from the thread that iterates.
        """
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
            last = _keep(quoted, str(error))
        if cancel and cancel.is_set():
            last = _keep(quoted, STOPPED)
        yield replace(last, seconds=quoted.seconds + time.perf_counter() - started)

    def _prompt(self, quoted: Answer) -> Prompt:
        """Return what to ask, short enough to leave room for the answer.

        Earlier turns are dropped whole, oldest first, and so many at a time that the beginning of
        the conversation, which need not be read again, seldom changes. The present question loses
        its weakest sentences last.
        """
        room = self.model.n_ctx - self.config.max_tokens
        earlier, evidence = quoted.exchanges, quoted.evidence
        prompt = self._built(quoted, earlier, evidence)
        if self._fits(prompt, room):
            return prompt
        while earlier and not self._fits(prompt, room // 2):
            earlier = earlier[1:]
            prompt = self._built(quoted, earlier, evidence)
        while len(evidence) > 1 and not self._fits(prompt, room):
            evidence = evidence[:-1]
            prompt = self._built(quoted, earlier, evidence)
        return prompt

    def _built(
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

    def _fits(self, prompt: Prompt, room: int) -> bool:
        """Return whether it has at most this many tokens; counted only where that is not plain."""
        texts = [message.text for message in prompt.messages]
        most = sum(len(text.encode("utf-8", "replace")) for text in texts)
        if most + TEMPLATE_TOKENS * len(texts) <= room:
            return True  # no token is shorter than a byte
        return self.model.count_tokens(prompt.messages) <= room

    def _finish(self, quoted: Answer, text: str, passages: Sequence[Passage]) -> Answer:
        """Return the finished answer: written, refused, or quoted where nothing of it stands."""
        if REFUSAL.rstrip(".") in text:
            text, citations = refuse(quoted.coverage, quoted.hits)
            return replace(quoted, text=text, citations=citations, mode="generated", refused=True)
        if whole := _WHOLE_SENTENCES.match(text.strip()):
            text = whole[0]
        shown, citations = check(text, passages)
        if not shown:
            return _keep(quoted, UNSAID)
        nothing_left = UNSUPPORTED if citations else UNCITED
        note = ""
        if self.grounding:
            language = language_of(quoted.question.text)
            checked = self.grounding.check(text, passages, language=language)
            note = checked.note
            shown, citations = check(checked.text if checked.passed else "", passages)
        if not citations:
            return _keep(quoted, nothing_left)
        note = _joined(quoted.note, note)
        return replace(quoted, text=shown, citations=citations, mode="generated", note=note)


def _keep(quoted: Answer, note: str) -> Answer:
    note = note[:1].upper() + note[1:]
    return replace(quoted, model="", note=_joined(quoted.note, note))


def _joined(*notes: str) -> str:
    return " ".join(filter(None, notes))
