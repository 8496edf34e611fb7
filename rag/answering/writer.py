"""Written answers: the language model says what the quoted sentences say, in its own words."""

import logging
import re
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import Any

from langchain_core.language_models.chat_models import BaseChatModel

from rag.answering.conversation import Request, make_request, paper_ids
from rag.answering.refusal import REFUSAL, refuse
from rag.config import ModelConfig
from rag.errors import JudgeError, ModelError
from rag.grounding.checker import Grounding
from rag.grounding.citations import check
from rag.llm.chat_models import ChatLlama, ChatServer
from rag.llm.queue import Turns
from rag.llm.thinking import without_thinking
from rag.records import Answer, Evidence, Exchange, Paper, Passage
from rag.text.language import language_of

log = logging.getLogger(__name__)

STOPPED = "The answer was stopped; these are the quoted sentences."
UNCITED = "The model's answer cited no paper; these are the quoted sentences."
UNSUPPORTED = "The abstracts do not say what the model wrote; these are the quoted sentences."
UNSAID = "The model thought until its words ran out; these are the quoted sentences."
TEMPLATE_TOKENS = 16  # a message, at most, for the chat template's own
TOKEN_CHARACTERS = 3  # a rough guess where no tokenizer can be asked
# Where an answer that ran out of tokens is cut: after the last whole sentence with its markers.
_WHOLE_SENTENCES = re.compile(
    r".*[.!?。！？…][\"”’)]*(?:\s*\[\d+\])*|.*[^\s\]]\s*(?:\[\d+\])+", re.DOTALL
)


class Writer:
    """Writes one answer at a time; who comes meanwhile waits in a bounded queue."""

    def __init__(
        self,
        chat: BaseChatModel,
        config: ModelConfig,
        *,
        today: Callable[[], date],
        papers: Callable[[Sequence[str]], Mapping[str, Paper]],
        grounding: Grounding | None = None,
    ) -> None:
        """`papers` looks papers up by their ids: those that earlier turns spoke of.

        `grounding` checks what is written; without it markers alone are checked.
        """
        self.chat = chat
        self.config = config
        self.turns = Turns(config.waiting)
        self.today = today
        self.papers = papers
        self.grounding = grounding

    @property
    def name(self) -> str:
        """What the model is called in front of people; a server may tell it late."""
        told = self.chat.server.name if isinstance(self.chat, ChatServer) else ""
        return told or self.config.name

    @property
    def problem(self) -> str:
        """What keeps the model from answering at all, in one sentence; else nothing."""
        return self.chat.local.problem if isinstance(self.chat, ChatLlama) else ""

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
            with self.turns.turn(on_place=on_place, cancel=cancel):
                request = self._request(quoted)
                for piece in without_thinking(self._pieces(request, cancel)):
                    text += piece
                    partial, citations = check(text, request.citable)
                    written = replace(quoted, text=partial, citations=citations, model=self.name)
                    yield replace(written, mode="generated", finished=False)
            last = self._finish(replace(quoted, model=self.name), text, request.citable)
            last = replace(last, said=(*request.said, request.exchange(last)))
        except (ModelError, JudgeError) as error:
            last = _keep(quoted, str(error))
        if cancel and cancel.is_set():
            last = _keep(quoted, STOPPED)
        yield replace(last, seconds=quoted.seconds + time.perf_counter() - started)

    def _request(self, quoted: Answer) -> Request:
        """Return what to ask, short enough to leave room for the answer.

        Earlier turns are dropped in whole, oldest first, and so many at a time that the beginning
        of the conversation, which need not be read again, seldom changes. What is asked now is
        shortened last, by its faintest sentences.
        """
        room = self._n_ctx - self.config.max_tokens
        said, evidence = quoted.said, quoted.evidence
        request = self._made(quoted, said, evidence)
        if self._fits(request, room):
            return request
        while said and not self._fits(request, room // 2):
            said = said[1:]
            request = self._made(quoted, said, evidence)
        while len(evidence) > 1 and not self._fits(request, room):
            evidence = evidence[:-1]
            request = self._made(quoted, said, evidence)
        return request

    def _made(
        self, quoted: Answer, said: Sequence[Exchange], evidence: Sequence[Evidence]
    ) -> Request:
        papers = self.papers(paper_ids(said)) if said else {}
        return make_request(
            quoted.asked, evidence, self.today(), said=said, papers=papers, by=quoted.by
        )

    @property
    def _n_ctx(self) -> int:
        return self.chat.local.n_ctx if isinstance(self.chat, ChatLlama) else self.config.n_ctx

    def _fits(self, request: Request, room: int) -> bool:
        """Return whether it has so few tokens; counted only where that is not plain to see."""
        texts = [message.text for message in request.messages]
        template = TEMPLATE_TOKENS * len(texts)
        if sum(len(text.encode("utf-8", "replace")) for text in texts) + template <= room:
            return True  # no token is shorter than a byte
        if isinstance(self.chat, ChatLlama):
            return self.chat.get_num_tokens_from_messages(list(request.messages)) <= room
        return sum(len(text) for text in texts) / TOKEN_CHARACTERS + template <= room

    def _pieces(self, request: Request, cancel: threading.Event | None) -> Iterator[str]:
        options: dict[str, Any] = {}
        if isinstance(self.chat, ChatLlama | ChatServer):
            options["cancel"] = cancel
        try:
            for chunk in self.chat.stream(list(request.messages), **options):
                if cancel and cancel.is_set():
                    return
                yield str(chunk.text)
        except ModelError:
            raise
        except Exception as error:  # whatever a provider's client raises
            log.info("the model failed", exc_info=True)
            raise ModelError(f"the model did not answer ({type(error).__name__}).") from error

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
            language = language_of(quoted.question)
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
