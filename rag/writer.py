"""Written answers: the language model says what the quoted sentences say, in its own words."""

import logging
import re
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import date
from typing import Any

from langchain_core.language_models.chat_models import BaseChatModel

from rag.citations import check
from rag.config import ModelConfig
from rag.errors import ModelError
from rag.llm import ChatLlama
from rag.prompt import Passage, make_prompt, passages_of
from rag.records import Answer
from rag.refusal import REFUSAL, refuse
from rag.turns import Turns

log = logging.getLogger(__name__)

STOPPED = "The answer was stopped; these are the quoted sentences."
UNCITED = "The model's answer cited no paper; these are the quoted sentences."
# Where an answer that ran out of tokens is cut: after the last whole sentence with its markers.
_WHOLE_SENTENCES = re.compile(
    r".*[.!?。！？…][\"”’)]*(?:\s*\[\d+\])*|.*[^\s\]]\s*(?:\[\d+\])+", re.DOTALL
)


class Writer:
    """Writes one answer at a time; who comes meanwhile waits in a bounded queue."""

    def __init__(
        self, chat: BaseChatModel, config: ModelConfig, *, today: Callable[[], date]
    ) -> None:
        self.chat = chat
        self.name = config.name
        self.turns = Turns(config.waiting)
        self.today = today

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
        passages = passages_of(quoted.evidence)
        text = ""
        try:
            with self.turns.turn(on_place=on_place, cancel=cancel):
                for piece in self._pieces(quoted, passages, cancel):
                    text += piece
                    partial, citations = check(text, passages)
                    yield replace(
                        quoted, text=partial, citations=citations, mode="generated", finished=False
                    )
        except ModelError as error:
            last = _keep(quoted, str(error))
        else:
            last = _finish(replace(quoted, model=self.name), text, passages)
        if cancel and cancel.is_set():
            last = _keep(quoted, STOPPED)
        yield replace(last, seconds=quoted.seconds + time.perf_counter() - started)

    def _pieces(
        self, quoted: Answer, passages: Sequence[Passage], cancel: threading.Event | None
    ) -> Iterator[str]:
        options: dict[str, Any] = {}
        if isinstance(self.chat, ChatLlama):
            options["cancel"] = cancel
        prompt = make_prompt(quoted.asked, passages, self.today())
        try:
            for chunk in self.chat.stream(prompt, **options):
                if cancel and cancel.is_set():
                    return
                yield str(chunk.text)
        except ModelError:
            raise
        except Exception as error:  # whatever a provider's client raises
            log.info("the model failed", exc_info=True)
            raise ModelError(f"the model did not answer ({type(error).__name__}).") from error


def _keep(quoted: Answer, note: str) -> Answer:
    return replace(quoted, model="", note=note[:1].upper() + note[1:])


def _finish(quoted: Answer, text: str, passages: Sequence[Passage]) -> Answer:
    """Return the finished answer: written, refused, or quoted where the model cited nothing."""
    if REFUSAL.rstrip(".") in text:
        text, citations = refuse(quoted.coverage, quoted.hits)
        return replace(quoted, text=text, citations=citations, mode="generated", refused=True)
    if whole := _WHOLE_SENTENCES.match(text.strip()):
        text = whole[0]
    text, citations = check(text, passages)
    if not citations:
        return _keep(quoted, UNCITED)
    return replace(quoted, text=text, citations=citations, mode="generated")
