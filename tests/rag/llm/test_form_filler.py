"""Forms that a model fills in: in time, while it is idle, or not at all."""

import threading
import time
from collections.abc import Callable, Sequence
from typing import Any, Literal

from langchain_core.language_models.fake_chat_models import FakeListChatModel
from langchain_core.messages import BaseMessage, HumanMessage
from langchain_core.runnables import Runnable, RunnableLambda
from pydantic import BaseModel

from rag.llm.chat_models import ChatLlama
from rag.llm.form_filler import FormFiller
from rag.llm.language_model import adapt
from rag.llm.waiting_queue import WaitingQueue

PROMPT = [HumanMessage("what is new?")]
FOREVER = 30.0  # seconds; longer than anything here takes


class Form(BaseModel):
    """A form with one field."""

    kind: Literal["list", "summary"]


class FormChat(FakeListChatModel):
    """A provider with structured output; `seconds` is how long it takes."""

    seconds: float = 0.0

    def with_structured_output(self, schema: Any, **_kwargs: Any) -> Runnable[Any, Any]:
        def fill(_messages: Sequence[BaseMessage], **_kwargs: Any) -> BaseModel:
            time.sleep(self.seconds)
            filled: BaseModel = schema.model_validate_json(self.responses[0])
            return filled

        return RunnableLambda(fill)


def filler(chat: FakeListChatModel | ChatLlama, seconds: float = FOREVER) -> FormFiller:
    return FormFiller(adapt(chat), WaitingQueue(3), seconds=seconds)


def test_a_provider_fills_in_a_form() -> None:
    forms = filler(FormChat(responses=['{"kind": "summary"}']))
    assert forms.fill(PROMPT, Form) == Form(kind="summary")
    assert len(forms.queue) == 0


def test_the_local_model_can_only_write_what_fits(load_chat: Callable[..., ChatLlama]) -> None:
    # This model copies text from its prompt; the grammar makes that an object.
    assert isinstance(filler(load_chat()).fill(PROMPT, Form), Form)


def test_a_model_that_fails_or_answers_otherwise_fills_in_nothing() -> None:
    assert filler(FormChat(responses=['{"kind": "poem"}'])).fill(PROMPT, Form) is None
    without_forms = FakeListChatModel(responses=['{"kind": "summary"}'])
    assert filler(without_forms).fill(PROMPT, Form) is None


def test_nobody_waits_for_a_slow_model() -> None:
    forms = filler(FormChat(responses=['{"kind": "summary"}'], seconds=1.0), seconds=0.05)
    started = time.monotonic()
    assert forms.fill(PROMPT, Form) is None
    assert time.monotonic() - started < 0.9
    assert len(forms.queue) == 1  # it is still busy with it
    assert forms.fill(PROMPT, Form) is None


def test_nobody_waits_for_a_model_that_writes_an_answer() -> None:
    forms = filler(FormChat(responses=['{"kind": "summary"}']))
    written = threading.Event()

    def write() -> None:
        with forms.queue.wait_for_turn():
            written.wait(FOREVER)

    writer = threading.Thread(target=write)
    writer.start()
    while not len(forms.queue):
        time.sleep(0.001)
    assert forms.fill(PROMPT, Form) is None
    written.set()
    writer.join()
    assert forms.fill(PROMPT, Form) == Form(kind="summary")
