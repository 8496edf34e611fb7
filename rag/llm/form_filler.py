"""Fills in forms with the language model within a time limit, only while the model is idle."""

import logging
import threading
from collections.abc import Sequence

from langchain_core.messages import BaseMessage

from rag.errors import ModelError
from rag.llm.language_model import Fields, LanguageModel
from rag.llm.waiting_queue import WaitingQueue

log = logging.getLogger(__name__)

MAX_TOKENS = 160  # of a filled-in form


class FormFiller:
    """Asks the model for objects of pydantic classes. Thread-safe; raises nothing."""

    def __init__(self, model: LanguageModel, queue: WaitingQueue, *, seconds: float) -> None:
        """`queue` is the one in which the model's answers wait, too."""
        self.model = model
        self.queue = queue
        self.seconds = seconds

    def fill(self, messages: Sequence[BaseMessage], fields: type[Fields]) -> Fields | None:
        """Return the filled-in object; None if the model is busy, late or fails."""
        if len(self.queue) or self.model.problem:
            return None
        filled: list[Fields] = []
        cancel = threading.Event()

        def run() -> None:
            try:
                with self.queue.wait_for_turn(cancel=cancel):
                    form = self.model.fill(messages, fields, max_tokens=MAX_TOKENS, cancel=cancel)
                filled.append(form)
            except ModelError as error:
                log.info("the model filled in no form: %s", error)

        # A thread of its own, because a provider's client may ignore `cancel`.
        thread = threading.Thread(target=run, daemon=True)
        thread.start()
        thread.join(self.seconds)
        cancel.set()
        return filled[0] if filled else None
